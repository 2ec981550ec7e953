import base64
import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbwc_bridge.errors import BridgeError, KeyFileError
from qbwc_bridge.storage import Vault, add_key, check_password, hash_password, open_vault
from qbwc_bridge.storage.secrets import read_keys

posix_only = pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
VAULT = Vault(secrets.token_bytes(32))


@given(secret=st.text())
def test_a_sealed_secret_opens_again(secret: str) -> None:
    """Sealing hides the text and loses nothing of it."""
    sealed = VAULT.seal(secret)
    assert VAULT.open(sealed) == secret
    assert VAULT.seal(secret) != sealed


def test_the_wrong_key_is_told() -> None:
    """Another key opens nothing, and says what to do; nor does a damaged value."""
    sealed = VAULT.seal(secrets.token_urlsafe())
    for vault, value in [(Vault(secrets.token_bytes(32)), sealed), (VAULT, sealed[:-4])]:
        with pytest.raises(KeyFileError, match="another key file"):
            vault.open(value)


def test_token_hashes_are_keyed_and_steady() -> None:
    """The same token has the same hash under the same key, and no other."""
    token = secrets.token_urlsafe(16)
    hashed = VAULT.hash_token(token)
    assert VAULT.hash_token(token) == hashed
    assert hashed not in {VAULT.hash_token(token + "x"), VAULT.hash_token(""), VAULT.hash_token("\ud800é")}
    assert Vault(secrets.token_bytes(32)).hash_token(token) != hashed
    assert token not in hashed


def test_passwords_of_people() -> None:
    """A password is checked against its hash; equal passwords have unlike hashes; a damaged hash is told."""
    password = secrets.token_urlsafe()
    hashed = hash_password(password)
    assert hashed.startswith("$argon2id$")
    assert check_password(password, hashed)
    assert not check_password(password + "x", hashed)
    assert hash_password(password) != hashed
    with pytest.raises(BridgeError, match="damaged"):
        check_password(password, "nonsense")


def test_the_key_is_made_once(tmp_path: Path) -> None:
    """The first call makes the file, later ones read it, and many at once agree on one key."""
    path = tmp_path / "data" / "secret.key"
    with ThreadPoolExecutor(8) as pool:
        vaults = list(pool.map(lambda _: open_vault(path), range(32)))
    assert len({vault.hash_token("token") for vault in vaults}) == 1
    assert [len(key) for key in read_keys(path)] == [32]
    assert [each.name for each in path.parent.iterdir()] == ["secret.key"]


@posix_only
def test_the_key_file_is_for_its_owner_only(tmp_path: Path) -> None:
    """The file is made with mode 600, and refused when others may read it."""
    path = tmp_path / "data" / "secret.key"
    open_vault(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    for mode in [0o640, 0o604, 0o666]:
        path.chmod(mode)
        with pytest.raises(KeyFileError, match="chmod 600"):
            open_vault(path)


@pytest.mark.parametrize("content", [b"", b"hello", base64.urlsafe_b64encode(b"short"), b"\xff" * 44])
def test_a_file_without_a_key_is_told(tmp_path: Path, content: bytes) -> None:
    """A file of something else is neither used nor written over, and its content is not shown."""
    path = tmp_path / "secret.key"
    path.touch(mode=0o600)
    path.write_bytes(content)
    with pytest.raises(KeyFileError, match="holds no key"):
        open_vault(path)
    assert path.read_bytes() == content


@posix_only
def test_a_place_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """A folder in the place of the file is one sentence."""
    with pytest.raises(KeyFileError, match="cannot be read or made"):
        open_vault(tmp_path)


@posix_only
def test_a_rotated_key_opens_old_and_new(tmp_path: Path) -> None:
    """A running vault opens what others seal with the new key; tokens keep their hashes, and cookies end."""
    path = tmp_path / "secret.key"
    running = open_vault(path)
    old, hashed = running.seal("old"), running.hash_token("token")
    add_key(path)
    rotated = open_vault(path)
    new = rotated.seal("new")
    for vault in (running, rotated):
        assert (vault.open(old), vault.open(new), vault.hash_token("token")) == ("old", "new", hashed)
    assert Vault(*read_keys(path)[1:]).key_for("cookies") != rotated.key_for("cookies") == running.key_for("cookies")
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(read_keys(path)) == 2
    with pytest.raises(BridgeError, match="another key file"):
        Vault(read_keys(path)[1]).open(new)
    assert [each.name for each in tmp_path.iterdir()] == ["secret.key"]
