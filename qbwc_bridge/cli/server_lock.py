"""The mark of a running server: a lock of the operating system in its data folder, gone with the process.

Servers that share a PostgreSQL database may have folders of their own, so they leave a mark there too
(`storage.presence`).
"""

import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path

from qbwc_bridge.errors import UnderWay, WrongUsage
from qbwc_bridge.files.private import make_private_folder, open_servers_file
from qbwc_bridge.storage.presence import present

FILE = "server.lock"


@contextmanager
def serving(data_dir: Path, database_url: str = "") -> Iterator[None]:
    """Hold folder and database as a server; several servers may (on Windows one), unless somebody holds them alone.

    Raises UnderWay while a command that needs the server stopped is at work.
    """
    with _opened(data_dir) as descriptor, _present(database_url, alone=False) as free:
        if not (_lock(descriptor, alone=False) and free):
            raise UnderWay(
                f"The data in {data_dir} is in use by another server or by `db upgrade`: wait until it ends."
            )
        yield


@contextmanager
def alone(data_dir: Path, what: str, database_url: str = "") -> Iterator[None]:
    """Hold folder and database alone for a command named `what`; raises UnderWay while a server runs on either."""
    with _opened(data_dir) as descriptor, _present(database_url, alone=True) as free:
        if not _lock(descriptor, alone=True):
            raise UnderWay(f"A server runs on the data in {data_dir}: stop it, then {what}.")
        if not free:
            raise UnderWay(f"A server, perhaps on another machine, runs on the same database: stop it, then {what}.")
        yield


def _present(database_url: str, *, alone: bool) -> AbstractContextManager[bool]:
    return present(database_url, alone=alone) if database_url else nullcontext(enter_result=True)


@contextmanager
def _opened(data_dir: Path) -> Iterator[int]:
    try:
        make_private_folder(data_dir)
        descriptor = open_servers_file(data_dir / FILE)
    except OSError as error:
        raise WrongUsage(f"The data folder {data_dir} cannot be used: {error.strerror}.") from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int, *, alone: bool) -> bool:  # noqa: ARG001 - Windows' C library has no shared locks
        with suppress(OSError):
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            return True
        return False

else:
    import fcntl

    def _lock(descriptor: int, *, alone: bool) -> bool:
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
            return True
        return False
