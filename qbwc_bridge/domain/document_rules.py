"""Rules about orders and estimates that stand in QuickBooks; each gives nothing or a reason, as in `rules.py`."""

from collections.abc import Collection
from decimal import Decimal

from qbwc_bridge.domain.money import readable
from qbwc_bridge.domain.procore import Commitment
from qbwc_bridge.domain.rules import EXPORTED_STATUS

_TRANSACTIONS = {"Estimate": "Estimate", "PurchaseOrder": "Purchase order"}


def order_ended(ref_number: str, *, closed: bool, received: bool, update: bool = False) -> str | None:
    """Ask a person when the order of a change is closed or received in full (ACCOUNTING 13).

    QuickBooks does not open an order that is received in full. Only change orders that are not in it yet have choices:
    `update` says that something changed which stands there.
    """
    if update and (closed or received):
        how = "received in full" if received else "closed"
        way = "" if received else "re-open it there, or "
        return (
            f"Purchase order {ref_number} is {how} in QuickBooks: {way}enter what changed by hand, then mark it as "
            "done here."
        )
    if received:
        return f"Purchase order {ref_number} is received in full in QuickBooks: choose a second order for the change."
    if closed:
        return f"Purchase order {ref_number} is closed in QuickBooks: choose to re-open it, or a second order."
    return None


def edited_by_hand(kind: str, ref_number: str, edits: Collection[str]) -> str | None:
    """Ask about an order or estimate that somebody changed in QuickBooks (ACCOUNTING 14)."""
    if not edits:
        return None
    return (
        f"{_TRANSACTIONS[kind]} {ref_number} was changed by hand in QuickBooks: {'; '.join(edits)}. Change it back "
        "there, or agree to it here."
    )


def transaction_gone(kind: str, ref_number: str) -> str:
    """Say that an exported order or estimate was deleted in QuickBooks: a person says whether it is sent again."""
    return (
        f"{_TRANSACTIONS[kind]} {ref_number} is no longer in QuickBooks: unlink it here, then it can be sent again or "
        "linked to another."
    )


def change_taken_back(amount: Decimal) -> str:
    """Say that an exported change is no longer approved in Procore: nothing is taken out of QuickBooks by itself."""
    return (
        f"Procore no longer shows it as approved, but QuickBooks has {readable(amount)} of it: take it back in "
        "QuickBooks by hand, then unlink it here."
    )


def invoiced(ref_number: str, *, drawn: bool) -> str | None:
    """Leave an estimate alone while an invoice is drawn on it (ACCOUNTING 9)."""
    if not drawn:
        return None
    return (
        f"An invoice is drawn on estimate {ref_number} in QuickBooks, which is a budget and no quotation: take the "
        "invoice off it there."
    )


def taxed(tax: Decimal) -> str:
    """Say that QuickBooks put sales tax on an estimate that is a budget (ACCOUNTING 9)."""
    return f"QuickBooks added sales tax of {readable(tax)} to the estimate: remove it there."


def marked_up(description: str) -> str:
    """Say that QuickBooks put a markup on a line of an estimate that is a budget (ACCOUNTING 9)."""
    return f"QuickBooks added a markup to line {description}: remove it there."


def commitment_ended(number: str, commitment: Commitment | None) -> str | None:
    """Offer to close the order of a commitment that ended in Procore, or is not approved any more (ACCOUNTING 15)."""
    if commitment is not None and commitment.status == EXPORTED_STATUS:
        return None
    what = f"has status {commitment.status}" if commitment else "is no longer there"
    return f"Commitment {number} {what} in Procore: close its purchase order, if nothing more will be billed on it."


def other_vendor(called: str, *, changed: bool) -> str | None:
    """Leave an order with its vendor: one of another vendor is another order."""
    if not changed:
        return None
    return (
        f"{called} has another vendor in Procore now: close the old order in QuickBooks, unlink it here, and it can be "
        "sent as a new one."
    )


def second_order_changed(called: str) -> str:
    """Leave a change order that became an order of its own to a person."""
    return f"{called} became an order of its own in QuickBooks: make this change there, then mark it as done."


def order_grouped(ref_number: str, *, grouped: bool) -> str | None:
    """Refuse to change an order or estimate with item groups: the change would dissolve them (qbXML 13.0, ...Mod)."""
    if not grouped:
        return None
    return f"{ref_number} holds item groups in QuickBooks, which a change would dissolve: enter it there by hand."


def total_differs(called: str, expected: Decimal, found: Decimal) -> str | None:
    """Say when QuickBooks' total is not ours."""
    if expected == found:
        return None
    return f"{called}: QuickBooks shows {readable(found)}, Procore {readable(expected)}; compare the two line by line."
