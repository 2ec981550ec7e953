"""The mark of a running server in its data folder: a lock of the operating system, gone with the process."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from qbwc_bridge.errors import Refused, WrongUsage
from qbwc_bridge.files.private import make_private_folder

FILE = "server.lock"


@contextmanager
def serving(data_dir: Path) -> Iterator[None]:
    """Hold the folder as a server; several servers may (on Windows one), unless somebody holds it alone.

    Raises Refused while a command that needs the server stopped is at work.
    """
    with _opened(data_dir) as descriptor:
        if not _lock(descriptor, alone=False):
            raise Refused(f"The data in {data_dir} is in use by another server or by `db upgrade`: wait until it ends.")
        yield


@contextmanager
def alone(data_dir: Path, what: str) -> Iterator[None]:
    """Hold the folder alone for a command named `what`; raises Refused while a server runs on it."""
    with _opened(data_dir) as descriptor:
        if not _lock(descriptor, alone=True):
            raise Refused(f"A server runs on the data in {data_dir}: stop it, then {what}.")
        yield


@contextmanager
def _opened(data_dir: Path) -> Iterator[int]:
    try:
        make_private_folder(data_dir)
        descriptor = os.open(data_dir / FILE, os.O_CREAT | os.O_RDWR, 0o600)
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
