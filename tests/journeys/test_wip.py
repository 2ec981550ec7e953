"""The work-in-progress schedule over a month's end: contract, billing and cost, the close, and what comes after it."""

import datetime as dt
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from qbwc_bridge.domain.wip import WipRow
from qbwc_bridge.errors import Refused
from qbwc_bridge.flow.schedule import Schedule
from qbwc_bridge.rehearsal.procore import CommitmentLine
from qbwc_bridge.rehearsal.quickbooks import Line
from qbwc_bridge.worker import close_month, push, wip
from tests.journeys.bridge import Bridge, connected_bridge, small_company

FEBRUARY = dt.date(2026, 2, 28)
IN_FEBRUARY = dt.date(2026, 2, 20)
CODE = "03-300.M"


@pytest.fixture
def working(tmp_path: Path) -> Iterator[Bridge]:
    """A bridge whose project has a contract with a change, a forecast, and an invoice with retainage, all read."""
    with connected_bridge(tmp_path, small_company) as bridge:
        bridge.switch_on("24-001")
        bridge.visit()
        bridge.accept_all()
        bridge.visit()
        contract = bridge.procore.add_prime_contract(project(bridge), "PC-1", "Clinic", Decimal("10000.00"))
        more = [CommitmentLine(CODE, "Lobby", Decimal("2000.00"))]
        bridge.procore.add_prime_change_order(contract, "001", "Lobby", more)
        bridge.procore.set_forecast(project(bridge), CODE, Decimal("1500.00"))
        bridge.pull()
        bill(bridge, "1000.00", IN_FEBRUARY, "B-1")
        invoice = [
            Line(Decimal("4000.00"), account="Construction Income"),
            Line(Decimal("-400.00"), account="Retainage Receivable"),
        ]
        bridge.company.enter_invoice(job(bridge), invoice, txn_date=IN_FEBRUARY, ref_number="I-1", tax=Decimal("30.00"))
        read_costs(bridge)
        bridge.release("24-001")
        bridge.push()
        yield bridge


def project(bridge: Bridge) -> int:
    """Procore's id of the project."""
    return bridge.projects("24-001")[0]


def job(bridge: Bridge) -> str:
    """FullName of the job."""
    return bridge.find("job", "24-001").quickbooks_name


def bill(bridge: Bridge, amount: str, date: dt.date, number: str) -> str:
    """Enter a bill on the job that is drawn on no order."""
    lines = [Line(Decimal(amount), item="03-300:M", job=job(bridge))]
    return bridge.company.enter_bill("Smith & Sons", lines, txn_date=date, ref_number=number)


def read_costs(bridge: Bridge) -> None:
    """Read QuickBooks' costs in a visit."""
    bridge.refresh_costs()
    bridge.clock.pass_time(minutes=16)
    assert bridge.visit().outcome == "done"


def schedule(bridge: Bridge, as_of: dt.date | None = None) -> Schedule:
    """The schedule as the command makes it."""
    return wip(bridge.app.kit, bridge.connection.id, as_of=as_of)


def row(bridge: Bridge, as_of: dt.date | None = None) -> WipRow:
    """The row of the one job."""
    (found,) = schedule(bridge, as_of).rows
    return found


def close(bridge: Bridge, *, again: bool = False) -> Schedule:
    """Close February."""
    return close_month(bridge.app.kit, bridge.connection.id, FEBRUARY, who="Alice", again=again)


def test_a_job_from_contract_to_backlog(working: Bridge) -> None:
    """Contract with its change, forecast, cost and invoice give one row; retainage is billed, tax is not."""
    found = row(working)
    assert (found.original_contract, found.revised_contract) == (Decimal("10000.00"), Decimal("12000.00"))
    # 3,150.00 committed with the change order, 1,000.00 spent without a commitment, 1,500.00 forecast.
    assert (found.cost_to_date, found.estimated_cost) == (Decimal("1000.00"), Decimal("5650.00"))
    assert found.source.startswith("forecast of 2026-03-10")
    assert found.percent_complete == Decimal("17.70")
    assert (found.billed, found.retainage_receivable) == (Decimal("4000.00"), Decimal("400.00"))
    assert (found.earned, found.overbilled) == (Decimal("2123.89"), Decimal("1876.11"))
    assert found.note == ""
    assert row(working, dt.date(2026, 2, 19)).cost_to_date == Decimal("0.00")


def test_a_later_entry_into_a_closed_month_is_told_and_held(working: Bridge) -> None:
    """A closed month keeps its schedule; what comes later is listed, and the brake holds it until somebody confirms."""
    closed = close(working)
    kept = closed.rows
    late = bill(working, "250.00", IN_FEBRUARY, "B-2")
    bill(working, "70.00", dt.date(2026, 3, 5), "B-3")
    read_costs(working)

    now = schedule(working)
    (changed,) = now.changed
    assert (changed.closed_month, changed.cost, changed.what_changed) == (FEBRUARY, Decimal("250.00"), "entered")
    assert changed.document == "Bill B-2 of 2026-02-20 Smith & Sons"
    assert (now.last_closed, now.rows[0].last_percent) == (FEBRUARY, kept[0].percent_complete)
    with working.app.kit.work() as uow:
        assert [each.rows for each in uow.closes.find()] == [kept]
    held = push(working.app.kit, working.connection.id)
    assert "closing date 2026-02-28" in held.brake
    assert push(working.app.kit, working.connection.id, confirmed=True).written == 2

    working.company.redate(late, dt.date(2026, 3, 6))
    read_costs(working)
    (moved,) = schedule(working).changed
    assert (moved.cost, moved.what_changed) == (Decimal("0.00"), "entered; date 2026-02-20 became 2026-03-06")


def test_a_month_is_closed_once_and_again_on_purpose(working: Bridge) -> None:
    """Closing twice is refused; on purpose it takes the figures of today, and the history has both."""
    close(working)
    bill(working, "250.00", IN_FEBRUARY, "B-2")
    read_costs(working)
    with pytest.raises(Refused, match="was closed on 2026-03-10, by Alice"):
        close(working)
    assert close(working, again=True).rows[0].cost_to_date == Decimal("1250.00")
    assert schedule(working).changed == []
    with working.app.kit.work() as uow:
        told = [each for each in uow.history.find(subject="connection") if "closed" in each.why]
    assert [bool(each.before) for each in told] == [False, True]
    assert "cost to date 1,000.00" in told[1].before
    assert "cost to date 1,250.00" in told[1].after


def test_a_tool_that_procore_hides_is_told_in_the_row(working: Bridge) -> None:
    """Without the right to read prime contracts nothing is earned, the row says why, and the pull fails for nobody."""
    real = working.procore.wsgi_app

    def hidden(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if "prime_contracts" in environ["PATH_INFO"]:
            start("403 Forbidden", [("Content-Type", "application/json")])
            return [b'{"errors": "You do not have permission"}']
        return real(environ, start)

    working.procore.wsgi_app = hidden  # type: ignore[method-assign, assignment]
    working.restart()
    assert working.pull() == []
    found = row(working)
    assert (found.revised_contract, found.earned, found.cost_to_date) == (Decimal(0), Decimal(0), Decimal("1000.00"))
    assert "prime contracts" in found.note
