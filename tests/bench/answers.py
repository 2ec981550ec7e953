"""Part `answers`: time and peak memory of the server for long answers, beside a bare pair."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

from qbwc_bridge.domain.records import Connection
from qbwc_bridge.ports import UnitOfWork
from qbwc_bridge.rehearsal.quickbooks import Company
from tests.bench import replies
from tests.bench.office import Office
from tests.bench.runners import Bare
from tests.bench.served import serving
from tests.bench.session import EndedError, Session
from tests.bench.table import BARE_SECONDS, PEER_MB, PEER_SECONDS, Table
from tests.bench.wire import SilentError

MB = 1024 * 1024
COMPARED_MB = 10
"""The size that was measured of others."""
TRIES = 3
"""The best time of so many counts where two servers are held against each other: each falls into some lull."""
MEMORY_BASE, MEMORY_FACTOR = 60, 5
"""The bound of the peak: 60 MB + 5 times the answer."""

Make = Callable[[Company, str, int], tuple[str, int]]


def _customers(record: str) -> Make:
    return lambda company, request, size: replies.customers(company, request, size, record)


_LISTS, _COSTS = "<CustomerQueryRq ", "<TxnTypeFilter>Bill</TxnTypeFilter>"
KINDS: dict[str, tuple[str, Make, Sequence[int]]] = {
    "customers": (_LISTS, _customers(replies.FULL), (1, 10, 50)),
    "customers, brief": (_LISTS, _customers(replies.BRIEF), (10,)),
    "cost report": (_COSTS, replies.costs, (1, 10, 50)),
}
"""What is asked for, how its answer is made, and its sizes in MB."""


def measure(table: Table, office: Office, largest: int) -> None:
    """Print seconds and memory for answers of each kind up to `largest` MB."""
    table.part("Long answers: the call that brings one, with all its effects stored")
    bare = _bare_seconds(table, largest)
    for kind, (_, _, sizes) in KINDS.items():
        for size in sizes:
            if size <= largest:
                _measure_one(table, office, kind, size, bare if size == COMPARED_MB else None)


def _bare_seconds(table: Table, largest: int) -> float | None:
    if largest < COMPARED_MB:
        return None
    with serving("bare") as server:
        bare = Bare(server)
        text, _ = replies.records(COMPARED_MB * MB, replies.FULL)
        seconds = min(bare.answer(text) for _ in range(TRIES))
    elsewhere = f"{BARE_SECONDS} s elsewhere"
    table.row(f"bare pair, {COMPARED_MB} MB", f"{seconds:.2f} s", elsewhere, seconds / BARE_SECONDS)
    return seconds


def _measure_one(table: Table, office: Office, kind: str, size: int, bare: float | None) -> None:
    try:
        tries = [_receive(office, kind, size) for _ in range(1 if bare is None else TRIES)]
    except (SilentError, EndedError) as error:
        table.problem(f"{kind}, {size} MB", str(error))
        return
    _print_time(table, f"{kind}, {size} MB, {tries[0].count:,} records", min(each.seconds for each in tries), bare)
    _print_memory(table, tries, size)


@dataclass(frozen=True)
class _Try:
    """One answer received by a fresh server: its records, the call's seconds, memory in MB before and at its peak."""

    count: int
    seconds: float
    memory: tuple[float, float] | None


def _receive(office: Office, kind: str, size: int) -> _Try:
    """Bring an answer of that many MB to a server of its own. Raises SilentError and EndedError."""
    wanted, make, _ = KINDS[kind]
    with tempfile.TemporaryDirectory() as folder:
        own = office.copy(Path(folder) / "answers")
        own.change(_want_costs)
        company = own.company()
        with serving("bridge", str(own.folder)) as server:
            session = Session(server.client, company, own.user_name, own.password)
            answer, count = make(company, session.until(wanted), size * MB)
            server.forget_peak()
            before = server.memory()
            session.receive(answer)
            after = server.memory()
        return _Try(
            count, server.client.last("receiveResponseXML"), (before[0], after[1]) if before and after else None
        )


def _print_time(table: Table, name: str, seconds: float, bare: float | None) -> None:
    ours = f"{seconds:.2f} s"
    if bare is None:
        table.row(name, ours)
        return
    table.row(name, ours, "bare pair here", seconds / bare)
    for peer, share in PEER_SECONDS.items():
        table.row("", "", f"{peer} here: {share * bare:.2f} s", seconds / bare / share)


def _print_memory(table: Table, tries: Sequence[_Try], size: int) -> None:
    """Print the greatest peak of all tries."""
    known = [each.memory for each in tries if each.memory]
    if not known:
        return
    start, peak = max(known, key=itemgetter(1))
    bound = MEMORY_BASE + MEMORY_FACTOR * size
    limit = f"{MEMORY_BASE} MB + {MEMORY_FACTOR} x the answer: {bound} MB"
    table.row(f"  peak memory, {start:.0f} MB before", f"{peak:.0f} MB", limit, peak / bound)
    table.row("  its growth", f"{peak - start:.0f} MB", "the same", (peak - start) / bound)
    for peer, used in PEER_MB.items() if size == COMPARED_MB else ():
        table.row("", "", f"{peer} elsewhere: {used} MB", peak / used)


def _want_costs(uow: UnitOfWork, connection: Connection) -> None:
    """Let the next visit read job costs, and before them the lists."""
    connection.costs_wanted = True
    uow.connections.save(connection)
