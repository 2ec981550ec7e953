"""Fixtures of the journeys."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from qbwc_bridge.rehearsal.procore import demo_company
from qbwc_bridge.rehearsal.quickbooks import Company
from tests.journeys.bridge import COMPANY, Bridge, MovedClock


@pytest.fixture
def bridge(tmp_path: Path) -> Iterator[Bridge]:
    """A connected bridge between the demonstration's Procore and a fresh QuickBooks company."""
    clock = MovedClock()
    company = Company(name=COMPANY, now=clock.now)
    company.add_vendor("Smith & Sons")
    made = Bridge(tmp_path, demo_company(clock.now), company, clock)
    made.connect()
    yield made
    made.app.close()
