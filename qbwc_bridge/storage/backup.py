"""Backups: the whole database as one SQLite file, whichever database it comes from, made while others use it.

One form for both, so that `restore` and `db move` are the same work in every direction. The file holds secrets only as
the key file encrypted them, and never the key.
"""

import datetime as dt
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, text

from qbwc_bridge.errors import BridgeError, Refused
from qbwc_bridge.files.private import take_owner
from qbwc_bridge.storage import migrate, version
from qbwc_bridge.storage.copying import clear, copy_rows, is_empty, schema_of, snapshot
from qbwc_bridge.storage.database import Database, open_database
from qbwc_bridge.storage.engine import open_engine, sqlite_file
from qbwc_bridge.storage.faults import told_plainly
from qbwc_bridge.storage.sqlite_copy import (
    BESIDE,
    UNFINISHED,
    copy_sqlite,
    dated,
    discard,
    finish,
    sync_folder,
    written,
)

DRAFT = ".restoring"
"""End of the name of the file that a restore prepares beside the database."""


def write_backup(url: str, target: Path) -> None:
    """Write the committed state of a database, whatever its version, to a new SQLite file, and check that file.

    Raises Refused when there is nothing to keep, `target` exists, or a PostgreSQL database is of a newer program;
    BridgeError when it cannot be written.
    """
    engine = open_engine(url)
    try:
        if not version.current(engine):
            raise Refused("The database is empty: there is nothing to keep yet.")
        _write(engine, target)
    finally:
        engine.dispose()


def upgrade(url: str, folder: Path, now: dt.datetime) -> Path | None:
    """Bring a database to this program's version, and give the file that holds the state before.

    That file is written first, named by version and time, such as `before-0002-20260131T080000Z.db`; a database that is
    new or needs no upgrade has none. Where the upgrade fails the database is as before, and the file goes again. Errors
    as `write_backup` and `migrate.upgrade`; nobody else may be at it.
    """
    engine, kept = open_engine(url), _Kept(folder / dated(f"before-{version.head()}", now))
    try:
        migrate.upgrade(engine, keep=lambda: kept.write(engine))
    except BaseException:
        kept.drop_unless_upgraded(engine)
        raise
    finally:
        engine.dispose()
    return kept.path if kept.made else None


class _Kept:
    """The file that an upgrade keeps of the state before."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.made = False

    def write(self, engine: Engine) -> None:
        """Write it, in place of what an upgrade that was killed left unfinished."""
        for left in self.path.parent.glob(f"before-*{UNFINISHED}*"):
            left.unlink(missing_ok=True)
        _write(engine, self.path)
        self.made = True

    def drop_unless_upgraded(self, engine: Engine) -> None:
        """Remove it after a failure: a server that is started again and again would fill the disk with such files."""
        with suppress(BridgeError):  # where nobody knows how it ended it stays
            if self.made and version.needs_upgrade(engine):
                self.path.unlink(missing_ok=True)


@contextmanager
def prepared(backup: Path, url: str, folder: Path) -> Iterator[Database]:
    """Open a copy of a backup, upgraded to this program's version, to be looked at and changed before `put_in_place`.

    It stands beside the database of `url`, or in `folder` where that is no file, and is removed at the end. Raises
    Refused for a file that is no backup of this program, or of a newer one.
    """
    draft = _draft(url, folder)
    discard(draft)
    try:
        backup.open("rb").close()
    except OSError as error:
        raise Refused(f"The file {backup} cannot be read: {error.strerror}.") from error
    try:
        copy_sqlite(backup, draft)
        engine = open_engine(sqlite_url(draft))
        try:
            if not version.current(engine):
                raise Refused(f"The file {backup} is no backup of this program.")
            if version.needs_upgrade(engine):
                migrate.upgrade(engine)
        finally:
            engine.dispose()
        database = open_database(sqlite_url(draft))
        try:
            yield database
        finally:
            database.close()
    finally:
        discard(draft)


def put_in_place(database: Database, url: str, kept: Path) -> Path | None:
    """Let what `prepared` gave take the place of the database of `url`; gives the file that holds the state before.

    Until the last step the database holds what it held, and that step is one. Raises Refused while somebody uses it.
    """
    draft = sqlite_file(database.engine)
    assert draft is not None  # noqa: S101 - it is always a file
    database.close()
    engine = open_engine(url)
    try:
        file = sqlite_file(engine)
        if file is None:
            return _put_rows(engine, sqlite_url(draft), kept)
    finally:
        engine.dispose()
    finish(draft)
    before = _keep(file, kept)
    take_owner(draft, file)
    try:
        draft.replace(file)
    except OSError as error:  # Windows lets nobody replace a file that somebody has open
        raise Refused(
            f"The database {file} cannot be replaced: {error.strerror}. Wait until no command uses it."
        ) from error
    sync_folder(file.parent)
    return before


def sqlite_url(file: Path) -> str:
    """Give the address of an SQLite file."""
    return URL.create("sqlite", database=str(file)).render_as_string()


def _draft(url: str, folder: Path) -> Path:
    file = _file_of(url)
    return file.with_name(file.name + DRAFT) if file else folder / f"database{DRAFT}"


def _file_of(url: str) -> Path | None:
    """The file of an SQLite database."""
    engine = open_engine(url)
    engine.dispose()
    return sqlite_file(engine)


def _keep(file: Path, kept: Path) -> Path | None:
    """Copy an SQLite database aside, then close it so that nothing but the one file is left of it."""
    if not file.stat().st_size:
        return None
    try:
        copy_sqlite(file, kept)
    except BridgeError:
        # It is damaged: all of it is kept as it is, for somebody who can read more of it.
        for end in ("", *BESIDE):
            piece = file.with_name(file.name + end)
            if piece.exists():
                shutil.copy2(piece, kept.with_name(kept.name + end))
        for end in BESIDE:
            file.with_name(file.name + end).unlink(missing_ok=True)
        return kept
    _close(file)
    return kept


def _close(file: Path) -> None:
    """Fold an SQLite database into its one file. Raises Refused while somebody uses it."""
    try:
        with closing(sqlite3.connect(file, timeout=0)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")  # needs the database for itself
    except sqlite3.OperationalError as error:
        raise Refused(f"Another command uses the database {file}: wait until it has ended.") from error


def _put_rows(engine: Engine, source: str, kept: Path) -> Path | None:
    """Replace all rows of a PostgreSQL database in one transaction."""
    before = None
    with told_plainly(engine), engine.begin() as connection:
        refuse_beside_others(connection)
    if version.current(engine):
        before = kept
        _write(engine, kept)
    migrate.upgrade(engine)
    here = open_engine(source)
    try:
        with told_plainly(engine), engine.begin() as target, here.begin() as rows:
            refuse_beside_others(target)
            clear(target)
            copy_rows(rows, target)
    finally:
        here.dispose()
    return before


def _write(engine: Engine, target: Path) -> None:
    """Write a database that is not empty to a new SQLite file of the same version."""
    file = sqlite_file(engine)
    if file:
        copy_sqlite(file, target)
        return
    with written(target) as draft:
        copy = open_engine(sqlite_url(draft))
        try:
            with told_plainly(engine, copy), snapshot(engine) as rows:
                migrate.upgrade(copy, version.check(rows))
                with copy.begin() as there:
                    copy_rows(rows, there, schema_of(there))
        finally:
            copy.dispose()


def refuse_beside_others(connection: Connection) -> None:
    """Raise Refused where another process of the bridge, on whatever machine, is connected to this PostgreSQL."""
    if connection.dialect.name == "sqlite":
        return
    others = connection.execute(
        text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND application_name = 'qbwc-bridge' AND pid <> pg_backend_pid()"
        )
    ).scalar_one()
    if others:
        raise Refused("Another server or command of the bridge is connected to this database: stop it first.")


def put_aside(url: str, now: dt.datetime) -> Path | None:
    """Take an SQLite database that was moved out of the way, so that nothing goes on with it; gives where it is now.

    One of PostgreSQL stays. Raises Refused while somebody uses it.
    """
    file = _file_of(url)
    if file is None:
        return None
    _close(file)
    aside = file.with_name(f"moved-{dated(file.stem, now)}")
    try:
        file.rename(aside)
    except OSError as error:
        raise Refused(f"{file} could not be put aside ({error.strerror}): do it, it must not be used again.") from error
    return aside


def move(url: str, target_url: str) -> int:
    """Copy everything to an empty database and prove that it is the same; gives how many rows. The source stays.

    Raises Refused for a target that has rows, is of another program, or where either is in use.
    """
    here, there = open_engine(url), open_engine(target_url)
    try:
        migrate.prepare(here)
        migrate.prepare(there)
        with told_plainly(here), here.begin() as connection:
            refuse_beside_others(connection)
        with told_plainly(there, here), snapshot(here) as rows, there.begin() as target:
            refuse_beside_others(target)
            if not is_empty(target):
                raise Refused("The database to move to holds data already: name an empty one.")
            return sum(copy_rows(rows, target).values())
    finally:
        here.dispose()
        there.dispose()
