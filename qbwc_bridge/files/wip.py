"""The work-in-progress schedule as data, as a table and as a workbook: the same for command and page."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from qbwc_bridge.domain.wip import WipMoney
from qbwc_bridge.files.plain import csv_table
from qbwc_bridge.files.workbook import Sheet, workbook
from qbwc_bridge.flow.reconciling import Head
from qbwc_bridge.flow.schedule import Schedule

Named = tuple[str, Schedule]
"""A connection's name and its schedule."""

MONEY = tuple(column.name for column in fields(WipMoney))
PERCENTS = ("percent_complete", "profit_percent", "last_percent")

COLUMNS = (
    *("project", "name", "original_contract", "approved_changes", "revised_contract"),
    *("estimated_cost", "source", "estimated_profit", "profit_percent"),
    *("cost_to_date", "percent_complete", "earned", "earned_profit", "billed", "overbilled", "underbilled"),
    *("cost_to_complete", "backlog", "whole_loss", "loss_ahead", "retainage_receivable", "retainage_payable"),
    *("last_percent", "last_profit", "note"),
)
"""Every column, in the order in which accountants read them."""

CHANGED = ("project", "document", "closed_month", "cost", "billed", "changed_at", "what_changed")

HEAD = (*(part.name for part in fields(Head)), "procore_read_at", "last_closed")
OF_HEAD = ("company", "basis", "date", "costs_read_at", "procore_read_at")
"""What of the head stands on every line of the table, which has no place above it."""

WITH_FORECAST = "committed + uncommitted cost + a project manager's forecast to complete"
WITHOUT = "the larger of the revised budget and of committed + uncommitted cost"

FORMULAS = (
    ("Original contract", "Procore: prime contracts in status Approved or Complete, added up"),
    ("Approved changes", "Procore: change orders of the prime contract in status approved"),
    ("Revised contract", "Original contract + approved changes"),
    (
        "Estimated cost",
        f"Code by code: {WITH_FORECAST}; without one {WITHOUT}; never less than the cost to date",
    ),
    ("Source", "Where the estimated cost comes from"),
    ("Estimated profit", "Revised contract - estimated cost; its percent is of the revised contract"),
    ("Cost to date", "QuickBooks: what posted to cost accounts of the job, through the date, on accrual basis"),
    ("Percent complete", "Cost to date / estimated cost"),
    ("Earned", "Revised contract x cost to date / estimated cost"),
    ("Earned profit", "Earned - cost to date; of a loss job its whole loss"),
    ("Billed", "QuickBooks: invoices and sales receipts less credit memos, gross of retainage, without sales tax"),
    ("Overbilled", "Billed - earned, where more was billed than earned; never netted across jobs"),
    ("Underbilled", "Earned - billed, where less was billed than earned; never netted across jobs"),
    ("Cost to complete", "Estimated cost - cost to date"),
    ("Backlog", "Revised contract - earned"),
    ("Whole loss", "Estimated cost - revised contract, where a job loses"),
    ("Loss ahead", "The part of the whole loss that earned less cost to date does not show yet"),
    ("Retainage receivable", "QuickBooks: the job's lines on asset accounts that hold retainage"),
    ("Retainage payable", "QuickBooks: the job's lines on liability accounts that hold retainage"),
    ("Last percent, last profit", "Percent complete and estimated profit of the last closed month before the date"),
)


def wip_data(found: Iterable[Named]) -> dict[str, Any]:
    """Give the schedules of several connections as `wip --json` shows them; sums are of one connection each."""
    result: dict[str, Any] = {key: [] for key in ("head", "rows", "totals", "changed_after_close")}
    for name, made in found:
        result["head"].append({"connection": name, **_head(made)})
        result["rows"] += [{"connection": name, **row} for row in _rows(made)]
        result["totals"].append({"connection": name, **asdict(made.totals)})
        result["changed_after_close"] += [{"connection": name, **asdict(row)} for row in made.changed]
    return result


def wip_csv(found: Sequence[Named]) -> bytes:
    """Give the rows of schedules as a table."""
    lines = [{"connection": name, **_head(made), **row} for name, made in found for row in _rows(made)]
    return csv_table(("connection", *COLUMNS, *OF_HEAD), lines)


def wip_workbook(found: Sequence[Named], now: dt.datetime) -> bytes:
    """Give a workbook: the schedule and what changed after a close for each connection, then where figures are from."""
    sheets = [sheet for at, each in enumerate(found, 1) for sheet in _sheets(each, f" {at}" if len(found) > 1 else "")]
    meanings = [{"figure": figure, "source_and_formula": meaning} for figure, meaning in FORMULAS]
    return workbook(
        [*sheets, Sheet("Sources and formulas", ("figure", "source_and_formula"), (), meanings, sums=False)], now
    )


def _moment(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M %Z}"


def _month(first: dt.date) -> str:
    return f"{first:%Y-%m}"


def told(
    name: str,
    made: Schedule,
    *,
    day: Callable[[dt.date], str] = dt.date.isoformat,
    moment: Callable[[dt.datetime], str] = _moment,
    month: Callable[[dt.date], str] = _month,
) -> list[tuple[str, str]]:
    """Say in words what a schedule is of; `day`, `moment` and `month` write its dates."""
    head, last, pulled = made.head, made.last_closed, made.procore_read_at
    return [
        ("Connection", name),
        ("Company", head.company or "not told yet"),
        ("Company file", head.file or "not told"),
        ("Basis", f"{head.basis}. {head.note}" if head.note else head.basis),
        ("Costs and billings", f"{'through' if head.through else 'of every date, on'} {day(head.date)}"),
        ("Read from QuickBooks", moment(head.costs_read_at) if head.costs_read_at else "not yet"),
        # Added up, because the page's moment is markup that stays so.
        ("Contracts and budgets", "as read from Procore " + moment(pulled) if pulled else "not read from Procore yet"),
        ("Last closed month", month(last) if last else "none"),
    ]


def _head(made: Schedule) -> dict[str, Any]:
    return {**asdict(made.head), "procore_read_at": made.procore_read_at, "last_closed": made.last_closed}


def _rows(made: Schedule) -> list[Mapping[str, Any]]:
    return [{key: getattr(row, "number" if key == "project" else key) for key in COLUMNS} for row in made.rows]


def _sheets(each: Named, mark: str) -> list[Sheet]:
    name, made = each
    amounts = [key for key in COLUMNS if key in MONEY]
    changed = [{**asdict(row), "changed_at": _moment(row.changed_at)} for row in made.changed]
    return [
        Sheet(f"Work in progress{mark}", COLUMNS, amounts, _rows(made), head=told(name, made), percents=PERCENTS),
        Sheet(f"Changed after close{mark}", CHANGED, ("cost", "billed"), changed, sums=False),
    ]
