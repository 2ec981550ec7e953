"""From report rows to the ledger: what counts, that no name survives, and that the order of answers does not matter."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qbwc_bridge.domain.books import CostDocument, ListRecord
from qbwc_bridge.domain.money import total
from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.quickbooks import CostQuery, CustomTxnDetail, TxnDeletedQuery
from qbwc_bridge.domain.records import ReleaseChoice
from qbwc_bridge.domain.replies import Reply, ReplySet, ReportRet, TxnDeletedRet, TxnRet
from qbwc_bridge.domain.states import TaskState
from qbwc_bridge.domain.txn_types import txn_type
from qbwc_bridge.flow import actuals, cost_readings, work
from qbwc_bridge.flow.cost_answers import PAYROLL_TYPES, is_payroll
from qbwc_bridge.flow.cost_names import Names
from qbwc_bridge.flow.cost_rows import summed
from qbwc_bridge.flow.moves import move_task
from qbwc_bridge.qbxml.fields import COST_COLUMNS
from tests.support import DEEP
from tests.unit.documents import PROJECT, TODAY, budget, cash, commitment
from tests.unit.factories import World

JOB = "Clients:24-001 Hilltop House"
PEOPLE = ["Wilhelmina Obscura", "Nightingale, Florence", "O'Brien & Daughter"]

Row = dict[str, str]
"""A row of a report: cells by column."""

RELEASE = ReleaseChoice(dt.date(2026, 1, 1), "detail", "write")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The database of a bridge whose job, vendor, items and one order stand in QuickBooks."""
    folder = tmp_path_factory.mktemp("template")
    made = World(folder)
    made.journey(budget(), commitment(1))
    made.close()
    return (folder / "bridge.db").read_bytes()


@pytest.fixture
def world(template: bytes, tmp_path: Path) -> Iterator[World]:
    """A copy of that bridge."""
    (tmp_path / "bridge.db").write_bytes(template)
    made = World(tmp_path)
    made.documents[PROJECT] = [budget(), commitment(1)]
    yield made
    made.close()


def cells(txn_id: str, amount: str | int | Decimal, **more: str) -> Row:
    """A row of CustomTxnDetail: a bill on the job by default."""
    value = Decimal(amount)
    shown = {
        "TxnID": txn_id,
        "TxnType": "Bill",
        "Date": str(TODAY),
        "RefNumber": "B-1",
        "Name": JOB,
        "SourceName": "Ready Mix Supply",
        "Item": "03-300:M (Cast-in-Place Concrete - Materials)",
        "Account": "5000 \u00b7 Job Expenses",
        "Debit" if value >= 0 else "Credit": str(abs(value)),
    }
    return {**shown, **more}


def report(*rows: Row) -> tuple[ReportRet, ...]:
    """A report of those rows."""
    cells = tuple(tuple(row.get(column, "") for column in COST_COLUMNS) for row in rows)
    return (ReportRet("Custom", "Accrual", COST_COLUMNS, cells),)


def header(row: Row, sequence: str, **more: Any) -> TxnRet:
    """The document of a row, as its own query shows it."""
    kind = txn_type(row["TxnType"])
    shown: dict[str, Any] = {"time_modified": None, "party": None, "total": None, "memo": "", **more}
    return TxnRet(kind, row["TxnID"], sequence, txn_date=TODAY, ref_number=row["RefNumber"], **shown)


def read(
    world: World,
    *rows: Row,
    wages: tuple[Row, ...] = (),
    deleted: tuple[str, ...] = (),
    documents: tuple[TxnRet, ...] = (),
    apply: bool = True,
    turned: int = 0,
    refuse_payroll: int = 0,
) -> None:
    """Read costs in a visit: documents, one report, the payroll and deletions, in any order; then apply them."""
    sequence = str(len(world.tasks()))
    given = {each.txn_id: each for each in documents}
    shown = {row["TxnID"]: given.get(row["TxnID"], header(row, sequence)) for row in rows}
    with world.unit() as (uow, connection):
        connection.costs_whole_at = None
        cost_readings.ask(uow, connection, world.now)
    held = patch.object(work, "SMALL_READING", work.SMALL_READING if apply else -1)
    visit = world.begin()
    posted, paid = iter([report(*rows)]), iter([report(*wages)])  # in the first window
    while message := world.send(visit):
        replies = []
        for task in world.tasks(message_set_id=message.id):
            found: tuple[Any, ...] = ()
            if isinstance(task.request, CostQuery):
                found = tuple(each for each in shown.values() if f"{each.kind}Query" == task.kind)
            elif isinstance(task.request, TxnDeletedQuery) and task.reading_id:
                found = tuple(TxnDeletedRet("Bill", txn_id, None) for txn_id in deleted)
            elif isinstance(task.request, CustomTxnDetail):
                tried = task.request.of_changes  # nothing of payroll changed today
                found = report() if tried else next(paid if is_payroll(task) else posted, report())
            status = refuse_payroll if is_payroll(task) else 0
            replies.append(Reply(task.kind, str(task.id), status, "Info", "", () if status else found))
        with held:
            world.receive(visit, message, ReplySet((*replies[turned:], *replies[:turned]), 0))
    if apply:
        with world.unit() as (uow, connection):
            actuals.apply_all(uow, connection, world.now)


def ledger_rows(world: World) -> list[CostDocument]:
    """The ledger as stored."""
    with world.unit() as (uow, _):
        return uow.costs.find(order="txn_id")


# ---------------------------------------------------------------- rows in, ledger out


ROWS = st.lists(
    st.builds(
        cells,
        st.sampled_from(["T1", "T2", "T3"]),
        st.decimals(-(10**6), 10**6, places=2),
        Name=st.sampled_from([JOB, JOB.upper(), "Clients", "", "Ready Mix Supply"]),
        Item=st.sampled_from(["", "03-300:M (x)", "Tile (small) (Blue (shiny) tiles)"]),
        Account=st.sampled_from(["5000 \u00b7 Job Expenses", "Job Expenses", "Construction Income", "Unknown"]),
        Memo=st.sampled_from(["", "memo"]),
    ),
    max_size=9,
)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=150 if DEEP else 15
)
@given(ROWS, st.integers(0, 4))
def test_the_ledger_equals_the_rows(world: World, rows: list[Row], turned: int) -> None:
    """Every row that names a job or customer is in the ledger once, whatever order the answers came in."""
    read(world, *rows, turned=turned)
    expected = Counter(
        (row["TxnID"], Decimal(row.get("Debit", 0)) - Decimal(row.get("Credit", 0)))
        for row in rows
        if row["Name"].casefold() in {JOB.casefold(), "clients"}
    )
    found = [doc for doc in ledger_rows(world) if not doc.deleted]

    assert Counter((doc.txn_id, each.amount) for doc in found for each in doc.lines) == expected
    for doc in found:
        assert all(each.counted == ("Job Expenses" in each.account) for each in doc.lines)
        assert doc.vendor_id


def test_reading_the_same_again_changes_nothing(world: World) -> None:
    """A second reading of equal rows leaves the ledger as it is, so that no push follows."""
    read(world, cells("T1", "10.00"), cells("T1", "-2.00", Item=""))
    before = ledger_rows(world)
    world.later(hours=2)
    read(world, cells("T1", "-2.00", Item=""), cells("T1", "10.00"))

    assert [replace(row, reading_id=before[0].reading_id) for row in ledger_rows(world)] == before


def test_what_is_gone_is_deleted_with_or_without_a_record(world: World) -> None:
    """A deletion record explains it; without one the document vanished; a document that comes back counts again."""
    read(world, cells("T1", 1), cells("T2", 2), cells("T3", 3))
    read(world, cells("T3", 3), deleted=("T1",))
    found = {doc.txn_id: (doc.deleted, doc.deletion_known) for doc in ledger_rows(world)}
    assert found == {"T1": (True, True), "T2": (True, False), "T3": (False, False)}

    read(world, cells("T2", 2), cells("T3", 3))
    assert {doc.txn_id: doc.deleted for doc in ledger_rows(world)} == {"T1": True, "T2": False, "T3": False}
    read(world, cells("T3", 3))
    read(world, cells("T3", 3), deleted=("T2",))
    assert {doc.txn_id: doc.deletion_known for doc in ledger_rows(world)}["T2"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("03-300:M (Cast-in-Place (CIP) Concrete)", "03-300:M"),
        ("Labor (extra) (Overtime)", "Labor (extra)"),
        ("Labor (straight)", "Labor"),
        ("Unknown (thing)", "Unknown"),
        ("", ""),
    ],
)
def test_an_item_is_its_name_without_the_description(world: World, text: str, expected: str) -> None:
    """Names may hold parentheses themselves; the longest known name wins."""
    for name in ("Labor", "Labor (extra)"):
        world.list_record("item", name)
    read(world, cells("T1", 1, Item=text))

    assert ledger_rows(world)[0].lines[0].item == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [("General Journal", "JournalEntry"), ("Credit Card Charge", "CreditCardCharge"), ("Bill Credit", "VendorCredit")],
)
def test_types_are_told_in_qbxmls_words(world: World, word: str, expected: str) -> None:
    """Reports and requests name types differently."""
    read(world, cells("T1", 1, TxnType=word))
    assert ledger_rows(world)[0].txn_type == expected


def test_bills_bring_their_vendor_and_orders(world: World) -> None:
    """The mirror of bills tells from which order a bill is drawn; the watermark follows once the reading is whole."""
    moment = dt.datetime(2026, 3, 9, 8)  # noqa: DTZ001 - QuickBooks' wall clock
    bill = TxnRet(
        "Bill",
        "T1",
        "1",
        moment,
        TODAY,
        "B-1",
        "",
        None,
        cash(1),
        (),
        (("PO9", "PurchaseOrder"), ("X", "BillPaymentCheck")),
    )
    read(world, cells("T1", 1), documents=(bill,), apply=False)
    assert world.connection().costs_modified == {}
    with world.unit() as (uow, connection):
        actuals.apply_all(uow, connection, world.now)

    assert ledger_rows(world)[0].order_ids == ["PO9"]
    assert world.connection().costs_modified == {"Bill": moment}


def test_a_reading_is_applied_whole_or_not_at_all(world: World) -> None:
    """With a query open nothing is applied; with one given up the reading is dropped, and the ledger stays."""
    read(world, cells("T1", 1))
    before = ledger_rows(world)
    with world.unit() as (uow, connection):
        cost_readings.ask(uow, connection, world.now)
        actuals.apply_all(uow, connection, world.now)
        assert uow.readings.count(applied_at=None) == 1
        for task in uow.tasks.find(state=TaskState.QUEUED):
            move_task(uow, task, TaskState.SENT, now=world.now)
            move_task(uow, task, TaskState.PARKED, now=world.now)
        cost_readings.advance(uow, connection, world.now)
        actuals.apply_all(uow, connection, world.now)
        assert uow.readings.count(applied_at=None) == 0
        assert uow.answers.count() == 0

    assert ledger_rows(world) == before


def test_costs_are_due_by_the_clock_or_on_demand(world: World) -> None:
    """Asked for: at once. Else every two hours, and never without a job or with the clock switched off."""
    connection = world.connection()
    connection.costs_read_at = world.now
    options = world.options
    later = world.now + dt.timedelta(seconds=7200)

    assert not cost_readings.due(connection, options, world.now, has_jobs=True)
    assert cost_readings.due(connection, options, later, has_jobs=True)
    assert not cost_readings.due(connection, options, later, has_jobs=False)
    assert not cost_readings.due(connection, replace(options, costs_every_seconds=0), later, has_jobs=True)
    connection.costs_wanted = True
    assert cost_readings.due(connection, options, world.now, has_jobs=False)


# ---------------------------------------------------------------- payroll


WAGES = st.lists(
    st.builds(
        cells,
        st.sampled_from(["C1", "C2"]),
        st.decimals(-5000, 5000, places=2),
        TxnType=st.just("Paycheck"),
        Name=st.sampled_from([JOB, "Clients", *PEOPLE]),
        SourceName=st.sampled_from(PEOPLE),
        Memo=st.sampled_from(PEOPLE),
        RefNumber=st.sampled_from(["4711", ""]),
        Item=st.sampled_from(["", "03-300:M"]),
        Date=st.sampled_from(["2026-03-01", "2026-03-08"]),
    ),
    max_size=9,
)


class JobsOnly:
    """Lists that hold two customers and nothing else."""

    def find(self, *, kind: str, **_criteria: Any) -> list[ListRecord]:
        """Give the customers."""
        names = [JOB, "Clients"] if kind == "customer" else []
        return [
            ListRecord(1, "customer", f"L{at}", name, name, fold(name), is_active=True, edit_sequence="")
            for at, name in enumerate(names)
        ]


@given(WAGES)
def test_no_name_survives_the_sums(wages: list[Row]) -> None:
    """Neither an employee's name nor a check's number or id is in what is kept, and no cent is lost (rule 18)."""
    names = Names(SimpleNamespace(lists=JobsOnly()), SimpleNamespace(id=1))  # type: ignore[arg-type]
    kept = list(summed(report(*wages), names))
    text = repr(kept)

    assert not any(name in text for name in (*PEOPLE, "4711", "C1", "C2"))
    assert total(Decimal(row.amount) for row in kept) == total(
        Decimal(row.get("Debit", 0)) - Decimal(row.get("Credit", 0)) for row in wages if row["Name"] not in PEOPLE
    )
    assert len({replace(row, amount="") for row in kept}) == len(kept)


def test_payroll_is_one_document_a_pay_date_and_leaves_no_name_in_the_database(world: World) -> None:
    """What is stored, compressed answers included, holds sums by job and item only."""
    wages = tuple(
        cells(f"C{number}", 100, TxnType="Paycheck", SourceName=name, Memo=name, RefNumber="4711", Date="2026-03-06")
        for number, name in enumerate(PEOPLE)
    )
    read(world, wages=(*wages, cells("C9", 5, TxnType="Paycheck", Name=PEOPLE[0])), apply=False)
    with world.unit() as (uow, connection):
        kept = "".join(answer.content for answer in uow.answers.find())
        assert "pay-2026-03-06" in kept
        texts = "".join(message.reply_text for message in uow.message_sets.find())
        assert not any(name in kept + texts for name in (*PEOPLE, "4711"))
        actuals.apply_all(uow, connection, world.now)

    (document,) = ledger_rows(world)
    assert (document.txn_id, document.txn_type, document.payee) == ("pay-2026-03-06", "Paycheck", "")
    assert [each.amount for each in document.lines] == [cash(300)]


def test_payroll_is_asked_for_alone(world: World) -> None:
    """Its raw text must be in no stored reply, so no other query shares its set."""
    with world.unit() as (uow, connection):
        cost_readings.ask(uow, connection, world.now)
    visit = world.begin()
    while message := world.send(visit):
        tasks = world.tasks(message_set_id=message.id)
        reports = [task for task in tasks if isinstance(task.request, CustomTxnDetail)]
        assert len(tasks) == 1 or not reports
        found = {task.id: report() if task in reports else () for task in tasks}
        world.receive(
            visit, message, ReplySet(tuple(Reply(t.kind, str(t.id), 0, "", "", found[t.id]) for t in tasks), 0)
        )
    assert is_payroll(replace(world.tasks()[0], request=CustomTxnDetail(PAYROLL_TYPES)))


def test_payroll_that_quickbooks_refuses_keeps_what_is_known(world: World) -> None:
    """Other costs go on; the payroll read before neither vanishes nor counts twice."""
    wage = cells("C1", 100, TxnType="Paycheck", SourceName=PEOPLE[0])
    read(world, cells("T1", 1), wages=(wage,))
    read(world, cells("T1", 7), refuse_payroll=3261)

    found = {doc.txn_type: (doc.lines[0].amount, doc.deleted) for doc in ledger_rows(world)}
    assert found == {"Bill": (cash(7), False), "Paycheck": (cash(100), False)}
