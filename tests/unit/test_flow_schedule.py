"""The work-in-progress schedule from stored rows: what becomes of each line, and what a close keeps and refuses."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qbwc_bridge.domain.books import CostDocument, CostLine, MonthClose
from qbwc_bridge.domain.money import total
from qbwc_bridge.domain.procore import Budget, PrimeChange, Project
from qbwc_bridge.domain.procore_billing import Billing, Forecast, PrimeContract
from qbwc_bridge.domain.records import History, Mapping
from qbwc_bridge.domain.shown import Partly
from qbwc_bridge.domain.wip import NO_FORECAST, WipRow
from qbwc_bridge.errors import ProcoreError, ProcoreUnreachable, Refused
from qbwc_bridge.flow import closes, intake
from qbwc_bridge.flow.options import Options, options
from qbwc_bridge.flow.schedule import NO_CONTRACT, NOT_READ, Schedule, close_month, schedule
from tests.unit.documents import NOW, PROJECT, budget, cash, change_order, commitment, line
from tests.unit.factories import World

FEBRUARY = dt.date(2026, 2, 28)
ACCOUNTS = {
    "Job Expenses": "CostOfGoodsSold",
    "Job Expenses:Fuel": "Expense",
    "Construction Income": "Income",
    "Retainage Receivable": "OtherCurrentAsset",
    "Retention Payable": "OtherCurrentLiability",
    "Sales Tax Payable": "OtherCurrentLiability",
    "Retained Earnings": "Equity",
    "Deposits": "OtherAsset",
}
COSTS = {"CostOfGoodsSold", "Expense"}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The database of a bridge whose job, vendor, items and one order stand in QuickBooks."""
    folder = tmp_path_factory.mktemp("template")
    made = World(folder)
    made.journey(budget(), commitment(1))
    with made.unit() as (uow, connection):
        connection.costs_whole_at = connection.costs_read_at = NOW
        uow.connections.save(connection)
    made.close()
    return (folder / "bridge.db").read_bytes()


@pytest.fixture
def world(template: bytes, tmp_path: Path) -> Iterator[World]:
    """A copy of that bridge."""
    (tmp_path / "bridge.db").write_bytes(template)
    made = World(tmp_path)
    yield made
    made.close()


def post(world: World, *lines: tuple[str, str | Decimal], kind: str = "Bill", **more: Any) -> CostDocument:
    """Put a document into the ledger: lines of account and amount, debit less credit."""
    job = world.row("job", PROJECT).quickbooks_id
    with world.unit() as (uow, connection):
        made = CostDocument(
            connection.id,
            more.pop("txn_id", f"T{uow.costs.count()}"),
            kind,
            more.pop("txn_date", dt.date(2026, 2, 20)),
            changed_at=more.pop("changed_at", NOW - dt.timedelta(days=9)),
            **more,
        )
        made.lines = [
            CostLine(job, "Hilltop", account, ACCOUNTS[account], "", Decimal(by), ACCOUNTS[account] in COSTS)
            for account, by in lines
        ]
        made.settle()
        return uow.costs.add(made)


def build(world: World, *, as_of: dt.date | None = None, options: Options | None = None) -> Schedule:
    """The schedule."""
    with world.unit() as (uow, connection):
        return schedule(uow, connection, options or world.options, now=NOW, as_of=as_of)


def row(world: World, **more: Any) -> WipRow:
    """The row of the one project."""
    (found,) = build(world, **more).rows
    return found


def bring(world: World, *documents: Any, contract: str | None = "10000") -> None:
    """Let Procore have a budget of 5,000, an order of 1,000, these documents, and a contract."""
    contracts = [] if contract is None else [PrimeContract(3, PROJECT, "1", "Clinic", "Approved", Decimal(contract))]
    billing = [] if any(isinstance(each, Billing) for each in documents) else [Billing(PROJECT, tuple(contracts), ())]
    world.bring(budget(), commitment(1), *billing, *documents)


LINES = st.lists(
    st.tuples(st.sampled_from(sorted(ACCOUNTS)), st.decimals(-9999, 9999, places=2)), min_size=1, max_size=3
)
DOCUMENTS = st.lists(
    st.tuples(
        LINES,
        st.sampled_from(["Bill", "Invoice", "CreditMemo", "JournalEntry", "Check"]),
        st.dates(dt.date(2026, 1, 1), dt.date(2026, 4, 30)),
        st.booleans(),
    ),
    max_size=6,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(DOCUMENTS, st.none() | st.dates(dt.date(2026, 1, 1), dt.date(2026, 4, 30)), st.booleans())
def test_cost_to_date_is_the_whole_ledger(world: World, documents: list[Any], day: dt.date | None, fuel: bool) -> None:
    """Mapped, unmapped or ignored: the schedule's cost is what the cost accounts have of the job through the date."""
    with world.unit() as (uow, connection):
        for each in [*uow.costs.find(), *uow.mappings.find()]:
            (uow.costs if isinstance(each, CostDocument) else uow.mappings).remove(each)  # type: ignore[arg-type]
        uow.mappings.add(Mapping(connection.id, "account", "Job Expenses", "03-300.M"))
        if fuel:
            uow.mappings.add(Mapping(connection.id, "account", "Job Expenses:Fuel", ignored=True, comment="ours"))
    for lines, kind, dated, deleted in documents:
        post(world, *lines, kind=kind, txn_date=dated, deleted=deleted)

    made = build(world, as_of=day)
    counted = [
        (account, amount)
        for lines, _, dated, deleted in documents
        if not deleted and (day is None or dated <= day)
        for account, amount in lines
    ]
    assert made.totals.cost_to_date == total(by for account, by in counted if ACCOUNTS[account] in COSTS)
    assert made.totals.retainage_receivable == total(by for account, by in counted if account.startswith("Retainage"))
    assert made.totals.retainage_payable == total(-by for account, by in counted if account.startswith("Retention"))


def test_billed_is_gross_of_retainage_and_without_tax(world: World) -> None:
    """Income of invoices and sales receipts less that of credit memos; a journal on income bills nobody."""
    sale = [("Construction Income", "-5000"), ("Retainage Receivable", "500"), ("Sales Tax Payable", "-80")]
    post(world, *sale, kind="Invoice")
    post(world, ("Construction Income", "-200"), kind="SalesReceipt")
    post(world, ("Construction Income", "300"), kind="CreditMemo")
    post(world, ("Construction Income", "-77"), kind="JournalEntry")
    found = row(world)
    assert (found.billed, found.retainage_receivable) == (cash(4900), cash(500))


def test_accounts_of_retainage_can_be_named(world: World) -> None:
    """Named accounts count instead of those with retainage in their name, case aside, each on its own side."""
    post(world, ("Deposits", "40"), ("Retainage Receivable", "500"), ("Sales Tax Payable", "-9"))
    with world.unit() as (_, connection):
        connection.settings["retainage_accounts"] = "deposits, Sales Tax Payable"
        named = options(connection, {"time_zone": "UTC"})
    found = row(world, options=named)
    assert (found.retainage_receivable, found.retainage_payable) == (cash(40), cash(9))


def test_contract_budget_and_commitments_come_from_procore(world: World) -> None:
    """Contracts in force with approved changes; the larger of budget and of commitments in force with their changes."""
    changes = [PrimeChange(1, PROJECT, "1", "approved", cash(500)), PrimeChange(2, PROJECT, "2", "pending", cash(70))]
    void = commitment(2, line(201, "9000"), status="Void")
    bring(world, *changes, void, change_order(5, 1, line(501, "4500")), change_order(6, 2, line(601, "800")))
    found = row(world)
    assert (found.revised_contract, found.estimated_cost, found.source) == (cash(10500), cash(5500), NO_FORECAST)
    assert found.note == ""


@pytest.mark.parametrize(("status", "estimate"), [("Approved", 7000), ("Closed", 7000), ("Terminated", 6600)])
def test_a_bill_on_an_order_is_part_of_its_commitment(world: World, status: str, estimate: int) -> None:
    """What was drawn on a commitment in force is in it already; of one that no longer counts it is uncommitted cost."""
    other = commitment(2, line(201, "6000"))
    bring(world, other)
    world.bring(budget(), commitment(1, status=status), other)
    order = world.row("commitment", 1).quickbooks_id
    made = post(world, ("Job Expenses", "600"), order_ids=[order])
    with world.unit() as (uow, _):
        made.lines[0].item = next(each.full_name for each in uow.lists.find(kind="item") if "03-300:" in each.full_name)
        uow.costs.save(made)
    assert row(world).estimated_cost == cash(estimate)


def test_only_a_persons_forecast_counts(world: World) -> None:
    """A forecast that Procore reckoned is no judgement; a person's is added to commitments and uncommitted cost."""
    contract = PrimeContract(3, PROJECT, "1", "Clinic", "Approved", cash(10000))
    for manual, estimate in ((False, 5000), (True, 3500)):
        bring(world, Billing(PROJECT, (contract,), (Forecast(1, cash(2500), manual=manual),)))
        assert row(world).estimated_cost == cash(estimate)


@pytest.mark.parametrize(
    ("billing", "told"),
    [
        (None, NOT_READ),
        (Billing(PROJECT, None, (), ("Procore does not let us read prime contracts.",)), "does not let us read"),
        (Billing(PROJECT, (), ()), NO_CONTRACT),
        (Billing(PROJECT, (PrimeContract(3, PROJECT, "1", "C", "Draft", cash(1)),), ()), NO_CONTRACT),
        (
            Billing(PROJECT, (PrimeContract(3, PROJECT, "1", "C", "Approved", cash(1000), cash(1200)),), ()),
            "Procore's own revised contract is 1,200.00.",
        ),
    ],
)
def test_what_is_not_known_is_told_in_the_row(world: World, billing: Billing | None, told: str) -> None:
    """Not read, refused, no contract in force, or a contract that does not add up: the row says so in words."""
    world.bring(budget(), commitment(1), *([billing] if billing else []))
    assert told in row(world).note


def test_a_commitment_outside_quickbooks_is_told(world: World) -> None:
    """Bills of a commitment that no order stands for would count beside it: the row names it."""
    bring(world, commitment(2, line(201, "300")))
    assert row(world).note.startswith("Not in QuickBooks: PO-2.")


def test_nothing_is_shown_of_half_a_ledger(world: World) -> None:
    """Before all costs were read there is no schedule and no close."""
    with world.unit() as (uow, connection):
        connection.costs_whole_at = None
        uow.connections.save(connection)
    with pytest.raises(Refused, match="were not read whole yet"):
        build(world)
    with pytest.raises(Refused, match="were not read whole yet"):
        close(world)


# ---------------------------------------------------------------- closing


def close(world: World, month: dt.date = FEBRUARY, *, again: bool = False, now: dt.datetime = NOW) -> Schedule:
    """Close a month."""
    with world.unit() as (uow, connection):
        return close_month(uow, connection, world.options, month, who="Alice", now=now, again=again)


def test_a_month_is_closed_only_once_it_is_over_and_read(world: World) -> None:
    """A month under way, one before the last closed one, and one whose costs were read too early stay open."""
    with pytest.raises(Refused, match="March 2026 is not over yet"):
        close(world, dt.date(2026, 3, 31))
    with pytest.raises(Refused, match="February 2026 is not closed yet"):
        close(world, again=True)
    with pytest.raises(Refused, match="last read from QuickBooks before March 2026 was over"):
        close(world, dt.date(2026, 3, 31), now=NOW + dt.timedelta(days=40))
    close(world)
    for again in (False, True):
        with pytest.raises(Refused, match="January 2026 lies before February 2026"):
            close(world, dt.date(2026, 1, 31), again=again)


def test_a_close_is_the_last_month_of_later_schedules_only(world: World) -> None:
    """Percent and profit of last month are those of the newest close before the date; the close itself has none."""
    bring(world)
    post(world, ("Job Expenses", "1000"))
    kept = close(world).rows[0]
    post(world, ("Job Expenses", "500"), txn_date=dt.date(2026, 3, 2))
    later = row(world, as_of=dt.date(2026, 3, 31))
    assert kept.percent_complete > 0
    assert later.percent_complete > kept.percent_complete
    assert (later.last_percent, later.last_profit) == (kept.percent_complete, kept.estimated_profit)
    assert row(world, as_of=FEBRUARY).last_percent is None


def test_the_books_are_closed_until_the_later_of_both(world: World) -> None:
    """QuickBooks' closing date and the last closed month: the later one counts, one alone as well."""
    with world.unit() as (uow, connection):
        assert closes.closed_until(uow, connection) is None
    close(world)
    for closing, until in ((None, FEBRUARY), (dt.date(2026, 1, 31), FEBRUARY), (dt.date(2026, 3, 5),) * 2):
        with world.unit() as (uow, connection):
            connection.company = replace(connection.company, closing_date=closing)
            assert closes.closed_until(uow, connection) == until


def test_an_entry_belongs_to_the_close_that_should_have_had_it(world: World) -> None:
    """With two closed months an entry counts as late only against the one its date falls in."""
    january = dt.date(2026, 1, 31)
    with world.unit() as (uow, connection):
        for month, day in ((january, 5), (FEBRUARY, 8)):
            closed_at = dt.datetime(2026, 3, day, tzinfo=dt.UTC)
            uow.closes.add(MonthClose(connection.id, month, closed_at, "Alice"))
    between, after = (dt.datetime(2026, 3, day, tzinfo=dt.UTC) for day in (6, 9))
    post(world, ("Job Expenses", "1"), txn_id="J", txn_date=dt.date(2025, 12, 9), changed_at=between)
    post(world, ("Job Expenses", "2"), txn_id="F", txn_date=FEBRUARY, changed_at=between)
    post(world, ("Construction Income", "-3"), kind="Invoice", txn_id="G", txn_date=FEBRUARY, changed_at=after)
    post(world, ("Job Expenses", "4"), txn_id="M", txn_date=dt.date(2026, 3, 1), changed_at=after)
    found = [(each.closed_month, each.cost, each.billed) for each in build(world).changed]
    assert found == [(january, cash(1), cash(0)), (FEBRUARY, cash(0), cash(3))]


def test_no_employee_is_named_in_what_changed(world: World) -> None:
    """A payee who is no vendor is not told, nor that he was another one before."""
    close(world, now=NOW - dt.timedelta(days=5))
    made = post(world, ("Job Expenses", "1"), kind="Check", payee="Dorothea", changed_at=NOW)
    with world.unit() as (uow, connection):
        why = "payee Dorothea became Florence; memo none became beam"
        uow.history.append(History(connection.id, "cost", made.id, NOW, "QuickBooks", "1.00", "1.00", why))
    (found,) = build(world).changed
    assert found.what_changed == "cost was 1.00; payee changed; memo none became beam"
    assert found.document == "Check of 2026-02-20"


# ---------------------------------------------------------------- reading Procore


class Refusing:
    """A Procore whose prime contracts raise an error, and which has nothing else."""

    def __init__(self, error: ProcoreError) -> None:
        self.error = error

    def prime_contracts(self, _project_id: int) -> NoReturn:
        """Raise it."""
        raise self.error

    def budget(self, project_id: int) -> Budget:
        """An empty budget."""
        return Budget(project_id, locked=True, rows=())

    def projects(self) -> list[Project]:
        """The one project."""
        return [Project(PROJECT, "24-001", "Hilltop House")]

    def nothing(self, *_asked: int) -> Partly[Any]:
        """Nothing else."""
        return Partly()

    vendors = cost_codes = cost_types = commitments = change_orders = budget_codes = forecasts = nothing


@pytest.mark.parametrize("status", [403, 404, 0])
def test_a_refused_tool_leaves_the_rest_of_the_reading(status: int) -> None:
    """What only the schedule needs may be refused: the project is read all the same, with Procore's words."""
    procore: Any = Refusing(ProcoreError("Procore has no prime contracts for us.", status=status))
    reading = intake.read(procore, [PROJECT], lambda _told: None)
    assert reading.problems == []
    assert reading.documents[PROJECT][-1] == Billing(PROJECT, None, (), ("Procore has no prime contracts for us.",))


@pytest.mark.parametrize("status", [0, 401, 429, 503])
def test_an_outage_is_no_refusal(status: int) -> None:
    """Where Procore is away, overrun or does not know us for a moment, what was read before stays."""
    error = ProcoreError("No.", status=status) if status else ProcoreUnreachable("No answer.")
    procore: Any = Refusing(error)
    reading = intake.read(procore, [PROJECT], lambda _told: None)
    assert (reading.problems, PROJECT in reading.documents) == ([f"24-001 Hilltop House: {error}"], False)
