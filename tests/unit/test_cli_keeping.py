"""`backup`, `restore`, `rotate-key`, `db move`: what they say, what they ask, and what they refuse."""

import json
import secrets
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import Result

from qbwc_bridge.cli import keeping, server_lock
from qbwc_bridge.errors import BridgeError
from qbwc_bridge.flow import connecting
from qbwc_bridge.settings import load_settings
from qbwc_bridge.storage import Vault, open_database, open_vault
from tests.unit.cli_office import run

SECRETS = [secrets.token_urlsafe(24) for _ in range(3)]


def add(folder: Path, name: str, secret: str) -> str:
    """Make a connection; gives the Web Connector's password."""
    result = run(
        folder, "connection", "add", name, "--procore-company-id", "4711", "--procore-client-id", "client", "--json",
        environ={"QBWC_BRIDGE_PROCORE_CLIENT_SECRET": secret},
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    password: str = json.loads(result.stdout)["password"]
    return password


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """A data folder with one connection, and a backup of it in `backup.db` beside."""
    add(tmp_path / "here", "Main", SECRETS[0])
    assert run(tmp_path / "here", "backup", "--out", str(tmp_path / "backup.db")).exit_code == 0
    return tmp_path


def vault_of(folder: Path) -> Vault:
    """The key file of a data folder."""
    return open_vault(load_settings({"data_dir": str(folder)}, {}).secret_key_path())


def secret_of(folder: Path, name: str) -> str:
    """The Procore secret of a connection, opened with the folder's key file."""
    database = open_database(load_settings({"data_dir": str(folder)}, {}).database_address())
    with database.work() as uow:
        row = uow.connections.first(name=name)
    database.close()
    assert row
    return vault_of(folder).open(row.procore_secret)


def knows(folder: Path, password: str) -> bool:
    """Whether a connection of the folder has that Web Connector password."""
    database = open_database(load_settings({"data_dir": str(folder)}, {}).database_address())
    with database.work() as uow:
        found = uow.connections.find()
    database.close()
    return vault_of(folder).hash_token(password) in {row.password_hash for row in found}


def refused(result: Result, sentence: str) -> None:
    """Assert that a command failed with one sentence that holds these words."""
    assert result.exit_code == 1
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_backup_goes_into_a_dated_file_and_says_what_is_not_in_it(office: Path) -> None:
    """Beside a running server; the path is data, size and key file are told, and no key is in the file."""
    here = office / "here"
    with server_lock.serving(here):
        result = run(here, "backup")
    assert result.exit_code == 0
    file = Path(result.stdout.strip())
    assert file.parent == here / "backups"
    assert file.name.startswith("backup-2")
    assert "written and checked" in result.stderr
    assert str(here / "secret.key") in result.stderr
    content = file.read_bytes()
    assert (here / "secret.key").read_bytes().strip() not in content
    assert SECRETS[0].encode() not in content
    shown = json.loads(run(here, "backup", "--json", "--out", str(office / "second.db")).stdout)
    assert shown["bytes"] == (office / "second.db").stat().st_size


def test_a_restore_with_the_key_file_asks_for_nothing(office: Path) -> None:
    """All secrets and the Web Connector's password work on; what came since is in the file that is named."""
    here = office / "here"
    later = add(here, "Later", SECRETS[1])
    assert knows(here, later)
    result = run(here, "restore", str(office / "backup.db"))
    assert result.exit_code == 0, result.output
    assert secret_of(here, "Main") == SECRETS[0]
    assert not knows(here, later)
    (kept,) = (here / "backups").glob("before-restore-*.db")
    assert str(kept) in result.stderr
    with closing(sqlite3.connect(kept)) as before:
        assert before.execute("SELECT count(*) FROM connection").fetchone() == (2,)
    assert "nothing goes to Procore before" in result.stderr


def test_no_new_key_is_made_while_the_database_holds_secrets(office: Path) -> None:
    """Every command names the missing file and makes none; doctor calls it the key file; the right one helps."""
    here, wrong = office / "here", office / "nowhere" / "secret.key"
    environ = {"QBWC_BRIDGE_SECRET_KEY_FILE": str(wrong), "QBWC_BRIDGE_PROCORE_CLIENT_SECRET": SECRETS[1]}
    asked = ("connection", "add", "Other", "--procore-company-id", "7", "--procore-client-id", "client")
    for arguments in (("status",), asked, ("serve",)):
        result = run(here, *arguments, environ=environ)
        assert result.exit_code == 1
        assert f"The key file {wrong} is not there" in result.stderr
        assert "SECRET_KEY_FILE" in result.stderr
    assert f"broken  key file: The key file {wrong} is not there" in run(here, "doctor", environ=environ).stdout
    assert not wrong.parent.exists()
    open_vault(wrong)
    assert "broken  Main, key file: A stored secret" in run(here, "doctor", environ=environ).stdout
    assert run(here, "connection", "list").exit_code == 0


def test_a_lost_key_is_made_anew_by_backup_and_restore(office: Path) -> None:
    """What the refusal says goes: the copy is put back, the secret is asked for and opens with the new key."""
    here, copy = office / "here", office / "copy.db"
    (here / "secret.key").unlink()
    assert "`backup` and then `restore`" in run(here, "status").stderr
    assert run(here, "backup", "--out", str(copy)).exit_code == 0
    assert run(here, "restore", str(copy), stdin=f"{SECRETS[1]}\n").exit_code == 0
    assert secret_of(here, "Main") == SECRETS[1]


def test_a_restore_beside_a_server_is_refused(office: Path) -> None:
    """The sentence says to stop it, and nothing is changed."""
    with server_lock.serving(office / "here"):
        refused(run(office / "here", "restore", str(office / "backup.db")), "stop it, then run `restore` again")
    assert not (office / "here" / "backups").exists()


def test_a_restore_on_another_pc_with_the_key_file(office: Path) -> None:
    """Backup and key file are all that it takes."""
    there = office / "there"
    there.mkdir()
    key = there / "secret.key"
    key.touch(mode=0o600)
    key.write_bytes((office / "here" / "secret.key").read_bytes())
    result = run(there, "restore", str(office / "backup.db"))
    assert result.exit_code == 0, result.output
    assert secret_of(there, "Main") == SECRETS[0]
    assert "password" not in result.stdout


def test_a_restore_on_another_pc_without_the_key_file_asks_again(office: Path) -> None:
    """The secret is asked for and stored under a new key, and a new password for the Web Connector is printed once."""
    there = office / "there"
    result = run(there, "restore", str(office / "backup.db"), "--json", stdin=f"{SECRETS[1]}\n")
    assert result.exit_code == 0, result.output
    (shown,) = json.loads(result.stdout)["passwords"]
    assert secret_of(there, "Main") == SECRETS[1]
    assert knows(there, shown["password"])
    assert SECRETS[1] not in result.output
    assert shown["password"] not in result.stderr


def test_nothing_is_restored_where_nobody_can_be_asked(office: Path) -> None:
    """Without an answer nothing is changed; --later restores all the same and says what is missing."""
    add(office / "here", "Second", SECRETS[1])
    run(office / "here", "backup", "--out", str(office / "both.db"))
    there = office / "there"
    result = run(there, "restore", str(office / "both.db"), stdin="")
    assert result.exit_code == 2
    assert "--later" in result.stderr
    assert not run(there, "connection", "list", "--json").stdout.strip("[]\n")
    result = run(there, "restore", str(office / "both.db"), "--later")
    assert result.exit_code == 0, result.output
    assert "connection rotate-secret Second" in result.stderr
    assert result.stdout.count("password") == 2
    result = run(
        there, "connection", "rotate-secret", "Second", environ={"QBWC_BRIDGE_PROCORE_CLIENT_SECRET": SECRETS[2]}
    )
    assert result.exit_code == 0, result.output
    assert secret_of(there, "Second") == SECRETS[2]


def test_a_rotated_key_leaves_everything_working(office: Path) -> None:
    """Secrets open with the new key alone, a running vault follows, passwords hold, and an older backup restores."""
    here = office / "here"
    password, running = add(here, "Second", SECRETS[1]), vault_of(here)
    result = run(here, "rotate-key")
    assert result.exit_code == 0, result.output
    newest = (here / "secret.key").read_bytes().splitlines()[0]
    alone = office / "alone.key"
    alone.touch(mode=0o600)
    alone.write_bytes(newest)
    database = open_database(load_settings({"data_dir": str(here)}, {}).database_address())
    with database.work() as uow:
        sealed = [row.procore_secret for row in uow.connections.find()]
    database.close()
    assert [open_vault(alone).open(each) for each in sealed] == SECRETS[:2]
    assert [running.open(each) for each in sealed] == SECRETS[:2]
    assert knows(here, password)
    assert run(here, "restore", str(office / "backup.db")).exit_code == 0
    assert secret_of(here, "Main") == SECRETS[0]


def test_a_rotation_cut_in_its_middle_loses_no_secret(office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between key file and database, and inside the transaction, every secret opens; a second try ends it."""
    here = office / "here"
    whole, note = open_vault, connecting.note

    def dies(*_given: object, **_named: object) -> Vault:
        raise BridgeError("the power went off")

    monkeypatch.setattr(keeping, "open_vault", dies)
    assert run(here, "rotate-key").exit_code == 1
    assert secret_of(here, "Main") == SECRETS[0]
    monkeypatch.setattr(keeping, "open_vault", whole)
    monkeypatch.setattr(connecting, "note", dies)
    assert run(here, "rotate-key").exit_code == 1
    assert secret_of(here, "Main") == SECRETS[0]
    monkeypatch.setattr(connecting, "note", note)
    assert run(here, "rotate-key").exit_code == 0
    assert secret_of(here, "Main") == SECRETS[0]


def test_a_rotation_waits_for_a_secret_that_no_key_opens(office: Path) -> None:
    """After a restore without the key file, the secret is entered first."""
    there = office / "there"
    assert run(there, "restore", str(office / "backup.db"), "--later").exit_code == 0
    refused(run(there, "rotate-key"), "does not open the secret of Main")


def test_a_move_says_which_setting_to_change(office: Path) -> None:
    """It is refused beside a server, proves that every table is the same, and leaves the old database."""
    here, url = office / "here", f"sqlite:///{office / 'moved' / 'bridge.db'}"
    with server_lock.serving(here):
        refused(run(here, "db", "move", url), "stop it, then run `db move` again")
    result = run(here, "db", "move", url)
    assert result.exit_code == 0, result.output
    assert "every table is the same" in result.stdout
    assert "DATABASE_URL" in result.stderr
    assert [path.name for path in here.glob("*.db")] == [path.name for path in here.glob("moved-bridge-*.db")]
    shown = run(here, "connection", "list", "--json", environ={"QBWC_BRIDGE_DATABASE_URL": url})
    assert [row["name"] for row in json.loads(shown.stdout)] == ["Main"]
    assert "There is no connection yet" in run(here, "status").output
    refused(run(here, "db", "move", url), "holds data already")
