"""What Procore says: documents as plain values, money as Decimal, ids as 64-bit integers.

Only `procore/` knows the JSON behind them. `content()` is the part of a document that would change what QuickBooks
gets; when it changes after a person accepted, the acceptance lapses.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, Literal

from qbwc_bridge.domain.money import ZERO, cents, total
from qbwc_bridge.domain.procore_billing import Billing


@dataclass(frozen=True, slots=True)
class Project:
    """A Procore project; it becomes a job under the customer chosen when it is switched on."""

    id: int
    number: str
    name: str
    active: bool = True
    address: str = ""
    city: str = ""
    state: str = ""
    zip: str = ""
    kind: Literal["project"] = "project"

    def content(self) -> dict[str, Any]:
        """Number and name, which make the job's name, and the address, which a new job gets."""
        address = [self.address, self.city, self.state, self.zip]
        return {"number": self.number, "name": self.name, "address": address}


@dataclass(frozen=True, slots=True)
class Vendor:
    """A company of Procore's Directory that can be a vendor."""

    id: int
    name: str
    is_active: bool = True
    address: str = ""
    city: str = ""
    state: str = ""
    zip: str = ""
    phone: str = ""
    email: str = ""
    kind: Literal["vendor"] = "vendor"

    def content(self) -> dict[str, Any]:
        """All that a new vendor gets; QuickBooks owns address and terms once linked (ACCOUNTING 4)."""
        address = [self.address, self.city, self.state, self.zip]
        return {"name": self.name, "address": address, "phone": self.phone, "email": self.email}


@dataclass(frozen=True, slots=True)
class CostCode:
    """A standard cost code, such as 03-300 Cast-in-Place Concrete; a division is a code that others have as parent."""

    id: int
    full_code: str
    name: str
    parent_id: int | None = None
    kind: Literal["cost_code"] = "cost_code"


@dataclass(frozen=True, slots=True)
class CostType:
    """A cost type ("line item type" in the API), such as M Materials."""

    id: int
    code: str
    name: str
    kind: Literal["cost_type"] = "cost_type"


@dataclass(frozen=True, slots=True)
class BudgetCode:
    """A budget code of one project ("wbs_code" in the API): a cost code with a cost type.

    `id` is the wbs_code id. Codes are taken from the segment items, never cut out of `flat_code`, whose punctuation
    customers choose.
    """

    id: int
    cost_code: str
    cost_type: str
    cost_code_name: str = ""
    cost_type_name: str = ""
    other_segments: bool = False
    """True where a sub job or a custom segment takes part: such codes are refused with a reason."""

    @property
    def code(self) -> str:
        """Cost code, dot, cost type: `03-300.M`, as people name it in commands."""
        return f"{self.cost_code}.{self.cost_type}"


def code_ids(codes: Iterable[BudgetCode]) -> dict[str, int]:
    """Give the ids of budget codes by name; a sub job or custom segment has codes of its own under the same name."""
    return {code.code: code.id for code in codes if not code.other_segments}


@dataclass(frozen=True, slots=True)
class BudgetRow:
    """A budgeted row: what the locked budget holds for one budget code."""

    code: BudgetCode
    original: Decimal
    modifications: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class BudgetChange:
    """An approved budget change: amounts by budget code id."""

    id: int
    number: str
    title: str
    amounts: tuple[tuple[int, Decimal], ...]

    def amount(self) -> Decimal:
        """The sum of its amounts."""
        return total(cents(amount) for _, amount in self.amounts)

    def content(self) -> dict[str, Any]:
        """Number and amounts."""
        return {
            "number": self.number,
            "title": self.title,
            "amounts": {str(key): str(cents(by)) for key, by in self.amounts},
        }


@dataclass(frozen=True, slots=True)
class Budget:
    """The budget of a project with its lock, its budgeted rows and the approved changes."""

    project_id: int
    locked: bool
    rows: tuple[BudgetRow, ...]
    changes: tuple[BudgetChange, ...] = ()
    unbudgeted: tuple[BudgetCode, ...] = ()
    """Codes that Procore's budget shows with costs or commitments, but has no row for: they are told, not exported."""
    kind: Literal["budget"] = "budget"

    def amounts(self, included: Collection[int] | None = None) -> dict[int, Decimal]:
        """Original + modifications + approved changes by budget code id (ACCOUNTING 8).

        `included` names the changes that count, by id; None: all of them.
        """
        sums: dict[int, Decimal] = {}
        for row in self.rows:
            sums[row.code.id] = sums.get(row.code.id, ZERO) + row.original + row.modifications
        for change in self.changes:
            if included is None or change.id in included:
                for code_id, amount in change.amounts:
                    sums[code_id] = sums.get(code_id, ZERO) + amount
        return {code_id: cents(amount) for code_id, amount in sums.items()}

    def amount(self, included: Collection[int] | None = None) -> Decimal:
        """The whole budget."""
        return total(self.amounts(included).values())

    def content(self, included: Collection[int] | None = None) -> dict[str, Any]:
        """What the estimate holds by budget code id, and the changes in it; locking again changes nothing."""
        counted = [change.id for change in self.changes if included is None or change.id in included]
        amounts = {str(code_id): str(amount) for code_id, amount in self.amounts(included).items()}
        return {"amounts": amounts, "changes": sorted(counted)}


@dataclass(frozen=True, slots=True)
class ContractLine:
    """A line of a commitment or of a change order.

    `commitment_line_id` is set on change order lines only: the line of the commitment that it changes.
    """

    id: int
    description: str
    amount: Decimal
    code: BudgetCode | None = None
    quantity: Decimal | None = None
    unit_cost: Decimal | None = None
    uom: str = ""
    commitment_line_id: int | None = None


@dataclass(frozen=True, slots=True)
class Commitment:
    """A purchase order or subcontract; both become a QuickBooks purchase order."""

    id: int
    project_id: int
    number: str
    title: str
    status: str
    lines: tuple[ContractLine, ...]
    subcontract: bool = False
    vendor_id: int | None = None
    vendor_name: str = ""
    unit_based: bool = False
    contract_date: dt.date | None = None
    retainage_percent: Decimal = ZERO
    revised: Decimal = ZERO
    """Procore's revised contract: the original with its approved change orders."""
    paid: Decimal = ZERO
    """Payments issued on it, as Procore adds them up; of no concern to what is written to QuickBooks."""
    kind: Literal["commitment"] = "commitment"

    def amount(self) -> Decimal:
        """The original contract: the sum of the lines."""
        return _sum(self.lines)

    def content(self) -> dict[str, Any]:
        """Vendor, number and lines; the status is judged by the rules, change orders are documents of their own."""
        return {
            "vendor": self.vendor_id,
            "number": self.number,
            "title": self.title,
            "date": str(self.contract_date),
            "lines": [_line_content(line) for line in self.lines],
        }


@dataclass(frozen=True, slots=True)
class ChangeOrder:
    """A commitment change order (an approved change order package) with its lines."""

    id: int
    project_id: int
    commitment_id: int
    number: str
    title: str
    status: str
    lines: tuple[ContractLine, ...]
    kind: Literal["change_order"] = "change_order"

    def amount(self) -> Decimal:
        """The sum of the lines."""
        return _sum(self.lines)

    def content(self) -> dict[str, Any]:
        """Number and lines."""
        return {"number": self.number, "title": self.title, "lines": [_line_content(line) for line in self.lines]}


@dataclass(frozen=True, slots=True)
class PrimeChange:
    """A change order of the prime contract: Procore's revised budget holds it once approved (ACCOUNTING 10).

    `amount` is its total with markup.
    """

    id: int
    project_id: int
    number: str
    status: str
    amount: Decimal
    kind: Literal["prime_change"] = "prime_change"


@dataclass(frozen=True, slots=True)
class DirectCostLine:
    """A line of a direct cost: one budget code, one amount."""

    origin_id: str
    budget_code_id: int
    amount: Decimal
    description: str = ""
    id: int | None = None


@dataclass(frozen=True, slots=True)
class DirectCost:
    """A direct cost as it stands in Procore, or as it shall stand there.

    `origin_id` is our key (`qbd:...`), empty for what people typed in Procore. `received_date` of ours stays empty on
    purpose so that no owner invoice fills itself (ACCOUNTING 19).
    """

    origin_id: str
    type: Literal["invoice", "expense", "payroll", "subcontractor_invoice"]
    status: Literal["draft", "pending", "revise_and_resubmit", "approved"]
    date: dt.date
    lines: tuple[DirectCostLine, ...]
    description: str = ""
    vendor_id: int | None = None
    invoice_number: str = ""
    id: int | None = None
    received_date: dt.date | None = None
    """When people received it; with it a direct cost fills the owner invoice of that time."""
    days: tuple[tuple[dt.date, str, Decimal], ...] = ()
    """Of a total to date and of opening costs: what each day brought to each code (`03-300.M`). Procore has no such."""

    def amount(self) -> Decimal:
        """The sum of the lines."""
        return total(line.amount for line in self.lines)


Document = Project | Vendor | CostCode | CostType | Budget | Commitment | ChangeOrder | PrimeChange | Billing


def as_text(content: object) -> str:
    """A content as JSON text; equal contents give equal texts."""
    return json.dumps(content, sort_keys=True, default=str)


def version(content: object) -> str:
    """Fingerprint of a content: equal contents give equal texts of 16 hexadecimal digits."""
    return hashlib.sha256(as_text(content).encode()).hexdigest()[:16]


def _sum(lines: Iterable[ContractLine]) -> Decimal:
    """The sum of the lines as QuickBooks will hold them: each in whole cents, which is where Procore may have more."""
    return total(cents(line.amount) for line in lines)


def _line_content(line: ContractLine) -> dict[str, Any]:
    content = asdict(line)
    content["code"] = line.code.code if line.code else None
    return {key: None if value is None else str(value) for key, value in content.items()}
