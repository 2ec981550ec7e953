"""Business rules: each looks at values and returns nothing, or a reason in plain words that names who can mend it.

An obstacle is what a person must remove. What the bridge itself will bring is a wait, and is not judged here.
"""

import datetime as dt
from collections.abc import Collection, Iterable

from qbwc_bridge.domain.books import ListRecord
from qbwc_bridge.domain.money import cents, readable, total
from qbwc_bridge.domain.procore import Budget, BudgetCode, ChangeOrder, Commitment, ContractLine, PrimeChange

EXPORTED_STATUS = "Approved"
"""The one status in which purchase orders and subcontracts are exported (ACCOUNTING 11)."""

ENDED_STATUSES = frozenset({"Closed", "Complete", "Terminated", "Void"})
"""Commitments that will not be exported any more and are not offered."""

APPROVED_CHANGE = "approved"
"""The one status in which change orders are exported."""

ITEM_LEVELS, ITEM_PATH = 5, 159
"""Levels and characters of an item's FullName (qbXML 13.0 schema; reference, limits)."""

ORDERABLE_BARRED = frozenset(
    {"ItemSubtotal", "ItemDiscount", "ItemPayment", "ItemSalesTax", "ItemSalesTaxGroup", "ItemGroup"}
)
"""Types of items that hold no cost and cannot stand on an order's line."""

SERVICE = "ItemService"
"""The one type that the bridge writes; a sub-item has its parent's type (reference, items)."""

MOST_NAMED = 12
"""Codes named one by one; the count of the others is enough."""

DEAD_CHANGES = frozenset({"rejected", "void", "no_charge"})
"""Change orders that will never be exported and are not offered."""


def not_visited(lists_read_at: dt.datetime | None) -> str | None:
    """Block everything before the first reading of QuickBooks' lists (ACCOUNTING 2)."""
    return None if lists_read_at else "QuickBooks has not visited yet: run the Web Connector once on the PC."


def project_off(number: str, *, on: bool) -> str | None:
    """Offer nothing of a project that is switched off (ACCOUNTING 1)."""
    return None if on else f"Project {number} is switched off for export: switch it on under Projects."


def project_inactive(number: str) -> str:
    """Say that Procore no longer shows a project that is on."""
    return f"Project {number} is not active in Procore, or not shown to the bridge: see to it there, or switch it off."


def unneeded() -> str:
    """Say that a vendor or cost code serves nothing at present (ACCOUNTING 1)."""
    return "Nothing that is switched on needs it at present."


def no_estimates() -> str:
    """Say that budgets are left out (the setting ESTIMATES)."""
    return "Budgets do not become estimates: the connection's setting estimates is false."


def left_procore() -> str:
    """Say that a record that was not exported is gone from Procore."""
    return "Procore no longer has it, or no longer shows it to the bridge. If it was deleted there, archive it."


def never_ordered(number: str, status: str) -> str:
    """Say that the commitment of a change order ended in Procore before anything of it was exported."""
    return f"Its commitment {number} has status {status} in Procore and was never exported."


def ended(status: str) -> str:
    """Say that a record ended in Procore before it was exported."""
    return f"It has status {status.replace('_', ' ')} in Procore, so it is not exported: archive it."


def multi_currency(is_on: bool | None) -> str | None:  # noqa: FBT001 - a preference as QuickBooks states it
    """Refuse company files with multi-currency (ACCOUNTING 5)."""
    if is_on:
        return "The QuickBooks company has multi-currency switched on; this bridge cannot write to such a file."
    return None


def feature_off(feature: str, is_on: bool | None) -> str | None:  # noqa: FBT001 - a preference as QuickBooks states it
    """Ask for a QuickBooks feature that the record needs: estimates, or inventory and purchase orders."""
    if is_on is False:
        return f"QuickBooks has {feature} switched off: switch it on in QuickBooks under Edit, Preferences."
    return None


def budget_unlocked(budget: Budget) -> str | None:
    """Export a budget only when it is locked."""
    return None if budget.locked else "The budget is not locked: lock it in Procore's Budget tool."


def budget_empty(budget: Budget) -> str | None:
    """Refuse a budget without lines: an estimate needs one."""
    return None if budget.rows else "The budget has no lines: enter it in Procore's Budget tool."


def change_without_row(budget: Budget) -> str | None:
    """Refuse approved changes of codes that the budget has no row for: the estimate would lack them."""
    codes = {row.code.id for row in budget.rows}
    odd = sorted({change.number for change in budget.changes for code_id, _ in change.amounts if code_id not in codes})
    if not odd:
        return None
    return (
        f"Budget changes use budget codes without a row in the budget ({', '.join(odd)}): "
        "add these rows in Procore's Budget tool."
    )


def unbudgeted(budget: Budget) -> str | None:
    """List what Procore's budget shows without a row: the estimate has no line for it (ACCOUNTING 8)."""
    codes = [code.code for code in budget.unbudgeted]
    if not codes:
        return None
    rest = f" and {len(codes) - MOST_NAMED} more" if len(codes) > MOST_NAMED else ""
    return (
        f"Not budgeted in Procore, so not in the estimate: {', '.join(codes[:MOST_NAMED])}{rest}. A row in Procore's "
        "Budget tool brings it in."
    )


def other_estimate(job: str, refs: Iterable[str]) -> str | None:
    """Refuse while another active estimate exists on the job (ACCOUNTING 9)."""
    names = ", ".join(ref or "without number" for ref in refs)
    if not names:
        return None
    return (
        f"Job {job} has an active estimate in QuickBooks already ({names}): "
        "make it inactive there, or link it here, so that job reports do not count two budgets."
    )


def prime_changes_beside(changes: Iterable[PrimeChange]) -> str | None:
    """Say by how much Procore's revised budget is more than the estimate: its prime change orders (ACCOUNTING 10)."""
    amount = total(cents(change.amount) for change in changes if change.status == APPROVED_CHANGE)
    if not amount:
        return None
    held = readable(amount)
    return f"Procore's revised budget also holds approved prime change orders of {held}; the estimate does not."


def not_approved(commitment: Commitment) -> str | None:
    """Export commitments in status Approved only."""
    if commitment.status == EXPORTED_STATUS:
        return None
    return f"{_called(commitment)} has status {commitment.status} in Procore: approve it there."


def no_vendor(commitment: Commitment) -> str | None:
    """Ask for a vendor: QuickBooks has no order without one."""
    return None if commitment.vendor_id else f"{_called(commitment)}: no vendor is chosen in Procore."


def no_lines(called: str, lines: Collection[ContractLine]) -> str | None:
    """Ask for at least one line."""
    return None if lines else f"{called} has no lines: enter its schedule of values in Procore."


def line_without_code(called: str, lines: Iterable[ContractLine]) -> str | None:
    """Ask for a budget code on every line, or a line's cost would have no home."""
    bare = [line.description or f"line {line.id}" for line in lines if line.code is None]
    return f"{called}: these lines have no budget code in Procore: {', '.join(bare)}." if bare else None


def other_segments(called: str, codes: Iterable[BudgetCode]) -> str | None:
    """Refuse sub jobs and custom segments: QuickBooks items hold cost code and cost type only."""
    odd = sorted({code.code for code in codes if code.other_segments})
    if not odd:
        return None
    return f"{called} uses sub jobs or custom budget segments ({', '.join(odd)}), which QuickBooks items cannot hold."


def change_not_approved(change: ChangeOrder) -> str | None:
    """Export approved change orders only."""
    if change.status == APPROVED_CHANGE:
        return None
    return f"Change order {change.number} has status {change.status} in Procore: approve it there."


def before_closing(date: dt.date, closing: dt.date | None) -> str | None:
    """Refuse a date in closed books (ACCOUNTING 12)."""
    return _too_early(date, closing, "QuickBooks' closing date")


def before_dividing(date: dt.date, dividing: dt.date | None) -> str | None:
    """Refuse a date on which an accountant works in a copy of the file (ACCOUNTING 5)."""
    return _too_early(date, dividing, "the dividing date of the accountant's copy,")


def _too_early(date: dt.date, end: dt.date | None, called: str) -> str | None:
    if end is None or date > end:
        return None
    return f"Its date {date} is on or before {called} {end}: give the commitment a later contract date in Procore."


def account_missing(which: str, name: str, *, exists: bool) -> str | None:
    """Ask for the account that items need."""
    if not name:
        return f"No {which} account is chosen for cost code items: choose it in the connection's settings."
    if not exists:
        return (
            f"The {which} account {name} is not in QuickBooks: correct it in the connection's settings, or for the one "
            "item for which it was chosen."
        )
    return None


def name_taken(name: str, by: str) -> str | None:
    """Refuse a name that another list of the shared name space holds: customers, vendors, employees, other names."""
    article = "an" if by[:1] in "aeiou" else "a"
    return (
        f"QuickBooks uses the name {name} for {article} {by} already: choose another name for this record."
        if by
        else None
    )


def no_name(name: str) -> str | None:
    """Ask for a name or number where QuickBooks can hold nothing of Procore's: it takes no record without."""
    return None if name else "QuickBooks can hold no letter of its name or number: give it another here."


def same_name(name: str, others: Collection[str]) -> str | None:
    """Refuse to write two records that get one name or number in QuickBooks, whose names are cut to its lengths."""
    if not others:
        return None
    return (
        f'In QuickBooks it would be called "{name}", as would {"; ".join(sorted(others)[:5])}: '
        "give one of them another name or number, or the project another customer."
    )


def item_path(path: str) -> str | None:
    """Refuse an item that lies too deep or whose full name is too long for QuickBooks."""
    levels = path.count(":") + 1
    if levels <= ITEM_LEVELS and len(path) <= ITEM_PATH:
        return None
    return (
        f"Item {path} would have {levels} levels and {len(path)} characters; QuickBooks takes {ITEM_LEVELS} and "
        f"{ITEM_PATH}: link the item above it to one that lies higher, or link this one."
    )


def item_barred(name: str, item_type: str) -> str | None:
    """Refuse a match that cannot stand on an order's line."""
    if item_type not in ORDERABLE_BARRED:
        return None
    return (
        f"{name} in QuickBooks is a {item_type.removeprefix('Item')} item, which no order can hold: link another item, "
        "or give this one another name."
    )


def item_parent(name: str, item_type: str) -> str | None:
    """Refuse a service item below an item of another type: QuickBooks takes only one type per family."""
    if item_type in ("", SERVICE):
        return None
    return (
        f"Item {name} is a {item_type.removeprefix('Item')} item, below which QuickBooks takes no service item: "
        "enter this sub-item there by hand, or link the item above to a service item."
    )


def gone(called: str, name: str) -> str:
    """Say that a linked record vanished: deleted, or merged with another one."""
    return (
        f"{called} {name} is no longer in QuickBooks: it was deleted or merged there. Unlink it here, then link it to "
        "the record that took its place."
    )


def customer_missing(name: str, project: str) -> str:
    """Ask for the customer above a job (ACCOUNTING 3)."""
    return (
        f"Customer {name} is not in QuickBooks: create it there, choose another one for project {project}, or say with "
        "the project that it shall be made."
    )


def customer_gone(name: str, project: str, *, gone: bool) -> str | None:
    """Make no customer anew that vanished: where it was merged, its jobs lie below another one now (ACCOUNTING 23)."""
    if not gone:
        return None
    return (
        f"Customer {name} is no longer in QuickBooks: it was deleted or merged there. Choose the one that took its "
        f"place for project {project}, or enter it there again."
    )


def need_gone(called: str) -> str:
    """Refuse to write on a record whose own record vanished from QuickBooks."""
    return (
        f"It needs {called}, which is no longer in QuickBooks: unlink that one and link it to the record that took its "
        "place."
    )


def moved(job: str, customer: str, project: str) -> str:
    """Say that a job lies below another customer than before (ACCOUNTING 4)."""
    return (
        f"Job {job} was moved below customer {customer} in QuickBooks: choose that customer for project {project} if "
        "this is right, or move the job back."
    )


def one_sided(name: str) -> str:
    """Say that an item has no account of its own for purchases (ACCOUNTING 6)."""
    return f"Item {name} has no separate purchase account in QuickBooks; check it there."


def inactive(name: str, *, is_active: bool) -> str | None:
    """Ask for a record to be made active before something is written on it: QuickBooks refuses inactive ones."""
    return None if is_active else f"{name} is inactive in QuickBooks: make it active there."


def linked_elsewhere(name: str, holder: str) -> str | None:
    """Refuse to join two records of Procore to one of QuickBooks: costs would not know where to go."""
    if not holder:
        return None
    return (
        f"{name} in QuickBooks is joined to {holder} already: give one of the two another name in Procore, "
        "link this one to another record, or say that it is new."
    )


def several_matches(names: Collection[str]) -> str | None:
    """Ask a person when QuickBooks has several records that could be this one (ACCOUNTING 2)."""
    if not names:
        return None
    listed = "; ".join(sorted(names)[:5])
    return f"QuickBooks has records that may be this one: {listed}. Link one of them, or say that it is new."


def shortened(what: str, full: str, cut: str) -> str | None:
    """Say before acceptance what QuickBooks' limits make of a name or number."""
    return None if full == cut else f'{what} is written as "{cut}" in QuickBooks (Procore: "{full}").'


def procore_not_read(pulled_at: dt.datetime | None) -> str | None:
    """Offer nothing to Procore before it is known what Procore has."""
    return (
        None
        if pulled_at
        else "Procore has not been read yet: the server reads it soon, so that nothing is made there twice."
    )


def several_in_procore(what: str, names: Collection[str]) -> str | None:
    """Ask a person when Procore has projects or vendors that could be what was born in QuickBooks."""
    if not names:
        return None
    listed = "; ".join(list(names)[:5])
    return f"Procore has {what}s that may be this one: {listed}. Link one of them, or say that it is new."


def left_quickbooks(record: ListRecord | None) -> str | None:
    """Offer to Procore only what QuickBooks has and uses."""
    if record is None or record.gone:
        return "QuickBooks no longer has it: it was deleted there, or merged with another record."
    return None if record.is_active else "It is inactive in QuickBooks."


def _called(commitment: Commitment) -> str:
    return f"{'Subcontract' if commitment.subcontract else 'Purchase order'} {commitment.number}"


def project_unread(refusal: str) -> str:
    """Say that nothing new of a project is known, because Procore refuses to show it."""
    return f"Procore refused the last reading of this project, so nothing newer of it is known. {refusal}"
