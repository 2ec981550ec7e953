"""Job cost to date: one total, whichever way it is summed, and the documents behind it with what became of them."""

import csv
import datetime as dt
import io
import re
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qbwc_bridge.domain.books import CostDocument, CostLine, ListRecord, TransactionLine, TransactionRecord
from qbwc_bridge.domain.money import ZERO, total
from qbwc_bridge.domain.records import Mapping, ReleaseChoice, Submission
from qbwc_bridge.files.costs import cost_rows
from qbwc_bridge.files.plain import csv_table
from qbwc_bridge.flow.cost_documents import Discretion, Fate, called, entries
from qbwc_bridge.flow.job_to_date import NO_CODE, JobToDate, job_to_date, percent
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.flow.planned import planned
from tests.support import DEEP, SOAK
from tests.unit.documents import PROJECT, TODAY, budget, cash, change_order, code, commitment, line
from tests.unit.test_flow_writeback import JOB, bill, make, office, template
from tests.unit.writeback_office import Office

__all__ = ["make", "office", "template"]  # the fixtures

DAYS = st.dates(dt.date(2025, 11, 1), dt.date(2026, 4, 30))
LINES = st.builds(
    CostLine,
    job_id=st.just(JOB),
    job_name=st.just("Clients:24-001 Hilltop House"),
    account=st.sampled_from(["Job Expenses", "Fuel", "Gifts", "Retainage"]),
    account_type=st.just(""),
    item=st.sampled_from(["03-300.M", "Tile", "Odd", ""]),
    amount=st.decimals(-(10**6), 10**6, places=2),
    counted=st.booleans(),
)
DOCUMENTS = st.lists(
    st.builds(
        CostDocument,
        connection_id=st.just(1),
        txn_id=st.uuids().map(str),
        txn_type=st.sampled_from(["Bill", "Check", "JournalEntry"]),
        txn_date=DAYS,
        lines=st.lists(LINES, min_size=1, max_size=4),
        order_ids=st.sampled_from([[], ["order"]]),
        deleted=st.booleans(),
    ),
    max_size=8,
)
RELEASES = st.none() | st.builds(
    ReleaseChoice, DAYS, st.sampled_from(["opening", "detail", "none"]), st.sampled_from(["write", "skip"])
)


def prepare(office: Office) -> None:
    """Export an order of concrete, map the tile, and ignore gifts for good."""
    with office.world.unit() as (uow, connection):
        order = Submission(connection.id, "commitment", "1", "PO-1", "", "", office.world.now, office.world.now)
        order.quickbooks_id = "order"
        uow.submissions.add(order)
        lines = [TransactionLine("L", item_name="03-300.M", job_id=JOB)]
        uow.transactions.add(
            TransactionRecord(connection.id, "PurchaseOrder", "order", "1", "", "", "", "", ZERO, lines=lines)
        )
        uow.mappings.add(Mapping(connection.id, "item", "Tile", "09-250.L"))
        uow.mappings.add(Mapping(connection.id, "account", "Gifts", ignored=True))


def keep(office: Office, documents: list[CostDocument]) -> None:
    """Let the ledger hold these documents and no other."""
    with office.world.unit() as (uow, _):
        for row in uow.costs.find():
            uow.costs.remove(row)
        for each in documents:
            made = replace(each, id=0)
            made.settle()
            uow.costs.add(made)


def ledger_of(office: Office, uow: Any, connection: Any, as_of: dt.date | None = None) -> Ledger:
    """Open the ledger."""
    return Ledger(uow, connection, office.world.options, as_of=as_of)


def to_date(office: Office, as_of: dt.date | None = None) -> JobToDate:
    """The project's cost to date."""
    with office.world.unit() as (uow, connection):
        ledger = ledger_of(office, uow, connection, as_of)
        return job_to_date(ledger, ledger.choices[PROJECT])


def told(office: Office, as_of: dt.date | None = None) -> list[tuple[str, Decimal, str, str]]:
    """TxnID, amount, state and words of the entries."""
    with office.world.unit() as (uow, connection):
        ledger = ledger_of(office, uow, connection, as_of)
        found = entries(ledger, ledger.choices[PROJECT])
    return [(each.document.txn_id, each.amount, each.state, each.why) for each in found]


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=150 if SOAK else 60 if DEEP else 20,
    deadline=None,
)
@given(DOCUMENTS, RELEASES, st.none() | DAYS)
def test_all_sums_are_the_ledgers_counted_cost(
    office: Office, documents: list[CostDocument], release: ReleaseChoice | None, as_of: dt.date | None
) -> None:
    """By code, by month, by document and by reason the same total, which is the ledger's own, through any date."""
    if not office.world.rows(kind="commitment"):
        prepare(office)
    keep(office, documents)
    office.release(release)
    with office.world.unit() as (uow, connection):
        counted = sum(row.cost_cents for row in uow.costs.find() if as_of is None or row.txn_date <= as_of)
        ledger = ledger_of(office, uow, connection, as_of)
        choice = ledger.choices[PROJECT]
        found, listed = job_to_date(ledger, choice), entries(ledger, choice)
        rows = {by: cost_rows(ledger, choice, by) for by in ("code", "month", "document")}

    assert found.cost.total == Decimal(counted).scaleb(-2)
    for sums in (
        [row.cost.total for row in found.by_code()],
        [row.cost.total for row in found.by_month()],
        [each.amount for each in listed],
        [row["cost"] for row in rows["code"]],
        [row["cost"] for row in rows["month"]],
        [row["amount"] for row in rows["document"]],
    ):
        assert total(sums) == found.cost.total
    assert [row.to_date for row in found.by_month()][-1:] == ([found.cost.total] if found.cells else [])
    by_state: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for each in listed:
        by_state[each.state] += each.amount
    for part in ("skipped", "before", "unmapped", "ignored"):
        assert by_state[part] == getattr(found.cost, part)
    for row in found.by_code():
        assert total(each.amount for each in listed if each.code == row.code) == row.cost.total
    for month in found.by_month():
        inside = [each.amount for each in listed if each.document.txn_date.replace(day=1) == month.month]
        assert total(inside) == month.cost.total


def test_budget_and_committed_stand_beside_the_cost(office: Office) -> None:
    """Codes with a budget, a commitment or a cost each have a row; what has no code stands last; percent of budget."""
    office.world.bring(budget(), commitment(1), commitment(2, status="Draft"), change_order(5, 1, line(9, 50)))
    office.release(None)
    office.post(bill("A", ("03-300.M", "1234.50"), ("Odd", "7.00")), bill("B", ("09-250.L", "2.00")))
    found = to_date(office)

    shown = {row.code: (row.budget, row.committed, row.cost.total, row.percent) for row in found.by_code()}
    assert list(shown) == ["03-300.M", "09-250.L", ""]
    assert shown["03-300.M"] == (cash(5000), cash(1050), cash("1234.50"), Decimal("24.7"))
    assert shown["09-250.L"] == (ZERO, ZERO, cash(2), None)
    assert shown[""] == (ZERO, ZERO, cash(7), None)
    assert (found.budget, found.committed, found.percent) == (cash(5000), cash(1050), Decimal("24.9"))
    assert found.cells[NO_CODE, TODAY.replace(day=1)].unmapped == cash(7)


def test_an_amount_on_a_code_that_the_project_lacks_keeps_its_place() -> None:
    """A budget row names its own code; a change on an unknown one is told by its id, so nothing is lost."""
    found = planned([budget(), commitment(1, line(1, 3, of=code(9, "16-100", "S")))], [])
    assert found.budget == {("03-300", "M"): cash(5000)}
    assert found.committed == {("16-100", "S"): cash(3)}


@pytest.mark.parametrize(
    ("part", "whole", "expected"), [("1", "3", "33.3"), ("-1", "8", "-12.5"), ("5", "0", None), ("5", "-1", None)]
)
def test_percents_need_a_whole(part: str, whole: str, expected: str | None) -> None:
    """One decimal, half up; of nothing, or less than nothing, there is no percent."""
    assert percent(Decimal(part), Decimal(whole)) == (Decimal(expected) if expected else None)


def test_what_became_of_a_cost_in_procore(office: Office) -> None:
    """Not pushed, written, changed since, refused with Procore's words, unsure, not released: each is told as such."""
    office.post(bill("A"), bill("B"))
    assert {row[2:] for row in told(office)} == {("pending", "Not pushed yet")}
    office.push()
    assert {row[2:] for row in told(office)} == {("written", "In Procore")}
    office.post(bill("A"), bill("B", ("03-300.M", "11.00")))
    assert [row for row in told(office) if row[0] == "B"] == [
        ("B", cash(11), "pending", "Changed since it was written: the next push brings it")
    ]
    office.procore.trouble = ["before"]
    office.push()
    unsure = [row[2:] for row in told(office) if row[0] == "B"]
    assert unsure == [("pending", "No answer came to its writing: the next push looks it up")]
    office.procore.trouble = ["refuse"]
    office.push()
    assert [row[2:] for row in told(office) if row[0] == "B"] == [("refused", "Refused by Procore: No.")]
    office.release(None)
    assert {row[2:] for row in told(office)} == {("not_released", "Not released")}


def test_written_costs_are_written_through_any_date(office: Office) -> None:
    """A date that leaves some documents of the opening costs out makes the others no less written."""
    office.release(ReleaseChoice(TODAY, "opening", "write"))
    early = [replace(bill(txn), txn_date=TODAY - dt.timedelta(days=days)) for txn, days in (("A", 40), ("B", 3))]
    office.post(*early)
    office.push()
    assert told(office, as_of=TODAY - dt.timedelta(days=30)) == [
        ("A", cash(10), "written", "In Procore, in the opening costs")
    ]


def test_what_quickbooks_no_longer_has_is_to_be_removed(office: Office) -> None:
    """A deleted document's direct cost stands in Procore until the next push."""
    office.post(bill("A"), bill("B"))
    office.push()
    office.post(bill("A"))
    with office.world.unit() as (uow, connection):
        ledger = ledger_of(office, uow, connection)
        stale = Fate(ledger, ledger.choices[PROJECT]).to_remove()
    assert [cost.amount() for cost in stale] == [cash(10)]


def test_nobody_but_vendors_is_named(office: Office) -> None:
    """Employees' names are taken out of memos, whoever was paid, and a payee that is no vendor is not told."""
    with office.world.unit() as (uow, connection):
        name = "Wilhelmina Obscura"
        uow.lists.add(
            ListRecord(connection.id, "employee", "E1", name, name, name.lower(), is_active=True, edit_sequence="1")
        )
    office.post(
        bill("A", memo="advance for WILHELMINA Obscura", payee="Ready Mix", vendor_id="V1"),
        bill("B", memo="tools, Jo", payee="Jo", vendor_id=""),
    )
    with office.world.unit() as (uow, connection):
        ledger = ledger_of(office, uow, connection)
        rows = cost_rows(ledger, ledger.choices[PROJECT], "document")
        text = Discretion(uow, connection).text("Jonas joined", bill("C", payee="Jo"))
    assert {(row["payee"], row["memo"]) for row in rows} == {
        ("Ready Mix", "advance for (name left out)"),
        ("", "tools, (name left out)"),
    }
    assert text == "Jonas joined"


def test_documents_are_called_as_people_call_them() -> None:
    """By type and number; payroll without anything of its own."""
    kinds = [("Bill", "Bill 7"), ("CreditCardCharge", "Card charge 7"), ("TransferInventory", "Transfer inventory 7")]
    assert [called(bill("A", txn_type=kind, ref_number="7")) for kind, _ in kinds] == [words for _, words in kinds]
    assert called(bill("A", txn_type="Paycheck", ref_number="")) == "Payroll"


@given(st.lists(st.text(st.characters(blacklist_categories=["Cs"]), max_size=9), min_size=1, max_size=4))
def test_no_text_of_a_file_is_a_formula(texts: list[str]) -> None:
    """A text that a spreadsheet would reckon with begins with an apostrophe; every other text comes back as it was."""
    shown = csv_table(["a"], [{"a": text} for text in texts]).decode("utf-8-sig")
    found = [row[0] if row else "" for row in csv.reader(io.StringIO(shown, newline=""))][1:]
    assert [text.removeprefix("'") if re.match(r"'[=+\-@\t\r]", text) else text for text in found] == texts
    assert not any(text.startswith(("=", "+", "-", "@", "\t", "\r")) for text in found)
