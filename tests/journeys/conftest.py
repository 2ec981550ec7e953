"""Fixtures of the journeys."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.bridge import Bridge, connected_bridge
from tests.postgresql import postgresql

__all__ = ["postgresql"]


@pytest.fixture
def bridge(tmp_path: Path) -> Iterator[Bridge]:
    """A connected bridge between the demonstration's Procore and a fresh QuickBooks company."""
    with connected_bridge(tmp_path) as made:
        yield made
