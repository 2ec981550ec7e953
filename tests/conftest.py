"""How many examples the properties run with: few and the same each time, many (DEEP=1), very many (SOAK=1).

A test that promises a count tells it by record_property("figure: what is counted", number); a run ends with them.
"""

import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, settings

from tests.support import DEEP

# Two loaded cores make single examples slow without being wrong: no deadline, no health check of speed.
_PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)

settings.register_profile("quick", _PATIENT, max_examples=50, derandomize=True)
settings.register_profile("deep", _PATIENT, max_examples=300, derandomize=False)
settings.register_profile("soak", _PATIENT, max_examples=10_000, derandomize=False)
settings.load_profile("soak" if os.environ.get("SOAK") == "1" else "deep" if DEEP else "quick")

_FIGURE = "figure: "


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show the sum of each figure that passed tests told, whichever process ran them."""
    figures = Counter[str]()
    for report in terminalreporter.getreports("passed"):
        for name, number in report.user_properties:
            if name.startswith(_FIGURE):
                figures[name.removeprefix(_FIGURE)] += number
    for name, number in sorted(figures.items()):
        terminalreporter.write_line(f"{name}: {number}")
