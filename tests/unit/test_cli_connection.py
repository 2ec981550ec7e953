"""`connection`, `qwc`, `user` and `db`: a data folder of their own, no system outside."""

import json
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from qbwc_bridge.cli import server_lock
from qbwc_bridge.settings import load_settings
from qbwc_bridge.storage import check_password, open_database, open_vault
from tests.unit.cli_office import run

ADD = ("connection", "add", "--procore-company-id", "4711", "--procore-client-id", "client")


@pytest.fixture(name="folder", scope="module")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the connection `Main Street`."""
    folder = tmp_path_factory.mktemp("data")
    secret = {"QBWC_BRIDGE_PROCORE_CLIENT_SECRET": secrets.token_urlsafe(16)}
    assert run(folder, *ADD, "Main Street", "--default-customer", "Clients", environ=secret).exit_code == 0
    return folder


def stored(folder: Path, name: str) -> dict[str, object]:
    """What `connection show` says in JSON."""
    result = run(folder, "connection", "show", name, "--json")
    assert result.exit_code == 0, result.stderr
    found: dict[str, object] = json.loads(result.stdout)
    return found


def test_add_makes_everything_a_connection_needs(tmp_path: Path) -> None:
    """The password is printed once as JSON and kept as a hash, the secret is sealed, ids and key are drawn."""
    secret = secrets.token_urlsafe(16)
    file = tmp_path / "secret"
    file.write_text(f"{secret}\n")
    result = run(tmp_path, *ADD, "Blue & Co.", "--procore-client-secret-file", str(file), "--json")

    made = json.loads(result.stdout)
    assert set(made) == {"name", "user_name", "password"}
    assert re.fullmatch(r"blue-co-[0-9a-f]{6}", made["user_name"])
    settings = load_settings({"data_dir": str(tmp_path)}, {})
    vault = open_vault(settings.secret_key_path())
    database = open_database(settings.database_address())
    with database.work() as uow:
        row = uow.connections.find()[0]
    database.close()
    assert vault.open(row.procore_secret) == secret
    assert vault.hash_token(made["password"]) == row.password_hash
    assert re.fullmatch(r"\{[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}", row.file_id)
    assert len(row.key) == 8
    file.unlink()
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert secret.encode() not in everything
    assert made["password"].encode() not in everything


def test_add_asks_for_the_secret_without_showing_it(folder: Path) -> None:
    """Without file and variable the secret is asked for; an empty one is wrong usage."""
    secret = secrets.token_urlsafe(16)
    result = run(folder, *ADD, "Asked", stdin=f"{secret}\n")
    assert result.exit_code == 0
    assert secret not in result.output
    (folder / "empty").write_text("\n")
    result = run(folder, *ADD, "Empty", "--procore-client-secret-file", str(folder / "empty"))
    assert result.exit_code == 2
    run(folder, "connection", "remove", "Asked", "--yes")


@pytest.mark.parametrize("name", ["", "a,b", "a/b", "x" * 61, "bell\x07"])
def test_add_refuses_names_that_cannot_be_typed(name: str, folder: Path) -> None:
    """Names that would break lists, addresses or screens are wrong usage."""
    result = run(folder, *ADD, name)
    assert result.exit_code == 2
    assert "no name for a connection" in result.stderr


def test_add_refuses_a_name_twice_and_bad_settings(folder: Path) -> None:
    """Names are compared as people read them; a bad setting is told before a secret is asked for."""
    environ = {"QBWC_BRIDGE_PROCORE_CLIENT_SECRET": secrets.token_urlsafe(16)}
    result = run(folder, *ADD, "MAIN  street", environ=environ)
    assert (result.exit_code, result.stderr) == (1, "There is a connection MAIN street already: choose another name.\n")
    result = run(folder, *ADD, "Other", "--direct-export", "wages")
    assert result.exit_code == 2
    assert "direct_export is 'wages', but must be kinds out of" in result.stderr


def test_set_and_show_tell_what_holds(folder: Path) -> None:
    """A setting of the connection stands over the bridge's default until it is emptied; bad ones are wrong usage."""
    for key, value, holds in (
        ("TIME_ZONE", "America/Denver", "America/Denver"),
        ("pull_every_seconds", "60", "60"),
        ("pull_every_seconds", "", "900"),
        ("company_name", "Main Street LLC", "Main Street LLC"),
    ):
        assert run(folder, "connection", "set", "Main Street", key, value).exit_code == 0
        shown = stored(folder, "main street")["settings"]
        assert isinstance(shown, dict)
        assert shown[key.lower()] == holds
    for key, value in (("time_zone", "Mars"), ("listen", "x:1")):
        result = run(folder, "connection", "set", "Main Street", key, value)
        assert (result.exit_code, result.stderr.count("\n")) == (2, 1)


def test_list_shows_no_secret(folder: Path) -> None:
    """List and show in both forms hold neither hash nor sealed secret."""
    for arguments in (["list"], ["list", "--json"], ["show", "Main Street"], ["show", "Main Street", "--json"]):
        text = run(folder, "connection", *arguments).stdout
        assert "Main Street" in text
        assert "gAAAA" not in text
        assert not re.search(r"[0-9a-f]{64}", text)


def test_passwords_and_ids_can_be_drawn_anew(folder: Path) -> None:
    """A new password is printed once and differs; a new FileID changes the .qwc, which else is the same every time."""
    first, second = (
        json.loads(run(folder, "connection", "rotate-password", "Main Street", "--json").stdout) for _ in range(2)
    )
    assert first["password"] != second["password"]
    qwc = run(folder, "qwc", "Main Street").stdout
    assert run(folder, "qwc", "Main Street").stdout == qwc
    assert run(folder, "connection", "rotate-ids", "Main Street").exit_code == 0
    assert run(folder, "qwc", "Main Street").stdout != qwc


def test_confirm_needs_a_visit(folder: Path) -> None:
    """Nothing can be bound before a company has visited."""
    result = run(folder, "connection", "confirm", "Main Street")
    assert result.exit_code == 1
    assert "No QuickBooks company has visited Main Street yet" in result.stderr


def test_remove_asks_first(folder: Path) -> None:
    """A connection goes only after a yes, with everything of it."""
    environ = {"QBWC_BRIDGE_PROCORE_CLIENT_SECRET": secrets.token_urlsafe(16)}
    run(folder, *ADD, "Short", environ=environ)
    assert run(folder, "connection", "remove", "Short", stdin="n\n").exit_code == 1
    assert stored(folder, "Short")["name"] == "Short"
    assert run(folder, "connection", "remove", "Short", stdin="y\n").exit_code == 0
    assert run(folder, "connection", "show", "Short").exit_code == 1


def test_several_connections_need_a_name(folder: Path) -> None:
    """With several connections a command on projects is wrong usage until one is named."""
    environ = {"QBWC_BRIDGE_PROCORE_CLIENT_SECRET": secrets.token_urlsafe(16)}
    run(folder, *ADD, "Second", environ=environ)
    for arguments in (["project", "on", "24-001"], ["review", "accept", "--all"], ["map", "export"]):
        result = run(folder, *arguments)
        assert result.exit_code == 2
        assert "several connections (Main Street, Second): name one with --connection" in result.stderr
    assert run(folder, "project", "on", "24-001", "--connection", "second").exit_code == 1
    run(folder, "connection", "remove", "Second", "--yes")


def test_qwc_is_written_and_checked(folder: Path, tmp_path: Path) -> None:
    """What is written passes the check; another file's errors are told, with exit code 1."""
    file = tmp_path / "bridge.qwc"
    assert run(folder, "qwc", "Main Street", "--out", str(file)).exit_code == 0
    result = run(folder, "qwc", "--check", str(file), "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (0, [])
    file.write_text(file.read_text().replace("<UserName>", "<User>").replace("</UserName>", "</User>"))
    result = run(folder, "qwc", "--check", str(file))
    assert result.exit_code == 1
    assert "error: UserName is missing" in result.stdout


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"\xd4\xff\x00", "not well-formed"), (b" " * 200_000, "more than 100000 bytes"), (b"", "not well-formed")],
)
def test_any_file_at_all_is_checked(folder: Path, tmp_path: Path, content: bytes, words: str) -> None:
    """A file of noise, of nothing or of any length has findings, and is no wrong usage."""
    file = tmp_path / "noise.qwc"
    file.write_bytes(content)
    result = run(folder, "qwc", "--check", str(file))
    assert result.exit_code == 1
    assert words in result.stdout


def test_whoever_writes_the_qwc_hears_which_company_to_open(folder: Path, tmp_path: Path) -> None:
    """The file that is open while adding is the one that gets joined, so its name stands beside the file's."""
    file = tmp_path / "bridge.qwc"
    run(folder, "connection", "set", "Main Street", "company_name", "")
    assert "open the company file and no other" in run(folder, "qwc", "Main Street", "--out", str(file)).stderr
    run(folder, "connection", "set", "Main Street", "company_name", "Main Street Builders")
    assert "open Main Street Builders and no other" in run(folder, "qwc", "Main Street", "--out", str(file)).stderr


@pytest.fixture(name="ann")
def _ann(folder: Path) -> Iterator[str]:
    """A person who may sign in, and the password."""
    password = secrets.token_urlsafe(16)
    result = run(folder, "user", "add", "Ann", "--role", "approver", "--password-stdin", stdin=password)
    assert result.exit_code == 0, result.stderr
    yield password
    run(folder, "user", "remove", "Ann")


def person_hash(folder: Path) -> tuple[str, int]:
    """Hash and session version of the one person."""
    database = open_database(load_settings({"data_dir": str(folder)}, {}).database_address())
    with database.work() as uow:
        row = uow.people.find()[0]
    database.close()
    return row.password_hash, row.session_version


def test_people_sign_in_with_what_they_were_given(ann: str, folder: Path) -> None:
    """The password is read from standard input or asked for twice, and a new one ends what the old one opened."""
    before, version = person_hash(folder)
    assert check_password(ann, before)
    password = secrets.token_urlsafe(16)
    result = run(folder, "user", "set-password", "ann", stdin=f"{password}\n{password}\n")
    assert result.exit_code == 0
    assert password not in result.output
    after, next_version = person_hash(folder)
    assert check_password(password, after)
    assert next_version == version + 1


@pytest.mark.usefixtures("ann")
def test_people_are_listed_with_what_they_see(folder: Path) -> None:
    """The list shows name, role and connections, never a hash."""
    result = run(folder, "user", "list", "--json")
    assert json.loads(result.stdout) == [{"name": "Ann", "role": "approver", "connections": []}]
    assert "argon2" not in result.stdout + run(folder, "user", "list").stdout


@pytest.mark.usefixtures("ann")
@pytest.mark.parametrize(
    ("arguments", "password", "code", "sentence"),
    [
        (["add", "ann", "--role", "viewer"], "x" * 12, 1, "There is a person Ann already"),
        (["add", "Bob", "--role", "viewer"], "short", 2, "too short"),
        (["add", "Bob", "--role", "king"], "x" * 12, 2, "king"),
        (["add", "Bob", "--role", "viewer", "--connection", "Nowhere"], "x" * 12, 1, "There is no connection Nowhere"),
        (["set-password", "Bob"], "x" * 12, 1, "There is no person Bob"),
    ],
)
def test_wrong_people_are_refused(arguments: list[str], password: str, code: int, sentence: str, folder: Path) -> None:
    """A name twice, a short password, an unknown role, connection or person: one sentence, nothing stored."""
    result = run(folder, "user", *arguments, "--password-stdin", stdin=password)
    assert result.exit_code == code
    assert sentence in result.stderr


@pytest.mark.usefixtures("ann")
def test_login_link_leads_to_the_page(folder: Path) -> None:
    """A login link is an address below PUBLIC_URL."""
    link = run(folder, "user", "login-link", "ann").stdout
    assert link.startswith("http://localhost:8085/login/link/")


def test_database_tells_its_version_and_is_upgraded(tmp_path: Path) -> None:
    """`db current` makes nothing, `db upgrade` makes the schema; afterwards both versions are the same."""
    result = run(tmp_path, "db", "current", "--json")
    assert json.loads(result.stdout)["current"] == ""
    assert run(tmp_path, "db", "upgrade").exit_code == 0
    versions = json.loads(run(tmp_path, "db", "current", "--json").stdout)
    assert versions["current"] == versions["needed"] != ""


def test_upgrade_refuses_while_a_server_runs(tmp_path: Path) -> None:
    """The server's lock keeps `db upgrade` out, and the other way round."""
    with server_lock.serving(tmp_path):
        result = run(tmp_path, "db", "upgrade")
        assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
        assert "A server runs on the data in" in result.stderr
    with server_lock.alone(tmp_path, "test"):
        result = run(tmp_path, "serve")
        assert result.exit_code == 1
        assert "in use by another server or by `db upgrade`" in result.stderr


def test_a_new_procore_secret_replaces_the_old_one_and_is_not_shown(folder: Path, tmp_path: Path) -> None:
    """After `rotate-secret` only the new secret is kept, encrypted, and no output holds it."""
    secret = secrets.token_urlsafe(24)
    file = tmp_path / "new-secret"
    file.write_text(secret, encoding="utf-8")
    before = run(folder, "connection", "show", "Main Street", "--json").stdout
    done = run(folder, "connection", "rotate-secret", "Main Street", "--procore-client-secret-file", str(file))

    assert done.exit_code == 0, done.output
    assert secret not in done.output
    assert run(folder, "connection", "show", "Main Street", "--json").stdout == before
    vault = open_vault(load_settings({"data_dir": str(folder)}, environ={}).secret_key_path())
    database = open_database(load_settings({"data_dir": str(folder)}, environ={}).database_address())
    with database.work() as uow:
        assert vault.open(uow.connections.find(name="Main Street")[0].procore_secret) == secret
    database.close()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give files away")
def test_what_an_administrator_makes_is_the_servers(tmp_path: Path) -> None:
    """Commands of root leave nothing in the data folder that its owner, the server's account, could not open."""
    os.chown(tmp_path, 12345, 12345)
    secret = {"QBWC_BRIDGE_PROCORE_CLIENT_SECRET": secrets.token_urlsafe(16)}
    for arguments in [("db", "upgrade"), (*ADD, "Main Street"), ("rotate-key",), ("backup",)]:
        result = run(tmp_path, *arguments, environ=secret)
        assert result.exit_code == 0, result.stderr
    made = {path.name: path.stat().st_uid for path in tmp_path.iterdir()}
    assert {"bridge.db", "secret.key", "server.lock", "backups"} <= set(made)
    assert set(made.values()) == {12345}, made
    (backup,) = (tmp_path / "backups").iterdir()
    assert backup.stat().st_uid == 0  # whoever may read the folder of another backup must not have it
