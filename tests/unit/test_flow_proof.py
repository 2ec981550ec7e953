"""The ledger as people see it: the release with its dry run, and the proof to the cent."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from qbwc_bridge.domain.books import CostDocument, CostLine, TransactionLine, TransactionRecord
from qbwc_bridge.domain.money import ZERO
from qbwc_bridge.domain.procore import BudgetCode, DirectCost, DirectCostLine
from qbwc_bridge.domain.records import Mapping, ReleaseChoice
from qbwc_bridge.errors import Refused
from qbwc_bridge.flow import releasing
from qbwc_bridge.flow.dry_run import dry_run
from qbwc_bridge.flow.facts import Facts
from qbwc_bridge.flow.ledger import Ledger, several_orders
from qbwc_bridge.flow.proof import prove
from qbwc_bridge.flow.releasing import fingerprint, release, wanted, withdraw
from tests.unit.documents import PROJECT, TODAY, cash
from tests.unit.factories import World
from tests.unit.test_flow_costs import JOB, RELEASE, template, world

__all__ = ["template", "world"]  # the fixtures


def books(world: World) -> Ledger:
    """The ledger placed and judged; its unit of work has ended, its values stay."""
    with world.unit() as (uow, connection):
        ledger = Ledger(uow, connection, world.options)
        ledger.of_project(PROJECT)
        return ledger


def posted_bill(
    txn_id: str, *amounts: str, orders: tuple[str, ...] = (), item: str = "03-300:M", **more: Any
) -> CostDocument:
    """A bill of the ledger with lines on the job."""
    lines = [
        CostLine("?", JOB, "Job Expenses", "CostOfGoodsSold", item, Decimal(each), counted=True) for each in amounts
    ]
    return CostDocument(0, txn_id, "Bill", TODAY, "B-1", lines=lines, order_ids=list(orders), **more)


def post(world: World, *documents: CostDocument) -> None:
    """Put documents into the ledger, on the job of the project."""
    job = world.row("job", PROJECT).quickbooks_id
    with world.unit() as (uow, connection):
        for each in documents:
            each.connection_id = connection.id
            each.lines = [replace(row, job_id=job if row.job_id == "?" else row.job_id) for row in each.lines]
            each.settle()
            uow.costs.add(each)
        connection.costs_whole_at = world.now
        uow.connections.save(connection)


def choose(world: World, choice: ReleaseChoice | None) -> None:
    """Set what was chosen for the project, without a dry run."""
    with world.unit() as (uow, _):
        row = uow.projects.find()[0]
        row.release = choice
        uow.projects.save(row)


def test_costs_come_back_to_their_codes(world: World) -> None:
    """By the bridge's own items, by a person's mapping of an account or item, else unmapped; ignored apart."""
    account = CostLine("?", JOB, "Fuel", "Expense", "", cash(3), counted=True)
    post(
        world,
        posted_bill("T1", "10.00"),
        posted_bill("T2", "5.00", item="Tile"),
        posted_bill("T3", "7.00", item="Odd"),
        replace(posted_bill("T4"), lines=[account, replace(account, account="Gifts", amount=cash(9))]),
    )
    with world.unit() as (uow, connection):
        uow.mappings.add(Mapping(connection.id, "account", "FUEL", "01-500.O"))
        uow.mappings.add(Mapping(connection.id, "item", "Tile", "09-250.L"))
        uow.mappings.add(Mapping(connection.id, "account", "Gifts", ignored=True))
    placed = {(each.document.txn_id, each.line.account): (each.code, each.reason) for each in books(world).allocations}

    assert placed == {
        ("T1", "Job Expenses"): ("03-300.M", ""),
        ("T2", "Job Expenses"): ("09-250.L", ""),
        ("T3", "Job Expenses"): ("", "unmapped"),
        ("T4", "Fuel"): ("01-500.O", ""),
        ("T4", "Gifts"): ("", "ignored"),
    }
    assert books(world).missing_codes(PROJECT) == ["01-500.O"]


def test_bills_on_orders_follow_the_rule_line_by_line(world: World) -> None:
    """Only lines whose item and job stand on the one exported order are skipped (rule 20)."""
    order = world.row("commitment", 1).quickbooks_id
    odd = CostLine("?", JOB, "Job Expenses", "CostOfGoodsSold", "03-300", cash(4), counted=True)
    drawn = posted_bill("T1", "10.00", orders=(order,))
    drawn.lines.append(odd)
    post(
        world,
        drawn,
        posted_bill("T2", "20.00", orders=("foreign",)),
        posted_bill("T3", "30.00", orders=(order, "foreign")),
        posted_bill("T4", "40.00"),
    )
    choose(world, replace(RELEASE, po_bills="skip"))
    placed = {(each.document.txn_id, each.line.amount): each.reason for each in books(world).allocations if each.code}

    assert placed == {
        ("T1", cash(10)): "skipped",
        ("T1", cash(4)): "",
        ("T2", cash(20)): "",
        ("T3", cash(30)): "",
        ("T4", cash(40)): "",
    }
    with world.unit() as (uow, connection):
        documents = Ledger(uow, connection, world.options).documents(PROJECT)
    assert [each.txn_id for each in several_orders(documents)] == ["T3"]


def test_a_release_needs_a_dry_run_of_the_present_figures(world: World) -> None:
    """Other figures, or a project that is off, refuse it; a withdrawal takes release and dry run back."""
    post(world, posted_bill("T1", "10.00"))
    with world.unit() as (uow, connection):
        ledger = Ledger(uow, connection, world.options)
        choice = ledger.choices[PROJECT]
        with pytest.raises(Refused, match="no dry run"):
            release(ledger, choice, RELEASE, who="Alice", now=world.now)
        choice.dry_run = fingerprint(ledger, PROJECT)
        uow.projects.save(choice)
    post(world, posted_bill("T2", "1.00"))
    with world.unit() as (uow, connection):
        ledger = Ledger(uow, connection, world.options)
        choice = ledger.choices[PROJECT]
        with pytest.raises(Refused, match="no dry run"):
            release(ledger, choice, RELEASE, who="Alice", now=world.now)
        choice.dry_run = fingerprint(ledger, PROJECT)
        release(ledger, choice, RELEASE, who="Alice", now=world.now)
        assert (choice.release, choice.released_by) == (RELEASE, "Alice")
        withdraw(uow, choice, who="Bob", now=world.now)
        assert (choice.release, choice.dry_run) == (None, "")
        choice.on = False
        choice.dry_run = fingerprint(ledger, PROJECT)
        with pytest.raises(Refused, match="switched off"):
            release(ledger, choice, RELEASE, who="Alice", now=world.now)
        told = [(each.before, each.after, each.who) for each in uow.history.find(subject="project")]

    assert told[-2:] == [("not released", "released", "Alice"), ("released", "withdrawn", "Bob")]


def test_the_fingerprint_is_of_the_figures_alone(world: World) -> None:
    """Choosing how to release does not change it; a new mapping does."""
    post(world, posted_bill("T1", "10.00"), posted_bill("T2", "5.00", item="Tile"))
    before = fingerprint(books(world), PROJECT)
    choose(world, replace(RELEASE, before="none", po_bills="skip"))
    assert fingerprint(books(world), PROJECT) == before

    with world.unit() as (uow, connection):
        uow.mappings.add(Mapping(connection.id, "item", "Tile", "09-250.L"))
    assert fingerprint(books(world), PROJECT) != before


def typed(amount: str, **more: Any) -> DirectCost:
    """A direct cost that a person typed in Procore."""
    shown: dict[str, Any] = {"type": "expense", "status": "approved", "date": TODAY, "origin_id": "", **more}
    return DirectCost(lines=(DirectCostLine("", 1, Decimal(amount)),), **shown)


def test_the_proof_is_quickbooks_less_procore_less_what_is_skipped(world: World) -> None:
    """Difference per row, absolute sums in all; unmapped costs stand apart; other people's costs do not count."""
    order = world.row("commitment", 1).quickbooks_id
    post(
        world,
        posted_bill("T1", "10.00"),
        posted_bill("T2", "5.00", orders=(order,)),
        posted_bill("T3", "7.00", item="Odd"),
    )
    choose(world, replace(RELEASE, po_bills="skip"))
    ledger = books(world)
    key = ledger.connection.key

    def proof(amount: str) -> Any:
        ours = replace(typed(amount), origin_id=f"qbd:{key}:T1:J")
        return prove(ledger, {PROJECT: [ours, typed("1000.00")]})

    (row,) = proof("10.00").rows
    assert (row.quickbooks, row.procore, row.skipped, row.difference) == (cash(15), cash(10), cash(5), ZERO)
    assert proof("10.00").difference == ZERO
    assert proof("12.34").difference == Decimal("2.34")
    assert [each.amount for each in proof("10.00").unmapped] == [cash(7)]
    choose(world, None)
    assert prove(books(world), {}).rows == []


def test_the_ledger_can_be_read_as_of_a_day(world: World) -> None:
    """Later documents are left out."""
    post(world, posted_bill("T1", "10.00"), replace(posted_bill("T2", "5.00"), txn_date=TODAY + dt.timedelta(days=1)))
    with world.unit() as (uow, connection):
        placed = list(Ledger(uow, connection, world.options, as_of=TODAY).allocations)

    assert [each.document.txn_id for each in placed] == ["T1"]


def test_codes_that_the_budget_lacks_are_named_before_they_are_made(world: World) -> None:
    """They stand in the wanted costs with id 0 until Procore made them."""
    post(world, posted_bill("T1", "10.00", item="Tile"))
    with world.unit() as (uow, connection):
        uow.mappings.add(Mapping(connection.id, "item", "Tile", "09-300.M"))
    ledger = books(world)
    found = wanted(ledger, ledger.choices[PROJECT], RELEASE)

    assert found.missing_codes == ["09-300.M"]
    assert [each.budget_code_id for cost in found.costs.values() for each in cost.lines] == [0]
    assert isinstance(found, releasing.Wanted)


@pytest.mark.parametrize("plain", [True, False])
def test_no_cost_goes_to_the_budget_code_of_a_sub_job(world: World, plain: bool) -> None:
    """One of the same name with a sub job or custom segment is another code: where only it is there, ours is made."""
    post(world, posted_bill("T1", "10.00"))
    with world.unit() as (uow, _):
        choice = uow.projects.find()[0]
        codes = [BudgetCode(1, "03-300", "M")] if plain else []
        choice.budget_codes = [*codes, BudgetCode(5, "03-300", "M", other_segments=True)]
        uow.projects.save(choice)
    ledger = books(world)
    found = wanted(ledger, ledger.choices[PROJECT], RELEASE)

    assert [each.budget_code_id for cost in found.costs.values() for each in cost.lines] == [1 if plain else 0]
    assert found.missing_codes == ledger.missing_codes(PROJECT) == ([] if plain else ["03-300.M"])
    with world.unit() as (uow, connection):
        facts, ledger = Facts(uow, connection, world.options), Ledger(uow, connection, world.options)
        assert dry_run(facts, ledger, ledger.choices[PROJECT], []).new_codes == found.missing_codes


def test_a_receipt_of_an_order_line_is_known_by_item_name_too(world: World) -> None:
    """An order that was entered with an item the lists do not hold is compared by name."""
    job = world.row("job", PROJECT).quickbooks_id
    order = world.row("commitment", 1).quickbooks_id
    with world.unit() as (uow, _):
        record: TransactionRecord | None = uow.transactions.first(txn_id=order)
        assert record
        record.lines = [TransactionLine("L", item_id="gone", item_name="03-300:M", job_id=job)]
        uow.transactions.save(record)
    post(world, posted_bill("T1", "10.00", orders=(order,)))
    choose(world, replace(RELEASE, po_bills="skip"))

    assert [each.reason for each in books(world).allocations] == ["skipped"]


@pytest.mark.parametrize("whole", [True, False])
def test_no_release_while_the_costs_are_being_read(world: World, whole: bool) -> None:
    """A dry run of half the costs, or of a job that is to be read again, shows no person what would be written."""
    post(world, posted_bill("T1", "10.00"))
    with world.unit() as (uow, connection):
        connection.costs_whole_at = world.now if whole else None
        connection.doubted = dict.fromkeys(Ledger(uow, connection, world.options).jobs, "") if whole else {}
        ledger = Ledger(uow, connection, world.options)
        choice = ledger.choices[PROJECT]
        choice.dry_run = fingerprint(ledger, PROJECT)
        with pytest.raises(Refused, match=r"not read whole yet|being read again"):
            release(ledger, choice, RELEASE, who="Alice", now=world.now)
        assert choice.release is None
