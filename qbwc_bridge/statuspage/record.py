"""One submission: what it is, what stands against it, what may be done, and its history, newest first."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from qbwc_bridge.domain import rules
from qbwc_bridge.domain.money import ZERO, cents, readable
from qbwc_bridge.domain.procore import (
    Budget,
    ChangeOrder,
    Commitment,
    ContractLine,
    PrimeChange,
    Vendor,
)
from qbwc_bridge.domain.records import KINDS_OUTWARD, Connection, Submission
from qbwc_bridge.domain.states import State
from qbwc_bridge.errors import NotFound
from qbwc_bridge.flow.agreement import DOCUMENTS
from qbwc_bridge.flow.links import to_choose
from qbwc_bridge.flow.options import Options
from qbwc_bridge.flow.procore_links import called, document_of
from qbwc_bridge.statuspage import words
from qbwc_bridge.statuspage.ask import MOST_OFFERED, Ask, Page
from qbwc_bridge.statuspage.beside import beside
from qbwc_bridge.statuspage.deciding import ACTIONS
from qbwc_bridge.statuspage.lines import lines
from qbwc_bridge.statuspage.render import day
from qbwc_bridge.statuspage.tabs import tab_of

MOST_NEAR = 3
"""Names nearly the same that a record is offered to be linked to, each by a button; the field knows them all."""

STATES = {state.value: look.word for state, look in words.STATES.items()}
STATES_OUTWARD = STATES | {State.ACCEPTED.value: words.WAITS_FOR_PROCORE.word}


@dataclass(frozen=True, slots=True)
class Position:
    """A line of what Procore holds; quantity and unit cost only where the line has them."""

    code: str
    text: str
    quantity: str
    unit_cost: Decimal | None
    amount: Decimal


def record(ask: Ask, name: str, number: int) -> Page:
    """Show one submission of a connection; raises NotFound."""
    connection = ask.connection(name)
    row = ask.uow.submissions.first(id=number, connection_id=connection.id)
    if row is None:
        raise NotFound(f"There is no record number {number} in {name}.")
    options = ask.site.kit.options(connection)
    (line,) = lines(ask, connection, [row])
    outward = row.kind in KINDS_OUTWARD
    near, names = to_choose(ask.uow, connection, row) if "link" in line.actions else ([], [])
    values = {
        "connection": connection,
        "zone": options.zone,
        "tab": tab_of(row.kind),
        "line": line,
        "row": row,
        "actions": [(action, ACTIONS[action].button) for action in line.actions],
        "facts": [*_facts(ask, connection, row, options), *_quickbooks(row)],
        "positions": list(_positions(ask, connection, row)),
        "history": ask.uow.history.find(subject="submission", subject_id=row.id, order="-id"),
        "states": STATES_OUTWARD if outward else STATES,
        "other": "Procore" if outward else "QuickBooks",
        "near": near[:MOST_NEAR],
        "names": names[:MOST_OFFERED],
        **beside(ask, connection, row),
    }
    return Page("record.html", values)


def _document(ask: Ask, connection: Connection, row: Submission) -> object:
    kind = "project" if row.kind == "job" else row.kind
    found = ask.uow.documents.first(connection_id=connection.id, kind=kind, key=row.key)
    return found.document if found else None


def _facts(ask: Ask, connection: Connection, row: Submission, options: Options) -> list[tuple[str, str]]:
    """What Procore says of it, and what it will hang on in QuickBooks: label and text, empty ones left out."""
    facts: list[tuple[str, str]] = []
    match _document(ask, connection, row):
        case Commitment() as order:
            kind = "Subcontract" if order.subcontract else "Purchase order"
            facts = [("In Procore", f"{kind}, {order.status}"), ("Vendor", order.vendor_name)]
            facts += [
                ("Contract date", day(order.contract_date) if order.contract_date else ""),
                ("Revised contract", _revised(ask, row, order)),
                ("Paid in Procore", readable(order.paid) if order.paid else ""),
            ]
        case ChangeOrder() as change:
            order_row = ask.uow.submissions.first(
                connection_id=connection.id, kind="commitment", key=str(change.commitment_id)
            )
            facts = [("In Procore", f"Change order, {change.status}")]
            facts += [("Changes", f"{order_row.number} {order_row.title}" if order_row else "")]
        case Budget() as budget:
            facts = [("In Procore", "Budget, locked" if budget.locked else "Budget, not locked")]
            kept = ask.uow.documents.find(
                connection_id=connection.id, kind="prime_change", project_id=budget.project_id, gone=False
            )
            changes = [row.document for row in kept if isinstance(row.document, PrimeChange)]
            beside = rules.prime_changes_beside(changes)
            facts += [("Beside the estimate", beside or "")]
        case Vendor() as vendor:
            place = " ".join(f"{vendor.address} {vendor.city} {vendor.state} {vendor.zip}".split())
            facts = [("Address", place), ("Phone", vendor.phone), ("E-mail", vendor.email)]
        case _ if row.kind == "job":
            choice = ask.uow.projects.first(connection_id=connection.id, project_id=row.project_id)
            facts = [("Customer above the job", choice.customer if choice else "")]
        case _ if row.kind in KINDS_OUTWARD:
            there = document_of(ask.uow, row)
            facts = [("In Procore", called(there) if there else "")]
        case _ if row.kind == "cost_code":
            facts = [("Income account", options.income_account), ("Expense account", options.expense_account)]
    return [(label, text) for label, text in facts if text]


def _revised(ask: Ask, row: Submission, order: Commitment) -> str:
    """Procore's revised contract, and by how much the order in QuickBooks is not that (ACCOUNTING 13)."""
    kept = ask.uow.transactions.first(connection_id=row.connection_id, txn_id=row.quickbooks_id, gone=False)
    revised = cents(order.revised)
    if not row.quickbooks_id or kept is None:
        return readable(revised)
    apart = kept.total - revised
    told = f"{readable(abs(apart))} {'more' if apart > ZERO else 'less'}" if apart else "the same"
    return f"{readable(revised)} in Procore; QuickBooks has {told}"


def _quickbooks(row: Submission) -> list[tuple[str, str]]:
    facts = [("In QuickBooks", row.quickbooks_name or ("written" if row.quickbooks_id else ""))]
    what = "Number" if row.kind in DOCUMENTS else "Name"
    facts += [(f"{what} chosen for QuickBooks", row.name), ("Accepted by", row.accepted_by)]
    return [(label, text) for label, text in facts if text]


def _positions(ask: Ask, connection: Connection, row: Submission) -> Iterable[Position]:
    match _document(ask, connection, row):
        case Commitment(lines=found) | ChangeOrder(lines=found):
            yield from map(_position, found)
        case Budget() as budget:
            amounts = budget.amounts()
            for each in budget.rows:
                called = f"{each.code.cost_code_name} {each.code.cost_type_name}".strip()
                yield Position(each.code.code, called, "", None, amounts[each.code.id])


def _position(line: ContractLine) -> Position:
    quantity = f"{line.quantity.normalize():f} {line.uom}".strip() if line.quantity is not None else ""
    return Position(line.code.code if line.code else "", line.description, quantity, line.unit_cost, line.amount)
