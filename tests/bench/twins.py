"""Twins of a record: its rows copied in the database with other ids, names and marks, as if each had come the same way.

Written with SQL because a hundred thousand of them through the units of work would take minutes. Which tables and
columns there are is read from the database, so that a new column is copied like the others.
"""

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

from qbwc_bridge.domain.procore import Commitment, Vendor, version
from qbwc_bridge.domain.records import Connection, DocumentRow, Submission
from qbwc_bridge.ports import UnitOfWork
from tests.bench.names import company_name, mark, order_number
from tests.bench.office import DATABASE, SEED, VENDORS_ORDER, Office

FIRST_ID = 10**12
"""Ids of twins' documents start here: above what the stand-in Procore gives, below 2**63."""
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.+]+")
"""Times stay as they are, even where their digits look like an id."""

_MENTIONS = {"brings": '{"%d":', "request": '"source":"%d:'}
"""Columns of a task whose text mentions its submission, and how."""

Row = dict[str, Any]
Changes = Mapping[str, str]
"""Old text to new text."""


@dataclass(frozen=True)
class Seed:
    """The rows that belong to a record, by table, and the changes that make the twin of a number of them."""

    rows: Mapping[str, list[Row]]
    changes: Callable[[int], Changes]


def order_seeds(office: Office) -> list[Seed]:
    """Take the accepted order of a synced vendor."""
    return [_order_seed(office, order_number(SEED), of_new_vendor=False)]


def vendor_seeds(office: Office) -> list[Seed]:
    """Take the accepted vendor, and the order that waits for it."""
    document, row = _read(office, "vendor", company_name(SEED))
    vendor = document.document
    assert isinstance(vendor, Vendor)

    def changes(number: int) -> Changes:
        twin = replace(vendor, id=FIRST_ID + number, name=company_name(number))
        return {
            str(vendor.id): str(twin.id),
            vendor.name: twin.name,
            row.version: version(twin.content()),
            row.mark: mark(number),
        }

    return [Seed(_rows(office, document, row), changes), _order_seed(office, VENDORS_ORDER, of_new_vendor=True)]


def multiply(office: Office, seeds: Iterable[Seed], numbers: range) -> None:
    """Give every seed a twin of each number, with all rows that belong to it, in one transaction."""
    with closing(sqlite3.connect(office.folder / DATABASE)) as database, database:
        for seed in seeds:
            _multiply(database, seed, numbers)


def _order_seed(office: Office, number: str, *, of_new_vendor: bool) -> Seed:
    document, row = _read(office, "commitment", number)
    order = document.document
    assert isinstance(order, Commitment)
    (line,) = order.lines

    def changes(number: int) -> Changes:
        names = {order_number(SEED): order_number(number)}
        if of_new_vendor:
            names |= {str(order.vendor_id): str(FIRST_ID + number), company_name(SEED): company_name(number)}

        def renamed(text: str) -> str:
            return text.replace(order_number(SEED), order_number(number))

        twin = replace(
            order,
            id=2 * FIRST_ID + number,
            number=renamed(order.number),
            vendor_id=FIRST_ID + number if of_new_vendor else order.vendor_id,
            lines=(replace(line, id=3 * FIRST_ID + number, description=renamed(line.description)),),
        )
        ids = {str(order.id): str(twin.id), str(line.id): str(twin.lines[0].id)}
        return {**names, **ids, row.version: version(twin.content()), row.mark: mark(number)}

    return Seed(_rows(office, document, row), changes)


def _read(office: Office, kind: str, called: str) -> tuple[DocumentRow, Submission]:
    found: list[tuple[DocumentRow, Submission]] = []

    def look(uow: UnitOfWork, _connection: Connection) -> None:
        row = next(each for each in uow.submissions.find(kind=kind) if called in {each.number, each.title})
        (document,) = uow.documents.find(kind=kind, key=row.key)
        found.append((document, row))

    office.change(look)
    return found[0]


def _rows(office: Office, document: DocumentRow, submission: Submission) -> dict[str, list[Row]]:
    """Give the rows that belong to a record, by table; what others refer to comes first."""
    with closing(sqlite3.connect(office.folder / DATABASE)) as database:
        database.row_factory = sqlite3.Row

        def rows(table: str, where: str, value: int) -> list[Row]:
            return [dict(row) for row in database.execute(f"SELECT * FROM {table} WHERE {where}", [value])]  # noqa: S608

        found = {
            "document": rows("document", "id = ?", document.id),
            "submission": rows("submission", "id = ?", submission.id),
        }
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            if any(column["name"] == "submission_id" for column in database.execute(f"PRAGMA table_info({name})")):
                found[name] = rows(name, "submission_id = ?", submission.id)
        found["history"] = rows("history", "subject = 'submission' AND subject_id = ?", submission.id)
        for task in found["task"]:
            found["history"] += rows("history", "subject = 'task' AND subject_id = ?", task["id"])
        return found


def _multiply(database: sqlite3.Connection, seed: Seed, numbers: range) -> None:
    first_ids = {table: _next_id(database, table) for table in seed.rows}
    places = {table: {row["id"]: place for place, row in enumerate(rows)} for table, rows in seed.rows.items()}

    def new_id(table: str, old: int, nth: int) -> int:
        return first_ids[table] + nth * len(places[table]) + places[table][old]

    def twins(table: str, row: Row) -> Iterator[Row]:
        named = [column for column, value in row.items() if _holds(value, seed.changes(SEED))]
        for nth, number in enumerate(numbers):
            twin = {**row, "id": new_id(table, row["id"], nth)}
            if "submission_id" in row:
                old, twin["submission_id"] = row["submission_id"], new_id("submission", row["submission_id"], nth)
                twin |= _mentioning(twin, old, twin["submission_id"])
            if table == "history":
                twin["subject_id"] = new_id(row["subject"], row["subject_id"], nth)
            changes = seed.changes(number) if named else {}
            for column in named:
                for before, after in changes.items():
                    twin[column] = twin[column].replace(before, after)
            yield twin

    for table, rows in seed.rows.items():
        for row in rows:
            columns, values = ", ".join(f'"{name}"' for name in row), ", ".join(f":{name}" for name in row)
            database.executemany(f"INSERT INTO {table} ({columns}) VALUES ({values})", twins(table, row))  # noqa: S608


def _mentioning(row: Row, old: int, new: int) -> Row:
    """Give the texts of a row that mention its submission, with another id."""
    return {name: row[name].replace(form % old, form % new) for name, form in _MENTIONS.items() if name in row}


def _next_id(database: sqlite3.Connection, table: str) -> int:
    (top,) = database.execute(f"SELECT COALESCE(MAX(id), 0) FROM {table}").fetchone()  # noqa: S608
    return int(top) + 1


def _holds(value: Any, changes: Changes) -> bool:
    return isinstance(value, str) and not _TIME.fullmatch(value) and any(old in value for old in changes)
