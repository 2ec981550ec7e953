"""Measures the edges: the Web Connector's on the real server in a process of its own, and Procore's in calls.

No figure is asserted; only what could not be measured makes the exit code 1. TMPDIR names the disk with the queues.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.bench import answers, costs, cycles, page, processes, reading, sync
from tests.bench.office import Office, seed_office
from tests.bench.table import Table

WAITING = (10, 1_000, 100_000)


def _cycles(table: Table, office: Office, options: argparse.Namespace) -> None:
    waiting = [count for count in WAITING if count <= options.tasks] or [options.tasks]
    cycles.measure_cycles(table, office, waiting, options.cycles, options.seconds)


def _lists(table: Table, office: Office, options: argparse.Namespace) -> None:
    cycles.measure_lists(table, office, min(options.tasks, options.records), options.seconds)


def _answers(table: Table, office: Office, options: argparse.Namespace) -> None:
    answers.measure(table, office, options.megabytes)


def _sync(table: Table, _office: Office, options: argparse.Namespace) -> None:
    sync.measure(table, sync.Size().scaled(options.share), options.idle_visits)


def _costs(table: Table, _office: Office, options: argparse.Namespace) -> None:
    costs.measure(table, options.share)


def _reading(table: Table, _office: Office, options: argparse.Namespace) -> None:
    sizes = [size for size in reading.SIZES if size <= max(1, max(reading.SIZES) * options.share)]
    reading.measure(table, sizes, options.rounds)


def _page(table: Table, _office: Office, options: argparse.Namespace) -> None:
    page.measure(table, options.share)


def _processes(table: Table, _office: Office, options: argparse.Namespace) -> None:
    processes.measure(table, options.cycles, options.seconds)


PARTS: dict[str, Callable[[Table, Office, argparse.Namespace], None]] = {
    "cycles": _cycles,
    "lists": _lists,
    "answers": _answers,
    "sync": _sync,
    "costs": _costs,
    "reading": _reading,
    "page": _page,
    "processes": _processes,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the parts and print a table: ours, what it is held against, and ours as a multiple of that."""
    parser = argparse.ArgumentParser(prog="tests.bench.edge", description=main.__doc__)
    parser.add_argument("--only", action="append", choices=PARTS, help="run this part alone; may be given again")
    parser.add_argument("--tasks", type=int, default=max(WAITING), help="longest queue to measure")
    parser.add_argument("--cycles", type=int, default=300, help="cycles for each server")
    parser.add_argument("--records", type=int, default=1_000, help="list records to send in sets")
    parser.add_argument("--megabytes", type=int, default=50, help="longest answer to measure")
    parser.add_argument("--share", type=float, default=1, help="share of the large companies to take")
    parser.add_argument("--idle-visits", type=int, default=12, help="visits with nothing to do")
    parser.add_argument("--rounds", type=int, default=reading.ROUNDS, help="rounds of reading Procore")
    parser.add_argument("--seconds", type=float, default=25, help="seconds for each server of a part, at most")
    options = parser.parse_args(arguments)
    table = Table()
    table.head()
    with tempfile.TemporaryDirectory(prefix="qbwc-bench-") as folder:
        office = seed_office(Path(folder) / "seed")
        for name in options.only or PARTS:
            PARTS[name](table, office, options)
    return 1 if table.problems else 0


if __name__ == "__main__":
    sys.exit(main())
