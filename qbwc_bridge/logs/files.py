"""The log as files in the data folder: a new one when one is full, the oldest removed.

Files are never renamed: Windows refuses that while anybody looks at one. Each process writes files of its own, so that
several servers may share a data folder.
"""

import datetime as dt
import logging
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

FILE_BYTES = 5 * 1024 * 1024
"""When a file is full: any editor still opens it."""

FILES = 20
"""How many stay, so 100 MB in all: weeks of a busy office, at level info."""

PATTERN = "serve-*.log"


class LogFiles(logging.Handler):
    """Writes into `folder`, which is made for its owner alone; what the disk refuses never stops the program."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self._path: Path | None = None
        self._file: BinaryIO | None = None
        self._told = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line; one that cannot be written is on standard error all the same."""
        try:
            line = f"{self.format(record)}\n".encode(errors="backslashreplace")
            file = self._opened(record.created, len(line))
            file.write(line)
            file.flush()
            self._told = False
        except OSError as error:
            self._end()
            if not self._told and sys.stderr:
                sys.stderr.write(f"The log cannot be written into {self.folder}: {error}.\n")
            self._told = True

    def close(self) -> None:
        """Close the file that is open."""
        self._end()
        super().close()

    def _opened(self, now: float, more: int) -> BinaryIO:
        """Give the file for a line of `more` bytes, a new one where there is none, or it is full, or removed."""
        if self._file and self._path and self._path.exists() and self._file.tell() + more <= FILE_BYTES:
            return self._file
        self._end()
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        moment = dt.datetime.fromtimestamp(now, dt.UTC)
        self._path = self.folder / f"serve-{moment:%Y%m%dT%H%M%S-%f}-{os.getpid()}.log"
        self._file = open(self._path, "ab", opener=_private)  # noqa: SIM115 - Path.open takes no opener; closed by _end
        self._remove_old()
        return self._file

    def _remove_old(self) -> None:
        """Remove what is too much; a file that somebody has open on Windows goes with a later try."""
        for path in newest_first(self.folder)[FILES:]:
            with suppress(OSError):
                path.unlink()

    def _end(self) -> None:
        if self._file:
            with suppress(OSError):  # what a full disk did not take
                self._file.close()
        self._file = None


def newest_first(folder: Path) -> list[Path]:
    """Give the files of the log, the one that was written last first; none where there is no folder."""
    found: list[tuple[float, str, Path]] = []
    for path in folder.glob(PATTERN):
        with suppress(OSError):  # removed meanwhile
            found.append((path.stat().st_mtime, path.name, path))
    return [path for _, _, path in sorted(found, reverse=True)]


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
