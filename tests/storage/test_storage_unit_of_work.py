import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from itertools import product
from pathlib import Path

import pytest

from qbwc_bridge.errors import BridgeError
from qbwc_bridge.flow.leases import take
from qbwc_bridge.ports import LOOK, OpenWork, UnitOfWork
from qbwc_bridge.storage import Database, open_database
from tests.postgresql import Server
from tests.storage import samples
from tests.support import DEEP

ROOT = Path(__file__).resolve().parents[2]
THREADS = 8
TURNS = 100 if DEEP else 10
KILLS = 25 if DEEP else 2
WAITING, BRIEFLY = 30, 0.3
"""Seconds for what must come, and for what must not."""


class _MindChangedError(Exception):
    pass


def _add(work: OpenWork, name: str) -> None:
    with work() as uow:
        uow.people.add(samples.person(name))


def _names(work: OpenWork) -> list[str]:
    with work() as uow:
        return [each.name for each in uow.people.find(order="name")]


def _spoil(uow: UnitOfWork) -> None:
    uow.people.add(samples.person("bob"))
    with pytest.raises(BridgeError, match="same name"):
        uow.people.add(samples.person("ann"))


def _spoil_and_count(uow: UnitOfWork) -> None:
    _spoil(uow)
    assert uow.people.count() < 0, "this is never reached"


def test_a_clean_end_commits(database_url: str) -> None:
    """What a unit of work wrote is there for another process after its end."""
    for name in ["ann", "bob"]:
        database = open_database(database_url)
        _add(database.work, name)
        database.close()
    database = open_database(database_url)
    assert _names(database.work) == ["ann", "bob"]
    database.close()


def test_an_error_takes_everything_back(database: Database) -> None:
    """After an error inside, nothing of the unit of work remains, and the next one works."""
    with suppress(_MindChangedError), database.work() as uow:
        uow.people.add(samples.person())
        raise _MindChangedError
    _add(database.work, "ann")
    assert _names(database.work) == ["ann"]


def test_a_swallowed_refusal_does_not_save_half(database: Database) -> None:
    """When the caller swallows an error of the database, the rest is not stored either, and the end says so."""
    _add(database.work, "ann")
    with pytest.raises(BridgeError, match="Nothing was stored"), database.work() as uow:
        _spoil(uow)
    assert _names(database.work) == ["ann"]


def test_nothing_runs_after_a_refusal(database: Database) -> None:
    """Even reading is refused in a unit of work that failed."""
    _add(database.work, "ann")
    with pytest.raises(BridgeError, match="Nothing was stored"), database.work() as uow:
        _spoil_and_count(uow)


def test_a_unit_of_work_inside_another_raises(database: Database) -> None:
    """Nesting would wait for itself, so it raises at once; another thread may work meanwhile, and the first goes on."""
    with database.work() as uow:
        with pytest.raises(RuntimeError, match="open already"):
            database.work().__enter__()
        uow.people.add(samples.person())
    assert _names(database.work) == ["ann"]


def test_a_store_is_dead_after_its_unit_of_work(database: Database) -> None:
    """A store kept beyond the end raises instead of writing on its own."""
    with database.work() as uow:
        people = uow.people
    with pytest.raises(BridgeError, match="closed"):
        people.count()


def test_threads_lose_no_increment(database: Database) -> None:
    """Reading and writing back in one unit of work is safe among threads."""
    with database.work() as uow:
        number = uow.people.add(samples.person()).id

    def increment(_: int) -> None:
        for _turn in range(TURNS):
            with database.work() as uow:
                ann = uow.people.get(number)
                ann.session_version += 1
                uow.people.save(ann)

    _in_threads(increment)
    with database.work() as uow:
        assert uow.people.get(number).session_version == THREADS * TURNS


def test_check_then_add_is_safe_among_threads(database: Database) -> None:
    """What one thread found missing is still missing when it adds it."""

    def add_each(_: int) -> None:
        for turn in range(TURNS):
            with database.work() as uow:
                if uow.people.first(name=f"{turn}") is None:
                    uow.people.add(samples.person(f"{turn}"))

    _in_threads(add_each)
    assert len(_names(database.work)) == TURNS


def test_a_reader_never_sees_half(database: Database) -> None:
    """Two rows that change together are always seen together."""
    with database.work() as uow:
        one, two = uow.people.add(samples.person("ann")), uow.people.add(samples.person("bob"))
    done = threading.Event()

    def write() -> None:
        for turn in range(TURNS * 3):
            with database.work() as uow:
                for person in [one, two]:
                    person.session_version = turn
                    uow.people.save(person)
        done.set()

    def read() -> int:
        seen = 0
        while not done.is_set():
            with database.work() as uow:
                versions = [uow.people.get(person.id).session_version for person in [one, two]]
            assert versions[0] == versions[1]
            seen += 1
        return seen

    with ThreadPoolExecutor() as pool:
        reading = [pool.submit(read) for _ in range(2)]
        pool.submit(write).result()
        assert sum(each.result() for each in reading) > 0


def test_a_connection_is_worked_on_by_one_at_a_time(database: Database) -> None:
    """Units of work on one connection lose no increment among threads, whatever those on others do meanwhile."""
    with database.work() as uow:
        numbers = [samples.stored_connection(uow, name) for name in ("ann", "bob")]
        before = uow.connections.get(numbers[0]).procore_company_id

    def increment(job: int) -> None:
        for turn in range(TURNS):
            # Every fifth time somebody works on everything.
            with database.work(None if turn % 5 == 0 else numbers[job % 2]) as uow:
                row = uow.connections.get(numbers[job % 2])
                row.procore_company_id += 1
                uow.connections.save(row)

    _in_threads(increment)
    with database.work(LOOK) as uow:
        found = [uow.connections.get(number).procore_company_id for number in numbers]
    assert found == [before + TURNS * THREADS // 2] * 2


def test_work_on_another_connection_goes_on_meanwhile(postgresql: Server) -> None:
    """On PostgreSQL a connection waits for its own work and for what concerns everything, not for another's."""
    database = open_database(postgresql.clean_url())
    with database.work() as uow:
        one, two = samples.stored_connection(uow, "one"), samples.stored_connection(uow, "two")

    def work(connection_id: int | None) -> None:
        with database.work(connection_id):
            pass

    with ThreadPoolExecutor() as pool:
        with database.work(one):
            pool.submit(work, two).result(WAITING)
            mine, everything = pool.submit(work, one), pool.submit(work, None)
            assert not wait([mine, everything], BRIEFLY).done
            behind = pool.submit(work, two)
            assert not wait([behind], BRIEFLY).done, "who waits for everything is not overtaken"
            pool.submit(work, LOOK).result(WAITING)
        for each in (mine, everything, behind):
            each.result(WAITING)
    database.close()


def test_who_only_looks_sees_one_moment(postgresql: Server) -> None:
    """On PostgreSQL what is committed meanwhile is not seen by one that looks, and is by the next."""
    database = open_database(postgresql.clean_url())
    with ThreadPoolExecutor() as pool:
        with database.work(LOOK) as uow:
            assert not uow.people.has()
            pool.submit(_add, database.work, "ann").result(WAITING)
            assert not uow.people.has()
        with database.work(LOOK) as uow:
            assert uow.people.has()
    database.close()


def test_work_on_a_connection_writes_no_row_of_another(database: Database) -> None:
    """A row of another connection, or of none, is refused before it is written, as is any row while looking."""
    with database.work() as uow:
        one, two = samples.stored_connection(uow, "one"), samples.stored_connection(uow, "two")

    def connection(uow: UnitOfWork) -> None:
        row = uow.connections.get(two)
        row.alarm = "Look here."
        uow.connections.save(row)

    def lease(uow: UnitOfWork) -> None:
        take(uow, two, "pull", "somebody", samples.NOW, 60)

    def person(uow: UnitOfWork) -> None:
        uow.people.add(samples.person())

    for here, write in product((one, LOOK), (connection, lease, person)):
        with pytest.raises(RuntimeError, match="must not write"), database.work(here) as uow:
            write(uow)
    with database.work() as uow:
        assert not uow.leases.has()


def test_kill_loses_no_committed_work(database_url: str) -> None:
    """A process that is killed while writing loses nothing it committed and leaves no half of a unit of work."""
    open_database(database_url).close()
    promised: set[str] = set()
    for kill in range(KILLS):
        for number in _write_until_killed(database_url, f"run{kill}", lines=20 + 7 * kill):
            promised |= {f"run{kill}-{number}-left", f"run{kill}-{number}-right"}
    database = open_database(database_url)
    found = set(_names(database.work))
    database.close()
    assert promised <= found
    assert {name.removesuffix("-left") for name in found if name.endswith("-left")} == {
        name.removesuffix("-right") for name in found if name.endswith("-right")
    }


def _write_until_killed(url: str, name: str, lines: int) -> list[int]:
    command = [sys.executable, "-m", "tests.storage.writer", url, name]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        told = [int(child.stdout.readline()) for _ in range(lines)]
        child.kill()
        told += [int(line) for line in child.stdout if line.endswith("\n")]
    return told


def _in_threads(job: Callable[[int], None]) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(job, range(THREADS)))
