"""Costs on their way to Procore: links put right, codes shut, records deleted by hand, runs that take long."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from wsgiref.types import StartResponse, WSGIEnvironment

from qbwc_bridge.errors import Refused
from qbwc_bridge.flow import decisions
from qbwc_bridge.rehearsal.quickbooks import Line
from qbwc_bridge.worker import LEASE_SECONDS, push, station
from tests.journeys.bridge import Bridge
from tests.journeys.test_costs import job, posted, return_costs, there, working

__all__ = ["working"]


def bill(bridge: Bridge, number: str, amount: str, item: str = "09-250:M") -> str:
    """Enter a bill on the job; gives its TxnID."""
    line = Line(Decimal(amount), item=item, job=job(bridge))
    today = bridge.clock.now().date()
    return bridge.company.enter_bill("Smith & Sons", [line], txn_date=today, ref_number=number)


def there_of(bridge: Bridge, number: str) -> Decimal:
    """What Procore's budget shows as direct costs of one project."""
    rows = bridge.procore.budget_view(bridge.projects(number)[0])
    return sum((row.direct_costs for row in rows), Decimal(0))


def test_a_job_linked_to_the_right_project_takes_its_costs_along(working: Bridge) -> None:
    """Costs of a job that was linked to the wrong project are removed there and written at the right one."""
    working.switch_on("24-002")
    first, second = working.find("job", "24-001"), working.find("job", "24-002")
    name = first.quickbooks_name
    total = posted(working)
    working.decide(decisions.unlink, first)
    working.decide(decisions.link, second, quickbooks=name)
    working.release("24-002")
    for _ in range(3):
        working.push(confirmed=True)

    assert there_of(working, "24-001") == 0
    assert there_of(working, "24-002") == total


def test_a_direct_cost_deleted_by_hand_is_made_whole_when_its_bill_changes(working: Bridge) -> None:
    """After somebody deleted our direct cost in Procore a changed bill is written with all its lines again."""
    changed = bill(working, "B-20", "900.00")
    return_costs(working)
    working.push()
    project = working.projects("24-001")[0]
    (cost,) = [row for row in working.procore.direct_costs(project) if row.invoice_number == "B-20"]
    working.procore.delete_direct_cost(project, cost.id)
    line = Line(Decimal("950.00"), item="09-250:M", job=job(working))
    working.company.edit_bill(changed, lines=[line])
    return_costs(working)
    for _ in range(3):
        push(working.app.kit, working.connection.id)

    assert there(working) == posted(working)


def test_a_bill_moved_off_the_job_is_no_restored_file(working: Bridge) -> None:
    """A bill whose job was taken off leaves Procore with the next push; the document itself has not vanished."""
    moved = bill(working, "B-21", "90.00")
    return_costs(working)
    working.push()
    working.company.edit_bill(moved, lines=[Line(Decimal("90.00"), item="09-250:M")])
    return_costs(working)
    working.push()

    assert there(working) == posted(working)


def test_a_push_longer_than_its_lease_keeps_the_others_out(working: Bridge) -> None:
    """A run that takes longer than its lease renews it at each step: no second run comes in between."""
    bill(working, "B-22", "10.00")
    return_costs(working)
    tries: list[str] = []
    real = working.procore.wsgi_app

    def slow_app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Take some minutes for an answer; meanwhile somebody tries to begin a second push."""
        working.clock.pass_time(minutes=7)
        tries.append("came in between")
        try:
            with station(working.app.kit, working.connection, "push"):
                pass
        except Refused:
            tries[-1] = "was refused"
        return real(environ, start_response)

    working.procore.wsgi_app = slow_app  # type: ignore[method-assign]
    working.restart()
    started = working.clock.at
    working.push()

    assert working.clock.at - started > dt.timedelta(seconds=LEASE_SECONDS)
    assert set(tries) == {"was refused"}
    assert there(working) == posted(working)


def test_the_brake_counts_deletions_of_all_projects_together(working: Bridge) -> None:
    """More than 25 deletions in one run ask a person, even where no single project has so many."""
    working.switch_on("24-002")
    working.accept_all()
    working.clock.pass_time(minutes=16)
    working.visit()
    today = working.clock.now().date()
    bills = []
    for number in ("24-001", "24-002"):
        site = working.find("job", number).quickbooks_name
        for each in range(14):
            line = Line(Decimal("1.00"), item="09-250:M", job=site)
            name = f"{number}-{each}"
            bills.append(working.company.enter_bill("Smith & Sons", [line], txn_date=today, ref_number=name))
    return_costs(working)
    working.release("24-002")
    working.push()
    for txn_id in bills:
        working.company.delete(txn_id)
    return_costs(working)

    assert "28 direct costs" in push(working.app.kit, working.connection.id).brake
    working.push(confirmed=True)
    assert there(working) == posted(working)
