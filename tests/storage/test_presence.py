"""Servers and commands that need them stopped, on one PostgreSQL from several machines."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from qbwc_bridge.cli import server_lock
from qbwc_bridge.errors import Refused
from qbwc_bridge.storage.presence import present
from tests.postgresql import Server


def test_servers_are_at_a_database_together_and_a_command_alone(postgresql: Server) -> None:
    """Several servers may be there; a command may not before the last has left, and no server while it is there."""
    url = postgresql.clean_url()
    with ExitStack() as servers:
        for _ in range(2):
            assert servers.enter_context(present(url, alone=False))
        with present(url, alone=True) as free:
            assert not free
    with present(url, alone=True) as free, present(url, alone=False) as other:
        assert (free, other) == (True, False)
    with present(url, alone=False) as free:
        assert free


def test_an_upgrade_is_refused_while_a_server_elsewhere_is_at_the_database(postgresql: Server, tmp_path: Path) -> None:
    """A server with another data folder counts as well, and the refusal is one sentence."""
    url = postgresql.clean_url()
    with server_lock.serving(tmp_path / "one", url):
        with server_lock.serving(tmp_path / "two", url):
            pass
        with pytest.raises(Refused, match="perhaps on another machine"), server_lock.alone(tmp_path / "two", "go", url):
            pass
    with server_lock.alone(tmp_path / "two", "go", url):
        pass
