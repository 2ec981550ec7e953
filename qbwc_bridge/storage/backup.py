"""Copies of an SQLite database while others use it."""

import sqlite3
from contextlib import closing
from pathlib import Path

from qbwc_bridge.errors import Refused
from qbwc_bridge.storage.engine import make_private_file


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy the committed state of a database to a new file that only its owner may read.

    Raises Refused when `target` exists, and WrongUsage when it cannot be made.
    """
    if target.exists():
        raise Refused(f"The backup {target} exists already; move it away or choose another name.")
    make_private_file(target)
    with closing(sqlite3.connect(source)) as here, closing(sqlite3.connect(target)) as there:
        here.backup(there)
