"""Where the data of a test's data folder is: in its SQLite file, or in a PostgreSQL that stands in for all of them."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.postgresql import Server

EVERYWHERE = os.environ.get("TEST_DATABASE") == "postgresql"
"""Whether every journey is to run on PostgreSQL; otherwise those that are marked run on both."""
of_the_file = pytest.mark.skipif(EVERYWHERE, reason="the journey is about SQLite's file")


class _Folders:
    """The databases of the data folders, while a server stands in."""

    def __init__(self) -> None:
        self.server: Server | None = None
        self.urls: dict[Path, str] = {}


_folders = _Folders()


@contextmanager
def on(server: Server) -> Iterator[None]:
    """Let a server stand in until the block ends."""
    before = _folders.server, _folders.urls
    _folders.server, _folders.urls = server, {}
    try:
        yield
    finally:
        _folders.server, _folders.urls = before


def database_of(folder: Path) -> dict[str, str]:
    """Give the setting that names the database of a data folder, the same each time; none for its SQLite file."""
    if _folders.server is None:
        return {}
    url = _folders.urls.get(folder) or _folders.server.new_url()
    _folders.urls[folder] = url
    return {"database_url": url}


def address_of(folder: Path) -> str:
    """Give the address of the database of a data folder."""
    return database_of(folder).get("database_url") or f"sqlite:///{folder / 'bridge.db'}"


def copy_data(source: Path, target: Path) -> None:
    """Copy a data folder that no bridge has open, with its database."""
    shutil.copytree(source, target)
    if _folders.server is not None:
        before = _folders.urls.get(target, "")
        _folders.urls[target] = _folders.server.copy_of(_folders.urls[source], before)
