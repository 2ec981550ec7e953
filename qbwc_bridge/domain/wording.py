"""Words that page and mail share: what kinds are called, and how times and spans read."""

import datetime as dt
from collections.abc import Mapping

from qbwc_bridge.domain.records import Kind
from qbwc_bridge.domain.states import State

MINUTE, HOUR, DAY = 60, 3600, 86400
NOON = 12

KINDS: Mapping[Kind, tuple[str, str]] = {
    "cost_code": ("Cost code", "Cost codes"),
    "job": ("Job", "Jobs"),
    "vendor": ("Vendor", "Vendors"),
    "budget": ("Budget", "Budgets"),
    "budget_change": ("Budget change", "Budget changes"),
    "commitment": ("Commitment", "Commitments"),
    "change_order": ("Change order", "Change orders"),
    "new_project": ("New project", "New projects"),
    "new_vendor": ("New vendor", "New vendors"),
}
"""One and several of a kind."""

STATES: Mapping[State, str] = {
    State.FAILED: "Failed to Export",
    State.READY: "Ready to Export",
    State.BLOCKED: "Blocked",
    State.ACCEPTED: "Waiting for QuickBooks",
    State.EXPORTING: "Exporting",
    State.SYNCED: "Synced",
    State.REJECTED: "Rejected",
    State.ARCHIVED: "Archived",
}
"""Procore's words, in the order in which a person wants to see them."""


def span(seconds: float) -> str:
    """Tell how long something takes or took: 5 min, 3 h, 2 days."""
    if seconds < HOUR:
        return f"{max(1, int(seconds // MINUTE))} min"
    if seconds < DAY:
        return f"{int(seconds // HOUR)} h"
    days = int(seconds // DAY)
    return "1 day" if days == 1 else f"{days} days"


def hour(local: dt.datetime) -> str:
    """Write a time of day: 9:42 AM."""
    return f"{local.hour % NOON or NOON}:{local.minute:02d} {'AM' if local.hour < NOON else 'PM'}"


def day(local: dt.date) -> str:
    """Write a day of this year: 3 Mar."""
    return f"{local.day} {local:%b}"


def moment(local: dt.datetime) -> str:
    """Write a day and time: Tue 3 Mar, 9:42 AM."""
    return f"{local:%a} {day(local)}, {hour(local)}"


def counted(count: int, one: str, several: str) -> str:
    """Write a number with its noun: 1 record, 3 records."""
    return f"{count} {one if count == 1 else several}"
