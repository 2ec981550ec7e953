"""Backups, restores and moves, between both databases: every row, its number and what was given out, or nothing."""

import datetime as dt
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine

from qbwc_bridge.cli import server_lock
from qbwc_bridge.errors import BridgeError, Refused
from qbwc_bridge.storage import Database, copying, migrate, open_database, version
from qbwc_bridge.storage.backup import move, prepared, put_in_place, sqlite_url, write_backup
from qbwc_bridge.storage.copying import contents, schema_of
from qbwc_bridge.storage.engine import open_engine
from qbwc_bridge.storage.sqlite_copy import copy_sqlite
from tests.postgresql import Server
from tests.storage import samples
from tests.support import DEEP
from tests.unit.cli_office import run

posix_only = pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
LOADED_BACKUPS = 5


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the address of a database that nobody else is connected to, as a server has that is stopped."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "data" / "bridge.db")
    server: Server = request.getfixturevalue("postgresql")
    return server.new_url()


@pytest.fixture(params=["to postgresql", "to sqlite"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """Give the addresses of a database and of an empty one of the other kind."""
    server: Server = request.getfixturevalue("postgresql")
    urls = sqlite_url(tmp_path / "data" / "bridge.db"), server.new_url()
    return urls if request.param == "to postgresql" else (urls[1], urls[0])


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    """Open a database for a look."""
    engine = open_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


def held(url: str) -> dict[str, copying.Content]:
    """What every table of a database holds."""
    with opened(url) as engine, engine.begin() as connection:
        return dict(contents(connection))


def fill(url: str) -> None:
    """Put rows into every table, and let the newest number of one be of a row that is gone."""
    database = open_database(url)
    samples.fill(database.engine)
    with database.work() as uow:
        uow.people.remove(uow.people.add(samples.person(name="gone")))
    database.close()


def test_a_backup_holds_everything_and_is_one_private_file(database_url: str, tmp_path: Path) -> None:
    """Every table is the same in it, numbers given out included; only its owner may read it; nothing stands beside."""
    fill(database_url)
    before = held(database_url)
    target = tmp_path / "kept" / "backup.db"
    write_backup(database_url, target)
    assert held(sqlite_url(target)) == before
    assert all(each.rows for each in before.values())
    assert os.name != "posix" or target.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in target.parent.iterdir()] == ["backup.db"]
    with pytest.raises(Refused, match="exists already"):
        write_backup(database_url, target)


def test_an_empty_database_is_not_kept(empty_url: str, tmp_path: Path) -> None:
    """There is nothing to keep, and no file."""
    with pytest.raises(Refused, match="nothing to keep"):
        write_backup(empty_url, tmp_path / "kept" / "backup.db")
    assert not (tmp_path / "kept").exists()


def test_a_backup_under_load_is_one_moment(database_url: str, tmp_path: Path) -> None:
    """While others write pairs of rows, every backup holds whole pairs, and nobody waits for it to end."""
    database = open_database(database_url)
    stop, pairs = threading.Event(), [0]

    def write() -> None:
        while not stop.is_set():
            with database.work() as uow:
                for half in "ab":
                    uow.people.add(samples.person(name=f"{pairs[0]}{half}"))
            pairs[0] += 1

    writer = threading.Thread(target=write)
    writer.start()
    counts = []
    try:
        for number in range(LOADED_BACKUPS):
            target = tmp_path / f"{number}.db"
            write_backup(database_url, target)
            with closing(sqlite3.connect(target)) as copy:
                counts += copy.execute("SELECT count(*) FROM person").fetchone()
    finally:
        stop.set()
        writer.join(30)
    database.close()
    assert [count % 2 for count in counts] == [0] * LOADED_BACKUPS
    assert counts == sorted(counts)
    assert counts[-1] > counts[0], "nothing was written meanwhile"


def test_a_restore_brings_back_what_was(database_url: str, tmp_path: Path) -> None:
    """The database is as it was at the backup, and what it was before the restore stands in the file that is named."""
    fill(database_url)
    wanted = held(database_url)
    write_backup(database_url, tmp_path / "backup.db")
    add_person(database_url, "later")
    before = held(database_url)
    assert before != wanted

    kept = restore(database_url, tmp_path / "backup.db", tmp_path)

    assert kept is not None
    assert held(database_url) == wanted
    assert held(sqlite_url(kept)) == before
    add_person(database_url, "after")


def test_a_restore_makes_a_database_where_there_is_none(empty_url: str, tmp_path: Path) -> None:
    """On another machine there is nothing to keep."""
    source = sqlite_url(tmp_path / "source.db")
    fill(source)
    write_backup(source, tmp_path / "backup.db")
    assert restore(empty_url, tmp_path / "backup.db", tmp_path) is None
    assert held(empty_url) == held(source)


def test_what_is_changed_before_a_restore_is_in_it(database_url: str, tmp_path: Path) -> None:
    """The draft is a database like any other until it is put in place; left alone, it changes nothing."""
    fill(database_url)
    write_backup(database_url, tmp_path / "backup.db")
    wanted = held(database_url)
    for put in (False, True):
        with prepared(tmp_path / "backup.db", database_url, tmp_path) as draft:
            with draft.work() as uow:
                uow.people.add(samples.person(name="put in"))
            if put:
                put_in_place(draft, database_url, tmp_path / "kept.db")
        assert (held(database_url) == wanted) is not put
    assert not list(tmp_path.rglob("*restoring*"))


def test_an_older_backup_is_upgraded(database_url: str, tmp_path: Path) -> None:
    """A backup of the first version is a database of this one afterwards."""
    file = tmp_path / "older.db"
    with opened(sqlite_url(file)) as engine:
        _older(engine, "0001")
    restore(database_url, file, tmp_path)
    with opened(database_url) as engine:
        assert version.current(engine) == version.head()
    assert {each.rows for each in held(database_url).values()} == {0, samples.ROWS_EACH}


OLDER = version.versions()[:-1]


@pytest.mark.parametrize("before", OLDER if DEEP else [OLDER[0], OLDER[-1]])
def test_an_older_database_is_kept_as_it_is(database_url: str, tmp_path: Path, before: str) -> None:
    """A backup of an older program's database has its version and every row of it; a restore over it makes the same."""
    with opened(database_url) as engine:
        _older(engine, before)
    write_backup(database_url, tmp_path / "backup.db")
    with opened(database_url) as engine, opened(sqlite_url(tmp_path / "backup.db")) as copy:
        assert version.current(copy) == version.current(engine) == before
        with engine.begin() as here, copy.begin() as there:
            schema = schema_of(there)
            wanted = contents(here, schema)
            assert contents(there, schema) == wanted
    kept = restore(database_url, tmp_path / "backup.db", tmp_path)
    assert kept is not None
    with opened(sqlite_url(kept)) as copy:
        assert version.current(copy) == before
        with copy.begin() as there:
            assert contents(there, schema) == wanted


@pytest.mark.parametrize("what", ["letter", "recipes", "newer", "nothing", "damaged"])
def test_another_file_is_no_backup(database_url: str, tmp_path: Path, what: str) -> None:
    """Text, another program's database, a newer program's and a damaged one are refused, and nothing is changed."""
    fill(database_url)
    wanted = held(database_url)
    file = tmp_path / "file.db"
    if what == "letter":
        file.write_text("Dear Sir or Madam, " * 100)
    elif what == "recipes":
        with closing(sqlite3.connect(file)) as other:
            other.execute("CREATE TABLE recipe (id INTEGER)")
    elif what != "nothing":
        write_backup(database_url, file)
    if what == "newer":
        with closing(sqlite3.connect(file)) as other, other:
            other.execute("UPDATE alembic_version SET version_num = '9999'")
    if what == "damaged":
        content = bytearray(file.read_bytes())
        content[8192:12288] = os.urandom(4096)
        file.write_bytes(content)
    with pytest.raises(BridgeError, match=r"copied|no backup|newer|cannot be read|damaged"):
        restore(database_url, file, tmp_path)
    assert held(database_url) == wanted
    assert not list(tmp_path.rglob("*restoring*"))


@posix_only
@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give files away")
def test_a_restored_database_belongs_to_whom_it_belonged(tmp_path: Path) -> None:
    """An administrator restores; the account of the server must be able to open it."""
    url = sqlite_url(tmp_path / "bridge.db")
    fill(url)
    write_backup(url, tmp_path / "backup.db")
    os.chown(tmp_path / "bridge.db", 12345, 12345)
    restore(url, tmp_path / "backup.db", tmp_path)
    assert (tmp_path / "bridge.db").stat().st_uid == 12345


def test_a_damaged_database_is_kept_as_it_is(tmp_path: Path) -> None:
    """What cannot be copied whole is put aside byte by byte, with its log, and the backup takes its place."""
    url = sqlite_url(tmp_path / "bridge.db")
    fill(url)
    write_backup(url, tmp_path / "backup.db")
    wanted = held(url)
    damaged = b"SQLite format 3\x00" + os.urandom(9000)
    (tmp_path / "bridge.db").write_bytes(damaged)
    kept = restore(url, tmp_path / "backup.db", tmp_path)
    assert kept is not None
    assert kept.read_bytes() == damaged
    assert held(url) == wanted


def test_a_restore_waits_for_nobody(database_url: str, tmp_path: Path) -> None:
    """While another process has the database in use, on whatever machine, nothing is restored."""
    fill(database_url)
    write_backup(database_url, tmp_path / "backup.db")
    wanted = held(database_url)
    program = (
        "import sys; from qbwc_bridge.storage import open_database; database = open_database(sys.argv[1])\n"
        "with database.work() as uow: uow.people.count()\n"
        "print('ready', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, database_url], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == b"ready\n"
        with pytest.raises(Refused, match=r"wait until it has ended|stop it first"):
            restore(database_url, tmp_path / "backup.db", tmp_path)
        other.communicate(b"")
    assert held(database_url) == wanted


def test_a_move_takes_everything_and_leaves_the_source(pair: tuple[str, str]) -> None:
    """From each database to the other: the same rows, numbers go on after the greatest ever given out."""
    database_url, empty_url = pair
    fill(database_url)
    wanted = held(database_url)
    assert move(database_url, empty_url) == sum(each.rows for each in wanted.values())
    assert held(empty_url) == held(database_url) == wanted
    database = open_database(empty_url)
    with database.work() as uow:
        assert uow.people.add(samples.person(name="next")).id == wanted["person"].last_id + 1
    database.close()
    with pytest.raises(Refused, match="holds data already"):
        move(database_url, empty_url)


def test_a_move_that_differs_is_given_up(pair: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one value did not arrive as it was, nothing arrives."""
    database_url, empty_url = pair
    fill(database_url)
    honest = copying._portions

    def lossy(connection: object, table: object) -> Iterator[list[dict[str, object]]]:
        for rows in honest(connection, table):  # type: ignore[arg-type]
            yield [{**row, "who": row["who"] + "?"} if "who" in row else row for row in rows]

    monkeypatch.setattr(copying, "_portions", lossy)
    with pytest.raises(BridgeError, match="differs in history"):
        move(database_url, empty_url)
    monkeypatch.undo()
    assert not any(each.rows for each in held(empty_url).values())


def test_a_copy_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """A source that cannot be read leaves neither the file nor half of it."""
    with pytest.raises(BridgeError, match="could not be copied"):
        copy_sqlite(tmp_path / "missing.db", tmp_path / "kept" / "backup.db")
    assert not [*(tmp_path / "kept").iterdir()]


def test_the_commands_work_on_postgresql(tmp_path: Path, postgresql: Server) -> None:
    """The mark that keeps servers out is nobody else: data goes there, is restored there, and comes back."""
    here, url = tmp_path / "here", postgresql.new_url()
    back, file, there = sqlite_url(tmp_path / "back.db"), tmp_path / "of.db", {"QBWC_BRIDGE_DATABASE_URL": url}
    add_person(sqlite_url(here / "bridge.db"), "ann")
    assert run(here, "db", "move", url).exit_code == 0
    assert run(here, "backup", "--out", str(file), environ=there).exit_code == 0
    add_person(url, "later")
    with server_lock.serving(here, url):
        assert "stop it, then run `restore` again" in run(here, "restore", str(file), environ=there).stderr
    result = run(here, "restore", str(file), "--later", environ=there)
    assert result.exit_code == 0, result.output
    result = run(here, "db", "move", back, environ=there)
    assert result.exit_code == 0, result.output
    assert held(back)["person"].rows == 1


def _older(engine: Engine, before: str) -> None:
    """Make the database of an older program, with rows in it."""
    migrate.upgrade(engine, before)
    samples.fill(engine)


def add_person(url: str, name: str) -> None:
    """Add somebody to a database."""
    database: Database = open_database(url)
    with database.work() as uow:
        uow.people.add(samples.person(name=name))
    database.close()


def restore(url: str, backup: Path, folder: Path) -> Path | None:
    """Put a backup in place as it is."""
    with prepared(backup, url, folder) as draft:
        return put_in_place(draft, url, folder / f"before-{dt.datetime.now(dt.UTC):%H%M%S%f}.db")
