"""The budget of a project: original amounts, transfers, approved changes, what is committed, spent and forecast."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from qbwc_bridge.rehearsal.procore.commitments import COMMITTED
from qbwc_bridge.rehearsal.procore.invoices import APPROVED
from qbwc_bridge.rehearsal.procore.lines import ensure_budget_line
from qbwc_bridge.rehearsal.procore.records import (
    Adjustment,
    BudgetChange,
    BudgetLine,
    BudgetTransfer,
    Forecast,
    Project,
    WbsCode,
)
from qbwc_bridge.rehearsal.procore.state import State
from qbwc_bridge.rehearsal.procore.values import ZERO, money
from qbwc_bridge.rehearsal.procore.wbs import by_flat_code, flat_code


@dataclass(frozen=True)
class BudgetRow:
    """One row of the budget as the project manager sees it, in US dollars; `budget_line_id` is None if unbudgeted.

    `revised` is original, modifications, approved budget changes and approved prime change orders. `invoiced` is what
    subcontractors claim on approved invoices. `forecast` is the forecast to complete: a person's where there is one,
    else the revised budget that is neither committed nor spent as a direct cost.
    """

    code: str
    wbs_code_id: int
    budget_line_id: int | None
    original: Decimal
    modifications: Decimal
    approved_changes: Decimal
    revised: Decimal
    committed: Decimal
    direct_costs: Decimal
    prime_changes: Decimal
    invoiced: Decimal
    forecast: Decimal
    automatic_forecast: Decimal


def set_amounts(state: State, project: Project, amounts: Mapping[str, Decimal]) -> list[int]:
    """Set original amounts by budget code ("03-300.M"); give the ids of the budget lines.

    Raises ValueError on a locked budget and on unknown codes.
    """
    if project.budget_locked:
        raise ValueError(f"the budget of project {project.number} is locked; unlock it first")
    ids = []
    for code, amount in amounts.items():
        wbs = by_flat_code(state, project, code)
        line = project.budget_lines.get(wbs.id)
        if line is None:
            line = BudgetLine(**state.fresh("budget_line"), wbs_code_id=wbs.id)
            project.budget_lines[wbs.id] = line
        state.change(line, amount=money(amount))
        ids.append(line.id)
    return ids


def add_change(
    state: State, project: Project, number: int, amounts: Mapping[str, Decimal], *, status: str
) -> BudgetChange:
    """Make a budget change of so much per budget code (a deduction is negative)."""
    made = BudgetChange(**state.fresh("budget_change"), number=number, title=f"Budget change {number}", status=status)
    for code, amount in amounts.items():
        wbs = by_flat_code(state, project, code)
        ensure_budget_line(state, project, wbs.id)
        adjustment = Adjustment(id=state.new_id("adjustment"), wbs_code_id=wbs.id, amount=money(amount))
        made.adjustments.append(adjustment)
    project.budget_changes[made.id] = made
    return made


def add_transfer(state: State, project: Project, from_code: str, to_code: str, amount: Decimal) -> BudgetTransfer:
    """Move an amount between two budgeted codes: a budget modification. Raises ValueError if one has no budget line."""
    lines = [project.budget_lines.get(by_flat_code(state, project, code).id) for code in (from_code, to_code)]
    giver, taker = lines
    if giver is None or taker is None:
        raise ValueError(
            f"project {project.number}: a budget modification needs budget lines for {from_code} and {to_code}"
        )
    made = BudgetTransfer(
        **state.fresh("budget_modification"), from_line_id=giver.id, to_line_id=taker.id, amount=money(amount)
    )
    project.transfers[made.id] = made
    return made


def set_forecast(state: State, project: Project, code: str, amount: Decimal | None, *, itemized: bool) -> None:
    """Set the forecast to complete of a budgeted code by hand; None gives it back to Procore's own reckoning.

    Raises ValueError when the code has no budget line.
    """
    wbs = by_flat_code(state, project, code)
    if wbs.id not in project.budget_lines:
        raise ValueError(f"project {project.number}: a forecast needs a budget line for {code}")
    if amount is None:
        project.forecasts.pop(wbs.id, None)
        return
    item_id = state.new_id("forecast_item") if itemized else None
    project.forecasts[wbs.id] = Forecast(**state.fresh("forecast"), amount=money(amount), item_id=item_id)


def rows(state: State, project: Project) -> list[BudgetRow]:
    """Reckon every row: budgeted codes, and codes that only have financial lines, in the order of the codes.

    Committed is the original lines plus approved change orders of contracts whose status counts; direct costs are those
    of every status but draft.
    """
    transfers = _sums()
    for transfer in project.transfers.values():
        transfers[transfer.from_line_id] -= transfer.amount
        transfers[transfer.to_line_id] += transfer.amount
    changes = _sums()
    for change in project.budget_changes.values():
        for adjustment in change.adjustments:
            changes[adjustment.wbs_code_id] += adjustment.amount if change.status == "approved" else ZERO
    committed, spent = _committed(project), _spent(project)
    prime, invoiced = _prime(project), _invoiced(project)
    codes = dict.fromkeys([*project.budget_lines, *changes, *committed, *spent, *prime, *invoiced])
    found = []
    for wbs_id in codes:
        line = project.budget_lines.get(wbs_id)
        original = ZERO if line is None else line.amount
        moved = ZERO if line is None else transfers[line.id]
        revised = original + moved + changes[wbs_id] + prime[wbs_id]
        left = max(revised - committed[wbs_id] - spent[wbs_id], ZERO)
        forecast = project.forecasts.get(wbs_id)
        found.append(
            BudgetRow(
                code=flat_code(state, project, project.wbs_codes[wbs_id]),
                wbs_code_id=wbs_id,
                budget_line_id=None if line is None else line.id,
                original=original,
                modifications=moved,
                approved_changes=changes[wbs_id],
                revised=revised,
                committed=committed[wbs_id],
                direct_costs=spent[wbs_id],
                prime_changes=prime[wbs_id],
                invoiced=invoiced[wbs_id],
                forecast=left if forecast is None else forecast.amount,
                automatic_forecast=left,
            )
        )
    return sorted(found, key=lambda row: _order(project, project.wbs_codes[row.wbs_code_id]))


def _order(project: Project, wbs: WbsCode) -> tuple[str, int]:
    return project.cost_codes[wbs.cost_code_id].full_code, wbs.cost_type_id


def _committed(project: Project) -> defaultdict[int, Decimal]:
    """Add up commitments by budget code; a code whose lines do not count yet is there with zero."""
    sums = _sums()
    counted = set()
    for contract in project.commitments.values():
        if contract.deleted_at is not None:
            continue
        if contract.status in COMMITTED:
            counted.add(contract.id)
        for line in contract.lines.values():
            sums[line.wbs_code_id] += line.amount if contract.id in counted else ZERO
    for order in project.change_orders.values():
        if order.deleted_at is None and order.status == "approved" and order.contract_id in counted:
            for line in order.lines.values():
                sums[line.wbs_code_id] += line.amount
    return sums


def _spent(project: Project) -> defaultdict[int, Decimal]:
    sums = _sums()
    for line in project.cost_lines.values():
        counts = project.direct_costs[line.direct_cost_id].status != "draft"
        sums[line.wbs_code_id] += line.amount if counts else ZERO
    return sums


def _prime(project: Project) -> defaultdict[int, Decimal]:
    """Add up approved prime change orders; a code whose change orders wait is there with zero."""
    sums = _sums()
    for order in project.prime_changes.values():
        for line in order.lines.values() if order.deleted_at is None else ():
            sums[line.wbs_code_id] += line.amount if order.status == "approved" else ZERO
    return sums


def _invoiced(project: Project) -> defaultdict[int, Decimal]:
    sums = _sums()
    for invoice in project.invoices.values():
        for item in invoice.items.values() if invoice.status in APPROVED else ():
            sums[item.wbs_code_id] += item.to_date - item.before
    return sums


def _sums() -> defaultdict[int, Decimal]:
    return defaultdict(lambda: ZERO)
