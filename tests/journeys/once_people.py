"""What project managers and QuickBooks' users do in the stories of the once machine."""

from decimal import Decimal
from random import Random

from qbwc_bridge.rehearsal.procore import CommitmentLine
from qbwc_bridge.rehearsal.quickbooks import EstimateView, Line, NameView, OrderView
from tests.journeys.bridge import START, Bridge

CODE = "03-300.M"


class People:
    """Both sides of a bridge; what a person deleted or edited in QuickBooks is noted beside it."""

    bridge: Bridge
    project: int
    vendor: int
    orders: list[int]
    changes: list[int]

    def __init__(self) -> None:
        super().__init__()
        self.deleted: set[str] = set()
        self.edited: set[str] = set()
        self.count = 0

    # ------------------------------------------------------------ what a project manager does

    def _order(self, random: Random, amount: Decimal) -> None:
        name, parts = f"X-{self._number()}", random.randint(1, 3)
        lines = [CommitmentLine(CODE, f"line {part}", amount + part) for part in range(parts)]
        self.orders.append(self.bridge.procore.add_purchase_order(self.project, name, "more", self.vendor, lines))

    def _line(self, random: Random, amount: Decimal) -> None:
        order = random.choice(self.orders)
        line = random.choice(self.bridge.procore.commitment_lines(order))
        self.bridge.procore.set_commitment_line(order, line, CommitmentLine(CODE, f"typed {self._number()}", amount))

    def _more_lines(self, random: Random, amount: Decimal) -> None:
        line = CommitmentLine(CODE, f"added {self._number()}", amount)
        self.bridge.procore.add_commitment_line(random.choice(self.orders), line)

    def _fewer_lines(self, random: Random, _amount: Decimal) -> None:
        order = random.choice(self.orders)
        first, *more = self.bridge.procore.commitment_lines(order)
        if more:
            self.bridge.procore.delete_commitment_line(order, random.choice([first, *more]))

    def _change(self, random: Random, amount: Decimal) -> None:
        self._change_of(random.choice(self.orders), random, amount)

    def _changes(self, random: Random, amount: Decimal) -> None:
        order = random.choice(self.orders)
        for part in range(random.randint(2, 3)):
            self._change_of(order, random, amount + part)

    def _change_of(self, order: int, random: Random, amount: Decimal) -> None:
        number = f"{self._number():03}"
        linked = random.choice([None, *self.bridge.procore.commitment_lines(order)])
        line = CommitmentLine(CODE, f"change {number}", amount - 3000, changes_line=linked)
        status = random.choice(["approved", "approved", "draft"])
        self.changes.append(self.bridge.procore.add_change_order(order, number, "change", [line], status=status))

    def _approve_change(self, random: Random, _amount: Decimal) -> None:
        status = random.choice(["approved", "approved", "draft", "void"])
        self.bridge.procore.set_change_order(random.choice(self.changes), status=status)

    def _approve_order(self, random: Random, _amount: Decimal) -> None:
        status = random.choice(["Approved", "Approved", "Draft", "Closed"])
        self.bridge.procore.set_commitment(random.choice(self.orders), status=status)

    def _budget(self, _random: Random, amount: Decimal) -> None:
        self.bridge.procore.approve_budget_change(self.project, self._number(), {CODE: amount - 3000})

    def _lock_again(self, random: Random, amount: Decimal) -> None:
        self.bridge.procore.unlock_budget(self.project)
        if random.random() < 1 / 2:
            self.bridge.pull()
        self.bridge.procore.set_budget(self.project, {CODE: amount})
        self.bridge.procore.lock_budget(self.project)

    # ------------------------------------------------------------ what QuickBooks' user does

    def _type_line(self, order: OrderView) -> None:
        added = Line(Decimal("77.70"), item=order.lines[0].item, job=order.lines[0].job)
        self.edited.add(order.txn_id)
        self.bridge.company.edit_order(order.txn_id, added=[added])

    def _retype(self, order: OrderView) -> None:
        self.edited.add(order.txn_id)
        amounts = {order.lines[0].line_id: Decimal(self._number())}
        self.bridge.company.edit_order(order.txn_id, amounts=amounts)

    def _close(self, order: OrderView) -> None:
        self.bridge.company.close_order(order.txn_id)

    def _bill(self, order: OrderView) -> None:
        self.bridge.company.enter_bill_on_order(order.txn_id, None, txn_date=START.date())

    def _delete(self, document: OrderView | EstimateView) -> None:
        self.bridge.company.delete(document.txn_id)
        self.deleted.add(document.txn_id)

    def _delete_name(self, name: NameView) -> None:
        self.bridge.company.delete_record(name.list_id)
        self.deleted.add(name.list_id)

    def _rename(self, name: NameView) -> None:
        self.bridge.company.rename(name.list_id, f"Renamed {self._number()}")

    def _number(self) -> int:
        self.count += 1
        return self.count
