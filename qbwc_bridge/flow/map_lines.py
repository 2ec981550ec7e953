"""Lines that say what is linked, mapped or ignored, as a person keeps them in a table: read back one by one."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import get_args

from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.records import Connection, MappingKind
from qbwc_bridge.errors import WrongUsage
from qbwc_bridge.flow import allocating, links
from qbwc_bridge.flow.links import Link
from qbwc_bridge.ports import UnitOfWork

KINDS: tuple[MappingKind, ...] = get_args(MappingKind)

Line = Mapping[str, str]
"""Columns kind, quickbooks and procore; perhaps ignored (empty or not), comment and expense_account."""


def line(found: Link) -> dict[str, str]:
    """Give a link as such a line."""
    return {
        "kind": found.kind,
        "quickbooks": found.quickbooks,
        "procore": found.procore,
        "ignored": "yes" if found.ignored else "",
        "comment": found.comment,
        "expense_account": found.expense_account,
    }


def news(uow: UnitOfWork, connection: Connection, lines: Iterable[Line]) -> list[tuple[int, Line]]:
    """Give the lines that say something new, each with its number in the table, whose head is number 1."""
    known = {_said(line(found)) for found in links.linked(uow, connection)}
    return [(number, each) for number, each in enumerate(lines, 2) if _said(each) not in known]


def take(uow: UnitOfWork, connection: Connection, each: Line, *, who: str, now: dt.datetime) -> list[str]:
    """Do what a line says; gives what a person should know besides.

    Raises WrongUsage for a line that says nothing sensible, NotFound or Refused where it cannot be.
    """
    kind = next((known for known in KINDS if known == each["kind"]), None)
    if kind is None:
        raise WrongUsage(f"{each['kind']!r} is no kind; it must be one of {', '.join(KINDS)}.")
    name, account = each["quickbooks"], each.get("expense_account", "")
    if each.get("ignored"):
        decision = allocating.ignored(uow, connection, kind, name, each.get("comment", ""))
        allocating.keep(uow, decision, who=who, now=now)
    elif each["procore"] or not account:
        if kind in ("job", "vendor"):
            links.link(uow, connection, kind, name, each["procore"], who=who, now=now)
        else:
            allocating.keep(uow, allocating.mapped(uow, connection, kind, name, each["procore"]), who=who, now=now)
    if kind != "item" or not account:
        return []
    decision, notes = allocating.with_account(uow, connection, name, account)
    allocating.keep(uow, decision, who=who, now=now)
    return notes


def _said(each: Line) -> tuple[str, str, str, bool, str]:
    account = each.get("expense_account", "")
    return (each["kind"], fold(each["quickbooks"]), each["procore"], bool(each.get("ignored")), account)
