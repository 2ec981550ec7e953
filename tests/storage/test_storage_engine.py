import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from qbwc_bridge.errors import BridgeError, StorageError, WrongUsage
from qbwc_bridge.storage import engine as engine_module
from qbwc_bridge.storage import open_database
from qbwc_bridge.storage.engine import open_engine
from qbwc_bridge.storage.faults import plainly
from qbwc_bridge.storage.unit_of_work import open_work
from tests.storage import samples

ROOT = Path(__file__).resolve().parents[2]
OPENERS = 3

posix_only = pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")


@posix_only
def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    """The database, what SQLite keeps beside it, and their folder are closed to other users."""
    folder = tmp_path / "data"
    database = open_database(f"sqlite:///{folder / 'bridge.db'}")
    with database.work() as uow:
        uow.people.add(samples.person())
    modes = {path.name: path.stat().st_mode & 0o777 for path in [folder, *folder.iterdir()]}
    database.close()
    assert modes == {"data": 0o700, "bridge.db": 0o600, "bridge.db-wal": 0o600, "bridge.db-shm": 0o600}


def test_a_closed_database_leaves_one_file(tmp_path: Path) -> None:
    """Every connection is closed with it, those too that waited for the next unit of work: the log is folded in."""
    database = open_database(f"sqlite:///{tmp_path / 'bridge.db'}")
    with database.work() as uow:
        uow.people.add(samples.person())
    database.close()
    assert [path.name for path in tmp_path.iterdir()] == ["bridge.db"]


def test_sqlite_is_durable_and_strict(tmp_path: Path) -> None:
    """Every connection of the pool writes ahead, syncs fully and checks references."""
    engine = open_engine(f"sqlite:///{tmp_path / 'bridge.db'}")
    with engine.begin() as connection:
        values = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ["journal_mode", "synchronous", "foreign_keys", "busy_timeout"]
        }
    engine.dispose()
    assert values == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///:memory:",
        "mysql://u@h/d",
        "postgresql+psycopg2://u@h/d",
        "sqlite+aiosqlite:///x",
        "x",
        "",
    ],
)
def test_other_addresses_are_wrong_usage(url: str) -> None:
    """An address of anything but an SQLite file or PostgreSQL through psycopg is refused in one sentence."""
    with pytest.raises(WrongUsage, match=r"^DATABASE_URL must be "):
        open_engine(url)


@pytest.mark.parametrize("between", ["@", "@half#", ":1@", "/half@"])
def test_half_a_password_is_never_taken_for_a_host(between: str) -> None:
    """A password that is not written with percents is refused, before any message could show what follows in it."""
    rest = secrets.token_hex(8)
    with pytest.raises(WrongUsage) as caught:
        open_engine(f"postgresql+psycopg://bridge:first{between}{rest}@localhost/bridge")
    assert rest not in str(caught.value)


@posix_only
def test_a_file_that_cannot_be_made_is_wrong_usage(tmp_path: Path) -> None:
    """A folder in the place of the file is told by its path."""
    with pytest.raises(WrongUsage, match="cannot be made or opened"):
        open_engine(f"sqlite:///{tmp_path}")


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    """A file of something else is left alone and named."""
    file = tmp_path / "letter.txt"
    file.write_text("Dear Sir or Madam, " * 100)
    with pytest.raises(BridgeError, match=r"letter\.txt failed: file is not a database"):
        open_database(f"sqlite:///{file}")
    assert file.read_text().startswith("Dear Sir")


def test_an_unreachable_server_is_told_without_the_password() -> None:
    """The sentence names the server; the password is in no part of the error."""
    pytest.importorskip("psycopg", exc_type=ImportError)
    password = secrets.token_urlsafe()
    with pytest.raises(BridgeError, match=r"ann:\*\*\*@127\.0\.0\.1:9/bridge failed") as caught:
        open_database(f"postgresql+psycopg://ann:{password}@127.0.0.1:9/bridge")
    error: BaseException | None = caught.value
    while error is not None:
        assert password not in str(error)
        error = error.__cause__ or error.__context__


def test_a_server_that_went_away_is_told_by_every_piece_of_work(tmp_path: Path) -> None:
    """Whoever needs the database while it cannot be reached gets one sentence, not the driver's own error."""
    pytest.importorskip("psycopg", exc_type=ImportError)
    file = tmp_path / "letter.txt"
    file.write_text("Dear Sir or Madam, " * 100)
    for address in ("postgresql+psycopg://ann@127.0.0.1:9/bridge", f"sqlite:///{file}"):
        work = open_work(open_engine(address))
        for _ in range(2):
            with pytest.raises(BridgeError, match=r"bridge failed|letter\.txt failed"), work():
                pytest.fail("there is no database")


def test_a_busy_database_is_told(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits too long for his turn gets one sentence, and loses nothing."""
    holder = open_database(database_url)
    monkeypatch.setattr(engine_module, "BUSY_SECONDS", 0.3)
    waiter = open_database(database_url)
    with holder.work() as uow:
        uow.people.add(samples.person())
        with pytest.raises(BridgeError, match="was busy for too long"):
            waiter.work().__enter__()
    with waiter.work() as uow:
        assert uow.people.count() == 1
    holder.close()
    waiter.close()


def test_secrets_are_in_no_error_of_the_database(database_url: str) -> None:
    """A refused row shows none of its values, in no part of the error."""
    secret = secrets.token_urlsafe()
    database = open_database(database_url)
    with pytest.raises(BridgeError) as caught, database.work() as uow:
        uow.submissions.add(samples.submission(999, secret, comment=secret, mark=secret))
    database.close()
    error: BaseException | None = caught.value
    while error is not None:
        assert secret not in str(error)
        error = error.__cause__ or error.__context__


def test_several_first_commands_at_once_make_one_database(empty_url: str) -> None:
    """Processes that start together on an empty database all find it ready."""
    program = "import sys; from qbwc_bridge.storage import open_database; open_database(sys.argv[1]).close()"
    children = [
        subprocess.Popen([sys.executable, "-c", program, empty_url], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for _ in range(OPENERS)
    ]
    assert [child.communicate()[1] for child in children] == [""] * OPENERS
    assert [child.returncode for child in children] == [0] * OPENERS


@pytest.mark.parametrize(
    ("state", "sentence"), [("53100", "has no room left"), ("25006", "may only be read"), ("XX001", "is damaged")]
)
def test_troubles_of_postgresql_are_told_alike(state: str, sentence: str) -> None:
    """By the SQLSTATE of each; the address is told to people at the server, never to those outside."""
    cause = OSError("words of the server")
    cause.sqlstate = state  # type: ignore[attr-defined]
    pytest.importorskip("psycopg", exc_type=ImportError)
    problem = plainly(open_engine("postgresql+psycopg://u@h/d"), OperationalError("INSERT", None, cause))
    assert isinstance(problem, StorageError)
    assert f"u@h/d {sentence}" in str(problem)
    assert problem.trouble.startswith(f"The bridge's database {sentence}")
