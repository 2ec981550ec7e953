"""The key file and what is done with it: encryption of secrets at rest, keyed hashes of tokens; and people's passwords.

The generated Web Connector password and tickets have 128 random bits, so a keyed hash is enough for them; people's
passwords are guessable and get argon2, which is slow on purpose.
"""

import base64
import binascii
import hmac
import os
import secrets
import stat
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from qbwc_bridge.errors import BridgeError, Refused

KEY_BYTES = 32
"""256 random bits; every key in use is derived from them."""

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_hasher = PasswordHasher()


class Vault:
    """Encrypts secrets and hashes tokens with keys that are derived from the key file's."""

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(_derived(key, b"secrets at rest")))
        self._hash = hmac.new(_derived(key, b"tokens"), digestmod="sha256")

    def seal(self, secret: str) -> bytes:
        """Encrypt a secret for the database (Fernet: AES-128-CBC with HMAC-SHA256)."""
        return self._fernet.encrypt(secret.encode())

    def open(self, sealed: bytes) -> str:
        """Decrypt what `seal` gave; raises BridgeError when it was sealed with another key."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken as error:
            raise BridgeError(
                "A stored secret was encrypted with another key file; put the right key file back, or enter the secret "
                "again."
            ) from error

    def hash_token(self, token: str) -> str:
        """Give the keyed hash of a random token (HMAC-SHA256, 64 hexadecimal digits)."""
        keyed = self._hash.copy()
        keyed.update(token.encode("utf-8", "surrogatepass"))
        return keyed.hexdigest()

    def same_token(self, token: str, token_hash: str) -> bool:
        """Say whether `token` has that hash, in a time that tells nothing about it."""
        return hmac.compare_digest(self.hash_token(token).encode(), token_hash.encode())


def read_or_make_key(path: Path) -> bytes:
    """Give the key of a key file, made for its owner only when it is missing.

    Raises Refused when other users may read it, BridgeError when it cannot be read, made or understood.
    """
    try:
        if not path.exists():
            _make_key(path)
        return read_key(path)
    except OSError as error:
        raise BridgeError(f"The key file {path} cannot be read or made: {error.strerror}.") from error


def read_key(path: Path) -> bytes:
    """Give the key of a key file that must exist; errors as `read_or_make_key`, and OSError."""
    with path.open("rb") as file:
        # On Windows the folder's access list protects the file, and the mode says nothing.
        if os.name == "posix" and os.fstat(file.fileno()).st_mode & _OTHERS:
            raise Refused(f"The key file {path} may be read by other users; run `chmod 600 {path}`.")
        content = file.read()
    try:
        key = base64.b64decode(content.strip(), altchars=b"-_", validate=True)
    except binascii.Error:
        key = b""
    if len(key) != KEY_BYTES:
        raise BridgeError(f"The key file {path} holds no key of this program; put the right file back.")
    return key


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


def _make_key(path: Path) -> None:
    # Written whole beside its place and linked into it, so that of two processes one makes the key and none reads half.
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=b"qbwc-bridge " + purpose).derive(key)
