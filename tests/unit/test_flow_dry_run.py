"""The dry run: what Procore's budget shows before and after a release, and what a person should look at first."""

import datetime as dt
from dataclasses import replace

import pytest

from qbwc_bridge.domain.money import ZERO
from qbwc_bridge.domain.procore import DirectCost
from qbwc_bridge.domain.records import ReleaseChoice
from qbwc_bridge.errors import Refused
from qbwc_bridge.flow.dry_run import EVERYTHING, DryRun, dry_run
from qbwc_bridge.flow.facts import Facts
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.flow.releasing import check_read, fingerprint, in_words, release
from tests.unit.documents import PROJECT, TODAY, budget, cash, change_order, commitment, line
from tests.unit.factories import World
from tests.unit.test_flow_costs import RELEASE, template, world
from tests.unit.test_flow_proof import choose, post, posted_bill, typed

__all__ = ["template", "world"]  # the fixtures

EARLY = TODAY - dt.timedelta(days=90)
SKIP = ReleaseChoice(dt.date.min, "detail", "skip")


def shown(world: World, *costs: DirectCost, chosen: ReleaseChoice = EVERYTHING) -> DryRun:
    """The dry run with these direct costs in Procore."""
    with world.unit() as (uow, connection):
        ledger = Ledger(uow, connection, world.options)
        facts = Facts(uow, connection, world.options)
        return dry_run(facts, ledger, ledger.choices[PROJECT], costs, chosen)


def test_the_dry_run_shows_before_and_after(world: World) -> None:
    """Budget, committed with approved changes, costs as they are and as they would be, lookalikes and doubles."""
    world.bring(budget(), commitment(1), commitment(2, status="Draft"), change_order(5, 1, line(9, 50)))
    order = world.row("commitment", 1).quickbooks_id
    post(world, posted_bill("T1", "10.00", "5.00", orders=(order,)), posted_bill("T2", "7.00", item="Odd"))
    ours = replace(typed("99.00"), origin_id="qbd:abcd2345:T0:J")
    with world.unit() as (uow, connection):
        ledger = Ledger(uow, connection, world.options)
        shown = dry_run(
            Facts(uow, connection, world.options),
            ledger,
            ledger.choices[PROJECT],
            [typed("15.00"), typed("3.00"), ours],
        )

    (row,) = shown.rows
    assert (row.code, row.budget, row.committed) == ("03-300.M", cash(5000), cash(1050))
    assert (row.before, row.after) == (cash(117), cash(33))
    assert shown.counted_twice == cash(15)
    assert [each.amount for each in shown.unmapped] == [cash(7)]
    assert len(shown.lookalikes) == 1
    assert "15.00" in shown.lookalikes[0]


def test_only_what_stands_on_an_exported_order_would_count_twice(world: World) -> None:
    """A bill on an order that Procore does not know is committed nowhere, so it counts once."""
    post(world, posted_bill("T1", "10.00", orders=("foreign",)))
    with world.unit() as (uow, connection):
        ledger = Ledger(uow, connection, world.options)
        shown = dry_run(Facts(uow, connection, world.options), ledger, ledger.choices[PROJECT], [])

    assert shown.counted_twice == ZERO


def test_the_choices_of_a_release_show_in_the_figures(world: World) -> None:
    """Skipped bills, costs before the cut-off and drafts are no part of what Procore's budget would show."""
    order = world.row("commitment", 1).quickbooks_id
    post(world, posted_bill("T1", "10.00", orders=(order,)), replace(posted_bill("T2", "7.00"), txn_date=EARLY))

    def after(chosen: ReleaseChoice) -> tuple[object, object]:
        found = shown(world, typed("3.00"), typed("100.00", status="draft"), chosen=chosen)
        return sum(row.after for row in found.rows), found.counted_twice

    assert after(EVERYTHING) == (cash(20), cash(10))
    assert after(SKIP) == (cash(10), ZERO)
    assert after(ReleaseChoice(TODAY, "none", "write")) == (cash(13), cash(10))
    assert after(ReleaseChoice(TODAY, "opening", "write")) == (cash(20), cash(10))
    assert after(ReleaseChoice(TODAY, "opening", "write", "draft")) == (cash(3), cash(10))
    choose(world, SKIP)
    assert after(EVERYTHING) == (cash(20), cash(10))


def test_projected_cost_is_committed_and_direct_cost(world: World) -> None:
    """Before and after, code by code."""
    world.bring(budget(), commitment(1))
    post(world, posted_bill("T1", "10.00"))
    (row,) = shown(world, typed("3.00")).rows
    assert (row.projected_before, row.projected_after) == (cash(1003), cash(1013))


def test_what_fills_an_owner_invoice_is_what_people_received(world: World) -> None:
    """The bridge's own costs have no received date, so the amount is theirs alone."""
    post(world, posted_bill("T1", "10.00"))
    assert shown(world, typed("3.00")).owner_invoice == ZERO
    assert shown(world, typed("3.00"), typed("4.00", received_date=TODAY)).owner_invoice == cash(4)


def test_a_bill_typed_with_another_amount_is_a_lookalike_by_its_number(world: World) -> None:
    """Vendor and invoice number tell it as well as amount and date do; each is told once."""
    vendor = world.row("vendor", 40)
    post(world, posted_bill("T1", "10.00", vendor_id=vendor.quickbooks_id))
    number = {"vendor_id": 40, "invoice_number": "b-1"}
    assert len(shown(world, typed("9.00", **number)).lookalikes) == 1
    assert len(shown(world, typed("10.00", **number)).lookalikes) == 1
    assert shown(world, typed("9.00", vendor_id=41, invoice_number="b-1")).lookalikes == []


def test_a_bill_on_no_order_of_a_vendor_with_an_order_is_listed(world: World) -> None:
    """It is written, and a person should see whether it belongs to the order (rule 20)."""
    order = world.row("commitment", 1).quickbooks_id
    with world.unit() as (uow, _):
        vendor = uow.transactions.find(txn_id=order)[0].party_id
    post(
        world,
        posted_bill("T1", "10.00", vendor_id=vendor),
        posted_bill("T2", "11.00", vendor_id="another"),
        posted_bill("T3", "12.00", vendor_id=vendor, orders=(order,)),
    )
    assert shown(world).unlinked_bills == [f"Bill B-1 of {TODAY}"]
    assert shown(world).rows[0].after == cash(33)


def test_nothing_is_released_of_costs_that_are_not_read_whole(world: World) -> None:
    """Neither before the first whole reading nor while a job is to be read again."""
    post(world, posted_bill("T1", "10.00"))
    job = world.row("job", PROJECT).quickbooks_id
    for doubt, whole, sentence in (({job: ""}, world.now, "read again"), ({}, None, "not read whole yet")):
        with world.unit() as (uow, connection):
            connection.doubted, connection.costs_whole_at = doubt, whole
            uow.connections.save(connection)
            ledger = Ledger(uow, connection, world.options)
            choice = ledger.choices[PROJECT]
            choice.dry_run = fingerprint(ledger, PROJECT)
            with pytest.raises(Refused, match=sentence):
                check_read(ledger, choice)
            with pytest.raises(Refused, match=sentence):
                release(ledger, choice, RELEASE, who="Alice", now=world.now)


def test_the_history_tells_the_choices_in_words() -> None:
    """Cut-off, earlier costs, bills on orders and status."""
    assert in_words(ReleaseChoice(TODAY, "opening", "skip", "pending")) == (
        f"costs from {TODAY} on, earlier ones as one opening line per budget code; bills on exported orders left to "
        "subcontractor invoices; status pending"
    )
    assert in_words(EVERYTHING) == "costs of every date; bills on exported orders written as well; status approved"
