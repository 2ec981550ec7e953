"""Parts `cycles` and `lists`: one record per cycle with few and many tasks waiting, and full sets of list records."""

import statistics
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.bench.names import company_name, order_number
from tests.bench.office import SEED, Office, accept
from tests.bench.runners import Bare, Queue, Times, in_turn
from tests.bench.served import serving
from tests.bench.table import BARE_CYCLES, PEER_CYCLES, PERCENT, Table, spread
from tests.bench.twins import multiply, order_seeds, vendor_seeds

WANTED_SHARE = 0.4
"""Of the bare pair's cycles a second, at least."""
WANTED_FLATNESS = 15
"""Percent by which a long queue may be slower than a short one."""
NOTHING_IN_TIME = "nothing ended in its seconds"
FULL_SET = 25
"""List records that go in one set."""


def measure_cycles(table: Table, office: Office, waiting: Sequence[int], cycles: int, seconds: float) -> None:
    """Print calls a second, median and 95th percentile of both calls, and how flat they are.

    `cycles` and `seconds` bound what each server is given.
    """
    table.part("One-record cycles: a purchase order each")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        queues = []
        for count in waiting:
            own = office.copy(Path(folder) / str(count))
            accept(own, "commitment", order_number(SEED))
            seeds = order_seeds(own)
            multiply(own, seeds, range(1, count))
            server = stack.enter_context(serving("bridge", str(own.folder)))
            queues.append(Queue(count, "PurchaseOrderAddRq", own, seeds, server))
        # Last: a connection that stood still while a long queue is made would be closed.
        bare = Bare(stack.enter_context(serving("bare")))
        in_turn([bare, *queues], cycles, seconds)
    pair = bare.times.cycles_per_second()
    elsewhere = f"{BARE_CYCLES:,} cycles/s elsewhere"
    table.row("bare spyne under waitress, doing nothing", f"{pair:,.0f} cycles/s", elsewhere, pair / BARE_CYCLES)
    _print_calls(table, bare.times, bare.times)
    for queue in queues:
        _print_queue(table, queue, bare.times)
    _print_flatness(table, [queue for queue in queues if queue.times.receive])


def measure_lists(table: Table, office: Office, records: int, seconds: float) -> None:
    """Print records a second of full sets of vendors; `records` and `seconds` bound them."""
    table.part("List sets: vendors, each with an order that waits for it")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        own = office.copy(Path(folder) / "lists")
        accept(own, "vendor", company_name(SEED))
        seeds = vendor_seeds(own)
        multiply(own, seeds, range(1, records))
        queue = Queue(records, "VendorAddRq", own, seeds, stack.enter_context(serving("bridge", str(own.folder))))
        bare = Bare(stack.enter_context(serving("bare")))
        in_turn([bare, queue], -(-records // FULL_SET), seconds)
    if queue.problem or not queue.times.receive:
        table.problem("list sets", queue.problem or NOTHING_IN_TIME)
    if not queue.times.receive:
        return
    pair, speed, sets = bare.times.cycles_per_second(), queue.times.records_per_second(), len(queue.times.receive)
    name = f"{queue.times.records:,} records in {sets} sets"
    table.row(name, f"{speed:,.0f} records/s", f"bare pair here: {pair:,.0f}", speed / pair)
    _print_peers(table, speed, pair)
    _print_calls(table, queue.times, bare.times)


def _print_queue(table: Table, queue: Queue, bare: Times) -> None:
    name = f"{queue.waiting:,} waiting, {len(queue.times.receive)} cycles"
    if queue.problem or not queue.times.receive:
        table.problem(name, queue.problem or NOTHING_IN_TIME)
    if not queue.times.receive:
        return
    speed, pair = queue.times.cycles_per_second(), bare.cycles_per_second()
    table.row(name, f"{speed:,.0f} cycles/s", f"bare pair; at least {WANTED_SHARE:.2f}", speed / pair)
    _print_peers(table, speed, pair)
    _print_calls(table, queue.times, bare)
    table.row("  authenticate, the first", f"{queue.client.seconds['authenticate'][0]:.2f} s")


def _print_peers(table: Table, speed: float, pair: float) -> None:
    for peer, share in PEER_CYCLES.items():
        table.row("", "", f"{peer} here: {share * pair:,.0f}", speed / pair / share)


def _print_calls(table: Table, times: Times, bare: Times) -> None:
    for name, seconds, its in (
        ("sendRequestXML", times.send, bare.send),
        ("receiveResponseXML", times.receive, bare.receive),
    ):
        table.row(f"  {name}, calls a second", f"{len(seconds) / sum(seconds):,.0f}")
        share = statistics.median(seconds) / statistics.median(its)
        table.row(f"  {name}", spread(seconds), "bare pair, medians", share)


def _print_flatness(table: Table, queues: Sequence[Queue]) -> None:
    """Print how much slower the median is with the longer queues than with the first."""
    for queue in queues[1:]:
        first = queues[0]
        for name, few, many in (
            ("sendRequestXML", first.times.send, queue.times.send),
            ("receiveResponseXML", first.times.receive, queue.times.receive),
        ):
            slower = statistics.median(many) / statistics.median(few) - 1
            what = f"{name}, {queue.waiting:,} against {first.waiting:,}"
            table.row(what, f"{PERCENT * slower:+.1f} %", f"at most +{WANTED_FLATNESS} %")
