"""The bookkeeper's desk, documents: bills, checks, charges, credits, journals, paychecks, and changes by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from threading import RLock

from .book import ENTITY_KINDS, Book
from .documents import enter, new_txn
from .errors import invalid
from .lists import add_record, require
from .modify import find
from .nodes import quickbooks_text
from .purchases import (
    Draft,
    account_of,
    check_open,
    enter_posting,
    expense_line,
    item_line,
    order_lines,
)
from .state import TxnLine
from .values import cents

WITHHELD_SHARE = Decimal("0.2")
"""Part of gross wages that goes to payroll liabilities when a paycheck does not say."""


@dataclass(frozen=True)
class Line:
    """One line of a document as typed: amount in currency units, and an item or an account.

    `job` is a customer or job, `quantity` counts units of an item, `billable` passes the cost on to the customer,
    `class_name` is a class by FullName.
    """

    amount: Decimal
    item: str = ""
    account: str = ""
    job: str = ""
    memo: str = ""
    quantity: Decimal | None = None
    billable: bool = False
    class_name: str = ""


@dataclass(frozen=True)
class JournalLine:
    """One line of a journal entry: an account, a debit or a credit in currency units, perhaps a name and a class."""

    account: str
    debit: Decimal = Decimal(0)
    credit: Decimal = Decimal(0)
    entity: str = ""
    memo: str = ""
    class_name: str = ""


@dataclass(frozen=True)
class PaycheckLine:
    """One earning on a paycheck: gross wages in currency units, job, service item and class worked on."""

    amount: Decimal
    job: str = ""
    item: str = ""
    class_name: str = ""


@dataclass(frozen=True)
class _Payment:
    kind: str
    payee: str
    account: str
    txn_date: date
    ref_number: str
    memo: str
    is_pending: bool = False


def check_amount(amount: Decimal) -> None:
    """Refuse an amount in currency units that has more than two decimals."""
    if cents(amount) != amount:
        raise invalid(f"The amount {amount} has more than two decimals.")


class DocumentDesk:
    """Screen actions that post. Names may be given as FullName or ListID; refusals are QuickBooksError."""

    _book: Book
    _lock: RLock

    def enter_bill(
        self,
        vendor: str,
        lines: Sequence[Line],
        *,
        txn_date: date,
        ref_number: str = "",
        memo: str = "",
        due_date: date | None = None,
        pending: bool = False,
    ) -> str:
        """Enter a bill; gives its TxnID. A pending one does not post until `post_pending`."""
        with self._lock:
            draft = self._vendor_draft("Bill", vendor, txn_date, ref_number=ref_number, memo=memo)
            draft = replace(draft, due_date=due_date, is_pending=pending)
            return enter_posting(self._book, draft, self._lines(lines)).txn_id

    def enter_bill_on_order(
        self,
        order_txn_id: str,
        amounts: Mapping[str, Decimal] | None = None,
        *,
        txn_date: date,
        ref_number: str = "",
        lines: Sequence[Line] = (),
    ) -> str:
        """Enter a bill for a purchase order; gives its TxnID.

        `amounts` gives the billed amount in currency units by TxnLineID, None bills all that is open; the received
        quantity of the order's lines rises accordingly. `lines` are further lines that are not on the order.
        """
        with self._lock:
            return self._on_order("Bill", order_txn_id, amounts, lines, txn_date=txn_date, ref_number=ref_number)

    def _on_order(
        self,
        kind: str,
        order_txn_id: str,
        amounts: Mapping[str, Decimal] | None,
        lines: Sequence[Line],
        *,
        txn_date: date,
        ref_number: str,
    ) -> str:
        order = find(self._book, "PurchaseOrder", order_txn_id)
        draft = self._vendor_draft(kind, order.entity_id, txn_date, ref_number=ref_number)
        chosen = None if amounts is None else dict(amounts)
        drawn = order_lines(self._book, order, order.entity_id, chosen)
        return enter_posting(self._book, draft, [*self._lines(lines), *drawn]).txn_id

    def enter_vendor_credit(
        self, vendor: str, lines: Sequence[Line], *, txn_date: date, ref_number: str = "", memo: str = ""
    ) -> str:
        """Enter a vendor credit (positive amounts lower the cost); gives its TxnID."""
        with self._lock:
            draft = self._vendor_draft("VendorCredit", vendor, txn_date, ref_number=ref_number, memo=memo)
            return enter_posting(self._book, draft, self._lines(lines)).txn_id

    def enter_check(
        self,
        payee: str,
        lines: Sequence[Line],
        *,
        txn_date: date,
        ref_number: str = "",
        memo: str = "",
        account: str = "Checking",
        pending: bool = False,
    ) -> str:
        """Write a check from a bank account to any name; gives its TxnID. A pending one does not post yet."""
        return self._pay(_Payment("Check", payee, account, txn_date, ref_number, memo, is_pending=pending), lines)

    def enter_card_charge(
        self,
        payee: str,
        lines: Sequence[Line],
        *,
        txn_date: date,
        ref_number: str = "",
        memo: str = "",
        account: str = "Company Credit Card",
    ) -> str:
        """Enter a credit card charge; gives its TxnID."""
        return self._pay(_Payment("CreditCardCharge", payee, account, txn_date, ref_number, memo), lines)

    def enter_card_credit(
        self,
        payee: str,
        lines: Sequence[Line],
        *,
        txn_date: date,
        ref_number: str = "",
        memo: str = "",
        account: str = "Company Credit Card",
    ) -> str:
        """Enter a refund on a credit card (positive amounts lower the cost); gives its TxnID."""
        return self._pay(_Payment("CreditCardCredit", payee, account, txn_date, ref_number, memo), lines)

    def enter_deposit(
        self, payee: str, lines: Sequence[Line], *, txn_date: date, memo: str = "", account: str = "Checking"
    ) -> str:
        """Enter a deposit: the lines' accounts are credited, the bank account is debited; gives its TxnID."""
        return self._pay(_Payment("Deposit", payee, account, txn_date, "", memo), lines)

    def _pay(self, payment: "_Payment", lines: Sequence[Line]) -> str:
        with self._lock:
            kind = payment.kind
            entity = require(self._book, ENTITY_KINDS, payment.payee, kind).list_id if payment.payee else ""
            account_id = require(self._book, ("Account",), payment.account, kind).list_id
            number, memo = quickbooks_text(payment.ref_number), quickbooks_text(payment.memo)
            draft = Draft(kind, entity, account_id, payment.txn_date, number, memo, is_pending=payment.is_pending)
            return enter_posting(self._book, draft, self._lines(lines)).txn_id

    def _vendor_draft(self, kind: str, vendor: str, txn_date: date, *, ref_number: str = "", memo: str = "") -> Draft:
        vendor_id = require(self._book, ("Vendor",), vendor, kind).list_id
        payable = account_of(self._book, "AccountsPayable")
        return Draft(kind, vendor_id, payable, txn_date, quickbooks_text(ref_number), quickbooks_text(memo))

    def _lines(self, lines: Sequence[Line]) -> list[TxnLine]:
        return [self._line(one) for one in lines]

    def _line(self, line: Line) -> TxnLine:
        if bool(line.item) == bool(line.account):
            raise invalid("A line needs an item or an account, and not both.")
        check_amount(line.amount)
        job_id = require(self._book, ("Customer",), line.job, "line").list_id if line.job else ""
        memo = quickbooks_text(line.memo)
        status = ("Billable" if line.billable else "NotBillable") if job_id else ""
        if line.account:
            account_id = require(self._book, ("Account",), line.account, "line").list_id
            made = expense_line(self._book, account_id, line.amount, job_id=job_id, memo=memo, billable=status)
        else:
            item_id = require(self._book, ("Item",), line.item, "line").list_id
            figures = (line.quantity, None, line.amount)
            made = item_line(self._book, item_id, figures, job_id=job_id, memo=memo or None)
        made.billable, made.class_id = status, self._class(line.class_name)
        return made

    def _class(self, name: str) -> str:
        return require(self._book, ("Class",), name, "line").list_id if name else ""

    def enter_journal(self, lines: Sequence[JournalLine], *, txn_date: date, ref_number: str = "") -> str:
        """Enter a journal entry, which must balance; gives its TxnID."""
        with self._lock:
            check_open(self._book, txn_date)
            made = self._journal_lines(lines)
            txn = new_txn(self._book, "JournalEntry", txn_date)
            txn.ref_number, txn.lines = quickbooks_text(ref_number), made
            return enter(self._book, txn).txn_id

    def _journal_lines(self, lines: Sequence[JournalLine]) -> list[TxnLine]:
        if not lines or sum((one.debit - one.credit for one in lines), Decimal(0)):
            raise invalid("The transaction is not in balance.")
        return [self._journal_line(one) for one in lines]

    def _journal_line(self, line: JournalLine) -> TxnLine:
        if line.debit and line.credit:
            raise invalid("A line has a debit or a credit, not both.")
        account_id = require(self._book, ("Account",), line.account, "JournalEntry line").list_id
        entity = require(self._book, ENTITY_KINDS, line.entity, "JournalEntry line").list_id if line.entity else ""
        return TxnLine(
            line_id=self._book.new_txn_id(),
            kind="credit" if line.credit else "debit",
            amount=line.credit or line.debit,
            account_id=account_id,
            job_id=entity,
            class_id=self._class(line.class_name),
            memo=quickbooks_text(line.memo),
        )

    def enter_paycheck(
        self, employee: str, lines: Sequence[PaycheckLine], *, txn_date: date, withheld: Decimal | None = None
    ) -> str:
        """Pay an employee, who is added when unknown; gives the TxnID.

        Gross wages post to payroll expenses per job and item, `withheld` (currency units, a fifth of the gross by
        default) to payroll liabilities, the rest leaves the bank account. No transaction query ever shows it.
        """
        with self._lock:
            known = self._book.known(("Employee",), employee)
            person = known or add_record(self._book, "Employee", quickbooks_text(employee))
            wages = self._wages(lines, withheld)
            bank = require(self._book, ("Account",), "Checking", "Paycheck").list_id
            draft = Draft("Paycheck", person.list_id, bank, txn_date)
            return enter_posting(self._book, draft, wages).txn_id

    def _wages(self, lines: Sequence[PaycheckLine], withheld: Decimal | None) -> list[TxnLine]:
        gross = sum((one.amount for one in lines), Decimal(0))
        kept = cents(gross * WITHHELD_SHARE) if withheld is None else withheld
        wages = [self._wage(one) for one in lines]
        if wages and kept:
            liability = require(self._book, ("Account",), "Payroll Liabilities", "Paycheck").list_id
            wages.append(TxnLine(self._book.new_txn_id(), "withheld", kept, account_id=liability))
        return wages

    def _wage(self, line: PaycheckLine) -> TxnLine:
        expense = require(self._book, ("Account",), "Payroll Expenses", "Paycheck line").list_id
        job = require(self._book, ("Customer",), line.job, "Paycheck line").list_id if line.job else ""
        item = require(self._book, ("Item",), line.item, "Paycheck line").list_id if line.item else ""
        wage = TxnLine(self._book.new_txn_id(), "wage", line.amount, item_id=item, account_id=expense, job_id=job)
        wage.class_id = self._class(line.class_name)
        return wage
