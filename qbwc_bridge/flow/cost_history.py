"""What the ledger saw change in a document, as its history: what, from what to what, and when."""

import datetime as dt
import re
from decimal import Decimal

from qbwc_bridge.domain.books import CostDocument, CostLine
from qbwc_bridge.domain.costs import told_payee
from qbwc_bridge.domain.records import History
from qbwc_bridge.ports import UnitOfWork

NO_VENDOR = "one who is no vendor"

QUICKBOOKS = "QuickBooks"
"""Who changed it: the bridge never changes what posted."""


def tell(uow: UnitOfWork, after: CostDocument, before: CostDocument | None, now: dt.datetime) -> None:
    """Write what changed of a document into the history; `before` None: it was seen for the first time."""
    was = "" if before is None else _cost(before)
    uow.history.append(
        History(after.connection_id, "cost", after.id, now, QUICKBOOKS, was, _cost(after), what_changed(before, after))
    )


def what_changed(before: CostDocument | None, after: CostDocument) -> str:
    """Say in plain words what changed of a document."""
    if before is None:
        return "entered"
    if after.deleted and not before.deleted:
        return "deleted, or its job was taken off it" if after.deletion_known else "gone without a deletion record"
    told = ["there again"] if before.deleted else []
    for word, was, is_now in (
        ("type", before.txn_type, after.txn_type),
        ("date", before.txn_date, after.txn_date),
        ("number", before.ref_number, after.ref_number),
        ("payee", *_payees(before, after)),
        ("memo", before.memo, after.memo),
    ):
        if was != is_now:
            told.append(f"{word} {was or 'none'} became {is_now or 'none'}")
    gone, new = _lines(before), _lines(after)
    told += [f"without {line}" for line in gone if line not in new]
    told += [f"with {line}" for line in new if line not in gone]
    return "; ".join(told) or "read again"


def _payees(before: CostDocument, after: CostDocument) -> tuple[str, str]:
    """The payees as they may be told; two others than vendors are told apart without their names."""
    was, is_now = (told_payee(each) or (NO_VENDOR if each.payee else "") for each in (before, after))
    another = was == is_now == NO_VENDOR and before.payee != after.payee
    return was, "another one" if another else is_now


_REDATED = re.compile(r"\bdate (\d{4}-\d{2}-\d{2}) became ")


def left_dates(told: str) -> list[dt.date]:
    """The dates that a document had before the changes that `what_changed` told."""
    return [dt.date.fromisoformat(date) for date in _REDATED.findall(told)]


def _cost(document: CostDocument) -> str:
    return "deleted" if document.deleted else f"{Decimal(document.cost_cents).scaleb(-2):,.2f}"


def _lines(document: CostDocument) -> list[str]:
    return [_line(line) for line in document.lines]


def _line(line: CostLine) -> str:
    return f"{line.amount:,.2f} on {line.item or line.account}"
