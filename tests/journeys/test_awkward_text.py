"""Awkward text survives the whole way."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from qbwc_bridge.rehearsal.procore import CommitmentLine, Procore
from qbwc_bridge.rehearsal.quickbooks import Company
from tests.journeys.bridge import COMPANY, Bridge, MovedClock, states

VENDOR = "Peña & Søn’s “Iron” Works – <Fabrication> 🏗 and Erection Company"  # noqa: RUF001 - awkward on purpose
PROJECT = "Ærø Street: “Lofts” & Garage – Phase <2> 🏠 of many more"  # noqa: RUF001 - the same
LINE = 'Beams 12" & <plates> – “primed” 🏗\nsecond line'  # noqa: RUF001 - the same
CUSTOMER = "Bluestone & “Friends”, Clients of the “Old” Harbor – since 1987 🏠"  # noqa: RUF001 - the same
NUMBER = "HL-PO-2024-0007/Ä"


@pytest.fixture
def awkward(tmp_path: Path) -> Iterator[Bridge]:
    """A Procore company full of awkward text."""
    clock = MovedClock()
    procore = Procore(now=clock.now)
    procore.add_cost_type("M", "Matériel & “stuff”", "materials")
    procore.add_cost_code("05-120-structural-steel-and-other-metal", "Steel <& more>")
    vendor = procore.add_vendor(VENDOR, address="1 “Main” St & Co", city="São Paulo", state_code="CA", zip="94607")
    project = procore.add_project("24-9&9", PROJECT)
    code = "05-120-structural-steel-and-other-metal.M"
    procore.set_budget(project, {code: Decimal("1000.10")})
    procore.lock_budget(project)
    order = procore.add_purchase_order(
        project, NUMBER, "Steel “&” more 🏗", vendor, [CommitmentLine(code, LINE, Decimal("900.01"))]
    )
    change = CommitmentLine(code, LINE, Decimal("50.02"), changes_line=procore.commitment_lines(order)[0])
    procore.add_change_order(order, "№ 1 & “more”", LINE, [change])
    bridge = Bridge(tmp_path, procore, Company(name=COMPANY, now=clock.now), clock)
    bridge.connect()
    yield bridge
    bridge.app.close()


def test_awkward_text_goes_in_once_and_is_shown_as_quickbooks_holds_it(awkward: Bridge) -> None:
    """Every record lands in ASCII requests, cut to its kind's limit, and a later reading finds it the same."""
    awkward.switch_on(customer=CUSTOMER)
    awkward.visit()
    shown = {row.kind: row.notes for row in awkward.submissions() if row.notes}
    assert any("is written as" in note for note in shown["vendor"])
    assert any("is written as" in note for note in shown["commitment"])
    awkward.accept_all()
    visit = awkward.visit()

    assert visit.outcome == "done", visit.status_text
    rows = awkward.submissions()
    assert {row.state for row in rows} == {"synced"}, states(rows)
    assert not [row.reasons for row in rows if row.reasons]
    assert all(request.isascii() for request in visit.requests)
    (vendor,) = awkward.company.vendors()
    assert vendor.full_name.startswith('Peña & Søn\'s "Iron" Works - <Fabrication')
    assert len(vendor.full_name) <= 41
    (customer,) = awkward.company.customers()
    assert customer.full_name == 'Bluestone & "Friends", Clients of the "Ol'
    (job,) = awkward.company.jobs()
    assert len(job.name) <= 41
    assert ":" not in job.name
    assert all(len(level) <= 31 for item in awkward.company.items() for level in item.full_name.split(":"))
    (order,) = awkward.company.orders()
    assert len(order.ref_number) <= 11
    assert NUMBER.endswith(order.ref_number)
    assert order.total == Decimal("950.03")
    assert 'Beams 12" & <plates> - "primed"' in order.lines[0].description

    awkward.pull()
    awkward.refresh_costs()
    awkward.clock.pass_time(minutes=16)
    awkward.visit()
    assert {row.state for row in awkward.submissions()} == {"synced"}
    assert len(awkward.company.orders()) == 1
