"""The bench of the edge with tiny counts, so that it works when somebody wants its figures."""

from pathlib import Path

import pytest

from qbwc_bridge.domain.states import State, TaskState
from tests.bench import edge
from tests.bench.names import company_name, order_number
from tests.bench.office import SEED, accept, seed_office
from tests.bench.twins import multiply, order_seeds, vendor_seeds
from tests.support import DEEP

TINY = ("--tasks=4", "--cycles=6", "--records=30", "--megabytes=1", "--share=0.01", "--idle-visits=1", "--rounds=8")
FIGURES = {
    "cycles": ("bare spyne under waitress", "4 waiting, 6 cycles", "sendRequestXML, calls a second", "p95"),
    "lists": ("records/s", "quickbooks-js here"),
    "answers": ("customers, 1 MB", "cost report, 1 MB", "peak memory", "60 MB + 5 x the answer"),
    "costs": ("lines a second", "at most 250 MB", "A reading with nothing new", "fewer than 25"),
    "reading": ("1 project, read for the first time", "at most 2 a project", "a round waits", "that a webhook told"),
    "page": ("overview", "a vendor", "one document", "statements", "at most 150 ms"),
    "processes": ("SQLite, 1 process", "PostgreSQL, 4 processes", "calls a second", "cycles/s"),
    "sync": ("20 in all", "round trips", "one record each", "A visit with nothing to do", "at most 20 ms"),
}


PARTS = tuple(edge.PARTS) if DEEP else ("cycles",)
"""Each part starts servers of its own and takes some ten seconds: all of them in CI, the first elsewhere."""


@pytest.mark.parametrize("part", PARTS)
def test_a_part_prints_its_figures(part: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A part of the bench runs to its end, leaves nothing unmeasured, and prints what it promises."""
    code = edge.main(["--only", part, *TINY])

    printed = capsys.readouterr().out
    assert code == 0, printed
    assert [figure for figure in FIGURES[part] if figure not in printed] == [], printed


@pytest.mark.parametrize("kind", ["commitment", "vendor"])
def test_a_twin_is_queued_like_its_seed(kind: str, tmp_path: Path) -> None:
    """Nothing stands against a twin in the eyes of the review: all stay accepted, each with its own queued task."""
    office = seed_office(tmp_path / "seed")
    accept(office, kind, order_number(SEED) if kind == "commitment" else company_name(SEED))
    seeds = order_seeds(office) if kind == "commitment" else vendor_seeds(office)
    multiply(office, seeds, range(1, 5))
    before: list[object] = []
    after: list[object] = []

    for found in (before, after):
        office.change(
            lambda uow, _, found=found: found.extend(
                [*uow.submissions.find(), *uow.tasks.find(), *uow.documents.find(), uow.history.count()]
            )
        )

    assert after == before
    queued: list[int] = []
    office.change(
        lambda uow, _: queued.extend(
            uow.tasks.count(submission_id=row.id, state=TaskState.QUEUED)
            for row in uow.submissions.find(kind=kind, state=State.ACCEPTED)
        )
    )
    assert queued == [1] * 5
