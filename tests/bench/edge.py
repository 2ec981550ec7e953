"""Measures the Web Connector edge: the real server in a process of its own, on a durable SQLite queue, over loopback.

No figure is asserted. TMPDIR names the disk that the queues lie on.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.bench import cycles
from tests.bench.office import Office, seed_office
from tests.bench.table import ORIGIN, Table

WAITING = (10, 1_000, 100_000)


def _cycles(table: Table, office: Office, options: argparse.Namespace) -> None:
    waiting = [count for count in WAITING if count <= options.tasks] or [options.tasks]
    cycles.measure(table, office, waiting, options.cycles, options.seconds)


PARTS: dict[str, Callable[[Table, Office, argparse.Namespace], None]] = {"cycles": _cycles}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the parts and print a table: ours, what it is held against, and ours as a multiple of that."""
    parser = argparse.ArgumentParser(prog="tests.bench.edge", description=main.__doc__)
    parser.add_argument("--only", action="append", choices=PARTS, help="run this part alone; may be given again")
    parser.add_argument("--tasks", type=int, default=max(WAITING), help="longest queue to measure")
    parser.add_argument("--cycles", type=int, default=300, help="cycles for each server")
    parser.add_argument("--seconds", type=float, default=25, help="seconds for each server of a part, at most")
    options = parser.parse_args(arguments)
    table = Table()
    table.say(ORIGIN)
    table.head()
    with tempfile.TemporaryDirectory(prefix="qbwc-bench-") as folder:
        office = seed_office(Path(folder) / "seed")
        for name in options.only or PARTS:
            PARTS[name](table, office, options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
