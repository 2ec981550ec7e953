"""The proof in all: projects and jobs against QuickBooks' own totals, what stands beside, and tools that are off."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qbwc_bridge.domain.books import Control, CostDocument, TransactionLine, TransactionRecord
from qbwc_bridge.domain.money import ZERO, total
from qbwc_bridge.domain.procore import DirectCost, DirectCostLine
from qbwc_bridge.domain.procore_billing import InvoiceLine, SubcontractorInvoice
from qbwc_bridge.domain.records import Mapping
from qbwc_bridge.domain.states import State
from qbwc_bridge.errors import ProcoreError
from qbwc_bridge.flow import procore_side
from qbwc_bridge.flow.controls import ask_through, ledger_sums
from qbwc_bridge.flow.procore_side import NO_CODE, ProcoreSide
from qbwc_bridge.flow.reconciling import Reconciled, reconcile
from tests.support import DEEP, SOAK
from tests.unit.documents import PROJECT, TODAY, cash, change_order, commitment, line
from tests.unit.factories import World
from tests.unit.test_flow_costs import RELEASE, template, world
from tests.unit.test_flow_proof import choose, post, posted_bill

__all__ = ["template", "world"]  # the fixtures

YESTERDAY = TODAY - dt.timedelta(days=1)


def prove(world: World, side: ProcoreSide | None = None, as_of: dt.date | None = None, **more: Any) -> Reconciled:
    """Reconcile the world with a Procore."""
    with world.unit() as (uow, connection):
        return reconcile(uow, connection, world.options, side or ProcoreSide(), now=world.now, as_of=as_of, **more)


def job_of(world: World) -> str:
    """ListID of the project's job."""
    return world.row("job", PROJECT).quickbooks_id


def control(world: World, *, through: dt.date | None = None, doubted: str | None = None, **amounts: Any) -> None:
    """Let QuickBooks' own totals be read: an amount for the job, for another job, for what has no job."""
    job, other = cash(amounts.pop("job", 0)), cash(amounts.pop("other", 0))
    with world.unit() as (uow, connection):
        made = Control(connection.id, world.now, through, jobs={job_of_row(uow): job, "J9": other})
        made.without_job, made.unknown = cash(amounts.pop("without_job", 0)), cash(amounts.pop("unknown", 0))
        made.all_costs = cash(amounts.pop("all_costs", 0))
        made.items = amounts.pop("items", {})
        uow.controls.append(made)
        if doubted is not None:
            connection.doubted = {job_of_row(uow): doubted}
            uow.connections.save(connection)


def job_of_row(uow: Any) -> str:
    """ListID of the project's job, inside a unit of work."""
    found: str = uow.submissions.first(kind="job").quickbooks_id
    return found


def cost(amount: str, *, origin: str = "", code: int = 1, date: dt.date = TODAY) -> DirectCost:
    """A direct cost in Procore."""
    return DirectCost(origin, "expense", "approved", date, (DirectCostLine("", code, cash(amount)),), "Words")


def invoice(*lines: InvoiceLine, commitment: int = 1, status: str = "approved", **more: Any) -> SubcontractorInvoice:
    """A subcontractor's invoice of today."""
    shown = {"billing_date": TODAY, **more}
    return SubcontractorInvoice(shown.pop("id", 1), PROJECT, commitment, "INV-1", status, lines, **shown)


# ---------------------------------------------------------------- the foot


def test_jobs_and_the_office_make_all_costs(world: World) -> None:
    """Linked and other jobs, columns that no job explains and the rest add up, or the foot says by how much not."""
    post(world, posted_bill("T1", "10.00"), posted_bill("T2", "4.00"))
    control(world, job=14, other=3, without_job=7, unknown=2, all_costs=25)
    found = prove(world).footing
    told = {each.what: (each.profit_and_loss, each.ledger, each.difference) for each in found.lines}
    assert told == {
        "linked job": (cash(14), cash(14), ZERO),
        "job not linked": (cash(3), ZERO, cash(3)),
        "column that no job explains": (cash(2), None, ZERO),
        "without a job": (cash(5), None, ZERO),
    }
    assert (found.all_costs, found.difference) == (cash(25), cash(1))


def test_before_any_total_was_read_it_is_said_what_to_do(world: World) -> None:
    """Nothing is compared with totals that are not there, and their absence is no difference."""
    post(world, posted_bill("T1", "10.00"))
    found = prove(world)
    assert "come with the next reading of costs" in found.footing.note
    assert found.projects[0].profit_and_loss is None
    assert found.projects[0].books_difference is None
    assert found.agrees


def test_a_ledger_that_is_not_whole_is_held_against_nothing(world: World) -> None:
    """While everything is read for the first time, or anew from another file, no total is compared."""
    post(world, posted_bill("T1", "10.00"))
    control(world, job=99, all_costs=99)
    assert prove(world).footing.all_costs == cash(99)
    with world.unit() as (uow, connection):
        connection.costs_whole_at = None
        uow.connections.save(connection)
    assert prove(world).footing.read_at is None


def test_a_job_that_differs_needs_a_person(world: World) -> None:
    """Where QuickBooks' own total differs, nothing is proven; while the job is read again, that is said."""
    post(world, posted_bill("T1", "10.00"))
    choose(world, RELEASE)
    control(world, job=11, all_costs=11, doubted="")
    found = prove(world)
    assert found.projects[0].books_difference == cash(1)
    assert not found.agrees
    assert [number for number, told in found.notes if "read whole at the next visit" in told] == ["24-001"]


def test_what_differs_is_told_item_by_item(world: World) -> None:
    """After the job was read whole, QuickBooks' Job Profitability Detail tells at which item it differs."""
    post(
        world, posted_bill("T1", "1000.00"), posted_bill("T2", "5.00", item="Tile"), posted_bill("T3", "2.00", item="")
    )
    items = {job_of(world): {"03-300:m": cash(1200), "Tile": cash(5), "": cash(2)}}
    control(world, job=1207, all_costs=1207, doubted="200.00", items=items)
    for as_of in (None, YESTERDAY):
        (found,) = prove(world, as_of=as_of).items
        assert (found.profitability, found.ledger, found.difference) == (cash(1200), cash(1000), cash(200))
        assert found.sentence == (
            "QuickBooks' Job Profitability Detail has 1,200.00 for 03-300:m, the ledger 1,000.00."
        )


def test_without_a_detail_the_amount_alone_is_told(world: World) -> None:
    """A file on cash basis shows no detail that can be compared."""
    post(world, posted_bill("T1", "10.00"))
    control(world, job=8, all_costs=8, doubted="-2.00")
    (found,) = prove(world).items
    assert "2.00 less for" in found.sentence


# ---------------------------------------------------------------- through a date


def test_totals_through_a_date_are_asked_for_once_and_again_when_they_aged(world: World) -> None:
    """Asked for where they are not known; again only when costs that were read since differ from them."""
    post(world, replace(posted_bill("T1", "10.00"), txn_date=YESTERDAY), posted_bill("T2", "4.00"))

    def ask() -> tuple[int, int, bool]:
        with world.unit() as (uow, connection):
            connection.costs_wanted = False
            ask_through(uow, connection, YESTERDAY)
            asked = uow.controls.count(through=YESTERDAY, read_at=None)
            return asked, uow.controls.count(through=YESTERDAY), connection.costs_wanted

    assert ask() == (1, 1, True)
    assert ask() == (1, 1, True), "until it has come"
    assert "reconcile again after it" in prove(world, as_of=YESTERDAY).footing.note
    with world.unit() as (uow, connection):
        (known,) = uow.controls.find()
        known.read_at, known.jobs = world.now, {job_of_row(uow): cash(10)}
        uow.controls.save(known)
        assert ledger_sums(uow, connection, YESTERDAY) == {job_of_row(uow): cash(10)}
        connection.costs_read_at = world.now + dt.timedelta(hours=2)
        uow.connections.save(connection)
    assert ask() == (0, 1, False)
    post(world, replace(posted_bill("T3", "1.00"), txn_date=YESTERDAY))
    assert ask() == (1, 1, True)


# ---------------------------------------------------------------- beside


def test_invoices_stand_at_the_codes_of_their_lines(world: World) -> None:
    """By budget code, else by the line of the contract or change order, else without a code; approved ones alone."""
    world.bring(commitment(1, line(101, 1000)), change_order(5, 1, line(501, 100)))
    choose(world, RELEASE)
    lines = [
        InvoiceLine(cash(1), budget_code_id=2),
        InvoiceLine(cash(2), contract_line_id=101),
        InvoiceLine(cash(4), contract_line_id=501),
        InvoiceLine(cash(8)),
    ]
    shown = [invoice(*lines), invoice(lines[0], status="draft", id=2)]
    rows = prove(world, ProcoreSide(invoices={PROJECT: shown})).proof.rows
    assert {(row.cost_code, row.cost_type): row.invoices for row in rows} == {
        ("09-250", "L"): cash(1),
        ("03-300", "M"): cash(6),
        NO_CODE: cash(8),
    }
    assert all(row.difference == ZERO for row in rows)
    later = replace(shown[0], billing_date=TODAY + dt.timedelta(days=1))
    assert prove(world, ProcoreSide(invoices={PROJECT: [later]}), as_of=TODAY).proof.rows == []


def test_bills_without_a_link_and_on_several_orders_are_for_a_look(world: World) -> None:
    """A vendor's bill off his order on this job is listed, another vendor's is not; several orders ask a person."""
    order = world.row("commitment", 1).quickbooks_id
    with world.unit() as (uow, connection):
        job = job_of_row(uow)
        (found,) = uow.transactions.find(kind="PurchaseOrder", txn_id=order) or [
            TransactionRecord(connection.id, "PurchaseOrder", order, "1", "PO-1", "V1", "Ready Mix", "", cash(1000))
        ]
        found.party_id, found.lines = "V1", [TransactionLine("1", item_name="03-300:M", job_id=job)]
        (uow.transactions.save if found.id else uow.transactions.append)(found)
    post(
        world,
        posted_bill("T1", "10.00", vendor_id="V1"),
        posted_bill("T2", "20.00", vendor_id="V2"),
        posted_bill("T3", "30.00", orders=(order, "foreign"), vendor_id="V1"),
        posted_bill("T4", "40.00", orders=(order,), vendor_id="V1"),
    )
    choose(world, replace(RELEASE, po_bills="skip"))
    found_rows = prove(world, ProcoreSide(invoices={PROJECT: [invoice(InvoiceLine(cash(40)))]})).bills
    told = [(row.finding, row.commitment, row.bill_amount, row.invoice_amount) for row in found_rows]
    assert sorted(told) == [
        ("agrees", "PO-1", cash(40), cash(40)),
        ("no_order", "PO-1", cash(10), ZERO),
        ("several_orders", "PO-1", cash(30), ZERO),
    ]
    choose(world, RELEASE)
    assert prove(world).bills == []
    assert [row.finding for row in prove(world, page=True).bills] == ["several_orders", "no_order"]


def test_a_bill_on_a_second_order_is_of_the_same_commitment(world: World) -> None:
    """A change order that is an order of its own is billed by the invoices of its commitment."""
    world.bring(commitment(1, line(101, 1000)), change_order(5, 1, line(501, 100)))
    world.settle()
    with world.unit() as (uow, connection):
        (row,) = uow.submissions.find(kind="change_order")
        row.state, row.quickbooks_id, row.choice = State.SYNCED, "PO-second", "second_order"
        uow.submissions.save(row)
        lines = [TransactionLine("1", item_name="03-300:M", job_id=job_of_row(uow))]
        uow.transactions.append(
            TransactionRecord(
                connection.id, "PurchaseOrder", "PO-second", "1", "PO-1-005", "V1", "", "", cash(100), TODAY, lines
            )
        )
    post(world, posted_bill("T1", "100.00", orders=("PO-second",)))
    choose(world, replace(RELEASE, po_bills="skip"))
    found = prove(world, ProcoreSide(invoices={PROJECT: [invoice(InvoiceLine(cash(100), 1))]}))
    assert [(row.finding, row.commitment, row.bill_amount) for row in found.bills] == [("agrees", "PO-1", cash(100))]
    assert [row.skipped for row in found.proof.rows] == [cash(100)]


def test_an_invoice_that_only_pays_retainage_out_misses_no_bill(world: World) -> None:
    """It claims nothing, and no bill is drawn on the order for it."""
    choose(world, replace(RELEASE, po_bills="skip"))
    assert prove(world, ProcoreSide(invoices={PROJECT: [invoice()]})).bills == []


@dataclass
class Desk:
    """A Procore whose tools may be off."""

    faults: dict[str, ProcoreError] = field(default_factory=dict)

    def _answer(self, tool: str, rows: list[Any]) -> list[Any]:
        if tool in self.faults:
            raise self.faults[tool]
        return rows

    def direct_costs(self, _project_id: int) -> list[DirectCost]:
        """Two: one of the connection's, one typed by hand."""
        return self._answer("costs", [cost("5.00", origin="qbd:abcd2345:T1:J"), cost("7.00")])

    def subcontractor_invoices(self, _project_id: int) -> list[SubcontractorInvoice]:
        """One."""
        return self._answer("invoices", [invoice(InvoiceLine(cash(9), budget_code_id=1))])


@pytest.mark.parametrize("status", [403, 404])
def test_a_tool_that_is_off_is_a_sentence(world: World, status: int) -> None:
    """Without invoices the costs are compared all the same; without direct costs the project is not."""
    choose(world, RELEASE)
    post(world, posted_bill("T1", "5.00"))
    off = ProcoreError("Procore says no.", status=status)
    with world.unit() as (uow, _):
        choices = uow.projects.find()
    side = procore_side.read(Desk({"invoices": off}), choices)  # type: ignore[arg-type]
    found = prove(world, side)
    assert [row.difference for row in found.proof.rows] == [ZERO]
    assert found.notes == [("24-001", "Procore does not show the subcontractor invoices of 24-001: Procore says no.")]
    assert found.agrees
    found = prove(world, procore_side.read(Desk({"costs": off}), choices))  # type: ignore[arg-type]
    assert (found.proof.rows, found.explained, found.agrees) == ([], [], False)


def test_a_procore_that_is_down_stops_the_proof(world: World) -> None:
    """Only what is switched off is passed over."""
    with world.unit() as (uow, _):
        choices = uow.projects.find()
    with pytest.raises(ProcoreError, match="down"):
        procore_side.read(Desk({"invoices": ProcoreError("It is down.", status=503)}), choices)  # type: ignore[arg-type]


def test_what_is_kept_gives_the_same_figures(world: World) -> None:
    """The page's proof of what was kept is the command's, where the outbox knows what we wrote."""
    choose(world, RELEASE)
    with world.unit() as (uow, connection):
        side = procore_side.read(Desk(), uow.projects.find())  # type: ignore[arg-type]
        procore_side.keep(uow, connection, side, world.now)
        kept = procore_side.kept(uow, connection)
    rows, known = prove(world, side).proof.rows, prove(world, kept).proof.rows
    assert [(row.others, row.invoices) for row in rows] == [(row.others, row.invoices) for row in known]
    assert rows[0].others == cash(7)
    assert not any(each.description for each in kept.costs[PROJECT])


# ---------------------------------------------------------------- for every ledger

LINES = st.tuples(
    st.sampled_from(["03-300:M", "Tile", "Gifts", "Odd", ""]), st.decimals(-1000, 1000, places=2), st.booleans()
)


@settings(
    max_examples=200 if SOAK else 60 if DEEP else 20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    documents=st.lists(
        st.tuples(st.sampled_from([YESTERDAY, TODAY]), st.lists(LINES, min_size=1, max_size=3)), max_size=4
    ),
    as_of=st.sampled_from([None, YESTERDAY]),
)
def test_rows_unmapped_and_ignored_are_the_ledger(
    world: World, documents: list[tuple[dt.date, list[tuple[str, Any, bool]]]], as_of: dt.date | None
) -> None:
    """Whatever was posted, a project's codes, unmapped and ignored costs add up to its ledger, through any date."""
    made = [_posted(f"T{at}", date, lines) for at, (date, lines) in enumerate(documents)]
    with world.unit() as (uow, connection):
        for old in uow.costs.find():
            uow.costs.remove(old)
        if not uow.mappings.has():
            uow.mappings.add(Mapping(connection.id, "item", "Tile", "09-250.L"))
            uow.mappings.add(Mapping(connection.id, "item", "Gifts", ignored=True))
    post(world, *made)
    choose(world, RELEASE)
    found = prove(world, as_of=as_of)
    (foot,) = found.projects
    counted = [
        row.amount for each in made for row in each.lines if row.counted and not (as_of and each.txn_date > as_of)
    ]
    assert foot.ledger == total(counted)
    assert total(row.quickbooks for row in found.proof.rows) + foot.unmapped + foot.ignored == foot.ledger
    assert foot.difference == total(row.difference for row in found.proof.rows)
    assert foot.unmapped == total(each.amount for each in found.proof.unmapped if not each.ignored)
    with world.unit() as (uow, connection):
        sums = ledger_sums(uow, connection, as_of)
    assert total(sums.values()) == foot.ledger


def _posted(txn_id: str, date: dt.date, lines: list[tuple[str, Any, bool]]) -> CostDocument:
    found = replace(posted_bill(txn_id, "1.00"), txn_date=date)
    model = found.lines[0]
    change: Callable[..., Any] = replace
    found.lines = [change(model, item=item, amount=amount, counted=counted) for item, amount, counted in lines]
    return found
