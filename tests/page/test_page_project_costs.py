"""The job costs of a project: bars and tables of the same numbers, and every figure down to its documents."""

import csv
import datetime as dt
import html
import io
import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from qbwc_bridge.domain.books import CostDocument, CostLine, ListRecord, TransactionRecord
from qbwc_bridge.domain.procore import Budget, BudgetCode, BudgetRow
from qbwc_bridge.domain.records import Connection, Mapping
from qbwc_bridge.flow import cost_history, writeback
from qbwc_bridge.ports import UnitOfWork
from tests.page.office import EMPLOYEE, MAIN, NOW, OTHER, Browser, Office

COSTS = f"/connections/{MAIN}/costs"
PROJECT = f"{COSTS}/1"
DOCUMENTS = f"{PROJECT}/documents"


def change(office: Office, act: Any) -> Any:
    """Do something with the main connection, in one unit of work."""
    with office.kit.work() as uow:
        connection = uow.connections.first(name=MAIN)
        assert connection is not None
        return act(uow, connection)


def stored(office: Office, txn_id: str) -> CostDocument:
    """A document of the ledger."""
    found: CostDocument = change(
        office, lambda uow, connection: uow.costs.first(connection_id=connection.id, txn_id=txn_id)
    )
    return found


def post(office: Office, *documents: CostDocument) -> None:
    """Put documents into the ledger of the first project."""

    def act(uow: UnitOfWork, connection: Connection) -> None:
        job = stored_job(uow, connection)
        for each in documents:
            lines = [replace(line, job_id=job) for line in each.lines]
            made = replace(each, connection_id=connection.id, lines=lines)
            made.settle()
            uow.costs.add(made)

    change(office, act)


def stored_job(uow: UnitOfWork, connection: Connection) -> str:
    """The ListID of the first project's job."""
    row = uow.submissions.first(connection_id=connection.id, kind="job", project_id=1)
    assert row is not None
    return row.quickbooks_id


def charge(txn_id: str, amount: str, **more: Any) -> CostDocument:
    """A card charge on the job, of drywall."""
    shown: dict[str, Any] = {"txn_date": dt.date(2026, 1, 15), "ref_number": txn_id, **more}
    line = CostLine("", "Maple", "Job Expenses", "CostOfGoodsSold", "09-250.S", Decimal(amount), counted=True)
    return CostDocument(0, txn_id, "CreditCardCharge", lines=[line], **shown)


def links(text: str) -> dict[str, str]:
    """The addresses of a page's links, by their words."""
    found = re.findall(r'<a href="([^"]+)">([^<]+)</a>', text)
    return {words: html.unescape(address) for address, words in found}


def amounts(text: str) -> list[Decimal]:
    """The amounts in the rows of a list of documents."""
    body = text.partition("<tbody>")[2].partition("</tbody>")[0]
    shown = re.findall(r'data-label="Amount">\(?([0-9,.]+)\)?<', body)
    return [Decimal(each.replace(",", "")) for each in shown]


def test_a_project_shows_its_codes_and_months(alice: Browser) -> None:
    """Budget, committed and cost stand by code, drawn and in a table, and by month with the cost to date."""
    text = alice.get(PROJECT).text
    assert "7,738.50</a></span> cost to date, 6.1 % of the budget" in text
    (drawn,) = re.findall(r'aria-label="09-250 Drywall: ([^"]+)"', text)
    assert drawn == "budget 36,500.00, committed 114,950.00, cost to date 4,300.00"
    assert re.search(r'<rect class="committed" [^>]*width="100.00"/>', text)
    row = text.partition('<th scope="row">09-250.S')[2].partition("</tr>")[0]
    assert [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r'data-label="[^"]+">(.*?)</td>', row)] == [
        *("36,500.00", "114,950.00", "4,300.00", "11.8 %", "0.00", "0.00", "4,300.00")
    ]
    assert "style=" not in text  # the Content-Security-Policy forbids it
    assert '<th scope="row">Feb 2026</th>' in text


def test_of_many_codes_the_largest_are_drawn(office: Office, alice: Browser) -> None:
    """40 cost codes are drawn in the order of the codes, the table has them all; what cost too much says so."""

    def act(uow: UnitOfWork, connection: Connection) -> None:
        row = uow.documents.first(connection_id=connection.id, kind="budget", key="1")
        assert row is not None
        codes = [BudgetCode(1000 + number, f"20-{number:03}", "M") for number in range(60)]
        row.document = Budget(1, locked=True, rows=tuple(BudgetRow(code, Decimal(code.id)) for code in codes))
        uow.documents.save(row)

    change(office, act)
    text = alice.get(PROJECT).text
    drawn = re.findall(r'aria-label="([^:"]+):', text)
    assert len(drawn) == 40
    assert drawn == sorted(drawn, key=lambda code: (code.startswith("No"), code))
    assert "20-000 " not in drawn
    assert "Drawn are the 40 largest of 62 cost codes." in text
    assert text.count('<th scope="row">20-') == 60
    assert re.search(r"<b>09-250</b>[^/]*<span class=\"over\">", text)


def test_every_figure_opens_its_documents(alice: Browser) -> None:
    """The documents behind a linked figure add up to it, for codes, months, the total and what is not in the budget."""
    found = links(alice.get(PROJECT).text)
    figures = {words: address for words, address in found.items() if re.fullmatch(r"[0-9,]+\.[0-9]{2}", words)}
    assert set(figures) == {"7,738.50", "4,300.00", "3,438.50"}
    for words, address in figures.items():
        text = alice.get(address).text
        assert sum(amounts(text)) == Decimal(words.replace(",", "")), address
        assert f'data-label="Amount">{words}</td></tr></tfoot>' in text
    assert links(alice.get(COSTS).text)["3,438.50"] == f"{DOCUMENTS}?state=unmapped"


def test_a_document_shows_lines_orders_history_and_key(office: Office, alice: Browser) -> None:
    """Its lines per job, the order it is drawn on, its direct cost's key and state, its history newest first."""

    def act(uow: UnitOfWork, connection: Connection) -> None:
        order = TransactionRecord(
            connection.id, "PurchaseOrder", "PO9", "1", "PO-9", "L3", "Pacific Drywall", "", Decimal(1)
        )
        uow.transactions.add(order)
        bill = uow.costs.first(connection_id=connection.id, txn_id="B1")
        assert bill is not None
        bill.order_ids, bill.changed_at = ["PO9", "PO10"], NOW
        other = uow.submissions.first(connection_id=connection.id, kind="job", project_id=2)
        assert other is not None
        elsewhere = replace(bill, id=0, lines=[replace(bill.lines[0], job_id=other.quickbooks_id, job_name="Harbor")])
        elsewhere.settle()
        bill.lines.append(
            CostLine(bill.job_id, "Maple", "Retainage", "OtherCurrentLiability", "", Decimal(-50), counted=False)
        )
        uow.costs.save(bill)
        uow.costs.add(elsewhere)
        was = replace(bill, lines=[replace(bill.lines[0], amount=Decimal("4000.00"))])
        was.settle()
        cost_history.tell(uow, was, None, NOW - dt.timedelta(days=2))
        cost_history.tell(uow, bill, was, NOW - dt.timedelta(hours=1))

    change(office, act)
    bill = stored(office, "B1")
    text = alice.get(f"{DOCUMENTS}/{bill.id}").text
    assert "Bill 7781" in text
    assert re.search(r'Retainage.*?data-label="Budget code">no cost</td>.*?\(50\.00\)', text, re.DOTALL)
    assert "Purchase order PO-9, Pacific Drywall" in text
    assert "A purchase order not read yet" in text
    assert "Not pushed yet" in text
    assert f":B1:{bill.job_id}</code>" in text
    elsewhere = links(text)["in its own project"]
    assert elsewhere.startswith(f"{COSTS}/2/documents/")
    assert "Harbor" in alice.get(elsewhere).text
    first, second = text.partition("<h2>History</h2>")[2].split("</li>")[:2]
    assert "4,000.00 → 4,300.00" in first
    assert "entered" in second
    assert "4,000.00 → 4,300.00" in alice.get(PROJECT).text.partition("What changed lately")[2]
    assert "4,000.00 → 4,300.00" not in alice.get(f"{COSTS}/2").text


def test_large_projects_come_in_pages(office: Office, alice: Browser) -> None:
    """200 rows a page, each document on one of them, the foot of all pages; the filter stays."""
    post(office, *(charge(f"C{number}", f"{number}.00") for number in range(1, 402)))
    first = alice.get(f"{DOCUMENTS}?month=2026-01")
    pager = first.text.partition('<nav class="chips" aria-label="Pages">')[2].partition("</nav>")[0]
    pages = links(re.sub(r' (class|aria-[a-z]+)="[^"]*"', "", pager))
    assert list(pages) == ["1", "2", "3"]
    texts = [alice.get(address).text for address in pages.values()]
    found = [amounts(text) for text in texts]
    assert [len(each) for each in found] == [200, 200, 1]
    assert sorted(amount for each in found for amount in each) == [Decimal(number) for number in range(1, 402)]
    assert all('data-label="Amount">80,601.00</td></tr></tfoot>' in text for text in texts)
    assert alice.get(f"{DOCUMENTS}?month=2026-01&page=99").text.count("<tr>") == texts[-1].count("<tr>")


def test_no_other_projects_documents_are_read(office: Office, alice: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page of a project asks the ledger for the documents of its own job alone."""
    asked: list[Any] = []
    from qbwc_bridge.flow.ledger import Ledger  # noqa: PLC0415 - beside its use

    every_date = Ledger.every_date

    def spy(ledger: Ledger, project_id: int) -> list[CostDocument]:
        asked.append(project_id)
        return every_date(ledger, project_id)

    monkeypatch.setattr(Ledger, "every_date", spy)
    bill = stored(office, "B1")
    for path in (PROJECT, DOCUMENTS, f"{DOCUMENTS}.csv", f"{DOCUMENTS}/{bill.id}"):
        assert alice.get(path).status_code == 200
    assert set(asked) == {1}


def test_states_of_the_outbox_are_told(office: Office, alice: Browser) -> None:
    """Written, refused with Procore's words, left out before the cut-off, not released: each says so."""
    post(office, charge("C1", "10.00"), charge("C2", "20.00"), charge("C3", "30.00", txn_date=dt.date(2025, 12, 1)))

    def act(uow: UnitOfWork, connection: Connection) -> None:
        writeback.plan(uow, connection, office.kit.options(connection), confirmed=True)
        for row in uow.writebacks.find(connection_id=connection.id):
            if ":C1:" in row.origin_id:
                row.written = row.wanted
            if ":C2:" in row.origin_id:
                row.message = "The <vendor> is not active."
            uow.writebacks.save(row)

    change(office, act)

    def shown(state: str) -> list[Decimal]:
        return amounts(alice.get(f"{DOCUMENTS}?state={state}").text)

    assert shown("written") == [Decimal(10)]
    assert shown("refused") == [Decimal(20)]
    assert shown("before") == shown("left_out") == [Decimal(30)]
    assert sorted(shown("open")) == [Decimal(20), Decimal(4300)]
    assert "The &lt;vendor&gt; is not active." in alice.get(f"{DOCUMENTS}?state=refused").text
    assert "before the cut-off 2026-01-01" in alice.get(f"{DOCUMENTS}?state=before").text
    assert "Not released" in alice.get(f"{COSTS}/2/documents").text


def test_a_list_can_be_narrowed(office: Office, alice: Browser) -> None:
    """By month, budget code and state, each way with the sum that it leads to, beside what is asked for already."""
    post(office, charge("C1", "10.00"), charge("C2", "-2.50", txn_date=dt.date(2025, 12, 1)))

    def ways(text: str) -> dict[str, tuple[str, str]]:
        found = re.findall(r'<a href="([^"]+)" class="chip[^>]*>(.*?) <b>([^<]+)</b></a>', text, re.DOTALL)
        return {re.sub(r"<[^>]+>", "", words).strip(): (html.unescape(url), count) for url, words, count in found}

    shown = ways(alice.get(DOCUMENTS).text)
    assert {words.split(" ", 1)[-1] if words[0] in "→!⊘" else words: count for words, (_, count) in shown.items()} == {
        "Not pushed yet": "4,310.00",
        "Left out: before the cut-off": "(2.50)",
        "Not in the budget": "3,438.50",
        "Dec 2025": "(2.50)",
        "Jan 2026": "10.00",
        "Feb 2026": "7,738.50",
        "09-250.S": "4,307.50",
        "No cost code": "3,438.50",
    }
    for url, count in shown.values():
        text = alice.get(url).text
        assert f'data-label="Amount">{count}</td></tr></tfoot>' in text
    february = ways(alice.get(shown["Feb 2026"][0]).text)
    assert february["09-250.S"] == (f"{DOCUMENTS}?code=09-250.S&month=2026-02", "4,300.00")


def test_a_date_is_kept_from_page_to_page(office: Office, alice: Browser) -> None:
    """Costs through a date: later ones are left out, and every link goes on with the date."""
    post(office, charge("C1", "10.00"))
    text = alice.get(f"{PROJECT}?as_of=2026-01-31").text
    assert "through 31 Jan 2026" in text
    address = links(text)["10.00"]
    assert "as_of=2026-01-31" in address
    opened = alice.get(address).text
    assert amounts(opened) == [Decimal(10)]
    assert "as_of=2026-01-31" in links(opened)["Card charge C1"]
    assert alice.get(f"{PROJECT}?as_of=soon").status_code == 200


def test_the_file_has_what_the_list_has(office: Office, alice: Browser) -> None:
    """The download holds every document of the filter, amounts plain, nothing that a spreadsheet would reckon with."""
    post(office, *(charge(f"C{number}", "1.50", memo="=cmd()") for number in range(250)))
    answer = alice.get(f"{DOCUMENTS}.csv?code=09-250.S")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="costs 24-001.csv"'
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert answer.headers["Cache-Control"] == "no-store"
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))
    assert len(rows) == 251
    assert sum(Decimal(row["amount"]) for row in rows) == Decimal("4675.00")
    assert {row["memo"] for row in rows} == {"", "'=cmd()"}
    assert {(row["connection"], row["project"]) for row in rows} == {(MAIN, "24-001")}


def test_no_employee_is_named_below_a_project(office: Office, alice: Browser) -> None:
    """Neither as payee nor in a memo nor in the history, on no page and in no file."""

    def act(uow: UnitOfWork, connection: Connection) -> None:
        uow.lists.add(
            ListRecord(connection.id, "employee", "E1", EMPLOYEE, EMPLOYEE, "", is_active=True, edit_sequence="1")
        )
        check = uow.costs.first(connection_id=connection.id, txn_id="R1")
        assert check is not None
        check.memo = check.lines[0].memo = f"advance {EMPLOYEE}"
        uow.costs.save(check)
        cost_history.tell(uow, check, replace(check, memo=EMPLOYEE, payee="Jo"), NOW)

    change(office, act)
    check = stored(office, "R1")
    paths = [PROJECT, DOCUMENTS, f"{DOCUMENTS}.csv", f"{DOCUMENTS}/{check.id}", f"{DOCUMENTS}?state=unmapped"]
    for path in paths:
        text = alice.get(path).text
        assert "advance (name left out)" in text or path == PROJECT
        assert EMPLOYEE.split()[-1] not in text, path
    pay = stored(office, "pay-2026-02-27")
    assert "<h1>Payroll" in alice.get(f"{DOCUMENTS}/{pay.id}").text


def test_who_may_look(office: Office, victor: Browser, charlie: Browser) -> None:
    """A viewer sees it; people of another connection, and whoever is not signed in, do not; wrong numbers are 404."""
    bill = stored(office, "B1")
    for path in (PROJECT, DOCUMENTS, f"{DOCUMENTS}.csv", f"{DOCUMENTS}/{bill.id}"):
        assert victor.get(path).status_code == 200
        assert charlie.get(path).status_code == 404
        assert office.visitor().get(path).status_code == 303
    assert victor.get(f"{COSTS}/99").status_code == 404
    assert victor.get(f"{DOCUMENTS}/9999").status_code == 404
    assert victor.get(f"{COSTS}/2/documents/{bill.id}").status_code == 404
    assert charlie.get(f"/connections/{OTHER}/costs/1/documents/{bill.id}").status_code == 404


def test_what_is_not_whole_is_said(office: Office, alice: Browser) -> None:
    """Costs not read whole, a doubted job, a project without a job, deleted documents: each has a sentence."""
    office.change(costs_whole_at=None)
    assert "have not been read whole" in alice.get(PROJECT).text
    job = stored(office, "B1").job_id
    office.change(costs_whole_at=NOW, doubted={job: ""})
    assert "the next visit reads the job again" in alice.get(PROJECT).text
    office.change(doubted={job: "-12.50"})
    assert "is 12.50 less, even after reading it again" in alice.get(PROJECT).text

    def act(uow: UnitOfWork, connection: Connection) -> None:
        bill = uow.costs.first(connection_id=connection.id, txn_id="B1")
        assert bill is not None
        bill.deleted = bill.deletion_known = True
        bill.settle()
        uow.costs.save(bill)
        uow.mappings.add(Mapping(connection.id, "account", "Payroll Expenses", ignored=True))
        for row in uow.submissions.find(connection_id=connection.id, kind="job", project_id=2):
            row.quickbooks_id = ""
            uow.submissions.save(row)

    change(office, act)
    text = alice.get(f"{DOCUMENTS}/{stored(office, 'B1').id}").text
    assert "Deleted in QuickBooks, or its job was taken off it." in text
    assert "nothing of it belongs in Procore" in text
    assert "does not stand in QuickBooks yet" in alice.get(f"{COSTS}/2").text
    assert links(alice.get(PROJECT).text)["3,100.00"] == f"{DOCUMENTS}?month=2026-02&state=ignored"
