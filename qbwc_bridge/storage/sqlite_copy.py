"""Copies of an SQLite file while others use it: whole, checked, on the disk, or not there at all."""

import datetime as dt
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from qbwc_bridge.errors import BridgeError, Refused
from qbwc_bridge.storage.engine import make_private_file

UNFINISHED = ".unfinished"
"""End of the name of a file that is still being written: what a crash leaves of it is never taken for whole."""

BESIDE = ("-wal", "-shm")
"""What SQLite keeps beside a file that is in use; the log holds what was committed last."""


def dated(beginning: str, now: dt.datetime) -> str:
    """Give the name of a file that is kept, such as `backup-20260131T080000Z.db`."""
    return f"{beginning}-{now.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}.db"


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy the committed state of a database to a new file that only its owner may read.

    Raises Refused when `target` exists, WrongUsage when it cannot be made, and BridgeError when it cannot be written
    or `source` is damaged.
    """
    with (
        written(target) as draft,
        _told(source),
        closing(_reader(source)) as here,
        closing(sqlite3.connect(draft)) as there,
    ):
        here.backup(there)


@contextmanager
def written(target: Path) -> Iterator[Path]:
    """Give an empty file to write a database to; it is checked, and then stands under the name `target`.

    Errors as `copy_sqlite`; after any error nothing is left.
    """
    if target.exists():
        raise Refused(f"The file {target} exists already; move it away or choose another name.")
    draft = target.with_name(target.name + UNFINISHED)
    discard(draft)
    make_private_file(draft)
    try:
        yield draft
        with _told(draft):
            finish(draft)
        draft.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        raise BridgeError(f"The file {target} cannot be written: {error.strerror}.") from error
    finally:
        discard(draft)


def finish(file: Path) -> None:
    """Fold everything into one file, look at every page and reference of it, and bring it to the disk.

    Raises BridgeError for a damaged one, and sqlite3.Error.
    """
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        found = [row[0] for row in connection.execute("PRAGMA integrity_check(1)")]
        lost = connection.execute("PRAGMA foreign_key_check").fetchone()
    if found != ["ok"] or lost:
        raise BridgeError(f"The database {file} is damaged ({found[0] if not lost else 'rows refer to nothing'}).")
    with file.open("rb+") as content:
        os.fsync(content.fileno())


def discard(file: Path) -> None:
    """Remove a database file with what stands beside it, if there is one."""
    for end in ("", *BESIDE, "-journal"):
        file.with_name(file.name + end).unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk, where the system can do so."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _reader(file: Path) -> sqlite3.Connection:
    """Open a file that must exist, to read it."""
    return sqlite3.connect(f"{file.resolve().as_uri()}?mode=rw", uri=True)


@contextmanager
def _told(file: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise BridgeError(f"The database {file} could not be copied: {error}.") from error
