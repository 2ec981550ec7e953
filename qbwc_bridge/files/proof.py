"""The proof of job cost as data, as sheets of a workbook and as one table: `reconcile` and the page give the same."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from qbwc_bridge.domain.money import ZERO, readable, total
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.files.plain import csv_table
from qbwc_bridge.files.workbook import Sheet
from qbwc_bridge.flow.bill_comparison import FINDINGS
from qbwc_bridge.flow.reconciling import Head, Reconciled

BESIDE = ("invoices", "others", "pending")
AMOUNTS = ("quickbooks", "procore", "skipped", "difference", *BESIDE)
ROW = ("connection", "project", "cost_code", "cost_type", *AMOUNTS)
DIFFERENCES = ("quickbooks", "procore", "difference")
EXPLAINED = ("connection", "project", "cost_code", "cost_type", "document", *DIFFERENCES, "why")
UNMAPPED = ("connection", "project", "document", "account_or_item", "amount")
PENDING = ("connection", "project", "cost_code", "cost_type", "document", "account_or_item", "amount")
BOOKS = ("profit_and_loss", "ledger", "books_difference")
PROJECT_AMOUNTS = (*BOOKS, "unmapped", "ignored", "skipped", "procore", "difference", *BESIDE)
PROJECT = ("connection", "project", "name", *PROJECT_AMOUNTS)
JOB_AMOUNTS = ("profit_and_loss", "ledger", "difference")
JOB = ("connection", "what", "name", "project", *JOB_AMOUNTS)
FOOTING = ("connection", "read_at", "all_costs", "difference", "note")
ITEM_AMOUNTS = ("profitability", "ledger", "difference")
ITEM = ("connection", "project", "job", "item", *ITEM_AMOUNTS, "sentence")
BILL_AMOUNTS = ("bill_amount", "invoice_amount", "difference")
BILL = ("connection", "project", "finding", "commitment", "bill", "invoice", *BILL_AMOUNTS, "note")
NOTE = ("connection", "project", "note")
HEAD = ("connection", *(part.name for part in fields(Head)))
OF_HEAD = ("company", "basis", "date", "costs_read_at")
"""What of the head stands on every line of the CSV file, which has no place above its table."""
CSV = (
    *("connection", "project", "cost_code", "cost_type", "document", "account_or_item"),
    *("quickbooks", "procore", "skipped", "difference", "unmapped", "ignored", *BESIDE),
    *("profit_and_loss", "books_difference", *OF_HEAD),
)


def joined(found: Sequence[tuple[Connection, Reconciled]]) -> dict[str, Any]:
    """Give the proofs of several connections as `reconcile --json` shows them; ignored costs stand apart."""
    lists = ("head", "rows", "explained", "unmapped", "ignored", "pending", "projects", "footing", "jobs", "items")
    result: dict[str, Any] = {key: [] for key in (*lists, "bills", "notes")}
    for connection, each in found:
        result["head"].append(_line(connection, each.head, HEAD))
        result["rows"] += [_line(connection, row, ROW) for row in each.proof.rows]
        result["explained"] += [_line(connection, row, EXPLAINED) for row in each.explained]
        for cost in each.proof.unmapped:
            result["ignored" if cost.ignored else "unmapped"].append(_line(connection, cost, UNMAPPED))
        result["pending"] += [_line(connection, row, PENDING) for row in each.pending]
        result["projects"] += [_line(connection, row, (*PROJECT, "released")) for row in each.projects]
        result["footing"].append(_line(connection, each.footing, FOOTING))
        result["jobs"] += [_line(connection, row, JOB) for row in each.footing.lines]
        result["items"] += [_line(connection, row, ITEM) for row in each.items]
        result["bills"] += [_line(connection, row, BILL) for row in each.bills]
        result["notes"] += [dict(zip(NOTE, (connection.name, *note), strict=True)) for note in each.notes]
    result["difference"] = total(each.proof.difference for _, each in found)
    return result


def _line(connection: Connection, row: object, keys: Sequence[str]) -> dict[str, Any]:
    return {"connection": connection.name, **{key: getattr(row, key) for key in keys if key != "connection"}}


def told(head: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Say in words what a proof is of."""
    read = head["costs_read_at"]
    words = [
        ("Connection", head["connection"]),
        ("Company", head["company"] or "not told yet"),
        ("Company file", head["file"] or "not told"),
        ("Basis", f"{head['basis']}. {head['note']}" if head["note"] else head["basis"]),
        ("Costs", f"through {head['date']}" if head["through"] else f"of every date, on {head['date']}"),
        ("Read from QuickBooks", f"{read:%Y-%m-%d %H:%M %Z}" if read else "not yet"),
    ]
    return [(name, str(value)) for name, value in words]


def footing_told(footing: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Say in words whether all jobs and the costs without one make all costs of the company."""
    read = footing["read_at"]
    if read is None:
        return [("QuickBooks' own totals", footing["note"])]
    return [
        ("QuickBooks' own totals read", f"{read:%Y-%m-%d %H:%M %Z}"),
        ("Cost accounts of Profit & Loss Standard", readable(footing["all_costs"])),
        ("Less all jobs and what has none", readable(footing["difference"])),
    ]


def in_words(bills: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give bills and invoices with the names of their lists for people."""
    return [{**row, "finding": FINDINGS[row["finding"]]} for row in bills]


def sheets(result: Mapping[str, Any]) -> list[Sheet]:
    """Give the workbook of a proof: its rows below the head, the foot, the explanations, and what stands apart."""
    head = [line for each in result["head"] for line in told(each)]
    head += [(f"Project {each['project']}", each["note"]) for each in result["notes"]]
    foot = [line for each in result["footing"] for line in (("Connection", each["connection"]), *footing_told(each))]
    return [
        Sheet("Proof", ROW, AMOUNTS, result["rows"], head=head, absolute="difference"),
        Sheet("By project", PROJECT, PROJECT_AMOUNTS, result["projects"]),
        Sheet("All costs", JOB, JOB_AMOUNTS, result["jobs"], head=foot),
        Sheet("Explained", EXPLAINED, DIFFERENCES, result["explained"]),
        Sheet("Jobs by item", ITEM, ITEM_AMOUNTS, result["items"]),
        Sheet("Bills and invoices", BILL, BILL_AMOUNTS, in_words(result["bills"])),
        Sheet("Pending", PENDING, ["amount"], result["pending"]),
        Sheet("Not in the budget", UNMAPPED, ["amount"], result["unmapped"]),
        Sheet("Ignored", UNMAPPED, ["amount"], result["ignored"]),
    ]


def proof_csv(result: Mapping[str, Any]) -> bytes:
    """Give a proof as one table: rows by code, documents without a code, and QuickBooks' own total of each project.

    No amount stands on two lines, so each column can be summed.
    """
    heads = {head["connection"]: {key: head[key] for key in OF_HEAD} for head in result["head"]}
    nothing = dict.fromkeys(AMOUNTS, ZERO)
    lines = [
        *result["rows"],
        *({**row, "unmapped": row["amount"]} for row in result["unmapped"]),
        *({**row, "ignored": row["amount"]} for row in result["ignored"]),
        *({**row, "pending": row["amount"]} for row in result["pending"] if not _in_a_row(row, result["rows"])),
        *({**nothing, **{key: row[key] for key in ("connection", "project", *BOOKS)}} for row in result["projects"]),
    ]
    return csv_table(CSV, ({**heads[line["connection"]], **line} for line in lines))


def _in_a_row(pending: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a pending cost is part of a row by code; those of projects that are not released are not."""
    key = [pending[part] for part in ("connection", "project", "cost_code", "cost_type")]
    return any([row[part] for part in ("connection", "project", "cost_code", "cost_type")] == key for row in rows)
