"""The key file and what is done with it: encryption of secrets at rest, keyed hashes of tokens; and people's passwords.

The file holds one key a line, the newest first. Secrets are encrypted with the newest; the others open what a running
server, or an older backup, still has of them. Cookies are signed with the newest. Hashes of tokens stay with the first
key that was ever made: what they hide is random, so that even who knows that key cannot guess it.

The generated Web Connector password and tickets have 128 random bits, so a keyed hash is enough for them; people's
passwords are guessable and get argon2, which is slow on purpose.
"""

import base64
import binascii
import hmac
import os
import secrets
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from qbwc_bridge.errors import BridgeError, KeyFileError
from qbwc_bridge.files.private import make_private_folder, shut_file, take_owner

KEY_BYTES = 32
"""256 random bits; every key in use is derived from them."""

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_hasher = PasswordHasher()


class Vault:
    """Encrypts secrets and hashes tokens with keys that are derived from the key file's, given as they stand there.

    `again` reads them once more when a secret does not open: somebody may have rotated the key meanwhile.
    """

    def __init__(self, *keys: bytes, again: Callable[[], Sequence[bytes]] | None = None) -> None:
        self._again = again
        self._take(keys)
        self._hash = hmac.new(_derived(keys[-1], b"tokens"), digestmod="sha256")  # of the first key ever made

    def _take(self, keys: Sequence[bytes]) -> None:
        self._keys = tuple(keys)
        self._signing = hmac.new(_derived(keys[0], b"tokens"), digestmod="sha256")
        self._fernet = MultiFernet(
            [Fernet(base64.urlsafe_b64encode(_derived(key, b"secrets at rest"))) for key in self._keys]
        )

    def seal(self, secret: str) -> bytes:
        """Encrypt a secret for the database (Fernet: AES-128-CBC with HMAC-SHA256)."""
        return self._fernet.encrypt(secret.encode())

    def open(self, sealed: bytes) -> str:
        """Decrypt what `seal` gave; raises KeyFileError when it was sealed with another key."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken as error:
            keys = tuple(self._again()) if self._again else self._keys
            if keys != self._keys:
                self._take(keys)
                return self.open(sealed)
            raise KeyFileError(
                "A stored secret was encrypted with another key file; put the right key file back, or enter the secret "
                "again."
            ) from error

    def opens(self, sealed: bytes) -> bool:
        """Say whether a secret was sealed with a key of this file; nothing sealed counts as opened."""
        try:
            if sealed:
                self.open(sealed)
        except KeyFileError:
            return False
        return True

    def hash_token(self, token: str) -> str:
        """Give the keyed hash of a random token (HMAC-SHA256, 64 hexadecimal digits)."""
        return _keyed(self._hash, token)

    def key_for(self, purpose: str) -> str:
        """Give a key to sign with (64 hexadecimal digits): what was signed ends with the key file's newest key."""
        return _keyed(self._signing, purpose)


def open_vault(path: Path) -> Vault:
    """Give the vault of a key file, made for its owner only when it is missing.

    Raises KeyFileError when other users may read it, and when it cannot be read, made or understood.
    """
    with _told(path):
        if not path.exists():
            _make_file(path, [secrets.token_bytes(KEY_BYTES)], new=True)
        return Vault(*read_keys(path), again=lambda: read_keys(path))


def read_keys(path: Path) -> list[bytes]:
    """Give the keys of a key file that must exist, the newest first; errors as `open_vault`."""
    with _told(path), path.open("rb") as file:
        # On Windows an access list protects the file, made with it (files/private.py), and the mode says nothing.
        if os.name == "posix" and os.fstat(file.fileno()).st_mode & _OTHERS:
            raise KeyFileError(f"The key file {path} may be read by other users; run `chmod 600 {path}`.")
        content = file.read()
    try:
        keys = [base64.b64decode(line, altchars=b"-_", validate=True) for line in content.split()]
    except binascii.Error:
        keys = []
    if not keys or any(len(key) != KEY_BYTES for key in keys):
        raise KeyFileError(f"The key file {path} holds no key of this program; put the right file back.")
    return keys


def add_key(path: Path) -> None:
    """Put a new key before those of a key file; the file is replaced in one step. Errors as `open_vault`."""
    with _told(path):
        _make_file(path, [secrets.token_bytes(KEY_BYTES), *read_keys(path)], new=False)


def hash_password(password: str) -> str:
    """Give the argon2id hash of a person's password, salt and cost included."""
    return _hasher.hash(password)


def check_password(password: str, password_hash: str) -> bool:
    """Say whether a person's password has that hash; raises BridgeError when the hash is damaged."""
    try:
        return _hasher.verify(password_hash, password)
    except VerifyMismatchError:
        return False
    except InvalidHashError as error:
        raise BridgeError("The stored password is damaged; an administrator must set it again.") from error


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise KeyFileError(f"The key file {path} cannot be read or made: {error.strerror}.") from error


def _make_file(path: Path, keys: Sequence[bytes], *, new: bool) -> None:
    # Written whole beside its place, so that nobody reads half. A new one is linked into it: of two processes one makes
    # the key.
    make_private_folder(path.parent)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            shut_file(draft)
            take_owner(file.fileno(), path.parent if new else path)
            file.writelines(base64.urlsafe_b64encode(key) + b"\n" for key in keys)
            file.flush()
            os.fsync(file.fileno())
        if new:
            os.link(draft, path)
        else:
            draft.replace(path)
    except FileExistsError:
        return
    finally:
        draft.unlink(missing_ok=True)


def _keyed(hash_: "hmac.HMAC", text: str) -> str:
    keyed = hash_.copy()
    keyed.update(text.encode("utf-8", "surrogatepass"))
    return keyed.hexdigest()


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=b"qbwc-bridge " + purpose).derive(key)
