"""Servers and commands that need them stopped, on one PostgreSQL from several machines."""

from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from pathlib import Path

import pytest

from qbwc_bridge.cli import server_lock
from qbwc_bridge.cli.db import older
from qbwc_bridge.cli.serve import _in_its_place
from qbwc_bridge.errors import BridgeError, Refused
from qbwc_bridge.settings import load_settings
from qbwc_bridge.storage import open_database
from qbwc_bridge.storage.presence import present
from tests.postgresql import Server
from tests.support import free_port

PROCESSES = 6
WAITING, BRIEFLY = 30, 0.5
"""Seconds for what must come, and for what must not."""


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


def test_a_server_waits_for_the_one_that_upgrades(postgresql: Server, tmp_path: Path) -> None:
    """Of several that start at once the others go on once the upgrade is done, however long; at last they refuse."""
    url = postgresql.clean_url()
    settings = load_settings({"data_dir": str(tmp_path), "database_url": url}, environ={})

    def start() -> None:
        with _in_its_place(settings):
            pass

    with ThreadPoolExecutor() as pool:
        with server_lock.alone(tmp_path / "other", "go", url), pytest.MonkeyPatch.context() as patch:
            patch.setattr("qbwc_bridge.cli.serve.START_SECONDS", 0)
            starting = pool.submit(start)
            assert not wait([starting], BRIEFLY).done
        starting.result(WAITING)
    with pytest.MonkeyPatch.context() as patch, server_lock.alone(tmp_path / "other", "go", url):
        patch.setattr("qbwc_bridge.cli.serve.UPGRADE_SECONDS", 0)
        with pytest.raises(Refused, match="wait until it ends"):
            start()


def test_a_server_looks_at_the_version_while_another_upgrades(postgresql: Server, tmp_path: Path) -> None:
    """It does not wait for the turn that the upgrade has, or would give up as if the database were busy."""
    url = postgresql.clean_url()
    database = open_database(url)
    settings = load_settings({"data_dir": str(tmp_path), "database_url": url}, environ={})
    with database.work(), ThreadPoolExecutor() as pool:
        assert pool.submit(older, settings).result(WAITING) is False
    database.close()


def test_many_may_start_on_an_empty_database(postgresql: Server) -> None:
    """Processes that find no schema at the same time make it once, and all go on."""
    url = postgresql.new_url()
    with ThreadPoolExecutor(PROCESSES) as pool:
        for database in pool.map(open_database, [url] * PROCESSES):
            with database.work() as uow:
                assert not uow.connections.has()
            database.close()


def test_a_database_that_is_away_is_one_sentence() -> None:
    """A command that needs the servers stopped says plainly that the database cannot be reached."""
    away = f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/nothing"
    with pytest.raises(BridgeError, match=r"The database .* failed: connection failed"), present(away, alone=True):
        pass
