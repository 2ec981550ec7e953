"""Changes of orders and estimates that stand in QuickBooks: whole new lists of lines, pure and to the cent.

QuickBooks deletes what a Mod leaves out, so every old line stands in it by its TxnLineID (ACCOUNTING 13). An addition
is a new line. A deduction lowers the line it belongs to, never below what was received; the rest becomes a negative
line.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from qbwc_bridge.domain.books import TransactionLine, TransactionRecord
from qbwc_bridge.domain.mapping import ONE, SMALLEST_QUANTITY, ItemFor, budget_line, figures, order_line
from qbwc_bridge.domain.money import ZERO, cents
from qbwc_bridge.domain.names import mark, marks
from qbwc_bridge.domain.procore import BudgetCode, ContractLine
from qbwc_bridge.domain.quickbooks import EstimateLine, EstimateMod, PurchaseOrderLine, PurchaseOrderMod, Ref
from qbwc_bridge.errors import Refused

NEW_LINE = "-1"
"""The TxnLineID of a line that a Mod adds."""

MOST_MEMO = 4095
"""Characters that a memo holds (qbXML 13.0 schema): a mark must not be cut off."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What a change leaves in the memo, by which it is known again: `CO 002 [qb:K7Q2MA]`."""

    called: str
    token: str

    def on(self, memo: str) -> str:
        """Give a memo with this mark; what does not fit goes from the memo's own words."""
        if self.token in marks(memo):
            return memo
        addition = f" +{self.called} {mark(self.token)}"
        if len(memo) + len(addition) > MOST_MEMO:
            first = "".join(f" {mark(token)}" for token in marks(memo))
            memo = memo[: max(0, MOST_MEMO - len(addition) - len(first))].rstrip() + first
        return f"{memo}{addition}".strip()


@dataclass(frozen=True, slots=True)
class Step:
    """One document's part in a change of an order: each of its lines moves the order's total by its amount.

    `called` begins the descriptions of new lines, `targets` gives the TxnLineID that a line (by id) belongs to. With
    `raises` an addition raises that line instead of making a new one. `owner` is the submission of new lines.
    """

    owner: int
    called: str
    lines: tuple[ContractLine, ...]
    targets: Mapping[int, str]
    raises: bool = False


@dataclass(frozen=True, slots=True)
class Was:
    """A line of a commitment as it was exported."""

    amount: Decimal
    code: str
    description: str
    figures: tuple[str | None, str | None] = (None, None)
    """Quantity and unit cost."""
    target: str = ""
    """The line of the commitment that a change order's line changes, by its id in Procore."""


class OrderDraft:
    """The lines of an order while one step after another changes them."""

    def __init__(self, order: TransactionRecord, *, job: Ref, item_for: ItemFor, amount_as_quantity: bool) -> None:
        self._order, self._job, self._item_for, self._as_quantity = order, job, item_for, amount_as_quantity
        self._old = {line.txn_line_id: line for line in order.lines}
        self._amounts: dict[str, Decimal] = {}
        self._whole: dict[str, PurchaseOrderLine] = {}
        self._words: dict[str, str] = {}
        self._added: list[PurchaseOrderLine] = []

    def apply(self, step: Step) -> None:
        """Let a change order, or lines that came later, move the order."""
        for line in step.lines:
            rest = cents(line.amount)
            linked = self._old.get(step.targets.get(line.id, ""))
            if linked and (rest < ZERO or (step.raises and rest > ZERO)):
                rest -= self._move(linked, rest)
            if rest != ZERO or line.amount == ZERO:
                self._add(replace(line, description=f"{step.called} {line.description}".strip()), rest, step.owner)

    def update(
        self, owner: int, lines: Iterable[ContractLine], was: Mapping[str, Was], line_ids: Mapping[str, str]
    ) -> None:
        """Let an order follow its commitment: `was` holds its lines by id as exported, `lines` are those of today."""
        present = {str(line.id): line for line in lines}
        for key, before in was.items():
            linked = self._old.get(line_ids.get(key, ""))
            line = present.get(key)
            if line is None:
                gone = ContractLine(0, f"Removed: {before.description}".strip(), -before.amount)
                rest = -before.amount - (self._move(linked, -before.amount) if linked else ZERO)
                if rest != ZERO:
                    self._add(gone, rest, owner, like=linked)
            elif linked is None:
                if cents(line.amount) != before.amount:
                    self._add(line, cents(line.amount) - before.amount, owner)
            else:
                self._follow(linked, line, before, owner)
        for key, line in present.items():
            if key not in was:
                self._add(line, cents(line.amount), owner)

    def _follow(self, linked: TransactionLine, line: ContractLine, before: Was, owner: int) -> None:
        by = cents(line.amount) - before.amount
        wanted = self._amounts.get(linked.txn_line_id, linked.amount) + by
        code = line.code.code if line.code else ""
        if line.description != before.description:
            self._words[linked.txn_line_id] = line.description
        if code != before.code:
            if linked.received:
                stays = max(_received_amount(linked), ZERO)
                self._amounts[linked.txn_line_id] = stays
                self._words.pop(linked.txn_line_id, None)
                if wanted != stays:
                    self._add(line, wanted - stays, owner)
            else:
                whole = self._new(_with_amount(line, wanted), owner)
                self._whole[linked.txn_line_id] = replace(whole, txn_line_id=linked.txn_line_id)
        elif by or _figures(line) != before.figures:
            self._refigure(linked, line, wanted, by, owner)

    def _refigure(self, linked: TransactionLine, line: ContractLine, wanted: Decimal, by: Decimal, owner: int) -> None:
        """Give a line its new figures: Procore's own where the whole line is Procore's, else at its old rate."""
        value = figures(line, amount_as_quantity=self._as_quantity)
        if wanted == value.amount and value.quantity >= (linked.received or ZERO):
            self._whole[linked.txn_line_id] = PurchaseOrderLine(
                txn_line_id=linked.txn_line_id, quantity=value.quantity, rate=value.rate, amount=value.amount
            )
            return
        rest = by - self._move(linked, by)
        if rest != ZERO:
            self._add(line, rest, owner)

    def _move(self, linked: TransactionLine, by: Decimal) -> Decimal:
        """Raise or lower a line, never below what was received; gives by how much it moved."""
        before = self._amounts.get(linked.txn_line_id, linked.amount)
        after = before + by if by > ZERO else max(before + by, _received_amount(linked))
        if after == before or (by <= ZERO and after > before):
            return ZERO
        self._amounts[linked.txn_line_id] = after
        return after - before

    def _add(self, line: ContractLine, amount: Decimal, owner: int, *, like: TransactionLine | None = None) -> None:
        if like is not None:
            value = figures(_with_amount(line, amount), amount_as_quantity=self._as_quantity)
            item, job = Ref(list_id=like.item_id), Ref(list_id=like.job_id)
            made = PurchaseOrderLine(item, line.description, value.quantity, value.rate, value.amount, job)
        else:
            made = self._new(_with_amount(line, amount), owner)
        self._added.append(replace(made, txn_line_id=NEW_LINE))

    def _new(self, line: ContractLine, owner: int) -> PurchaseOrderLine:
        return order_line(line, self._job, self._item_for, as_quantity=self._as_quantity, owner=owner)

    def lines(self) -> tuple[PurchaseOrderLine, ...]:
        """Every old line in its order, then the new ones."""
        return (*(self._line(line) for line in self._order.lines), *self._added)

    def _line(self, line: TransactionLine) -> PurchaseOrderLine:
        amount = self._amounts.get(line.txn_line_id)
        made = self._whole.get(line.txn_line_id) if amount is None else None
        made = made or _kept(line, amount)
        words = self._words.get(line.txn_line_id, "")
        return replace(made, description=words) if words else made


def order_change(draft: OrderDraft, order: TransactionRecord, changes: Sequence[Mark]) -> PurchaseOrderMod:
    """Write the changes of an order as one Mod whose memo has the mark of each."""
    memo = order.memo
    for change in changes:
        memo = change.on(memo)
    return PurchaseOrderMod(
        txn_id=order.txn_id, edit_sequence=order.edit_sequence, memo=memo, lines=tuple(draft.lines())
    )


def estimate_change(
    estimate: TransactionRecord,
    moves: Mapping[int, Decimal],
    codes: Mapping[int, BudgetCode],
    *,
    line_ids: Mapping[str, str],
    owner: int,
    item_for: ItemFor,
    describe: Callable[[str], str],
    change: Mark,
) -> EstimateMod:
    """Move an estimate as it stands by amounts (`moves`) by budget code id, to the cent, whoever made its lines.

    `line_ids` gives the TxnLineID of a budget code; a code without a line gets one of its move alone. A code that left
    the budget stays with 0.00. `owner` is the submission of the budget. Raises Refused for an unknown code.
    """
    by_line = {txn_line_id: int(code_id) for code_id, txn_line_id in line_ids.items()}
    lines: list[EstimateLine] = []
    for line in estimate.lines:
        move = moves.get(by_line.get(line.txn_line_id, 0), ZERO)
        if move == ZERO:
            lines.append(EstimateLine(txn_line_id=line.txn_line_id))
        else:
            amount = line.amount + move
            lines.append(EstimateLine(txn_line_id=line.txn_line_id, quantity=ONE, rate=amount, amount=amount))
    there = {by_line.get(line.txn_line_id) for line in estimate.lines}
    for code_id, move in moves.items():
        if code_id in there:
            continue
        if code_id not in codes:
            raise Refused(f"Budget code {code_id} is no longer shown by Procore: enter its row there, or change it.")
        new = budget_line(codes[code_id], move, item_for=item_for, describe=describe, owner=owner)
        lines.append(replace(new, txn_line_id=NEW_LINE))
    return EstimateMod(
        txn_id=estimate.txn_id,
        edit_sequence=estimate.edit_sequence,
        memo=change.on(estimate.memo),
        lines=tuple(lines),
    )


def _kept(line: TransactionLine, amount: Decimal | None) -> PurchaseOrderLine:
    """Keep a line, with another amount if one is given: at its own rate, so that what was received stays received.

    A line of quantity 1 of which nothing was received stays one unit at another rate.
    """
    if amount is None:
        return PurchaseOrderLine(txn_line_id=line.txn_line_id)
    quantity, rate = ONE, amount
    if line.rate and amount / line.rate > ZERO and (line.received or line.rate == ONE or line.quantity != ONE):
        exact = (amount / line.rate).quantize(SMALLEST_QUANTITY)
        quantity, rate = max(exact, line.received or ZERO, SMALLEST_QUANTITY), line.rate
    return PurchaseOrderLine(txn_line_id=line.txn_line_id, quantity=quantity, rate=rate, amount=amount)


def _received_amount(line: TransactionLine) -> Decimal:
    if not line.received:
        return ZERO
    return cents(line.received * (line.rate if line.rate is not None else ONE))


def _with_amount(line: ContractLine, amount: Decimal) -> ContractLine:
    """Give the line with another amount; its quantity and unit cost then no longer hold."""
    if amount == cents(line.amount):
        return line
    return replace(line, amount=amount, quantity=None, unit_cost=None)


def _figures(line: ContractLine) -> tuple[str | None, str | None]:
    """Quantity and unit cost as a content holds them."""
    return tuple(None if value is None else str(value) for value in (line.quantity, line.unit_cost))  # type: ignore[return-value]
