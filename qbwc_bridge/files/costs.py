"""A project's job cost to date as rows of values, one way for the command, its files and the downloads of the page."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

from qbwc_bridge.domain.costs import told_payee
from qbwc_bridge.domain.money import total
from qbwc_bridge.domain.records import Connection, ProjectChoice
from qbwc_bridge.files.plain import csv_table
from qbwc_bridge.flow.cost_documents import Discretion, Entry, entries
from qbwc_bridge.flow.job_to_date import PARTS, Cost, job_to_date
from qbwc_bridge.flow.ledger import Ledger

By = Literal["code", "month", "document"]

PLACE = ("connection", "project")
COLUMNS: Mapping[By, Sequence[str]] = {
    "code": ("cost_code", "cost_type", "name", "budget", "committed", "cost", "percent", *PARTS),
    "month": ("month", "cost", "to_date", *PARTS),
    "document": (
        *("date", "type", "number", "payee", "memo", "cost_code", "cost_type", "amount"),
        *("state", "in_procore", "txn_id", "key"),
    ),
}
"""Columns of each kind of rows; the files have connection and project before them."""

SUMMED: Mapping[By, Sequence[str]] = {
    "code": ("budget", "committed", "cost", *PARTS),
    "month": ("cost", *PARTS),
    "document": ("amount",),
}

Row = dict[str, Any]


def cost_rows(ledger: Ledger, choice: ProjectChoice, by: By) -> list[Row]:
    """Give a project's cost to date by code, by month or by document, amounts as Decimal."""
    if by == "document":
        return document_rows(entries(ledger, choice), Discretion(ledger.uow, ledger.connection))
    found = job_to_date(ledger, choice)
    if by == "month":
        return [
            {"month": f"{row.month:%Y-%m}", **_amounts(row.cost), "to_date": row.to_date} for row in found.by_month()
        ]
    return [
        {
            "cost_code": row.cost_code,
            "cost_type": row.cost_type,
            "name": row.name,
            "budget": row.budget,
            "committed": row.committed,
            **_amounts(row.cost),
            "percent": row.percent,
        }
        for row in found.by_code()
    ]


def document_rows(found: Iterable[Entry], discretion: Discretion) -> list[Row]:
    """Give entries as rows; nobody is named but vendors."""
    return [
        {
            "date": entry.document.txn_date,
            "type": entry.document.txn_type,
            "number": entry.document.ref_number,
            "payee": told_payee(entry.document),
            "memo": discretion.text(entry.document.memo, entry.document),
            "cost_code": entry.cost_code,
            "cost_type": entry.cost_type,
            "amount": entry.amount,
            "state": entry.state,
            "in_procore": entry.why,
            "txn_id": entry.document.txn_id,
            "key": entry.origin_id,
        }
        for entry in found
    ]


def sums(rows: Iterable[Row], by: By) -> dict[str, Decimal]:
    """Add the columns up that have a sum."""
    kept = list(rows)
    return {column: total(row[column] for row in kept) for column in SUMMED[by]}


def cost_csv(connection: Connection, choice: ProjectChoice, rows: Iterable[Row], by: By) -> bytes:
    """Give rows as a CSV file."""
    place = {"connection": connection.name, "project": choice.number}
    return csv_table((*PLACE, *COLUMNS[by]), ({**place, **row} for row in rows))


def _amounts(cost: Cost) -> dict[str, Decimal]:
    return {"cost": cost.total, **{part: getattr(cost, part) for part in PARTS}}
