"""A bridge on a stand-in Procore of so many projects, for the journeys of reading, and what people see of it."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from qbwc_bridge.domain.records import DocumentRow, ProjectChoice
from qbwc_bridge.rehearsal.procore import CommitmentLine
from tests.bench.reading import Site

LINE = CommitmentLine("03-300.M", "Ready-mix", Decimal(700))


@pytest.fixture
def new_site(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """Opens sites of which nothing was read yet."""
    sites: list[Site] = []

    def opened(size: int = 1, hourly: int = 600) -> Site:
        sites.append(Site(tmp_path / str(len(sites)), size, hourly))
        return sites[-1]

    yield opened
    for site in sites:
        site.close()


@pytest.fixture
def open_site(new_site: Callable[..., Site]) -> Callable[..., Site]:
    """Opens sites that were switched on and read whole an hour ago."""

    def opened(size: int = 1, hourly: int = 600) -> Site:
        site = new_site(size, hourly)
        site.read("now")
        site.switch_on()
        site.read("now")
        site.clock.wait(3600)
        return site

    return opened


def rows(site: Site) -> dict[tuple[str, str], DocumentRow]:
    """Every document that Procore still shows."""
    with site.app.kit.work() as uow:
        return {(row.kind, row.key): row for row in uow.documents.find(gone=False)}


def one(site: Site, kind: str, key: int) -> DocumentRow:
    """A document, gone or not."""
    with site.app.kit.work() as uow:
        row = uow.documents.first(kind=kind, key=str(key))
    assert row is not None
    return row


def project(site: Site, place: int = 0) -> ProjectChoice:
    """A project with how far it was read."""
    with site.app.kit.work() as uow:
        row = uow.projects.first(project_id=site.projects[place])
    assert row is not None
    return row


def touch(site: Site, *, company: bool = False) -> None:
    """What the webhook route does: say that Procore changed something now."""
    with site.app.kit.work() as uow:
        connection, choice = uow.connections.get(site.connection.id), uow.projects.find()[0]
        if company:
            connection.touched_at = site.clock.now()
            uow.connections.save(connection)
        else:
            choice.touched_at = site.clock.now()
            uow.projects.save(choice)
