"""Rows for the tests of the storage room: plain ones, and hypothesis strategies made from the field annotations."""

import dataclasses
import datetime as dt
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st
from sqlalchemy import Boolean, Column, Engine, Integer, LargeBinary, MetaData, Table, insert

from qbwc_bridge.domain import books, notices, people, records
from qbwc_bridge.ports import UnitOfWork
from qbwc_bridge.storage import tables

NOW = dt.datetime(2026, 3, 2, 8, 30, tzinfo=dt.UTC)

RECORDS: dict[type[Any], Table] = {
    records.Connection: tables.connection,
    records.ProjectChoice: tables.project_choice,
    records.DocumentRow: tables.document,
    records.Submission: tables.submission,
    records.Task: tables.task,
    records.MessageSet: tables.message_set,
    records.Visit: tables.visit,
    records.Mapping: tables.mapping,
    records.History: tables.history,
    people.Person: tables.person,
    records.Lease: tables.lease,
    notices.Notice: tables.notice,
    books.ListRecord: tables.list_record,
    books.TransactionRecord: tables.transaction_record,
    books.CostReading: tables.cost_reading,
    books.CostAnswer: tables.cost_answer,
    books.CostDocument: tables.cost_document,
    books.Control: tables.control,
    books.MonthClose: tables.month_close,
    books.ProofKept: tables.proof_kept,
    books.WriteBack: tables.write_back,
    books.LedgerMark: tables.ledger_mark,
    books.KeptFigures: tables.kept_figures,
    books.ProcoreKey: tables.procore_key,
}
"""Every class of rows with its table."""

STORES = {
    records.Connection: "connections",
    records.ProjectChoice: "projects",
    records.DocumentRow: "documents",
    records.Submission: "submissions",
    records.Task: "tasks",
    records.MessageSet: "message_sets",
    records.Visit: "visits",
    records.Mapping: "mappings",
    records.History: "history",
    people.Person: "people",
    records.Lease: "leases",
    notices.Notice: "notices",
    books.ListRecord: "lists",
    books.TransactionRecord: "transactions",
    books.CostReading: "readings",
    books.CostAnswer: "answers",
    books.CostDocument: "costs",
    books.Control: "controls",
    books.MonthClose: "closes",
    books.ProofKept: "proofs",
    books.WriteBack: "writebacks",
    books.LedgerMark: "marks",
    books.KeptFigures: "figures",
    books.ProcoreKey: "keys",
}
"""The name of their store in a unit of work."""

_WIDEST = 2**63 - 1
_TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)
_ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: dt.timezone(dt.timedelta(minutes=minutes)))
_WALL_TIMES = st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2100, 1, 1))  # noqa: DTZ001 - without a zone by intent
_TIMES = _WALL_TIMES | st.builds(lambda time, zone: time.replace(tzinfo=zone), _WALL_TIMES, st.just(dt.UTC) | _ZONES)
_SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    str: _TEXTS,
    int: st.integers(-_WIDEST, _WIDEST),
    bool: st.booleans(),
    bytes: st.binary(max_size=30),
    Decimal: st.decimals(allow_nan=False, allow_infinity=False),
    dt.date: st.dates(),
    dt.datetime: _TIMES,
    NoneType: st.none(),
}


def values_of(annotation: Any) -> st.SearchStrategy[Any]:
    """Give a strategy for any annotation that the records use."""
    if annotation in _SIMPLE:
        return _SIMPLE[annotation]
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return st.sampled_from(list(annotation))
    if dataclasses.is_dataclass(annotation):
        return rows_of(annotation)
    return _generic(get_origin(annotation), get_args(annotation))


def _generic(origin: Any, arguments: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is Annotated:
        return values_of(arguments[0])
    parts = [values_of(each) for each in arguments if each is not Ellipsis]
    if origin in {Union, UnionType}:
        return st.one_of(parts)
    if origin is list or Ellipsis in arguments:
        return st.lists(parts[0], max_size=3).map(origin)
    return st.tuples(*parts) if origin is tuple else st.dictionaries(*parts, max_size=3)


def rows_of(record: Any, **fixed: Any) -> st.SearchStrategy[Any]:
    """Give a strategy for a dataclass; `fixed` fields keep their values."""
    hints = get_type_hints(record, include_extras=True)
    return st.builds(
        record,
        **{
            each.name: st.just(fixed[each.name]) if each.name in fixed else values_of(hints[each.name])
            for each in dataclasses.fields(record)
        },
    )


def connection(name: str = "Main Street", **changes: Any) -> records.Connection:
    """Give a connection that is not stored."""
    values: dict[str, Any] = {
        "name": name,
        "procore_company_id": 4711,
        "procore_client_id": "client",
        "procore_secret": b"sealed",
        "user_name": f"bridge-{name}",
        "password_hash": "",
        "file_id": "{0}",
        "key": "abcdefgh",
    }
    return records.Connection(**{**values, **changes})


def stored_connection(uow: UnitOfWork, name: str = "Main Street") -> int:
    """Store a connection and give its id."""
    return uow.connections.add(connection(name)).id


def stored_visit(uow: UnitOfWork, connection_id: int) -> int:
    """Store a visit and give its id."""
    visit = records.Visit(connection_id=connection_id, ticket_hash="hash", started_at=NOW, lease_until=NOW)
    return uow.visits.add(visit).id


def submission(connection_id: int, key: str = "1", **changes: Any) -> records.Submission:
    """Give a submission that is not stored."""
    values: dict[str, Any] = {
        "connection_id": connection_id,
        "kind": "commitment",
        "key": key,
        "number": f"PO-{key}",
        "title": "Concrete",
        "version": "v1",
        "created_at": NOW,
        "since": NOW,
    }
    return records.Submission(**{**values, **changes})


def write_set(connection_id: int, visit_id: int, set_id: str, **changes: Any) -> records.MessageSet:
    """Give a message set that writes and is not answered."""
    values: dict[str, Any] = {
        "connection_id": connection_id,
        "visit_id": visit_id,
        "purpose": "write",
        "request_text": "<QBXML/>",
        "sent_at": NOW,
        "set_id": set_id,
    }
    return records.MessageSet(**{**values, **changes})


def person(name: str = "ann", **changes: Any) -> people.Person:
    """Give a person that is not stored."""
    return people.Person(**{"name": name, "role": "viewer", "password_hash": "", **changes})


ROWS_EACH = 2
"""Rows that `fill` puts into each table."""


def fill(engine: Engine) -> None:
    """Put rows of any content into every table that a database has, whatever its version; nobody decodes them."""
    there = MetaData()
    there.reflect(engine)
    with engine.begin() as connection:
        for table in there.sorted_tables:
            if table.name == "alembic_version":
                continue
            for number in range(1, ROWS_EACH + 1):
                columns = [column for column in table.columns if not column.primary_key]
                connection.execute(insert(table), {column.name: _anything(column, number) for column in columns})


def _anything(column: Column[Any], number: int) -> Any:
    if column.foreign_keys:
        return number
    match column.type:
        case Boolean():
            return number % 2 == 0
        case Integer():
            return number << 40
        case LargeBinary():
            return bytes([0, number, 255])
        case _:
            return f"{column.name} {number}: \u00e9 \U0001f6e0 'x'\n"
