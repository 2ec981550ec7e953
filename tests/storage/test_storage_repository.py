import dataclasses
import datetime as dt
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qbwc_bridge.domain import books, records
from qbwc_bridge.domain.procore import Vendor
from qbwc_bridge.domain.quickbooks import HostQuery
from qbwc_bridge.domain.states import State
from qbwc_bridge.errors import BridgeError, NotFound
from qbwc_bridge.ports import Store, UnitOfWork
from qbwc_bridge.storage import Database
from qbwc_bridge.storage.repository import PORTION
from tests.storage import samples
from tests.storage.samples import NOW
from tests.support import DEEP

Make = Callable[[UnitOfWork, int], Any]


class _TakeBackError(Exception):
    pass


@pytest.mark.parametrize(("record", "store_name"), samples.STORES.items(), ids=list(samples.STORES.values()))
@settings(max_examples=30 if DEEP else 4, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_record_survives_the_database(
    database: Database, record: type[Any], store_name: str, data: st.DataObject
) -> None:
    """A row that was added, and saved with other values, is read back equal."""
    with suppress(_TakeBackError), database.work() as uow:
        fixed = {"id": 0, **_references(uow, record)}
        row, other = data.draw(st.tuples(samples.rows_of(record, **fixed), samples.rows_of(record, **fixed)))
        store: Store[Any] = getattr(uow, store_name)
        store.add(row)
        assert store.get(row.id) == row
        other.id = row.id
        store.save(other)
        assert store.find(id=row.id) == [other]
        store.remove(other)
        raise _TakeBackError


def _references(uow: UnitOfWork, record: type[Any]) -> dict[str, Any]:
    names = {each.name for each in dataclasses.fields(record)}
    connection_id = samples.stored_connection(uow, f"of {record.__name__}")
    references: dict[str, Any] = {
        "connection_id": connection_id,
        "visit_id": samples.stored_visit(uow, connection_id),
        "reading_id": uow.readings.add(books.CostReading(connection_id, NOW)).id,
        "submission_id": None,
        "message_set_id": None,
        "failed_visit_id": None,
        "read_visit_id": None,
        "recovers": None,
    }
    return {name: value for name, value in references.items() if name in names}


def test_find_narrows_sorts_and_limits(database: Database) -> None:
    """Criteria are equality, one of several, or empty; order runs both ways with the id as last word."""
    with database.work() as uow:
        here = samples.stored_connection(uow)
        for key, state, amount in [("a", State.READY, None), ("b", State.SYNCED, Decimal(1)), ("c", State.READY, None)]:
            uow.submissions.add(samples.submission(here, key, state=state, amount=amount))

        def keys(**criteria: Any) -> list[str]:
            return [row.key for row in uow.submissions.find(**criteria)]

        assert keys() == ["a", "b", "c"]
        assert keys(state=State.READY) == keys(state="ready_to_export") == ["a", "c"]
        assert keys(key=["c", "b"], order="-key") == ["c", "b"]
        assert keys(key=("a",)) == keys(key={"a"}) == ["a"]
        assert keys(key=[]) == []
        assert keys(amount=None) == ["a", "c"]
        assert keys(amount=[None, Decimal(1)]) == ["a", "b", "c"]
        assert keys(before_state=None, state=[State.SYNCED, State.READY], order="-state", limit=2) == ["b", "c"]
        assert uow.submissions.count(state=State.READY) == 2
        assert uow.submissions.count() == 3
        first = uow.submissions.first(state=State.READY)
        assert first is not None
        assert first.key == "a"
        assert uow.submissions.first(key="z") is None


def test_a_long_list_is_appended_whole_or_not_at_all(database: Database) -> None:
    """However many rows: they are numbered as they came, and an error takes back also those that were written early."""
    names = [str(number) for number in range(2 * PORTION + 7)]
    for fails in (True, False):
        with suppress(_TakeBackError), database.work() as uow:
            first = uow.people.add(samples.person("first"))
            for name in names:
                uow.people.append(samples.person(name))
            first.role = "admin"
            uow.people.save(first)
            assert [row.name for row in uow.people.find()] == ["first", *names]
            if fails:
                raise _TakeBackError
        with database.work() as uow:
            assert [row.name for row in uow.people.find()] == ([] if fails else ["first", *names])
            assert fails or uow.people.count(role="admin") == 1


def test_order_is_the_same_on_every_database(database: Database) -> None:
    """Texts sort by code point, empty values come first upwards and last downwards."""
    with database.work() as uow:
        for name in ["é", "b", "B", "a b", "ab", "_"]:
            uow.people.add(samples.person(name))
        assert [row.name for row in uow.people.find(order="name")] == ["B", "_", "a b", "ab", "b", "é"]
        here = samples.stored_connection(uow)
        for key, moment in [("a", NOW), ("b", None), ("c", NOW - dt.timedelta(days=1))]:
            uow.submissions.add(samples.submission(here, key, accepted_at=moment))
        assert [row.key for row in uow.submissions.find(order="accepted_at")] == ["b", "c", "a"]
        assert [row.key for row in uow.submissions.find(order="-accepted_at")] == ["a", "c", "b"]


@pytest.mark.parametrize(
    "criteria", [{"colour": 1}, {"order": "colour"}, {"order": "amount"}, {"order": "-reasons"}, {"reasons": ["x"]}]
)
def test_a_find_that_cannot_be_answered_is_a_type_error(database: Database, criteria: dict[str, Any]) -> None:
    """A column that does not exist, or cannot be compared as stored, is refused instead of answered wrongly."""
    with database.work() as uow, pytest.raises(TypeError, match=r"^rows of submission "):
        uow.submissions.find(**criteria)


def test_a_vanished_row_is_not_found(database: Database) -> None:
    """Getting, saving and removing what is gone raises NotFound."""
    with database.work() as uow:
        ann = uow.people.add(samples.person())
        uow.people.remove(ann)
        with pytest.raises(NotFound, match=r"There is no person number 999\."):
            uow.people.get(999)
    for attempt in ["save", "remove"]:
        with pytest.raises(NotFound, match=f"person number {ann.id} "), database.work() as uow:
            getattr(uow.people, attempt)(ann)


def test_an_id_is_never_given_twice(database: Database) -> None:
    """History refers to rows by number, so the number of a removed row is not used again."""
    with database.work() as uow:
        first = uow.people.add(samples.person())
        uow.people.remove(first)
        assert uow.people.add(samples.person()).id > first.id


def test_a_stored_row_is_not_added_again(database: Database) -> None:
    """Adding a row that has an id is a fault of the caller."""
    with database.work() as uow:
        ann = uow.people.add(samples.person())
        with pytest.raises(ValueError, match="stored already"):
            uow.people.add(ann)


def _twins() -> dict[str, tuple[Make, str]]:
    return {
        "connection name": (
            lambda uow, _: uow.connections.add(samples.connection("A", user_name=str(uow.connections.count()))),
            "the same name",
        ),
        "user name": (lambda uow, _: uow.connections.add(samples.connection("A", user_name="A")), "the same"),
        "person": (lambda uow, _: uow.people.add(samples.person()), "Another person has the same name already"),
        "project": (
            lambda uow, here: uow.projects.add(records.ProjectChoice(here, 1, "1", "One")),
            "same connection and project already",
        ),
        "document": (
            lambda uow, here: uow.documents.add(records.DocumentRow(here, "vendor", "1", Vendor(1, "Acme"))),
            "same connection and kind and key",
        ),
        "submission": (
            lambda uow, here: uow.submissions.add(samples.submission(here)),
            "Another submission has the same connection and kind and key already; nothing was stored.",
        ),
        "set id": (
            lambda uow, here: uow.message_sets.add(
                samples.write_set(here, samples.stored_visit(uow, here), "S", answered_at=NOW)
            ),
            "Another message set has the same set already",
        ),
        "outstanding write": (
            lambda uow, here: uow.message_sets.add(
                samples.write_set(here, samples.stored_visit(uow, here), f"{uow.message_sets.count()}")
            ),
            "Another message set has the same connection already",
        ),
        "list record": (
            lambda uow, here: uow.lists.add(
                books.ListRecord(here, "item", "1", "a", "a", "a", is_active=True, edit_sequence="")
            ),
            "same connection and kind and list",
        ),
        "transaction": (
            lambda uow, here: uow.transactions.add(
                books.TransactionRecord(here, "Bill", "1", "", "", "", "", "", Decimal(0))
            ),
            "same connection and kind and txn",
        ),
        "cost": (
            lambda uow, here: uow.costs.add(books.CostDocument(here, "pay-2026-01-31", "Paycheck", NOW.date())),
            "same connection and txn",
        ),
        "write-back": (lambda uow, here: uow.writebacks.add(books.WriteBack(here, 1, "qbd:1")), "and origin"),
        "mapping": (lambda uow, here: uow.mappings.add(records.Mapping(here, "job", "J")), "and kind and quickbooks"),
        "lease": (lambda uow, here: uow.leases.add(records.Lease(here, "pull", "me", NOW)), "and station"),
    }


@pytest.mark.parametrize("case", _twins())
def test_the_database_refuses_twins(database: Database, case: str) -> None:
    """What is promised to exist once cannot be stored twice, and the refusal is one sentence without values."""
    make, sentence = _twins()[case]
    with database.work() as uow:
        here = samples.stored_connection(uow)
        make(uow, here)
    with pytest.raises(BridgeError, match=sentence), database.work() as uow:
        make(uow, here)


def test_twins_of_another_connection_are_none(database: Database) -> None:
    """Each connection has its own records: the same keys stand beside one another."""
    with database.work() as uow:
        for name in ["north", "south"]:
            here = samples.stored_connection(uow, name)
            uow.submissions.add(samples.submission(here))
            uow.message_sets.add(samples.write_set(here, samples.stored_visit(uow, here), name))
        assert uow.submissions.count() == 2


def test_reads_need_no_set_id_and_answered_writes_make_room(database: Database) -> None:
    """Only a write that waits for its answer keeps the next one out."""
    with database.work() as uow:
        here = samples.stored_connection(uow)
        visit = samples.stored_visit(uow, here)
        for _ in range(2):
            uow.message_sets.add(samples.write_set(here, visit, "", purpose="read"))
        first = uow.message_sets.add(samples.write_set(here, visit, "one"))
        first.answered_at = NOW
        uow.message_sets.save(first)
        uow.message_sets.add(samples.write_set(here, visit, "two"))
        assert uow.message_sets.count(purpose="write", answered_at=None) == 1


def test_a_row_needs_its_connection(database: Database) -> None:
    """A row of a connection that does not exist is refused."""
    with pytest.raises(BridgeError, match="does not fit the others"), database.work() as uow:
        uow.submissions.add(samples.submission(999))


def test_a_connection_takes_its_rows_along_and_leaves_its_history(database: Database) -> None:
    """Removing a connection removes all that belongs to it, and keeps what was done."""
    with database.work() as uow:
        here = samples.stored_connection(uow)
        visit = samples.stored_visit(uow, here)
        sent = uow.message_sets.add(samples.write_set(here, visit, "one"))
        offered = uow.submissions.add(samples.submission(here))
        uow.tasks.add(
            records.Task(here, "HostQuery", HostQuery(), NOW, submission_id=offered.id, message_set_id=sent.id)
        )
        uow.history.add(records.History(here, "submission", offered.id, NOW, "ann", "", "blocked"))
    with database.work() as uow:
        uow.connections.remove(uow.connections.get(here))
    with database.work() as uow:
        assert [uow.submissions.count(), uow.tasks.count(), uow.message_sets.count(), uow.visits.count()] == [0] * 4
        assert uow.history.count() == 1
