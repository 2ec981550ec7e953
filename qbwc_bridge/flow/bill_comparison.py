"""Bills on orders and Procore's invoices for them, as lists for people (ACCOUNTING 20)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from qbwc_bridge.domain.bill_rule import Bill, Pair, compare
from qbwc_bridge.domain.books import CostDocument, TransactionRecord
from qbwc_bridge.domain.costs import Allocation
from qbwc_bridge.domain.money import ZERO, total
from qbwc_bridge.domain.procore import ChangeOrder, Commitment
from qbwc_bridge.domain.procore_billing import SubcontractorInvoice
from qbwc_bridge.domain.records import ProjectChoice
from qbwc_bridge.flow.ledger import Ledger, several_orders
from qbwc_bridge.flow.procore_side import ProcoreSide, approved
from qbwc_bridge.flow.proof import described

Finding = Literal["no_invoice", "no_bill", "different", "agrees", "several_orders", "no_order"]

FINDINGS: dict[Finding, str] = {
    "no_invoice": "bill without an approved invoice",
    "no_bill": "invoice without a bill",
    "different": "different amounts",
    "agrees": "agrees",
    "several_orders": "bill on several orders: a person decides",
    "no_order": "bill without an order, from a vendor with one on this job: written, look at it",
}
"""What each list is called."""


@dataclass(frozen=True, slots=True)
class BillRow:
    """A bill, its invoice, or both, in one of the lists."""

    project: str
    finding: Finding
    commitment: str
    bill: str
    invoice: str
    bill_amount: Decimal
    invoice_amount: Decimal
    note: str = ""

    @property
    def difference(self) -> Decimal:
        """The bill less the invoice."""
        return self.bill_amount - self.invoice_amount


def bill_rows(ledger: Ledger, side: ProcoreSide, choice: ProjectChoice) -> list[BillRow]:
    """Compare the bills of a project with Procore's approved invoices; where these are not known, list bills alone."""
    items = ledger.of_project(choice.project_id)
    known = choice.project_id in side.invoices
    compared = _Project(ledger, side, choice).compared(_bills(ledger, items)) if known else []
    return [*compared, *_to_look_at(ledger, choice, items)]


def _bills(ledger: Ledger, items: Iterable[Allocation]) -> list[Bill]:
    """Give what each document bills of its one exported order."""
    documents: dict[str, CostDocument] = {}
    amounts: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for item in items:
        if ledger.on_order(item):
            documents[item.document.txn_id] = item.document
            amounts[item.document.txn_id] += item.line.amount
    commitments = _commitments(ledger)
    return [
        Bill(
            txn_id,
            commitments.get(document.order_ids[0], 0),
            document.ref_number,
            document.txn_date,
            amounts[txn_id],
            described(document),
        )
        for txn_id, document in documents.items()
    ]


def _commitments(ledger: Ledger) -> dict[str, int]:
    """Give the commitment of every exported order; a second order is of the commitment whose change it is."""
    found = {txn_id: int(row.key) for txn_id, row in ledger.orders.items() if row.kind == "commitment"}
    seconds = {row.key: txn_id for txn_id, row in ledger.orders.items() if row.kind == "change_order"}
    if seconds:
        changes = ledger.uow.documents.find(
            connection_id=ledger.connection.id, kind="change_order", key=sorted(seconds)
        )
        for change in changes:
            if isinstance(change.document, ChangeOrder):
                found[seconds[change.key]] = change.document.commitment_id
    return found


class _Project:
    """The comparison of one project, in words."""

    def __init__(self, ledger: Ledger, side: ProcoreSide, choice: ProjectChoice) -> None:
        self._project, self._number = choice.number, choice.project_id
        self._side, self._as_of = side, ledger.as_of
        rows = ledger.uow.documents.find(
            connection_id=ledger.connection.id, kind="commitment", project_id=choice.project_id
        )
        documents = [row.document for row in rows]
        self._numbers = {each.id: each.number for each in documents if isinstance(each, Commitment)}
        self._exported = set(_commitments(ledger).values())

    def compared(self, bills: list[Bill]) -> list[BillRow]:
        """Give every bill and every invoice in its list, what needs a look first."""
        # An invoice that only pays retainage out claims nothing, and no bill is drawn on the order for it.
        numbered = {bill.number for bill in bills}
        shown = approved(self._side, self._number, self._as_of)
        found = compare(bills, [each for each in shown if each.amount() or each.invoice_number in numbered])
        waiting = [each for each in self._side.invoices[self._number] if not each.approved]
        statuses = {id(pair.bill): pair.invoice for pair in _pairs(found.bills, waiting)}
        return [
            *(self._bill(bill, statuses.get(id(bill))) for bill in found.bills),
            *(self._invoice(invoice) for invoice in found.invoices),
            *(self._pair("different", pair.bill, pair.invoice) for pair in found.differing),
            *(self._pair("agrees", pair.bill, pair.invoice) for pair in found.agreeing),
        ]

    def _bill(self, bill: Bill, waiting: SubcontractorInvoice | None) -> BillRow:
        note = f"{_called(waiting)} is {waiting.status.replace('_', ' ')} in Procore" if waiting else ""
        return BillRow(
            self._project, "no_invoice", self._of(bill.commitment_id), bill.called, "", bill.amount, ZERO, note
        )

    def _invoice(self, invoice: SubcontractorInvoice) -> BillRow:
        number = self._of(invoice.commitment_id)
        note = "" if invoice.commitment_id in self._exported else f"{number} is not in QuickBooks as an order"
        return BillRow(self._project, "no_bill", number, "", _called(invoice), ZERO, invoice.amount(), note)

    def _pair(self, finding: Finding, bill: Bill, invoice: SubcontractorInvoice) -> BillRow:
        number = self._of(bill.commitment_id)
        amounts = bill.amount, invoice.amount()
        return BillRow(self._project, finding, number, bill.called, _called(invoice), *amounts)

    def _of(self, commitment_id: int) -> str:
        return self._numbers.get(commitment_id, f"commitment {commitment_id}" if commitment_id else "gone from Procore")


def _pairs(bills: Iterable[Bill], invoices: Iterable[SubcontractorInvoice]) -> list[Pair]:
    found = compare(bills, invoices)
    return [*found.agreeing, *found.differing]


def _called(invoice: SubcontractorInvoice) -> str:
    number = invoice.invoice_number or (f"no. {invoice.number}" if invoice.number else "without a number")
    return f"Invoice {number}" + (f" of {invoice.billing_date}" if invoice.billing_date else "")


def _to_look_at(ledger: Ledger, choice: ProjectChoice, items: Sequence[Allocation]) -> list[BillRow]:
    """List bills on several orders, and bills of a vendor with an order on the job that are drawn on none."""
    amounts: dict[str, list[Decimal]] = defaultdict(list)
    documents = {item.document.txn_id: item.document for item in items}
    for item in items:
        amounts[item.document.txn_id].append(item.line.amount)
    vendors = _vendors_with_orders(ledger, choice.project_id)
    several = [doc for doc in several_orders(documents.values()) if ledger.orders.keys() & set(doc.order_ids)]
    loose = {doc.txn_id: doc for doc in ledger.unlinked_bills(items)}.values()
    found: list[tuple[Finding, CostDocument]] = [("several_orders", doc) for doc in several]
    found += [("no_order", doc) for doc in loose]
    return [
        BillRow(
            choice.number,
            finding,
            ", ".join(ledger.orders[order].number for order in doc.order_ids if order in ledger.orders)
            or vendors.get(doc.vendor_id, ""),
            described(doc),
            "",
            total(amounts[doc.txn_id]),
            ZERO,
        )
        for finding, doc in found
    ]


def _vendors_with_orders(ledger: Ledger, project_id: int) -> dict[str, str]:
    """Give vendors by ListID with the numbers of their exported orders on the project's job."""
    mine = {txn_id: row for txn_id, row in ledger.orders.items() if row.project_id == project_id}
    found: dict[str, list[str]] = defaultdict(list)
    for order in _orders(ledger, mine):
        found[order.party_id].append(mine[order.txn_id].number)
    return {vendor: ", ".join(sorted(numbers)) for vendor, numbers in found.items() if vendor}


def _orders(ledger: Ledger, txn_ids: Collection[str]) -> list[TransactionRecord]:
    if not txn_ids:
        return []
    return ledger.uow.transactions.find(
        connection_id=ledger.connection.id, kind="PurchaseOrder", txn_id=sorted(txn_ids)
    )
