"""The work-in-progress schedule on the page, and its files."""

import datetime as dt
from decimal import Decimal

import pytest

from qbwc_bridge.domain.books import CostDocument, CostLine, MonthClose
from qbwc_bridge.domain.procore_billing import Billing, PrimeContract
from qbwc_bridge.domain.records import DocumentRow
from qbwc_bridge.files.wip import wip_csv, wip_workbook
from qbwc_bridge.worker import wip
from tests.page.office import EMPLOYEE, MAIN, NOW, OTHER, Browser, Office

WIP = f"/connections/{MAIN}/wip"


@pytest.fixture
def billing(office: Office) -> Office:
    """An office with contracts, one of them too small, an invoice, and a month that was closed before."""
    with office.kit.work() as uow:
        connection = uow.connections.first(name=MAIN)
        assert connection is not None
        connection.pulled_at = NOW
        uow.connections.save(connection)
        for project, amount in ((1, "250000.00"), (2, "50000.00")):
            contract = PrimeContract(project, project, "PC", "Contract", "Approved", Decimal(amount))
            document = Billing(project, (contract,), ())
            uow.documents.add(DocumentRow(connection.id, "billing", str(project), document, project, NOW))
        (job,) = uow.submissions.find(connection_id=connection.id, kind="job", key="1")
        lines = [CostLine(job.quickbooks_id, "Maple", "Income", "Income", "", Decimal("-61000.00"), counted=False)]
        made = CostDocument(connection.id, "I1", "Invoice", dt.date(2026, 2, 28), "I-1", lines=lines, changed_at=NOW)
        made.settle()
        uow.costs.add(made)
        closed_at = NOW - dt.timedelta(days=2)
        uow.closes.add(MonthClose(connection.id, dt.date(2026, 2, 28), closed_at, "Alice"))
    return office


def test_before_the_costs_are_whole_the_page_says_so(office: Office, alice: Browser) -> None:
    """No figure of half a ledger: a sentence instead, and no file."""
    office.change(costs_whole_at=None)
    text = alice.get(WIP).text
    assert "were not read whole yet" in text
    assert "Download" not in text
    assert alice.get(f"{WIP}.csv").status_code == 409


def test_the_page_says_who_closes_a_month_and_how(alice: Browser) -> None:
    """Nobody looks in vain for a button: the command for the month that ended last stands there."""
    assert f'qbwc-bridge wip close "{MAIN}" 2026-02</code>' in alice.get(WIP).text


def test_the_schedule_is_shown_with_loss_and_late_entries(billing: Office, alice: Browser) -> None:
    """Over and under stand in columns of their own, a loss is told by word and sign, late entries are listed."""
    text = alice.get(WIP).text
    made = wip(billing.kit, 1)
    assert [row.is_loss for row in made.rows] == [False, True]
    for row in made.rows:
        assert f'data-label="Overbilled">{row.overbilled:,.2f}</td>' in text
        assert f'data-label="Underbilled">{row.underbilled:,.2f}</td>' in text
    assert text.count("Loss</span>") == 1
    assert '<span class="sign" aria-hidden="true">▼</span> Loss' in text
    assert "Invoice I-1 of 2026-02-28" in text
    assert 'data-label="Closed month">Feb 2026<' in text
    assert EMPLOYEE.split()[-1] not in text


def test_a_date_is_chosen(billing: Office, alice: Browser) -> None:
    """Through an earlier day nothing was billed or spent; what is no date is refused in a sentence."""
    text = alice.get(WIP, query_string={"as_of": "2026-02-01"}).text
    assert "through 1 Feb 2026" in text
    assert f'data-label="Billed">{wip(billing.kit, 1).rows[0].billed:,.2f}</td>' not in text
    assert "That is no date" in alice.get(WIP, query_string={"as_of": "yesterday"}).text


def test_the_files_are_those_of_the_command(billing: Office, alice: Browser) -> None:
    """Byte for byte what the command writes, under a name with the date; also for somebody who may only look."""
    through = dt.date(2026, 3, 1)
    found = [(MAIN, wip(billing.kit, 1, as_of=through))]
    for browser in (alice, billing.signed_in("Victor")):
        table = browser.get(f"{WIP}.csv", query_string={"as_of": str(through)})
        book = browser.get(f"{WIP}.xlsx", query_string={"as_of": str(through)})
        assert table.data == wip_csv(found)
        assert book.data == wip_workbook(found, NOW)
        assert book.headers["Content-Disposition"] == "attachment; filename=wip-2026-03-01.xlsx"


def test_another_clients_schedule_is_not_shown(billing: Office) -> None:
    """Who may not see a connection finds no schedule and no file; without a sign-in nobody does."""
    charlie = billing.signed_in("Charlie")
    for path in (WIP, f"{WIP}.csv", f"{WIP}.xlsx"):
        assert charlie.get(path).status_code == 404
        assert billing.visitor().get(path).status_code == 303
    assert charlie.get(f"/connections/{OTHER}/wip").status_code == 200


@pytest.mark.usefixtures("billing")
def test_its_dates_read_as_everywhere_on_the_page(alice: Browser) -> None:
    """Day, moment and month have the page's one form, the moment its exact time; files and commands keep ISO."""
    text = " ".join(alice.get(WIP).text.split())
    assert "<dd>of every date, on 10 Mar 2026</dd>" in text
    assert "<dt>Last closed month</dt><dd>Feb 2026</dd>" in text
    read = text[text.index("<dt>Read from QuickBooks</dt>") :]
    assert read.startswith('<dt>Read from QuickBooks</dt><dd><time datetime="2026-03-10T')
    assert "AM CDT" in read[:200]
    assert "as read from Procore <time" in text
    assert "2026-03-10" in alice.get(f"{WIP}.csv").text
    assert "through 28 Feb 2026" in alice.get(f"{WIP}?as_of=2026-02-28").text
