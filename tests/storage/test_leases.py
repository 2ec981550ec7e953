import datetime as dt
from concurrent.futures import ThreadPoolExecutor

from qbwc_bridge.flow.leases import give_back, take
from qbwc_bridge.storage import Database
from tests.storage import samples
from tests.storage.samples import NOW

WORKERS = 8


def test_one_worker_at_a_station(database: Database) -> None:
    """A taken station refuses others until it is given back; stations and connections do not disturb one another."""
    with database.work() as uow:
        here, there = samples.stored_connection(uow, "here"), samples.stored_connection(uow, "there")
        assert take(uow, here, "pull", "one", NOW, 60)
        assert not take(uow, here, "pull", "two", NOW, 60)
        assert take(uow, here, "push", "two", NOW, 60)
        assert take(uow, there, "pull", "two", NOW, 60)
        give_back(uow, here, "pull", "one")
        assert take(uow, here, "pull", "two", NOW, 60)


def test_a_lease_is_renewed_and_runs_out(database: Database) -> None:
    """Its holder renews it; after its end another takes it, and the late first one neither keeps nor ends it."""
    with database.work() as uow:
        here = samples.stored_connection(uow)
        at = [NOW + dt.timedelta(seconds=seconds) for seconds in range(200)]
        assert take(uow, here, "pull", "one", at[0], 60)
        assert take(uow, here, "pull", "one", at[30], 60)
        assert not take(uow, here, "pull", "two", at[89], 60)
        assert take(uow, here, "pull", "two", at[90], 60)
        assert not take(uow, here, "pull", "one", at[91], 60)
        give_back(uow, here, "pull", "one")
        assert not take(uow, here, "pull", "one", at[92], 60)


def test_of_many_takers_one_wins(database: Database) -> None:
    """Threads that reach for the same station at once: exactly one gets it."""
    with database.work() as uow:
        here = samples.stored_connection(uow)

    def reach(number: int) -> bool:
        with database.work() as uow:
            return take(uow, here, "push", f"worker {number}", NOW, 60)

    with ThreadPoolExecutor(WORKERS) as pool:
        assert sum(pool.map(reach, range(WORKERS))) == 1
