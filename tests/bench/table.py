"""The table that the bench prints, and what was measured of others elsewhere."""

import os
import platform
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from tempfile import gettempdir

ORIGIN = (
    "Measured elsewhere, in one run on two cores, loopback, one keep-alive connection: bare spyne under waitress\n"
    "1,040 send+receive cycles a second and 0.17 s for a 10 MB answer; qbwc-kit (Python, in memory) 1,150 and 0.5 s;\n"
    "quickbooks-js (Node, in memory) 1,880 and 0.4 s, 430 MB; quickbooks-php (MariaDB) about 0.38 of the bare pair.\n"
    "`here` is such a figure as a share of the bare pair of its run, times the bare pair of this one: so the machine\n"
    "does not count. The ratio is ours as a multiple of what it is held against."
)
BARE_CYCLES = 1040
PEER_CYCLES = {"qbwc-kit": 1150 / BARE_CYCLES, "quickbooks-js": 1880 / BARE_CYCLES, "quickbooks-php": 0.38}
"""Cycles a second as shares of the bare pair measured in the same run."""
BARE_SECONDS = 0.17
PEER_SECONDS = {"quickbooks-js": 0.4 / BARE_SECONDS, "qbwc-kit": 0.5 / BARE_SECONDS}
"""Seconds for a 10 MB answer, alike."""
PEER_MB = {"quickbooks-js": 430}
"""Memory for a 10 MB answer."""

WIDTHS = (41, 30, 31)
MS = 1000
PERCENT = 100


@dataclass
class Table:
    """Prints rows as they come: what, ours, what it is held against, and ours as a multiple of that."""

    problems: list[str] = field(default_factory=list)
    """What could not be measured."""

    def head(self) -> None:
        """Print where the figures come from, and the names of the columns."""
        self.say(ORIGIN)
        python, folder = platform.python_version(), gettempdir()
        self.say(f"This run: {os.cpu_count()} processors, Python {python}, files in {folder}.\n")
        self.row("", "ours", "against", "ratio")
        self.say("  ".join(["-" * width for width in WIDTHS] + ["-----"]))

    def row(self, what: str, ours: str, against: str = "", ratio: str | float = "") -> None:
        """Print one row."""
        shown = f"{ratio:.2f}" if isinstance(ratio, float) else ratio
        cells = [cell.ljust(width) for cell, width in zip((what, ours, against), WIDTHS, strict=True)]
        self.say("  ".join([*cells, shown]).rstrip())

    def problem(self, what: str, why: str) -> None:
        """Print why something could not be measured."""
        self.problems.append(f"{what}: {why}")
        self.row(what, f"NOT MEASURED: {why}")

    def part(self, name: str) -> None:
        """Begin a part."""
        self.say(f"\n{name}")

    def say(self, line: str) -> None:
        """Print a line."""
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def spread(seconds: Sequence[float]) -> str:
    """Give median and 95th percentile in milliseconds."""
    worst = statistics.quantiles(seconds, n=20, method="inclusive")[-1] if len(seconds) > 1 else seconds[0]
    return f"median {MS * statistics.median(seconds):.2f}, p95 {MS * worst:.2f} ms"
