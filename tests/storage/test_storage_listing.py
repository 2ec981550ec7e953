"""Submissions as a table: the database filters, sorts, counts and adds up what Python would."""

import datetime as dt
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from qbwc_bridge.domain.books import TransactionRecord
from qbwc_bridge.domain.records import Connection, Kind, Submission
from qbwc_bridge.domain.states import State
from qbwc_bridge.ports import Sums, Wanted
from qbwc_bridge.storage import Database
from tests.storage import samples

NOW = dt.datetime(2026, 3, 10, 15, 0, tzinfo=dt.UTC)
KINDS: tuple[Kind, ...] = ("vendor", "budget", "commitment", "change_order")


def fill(database: Database) -> tuple[int, list[Submission]]:
    """Store some submissions of two connections; gives one of these and its submissions."""
    draw = Random(7)  # noqa: S311 - nothing secret is drawn
    with database.work() as uow:
        mine, other = (uow.connections.add(samples.connection(name)) for name in ("Mine", "Other"))
        for connection in (mine, other):
            for place in range(120):
                uow.submissions.add(_submission(connection, place, draw))
        return mine.id, uow.submissions.find(connection_id=mine.id)


def _submission(connection: Connection, place: int, draw: Random) -> Submission:
    kind = draw.choice(KINDS)
    title = draw.choice(["Ümläut & Söhne", "Board", "50 %"])
    since = NOW - dt.timedelta(minutes=draw.randrange(10_000))
    row = Submission(connection.id, kind, str(place), f"PO-{place:03}", title, "1", NOW, since)
    row.state = draw.choice(list(State))
    if kind != "vendor":
        row.amount = Decimal(draw.randrange(-10_000, 1_000_000)).scaleb(-2)
        row.revised = row.amount + Decimal(draw.randrange(1_000)).scaleb(-2)
    row.update = row.state is State.READY and draw.random() < 0.5
    row.quickbooks_id = f"T{place}" if draw.random() < 0.5 else ""
    return row


def test_counts_and_sums_are_those_of_the_rows(database: Database) -> None:
    """By kind, state and update, of one connection alone, to the cent."""
    number, rows = fill(database)
    with database.work() as uow:
        found = uow.listing.counts(number, summed=True)
    wanted: dict[Any, Sums] = {}
    for row in rows:
        key = row.kind, row.state, row.update
        old = wanted.get(key, Sums())
        cents = [int((each or Decimal(0)) * 100) for each in (row.amount, row.revised)]
        wanted[key] = Sums(old.count + 1, old.amount_cents + cents[0], old.revised_cents + cents[1])
    assert found == wanted


@pytest.mark.parametrize("order", ["", "number", "-amount", "since", "-changes", "-number"])
def test_pages_joined_are_the_whole_in_order(database: Database, order: str) -> None:
    """Page after page gives each row once, as the whole list has them."""
    number, rows = fill(database)
    wanted = Wanted(number, kinds=("commitment", "budget"), order=order)
    with database.work() as uow:
        pages = [uow.listing.page(wanted, first=first, rows=9) for first in range(0, 120, 9)]
        whole, sums = uow.listing.searched(wanted, first=0, rows=500)
    joined = [row.id for page in pages for row in page]
    assert joined == [row.id for row in whole]
    fit = [row for row in rows if row.kind in ("commitment", "budget")]
    assert sorted(joined) == sorted(row.id for row in fit)
    assert sums.count == len(fit)
    if order == "-amount":
        amounts = [row.amount for row in whole]
        assert amounts == sorted(amounts, key=lambda each: each or Decimal(0), reverse=True)


@pytest.mark.parametrize(("text", "title"), [("ÜMLÄUT", "Ümläut & Söhne"), ("50 %", "50 %"), ("board", "Board")])
def test_a_search_takes_signs_and_letters_as_they_are(database: Database, text: str, title: str) -> None:
    """Neither case nor a sign that a database reads otherwise makes a difference."""
    number, rows = fill(database)
    with database.work() as uow:
        found, _ = uow.listing.searched(Wanted(number, text=text), first=0, rows=500)
    assert {row.id for row in found} == {row.id for row in rows if row.title == title}


def test_what_stands_in_quickbooks_is_added_up_once(database: Database) -> None:
    """An order with its change orders counts once; what is gone, or nobody is joined to, counts not at all."""
    number, _ = fill(database)
    with database.work() as uow:
        for row in uow.submissions.find(connection_id=number):
            uow.submissions.remove(row)
        joined: list[tuple[Kind, str]] = [
            ("commitment", "T1"),
            ("change_order", "T1"),
            ("budget", "T2"),
            ("vendor", "T3"),
        ]
        for place, (owner, key) in enumerate(joined):
            made = Submission(number, owner, f"k{place}", "", "x", "1", NOW, NOW)
            made.quickbooks_id = key
            uow.submissions.add(made)
        for kind, key, amount, gone in [
            ("PurchaseOrder", "T1", "1000.05", False),
            ("Estimate", "T2", "-0.10", False),
            ("PurchaseOrder", "T3", "7.00", False),
            ("PurchaseOrder", "T4", "9.00", False),
            ("Estimate", "T5", "5.00", True),
        ]:
            total = Decimal(amount)
            uow.transactions.add(TransactionRecord(number, kind, key, "1", key, "V", "V", "", total, gone=gone))
        assert uow.listing.standing(number) == {"PurchaseOrder": 100_005, "Estimate": -10}
