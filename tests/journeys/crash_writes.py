"""The rows of the crash matrix: every kind of write, how to come to it, and what stands in QuickBooks after it."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from qbwc_bridge.domain.records import Submission
from qbwc_bridge.flow import decisions
from qbwc_bridge.rehearsal.procore import CommitmentLine
from tests.journeys.bridge import START, Bridge
from tests.journeys.crashing import finish

CODE = "03-300.M"
ORDER = "PurchaseOrder"
ESTIMATE = "Estimate"

Do = Callable[[Bridge], None]
Documents = tuple[tuple[str, str, int, bool], ...]
"""Kind, total, number of lines and whether closed, of every order and estimate, sorted."""


@dataclass(frozen=True)
class Write:
    """A kind of write: its request, how to bring a bridge to where exactly this is accepted, and what stands then."""

    name: str
    request: str
    prepare: Do
    stand: Documents


RECORDS: dict[str, Callable[[Submission], bool]] = {
    "job": lambda row: row.kind == "job",
    "vendor": lambda row: row.kind == "vendor",
    "item": lambda row: row.key == "03-300",
    "sub-item": lambda row: row.key == CODE,
    "estimate": lambda row: row.kind == "budget",
    "budget change": lambda row: row.kind == "budget_change",
    "order": lambda row: row.kind == "commitment",
    "change order": lambda row: row.kind == "change_order" and row.title == "Steps to the lobby",
    "second change": lambda row: row.title == "Ramp",
    "third change": lambda row: row.title == "Less steps",
}
"""The submissions of the small company, and those that the steps below add."""

BUDGETED = ("item", "sub-item", "job", "estimate")
ORDERED = ("item", "sub-item", "job", "vendor", "order")
CHANGED = (*ORDERED, "change order")


def one(bridge: Bridge, name: str) -> Submission:
    """The submission of that name."""
    (row,) = filter(RECORDS[name], bridge.submissions())
    return row


def accept(bridge: Bridge, *names: str) -> None:
    """Accept records by name."""
    for name in names:
        bridge.decide(decisions.accept, one(bridge, name))


def after(*stand: str, then: tuple[str, ...], customer: bool = True, do: tuple[Do, ...] = ()) -> Do:
    """Let the records of these names stand in QuickBooks, let people do something, then accept some more."""

    def prepare(bridge: Bridge) -> None:
        if customer:
            bridge.company.add_customer("Bluestone Clients")
        bridge.switch_on()
        bridge.visit()
        accept(bridge, *stand)
        finish(bridge)
        for each in do:
            each(bridge)
        accept(bridge, *then)

    return prepare


# ------------------------------------------------------------ what people do


def _change_budget(bridge: Bridge) -> None:
    (project,) = bridge.projects("24-001")
    bridge.procore.approve_budget_change(project, 1, {CODE: Decimal("1250.50")})
    bridge.pull()


def _lock_again(bridge: Bridge) -> None:
    (project,) = bridge.projects("24-001")
    bridge.procore.unlock_budget(project)
    bridge.pull()
    bridge.procore.set_budget(project, {CODE: Decimal("7000.00")})
    bridge.procore.lock_budget(project)
    bridge.pull()


def _change_twice_more(bridge: Bridge) -> None:
    order = _contract(bridge)
    first = bridge.procore.commitment_lines(order)[0]
    bridge.procore.add_change_order(order, "002", "Ramp", [CommitmentLine(CODE, "Ramp", Decimal(400))])
    less = CommitmentLine(CODE, "Less steps", Decimal(-300), changes_line=first)
    bridge.procore.add_change_order(order, "003", "Less steps", [less])
    bridge.pull()


def _change_lines(bridge: Bridge) -> None:
    order = _contract(bridge)
    first, second = bridge.procore.commitment_lines(order)
    bridge.procore.set_commitment_line(order, first, CommitmentLine(CODE, "Pour 1, thicker", Decimal(1300)))
    bridge.procore.delete_commitment_line(order, second)
    bridge.procore.add_commitment_line(order, CommitmentLine(CODE, "Pour 3", Decimal(3000)))
    bridge.pull()


def _end_contract(bridge: Bridge) -> None:
    bridge.procore.set_commitment(_contract(bridge), status="Closed")
    bridge.pull()
    bridge.decide(decisions.close_order, one(bridge, "order"))


def _close_and_choose_to_reopen(bridge: Bridge) -> None:
    bridge.company.close_order(bridge.company.orders()[0].txn_id)
    _look(bridge)
    bridge.decide(decisions.reopen_order, one(bridge, "change order"))


def _bill_and_choose_a_second(bridge: Bridge) -> None:
    bridge.company.enter_bill_on_order(bridge.company.orders()[0].txn_id, None, txn_date=START.date())
    _look(bridge)
    bridge.decide(decisions.second_order, one(bridge, "change order"))


def _look(bridge: Bridge) -> None:
    bridge.refresh_costs()
    finish(bridge)


def _contract(bridge: Bridge) -> int:
    return int(one(bridge, "order").key)


# ------------------------------------------------------------ the rows

BUDGET: Documents = ((ESTIMATE, "5000.00", 1, False),)
FIRST: Documents = ((ORDER, "3000.00", 2, False),)

WRITES = (
    Write("customer above a job", "CustomerAddRq", after(then=("job",), customer=False), ()),
    Write("job", "CustomerAddRq", after(then=("job",)), ()),
    Write("vendor", "VendorAddRq", after(then=("vendor",)), ()),
    Write("item", "ItemServiceAddRq", after(then=("item",)), ()),
    Write("sub-item", "ItemServiceAddRq", after("item", then=("sub-item",)), ()),
    Write("estimate", "EstimateAddRq", after(*BUDGETED[:-1], then=BUDGETED[-1:]), BUDGET),
    Write(
        "budget change",
        "EstimateModRq",
        after(*BUDGETED, then=("budget change",), do=(_change_budget,)),
        ((ESTIMATE, "6250.50", 1, False),),
    ),
    Write(
        "budget locked again",
        "EstimateModRq",
        after(*BUDGETED, then=("estimate",), do=(_lock_again,)),
        ((ESTIMATE, "7000.00", 1, False),),
    ),
    Write("order", "PurchaseOrderAddRq", after(*ORDERED[:-1], then=ORDERED[-1:]), FIRST),
    Write(
        "change order",
        "PurchaseOrderModRq",
        after(*ORDERED, then=("change order",)),
        ((ORDER, "3150.00", 3, False),),
    ),
    Write(
        "several change orders",
        "PurchaseOrderModRq",
        after(*ORDERED, then=("change order", "second change", "third change"), do=(_change_twice_more,)),
        ((ORDER, "3250.00", 4, False),),
    ),
    Write(
        "order whose lines changed",
        "PurchaseOrderModRq",
        after(*CHANGED, then=("order",), do=(_change_lines,)),
        ((ORDER, "4450.00", 4, False),),
    ),
    Write(
        "order to be closed",
        "PurchaseOrderModRq",
        after(*CHANGED, then=(), do=(_end_contract,)),
        ((ORDER, "3150.00", 3, True),),
    ),
    Write(
        "order to be re-opened",
        "PurchaseOrderModRq",
        after(*ORDERED, then=("change order",), do=(_close_and_choose_to_reopen,)),
        ((ORDER, "3150.00", 3, False),),
    ),
    Write(
        "second order",
        "PurchaseOrderAddRq",
        after(*ORDERED, then=("change order",), do=(_bill_and_choose_a_second,)),
        ((ORDER, "150.00", 1, False), (ORDER, "3000.00", 2, False)),
    ),
)
