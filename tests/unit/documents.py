"""Values for the tests of the core: what Procore says about one project, and the day it is."""

import datetime as dt
from decimal import Decimal
from typing import Any

from qbwc_bridge.domain.procore import (
    Budget,
    BudgetChange,
    BudgetCode,
    BudgetRow,
    ChangeOrder,
    Commitment,
    ContractLine,
    CostCode,
    Document,
    Project,
    Vendor,
)

NOW = dt.datetime(2026, 3, 10, 15, 0, tzinfo=dt.UTC)
TODAY = NOW.date()
PROJECT = 7
VENDOR = 40


def cash(amount: str | int) -> Decimal:
    """An amount."""
    return Decimal(amount).quantize(Decimal("0.01"))


# ---------------------------------------------------------------- what Procore says


def code(number: int = 1, cost_code: str = "03-300", cost_type: str = "M") -> BudgetCode:
    """A budget code: by default 1, cast-in-place concrete, materials."""
    return BudgetCode(number, cost_code, cost_type, "Cast-in-Place Concrete", "Materials")


def line(number: int, amount: str | int, of: BudgetCode | None = None, **more: Any) -> ContractLine:
    """A line of a contract."""
    return ContractLine(number, f"Line {number}", Decimal(amount), of or code(), **more)


def commitment(number: int, *lines: ContractLine, **more: Any) -> Commitment:
    """An approved purchase order of the project."""
    shown = {"number": f"PO-{number}", "title": "Concrete", "status": "Approved", "vendor_id": VENDOR, **more}
    return Commitment(id=number, project_id=PROJECT, lines=lines or (line(number * 100 + 1, "1000.00"),), **shown)


def change_order(number: int, of: int, *lines: ContractLine, **more: Any) -> ChangeOrder:
    """An approved change order of a commitment."""
    shown = {"number": f"{number:03}", "title": "More", "status": "approved", **more}
    return ChangeOrder(
        id=number, project_id=PROJECT, commitment_id=of, lines=lines or (line(number * 100 + 1, "100.00"),), **shown
    )


def budget(*rows: BudgetRow, locked: bool = True, changes: tuple[BudgetChange, ...] = ()) -> Budget:
    """The budget of the project."""
    return Budget(PROJECT, locked, rows or (BudgetRow(code(), cash(5000)),), changes)


def company_documents() -> list[Document]:
    """The project, a vendor and a cost code."""
    return [
        Project(PROJECT, "24-001", "Hilltop House"),
        Vendor(VENDOR, "Ready Mix Supply"),
        CostCode(300, "03-300", "Cast-in-Place Concrete", 3),
        CostCode(900, "09-250", "Gypsum Board", 9),
    ]
