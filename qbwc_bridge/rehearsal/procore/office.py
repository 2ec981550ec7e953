"""What people do in Procore: the stand-in's project manager, bookkeeper and administrator, as plain methods.

Amounts are US dollars as Decimal. Every method that makes something gives its id. What Procore's own pages would not
let a person do raises ValueError with one sentence.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

from qbwc_bridge.rehearsal.procore import budget, change_orders, commitments, direct_costs, directory, events, wbs
from qbwc_bridge.rehearsal.procore.budget import BudgetRow
from qbwc_bridge.rehearsal.procore.problems import Problem
from qbwc_bridge.rehearsal.procore.records import (
    ChangeOrder,
    Commitment,
    ContractKind,
    DirectCost,
    Line,
    Project,
    Vendor,
)
from qbwc_bridge.rehearsal.procore.state import State
from qbwc_bridge.rehearsal.procore.values import Row, fixed, money
from qbwc_bridge.rehearsal.procore.views import CommitmentLine, CostLineView, DirectCostView

CHANGE_ORDER_FIELDS = (
    *("number", "title", "status", "description", "executed", "due_date"),
    *("origin_id", "origin_code", "origin_data"),
)
DIRECT_COST_FIELDS = (*direct_costs.DATES, *direct_costs.TEXTS, "vendor_id", "employee_id", "invoice_number")


class Office:
    """The people's side of one company."""

    def __init__(self, state: State) -> None:
        self._state = state

    @contextmanager
    def _desk(self) -> Iterator[State]:
        """Hold the lock, and tell refusals in the way of this side."""
        with self._state.lock:
            try:
                yield self._state
                events.notice(self._state, None)
            except Problem as problem:
                told = "; ".join(f"{name} {' and '.join(said)}" for name, said in problem.fields.items())
                raise ValueError(told or problem.text) from problem

    # Company

    def add_project(self, number: str, name: str, **fields: Any) -> int:
        """Create a project with a copy of the standard cost codes; `fields` are those of the project record.

        `active=False` makes an inactive one, `adds_budget_lines=False` one of the old kind, where a line on a budget
        code without budget line does not make one.
        """
        with self._desk() as state:
            project = directory.new_project(state, {"project_number": number, "name": name})
            _set(state, project, {"accounting_project_number": number} | fields)
            return project.id

    def set_project(self, project_id: int, **fields: Any) -> None:
        """Change a project's fields, e.g. `name`, `active`, or `permitted=False`: the application loses it."""
        with self._desk() as state:
            _set(state, self._project(project_id), fields)

    def add_vendor(self, name: str, **fields: Any) -> int:
        """Create a company of the directory; `fields` are those of the vendor record."""
        with self._desk() as state:
            vendor = directory.new_vendor(state, {"name": name})
            _set(state, vendor, fields)
            return vendor.id

    def set_vendor(self, vendor_id: int, **fields: Any) -> None:
        """Change a vendor's fields."""
        with self._desk() as state:
            _set(state, self._vendor(vendor_id), fields)

    def add_cost_code(self, full_code: str, name: str) -> int:
        """Add a code to the company's list (its division is made if missing) and to every project."""
        with self._desk() as state:
            code = wbs.standard_code(state, full_code, name)
            for project in state.projects.values():
                wbs.copy_standard_codes(state, project)
            return code.id

    def add_cost_type(self, code: str, name: str, base_type: str) -> int:
        """Add a cost type; `base_type` is one of Procore's six."""
        with self._desk() as state:
            return wbs.new_cost_type(state, code=code, name=name, base_type=base_type).id

    # Budget

    def set_budget(self, project_id: int, amounts: Mapping[str, Decimal]) -> list[int]:
        """Set original amounts by budget code; gives the ids of the budget lines. Refused when locked."""
        with self._desk() as state:
            return budget.set_amounts(state, self._project(project_id), amounts)

    def lock_budget(self, project_id: int) -> None:
        """Lock the budget."""
        with self._desk() as state:
            state.change(self._project(project_id), budget_locked=True)

    def unlock_budget(self, project_id: int) -> None:
        """Unlock the budget; modifications are kept."""
        with self._desk() as state:
            state.change(self._project(project_id), budget_locked=False)

    def approve_budget_change(self, project_id: int, number: int, amounts: Mapping[str, Decimal]) -> int:
        """Make and approve a budget change, an amount per budget code."""
        with self._desk() as state:
            return budget.add_change(state, self._project(project_id), number, amounts, status="approved").id

    def draft_budget_change(self, project_id: int, number: int, amounts: Mapping[str, Decimal]) -> int:
        """Make a budget change that nobody has approved."""
        with self._desk() as state:
            return budget.add_change(state, self._project(project_id), number, amounts, status="draft").id

    def add_budget_modification(self, project_id: int, from_code: str, to_code: str, amount: Decimal) -> int:
        """Move an amount from one budgeted code to another."""
        with self._desk() as state:
            return budget.add_transfer(state, self._project(project_id), from_code, to_code, amount).id

    def budget_view(self, project_id: int) -> list[BudgetRow]:
        """Show the budget by code, as the project manager sees it."""
        with self._desk() as state:
            return budget.rows(state, self._project(project_id))

    @property
    def budget_columns(self) -> dict[str, str]:
        """The customer's names for the columns of the budget view, by what they show; may be changed in place."""
        return self._state.budget_columns

    # Commitments

    def add_purchase_order(
        self,
        project_id: int,
        number: str,
        title: str,
        vendor_id: int | None,
        lines: Sequence[CommitmentLine],
        **fields: Any,
    ) -> int:
        """Write a purchase order; `fields` as in `set_commitment`, status Approved unless given."""
        head = {"number": number, "title": title, "vendor_id": vendor_id}
        return self._add_contract("purchase_order_contract", project_id, head | fields, lines)

    def add_subcontract(
        self,
        project_id: int,
        number: str,
        title: str,
        vendor_id: int | None,
        lines: Sequence[CommitmentLine],
        **fields: Any,
    ) -> int:
        """Write a subcontract; `fields` as in `set_commitment`, status Approved unless given."""
        head = {"number": number, "title": title, "vendor_id": vendor_id}
        return self._add_contract("work_order_contract", project_id, head | fields, lines)

    def _add_contract(self, kind: ContractKind, project_id: int, fields: Row, lines: Sequence[CommitmentLine]) -> int:
        with self._desk() as state:
            project = self._project(project_id)
            sent = {"status": "Approved"} | _wire(fields)
            _refuse_unknown(sent, commitments.commitment_values(state, kind, sent, None), "commitment")
            contract = commitments.new_commitment(state, project, kind, sent)
            for line in lines:
                commitments.new_line(state, project, contract, self._line(project, line))
            return contract.id

    def set_commitment(self, contract_id: int, **changes: Any) -> None:
        """Change a contract's header: number, title, status, vendor_id, accounting_method, contract_date (a date).

        Also description, private, executed, retainage_percent, and the keys of an integration (origin_id and so on).
        """
        with self._desk() as state:
            contract = self._contract(contract_id)
            values = commitments.commitment_values(state, contract.kind, _wire(changes), contract)
            _refuse_unknown(changes, values, "commitment")
            state.change(contract, **values)

    def commitment_lines(self, contract_id: int) -> list[int]:
        """Give the ids of a contract's lines, in their order."""
        with self._desk():
            return list(self._contract(contract_id).lines)

    def add_commitment_line(self, contract_id: int, line: CommitmentLine) -> int:
        """Add a line to a contract."""
        with self._desk() as state:
            contract = self._contract(contract_id)
            project = self._project(contract.project_id)
            return commitments.new_line(state, project, contract, self._line(project, line)).id

    def set_commitment_line(self, contract_id: int, line_id: int, line: CommitmentLine) -> None:
        """Type a line of a contract anew."""
        with self._desk() as state:
            contract = self._contract(contract_id)
            project = self._project(contract.project_id)
            found = _line_of(contract, line_id)
            commitments.change_line(state, project, contract, found, self._line(project, line))

    def delete_commitment_line(self, contract_id: int, line_id: int) -> None:
        """Take a line off a contract; refused once a subcontractor's invoice shows it."""
        with self._desk() as state:
            contract = self._contract(contract_id)
            billed = self._project(contract.project_id).invoices.values()
            if any(line_id in invoice.items for invoice in billed):
                raise ValueError(f"line {line_id} of commitment {contract.number} is on a subcontractor's invoice")
            state.forget_origin(_line_of(contract, line_id))
            del contract.lines[line_id]
            contract.updated_at = state.stamp()

    def delete_commitment(self, contract_id: int) -> None:
        """Delete a contract; only `filters[include_deleted]` still shows it."""
        with self._desk() as state:
            contract = self._contract(contract_id)
            state.change(contract, deleted_at=state.stamp())
            state.forget_origin(contract)

    # Change orders

    def add_change_order(
        self, contract_id: int, number: str, title: str, lines: Sequence[CommitmentLine], *, status: str = "approved"
    ) -> int:
        """Write a commitment change order; gives the id of its package."""
        with self._desk() as state:
            contract = self._contract(contract_id)
            project = self._project(contract.project_id)
            order = change_orders.new_change_order(
                state, project, contract.id, number=number, title=title, status=status
            )
            for line in lines:
                fields = self._line(project, line)
                change_orders.new_change_line(state, project, order, fields, line.changes_line)
            return order.id

    def set_change_order(self, package_id: int, **changes: Any) -> None:
        """Change a change order's header: number, title, status, description, executed, due_date."""
        with self._desk() as state:
            _refuse_unknown(changes, CHANGE_ORDER_FIELDS, "change order")
            change_orders.change_header(state, self._change_order(package_id), _wire(changes))

    def delete_change_order(self, package_id: int) -> None:
        """Delete a change order; only `filters[include_deleted]` still shows its package."""
        with self._desk() as state:
            order = self._change_order(package_id)
            state.change(order, deleted_at=state.stamp())
            state.forget_origin(order)

    # Direct costs

    def add_direct_cost(
        self,
        project_id: int,
        lines: Sequence[CommitmentLine],
        *,
        direct_cost_type: str = "expense",
        status: str = "approved",
        **fields: Any,
    ) -> int:
        """Type a direct cost by hand; `fields` are vendor_id, invoice_number, direct_cost_date, description, ..."""
        with self._desk() as state:
            project = self._project(project_id)
            _refuse_unknown(fields, DIRECT_COST_FIELDS, "direct cost")
            items = [self._line(project, line) for line in lines]
            head = {"direct_cost_type": direct_cost_type, "status": status, "line_items": items}
            return direct_costs.save_with_lines(state, project, head | _wire(fields), None).id

    def delete_direct_cost(self, project_id: int, direct_cost_id: int) -> None:
        """Delete a direct cost with its lines."""
        with self._desk() as state:
            project = self._project(project_id)
            if direct_cost_id not in project.direct_costs:
                raise ValueError(f"project {project.number} has no direct cost {direct_cost_id}")
            direct_costs.delete_cost(state, project, project.direct_costs[direct_cost_id])

    def direct_costs(self, project_id: int) -> list[DirectCostView]:
        """Show a project's direct costs with their lines, in the order of their making."""
        with self._desk():
            project = self._project(project_id)
            return [self._cost_view(project, cost) for cost in project.direct_costs.values()]

    def _cost_view(self, project: Project, cost: DirectCost) -> DirectCostView:
        lines = tuple(
            CostLineView(
                id=line.id,
                code=wbs.flat_code(self._state, project, project.wbs_codes[line.wbs_code_id]),
                amount=line.amount,
                description=line.description,
                origin_id=line.origin_id,
            )
            for line in cost.lines.values()
        )
        return DirectCostView(
            id=cost.id,
            direct_cost_type=cost.direct_cost_type,
            status=cost.status,
            vendor=None if cost.vendor_id is None else self._state.vendors[cost.vendor_id].name,
            invoice_number=cost.invoice_number,
            direct_cost_date=cost.direct_cost_date,
            description=cost.description,
            amount=commitments.total(cost.lines.values()),
            origin_id=cost.origin_id,
            lines=lines,
        )

    # Looking up

    def _project(self, project_id: int) -> Project:
        if project_id not in self._state.projects:
            raise ValueError(f"there is no project {project_id}")
        return self._state.projects[project_id]

    def _vendor(self, vendor_id: int) -> Vendor:
        if vendor_id not in self._state.vendors:
            raise ValueError(f"there is no vendor {vendor_id}")
        return self._state.vendors[vendor_id]

    def _contract(self, contract_id: int) -> Commitment:
        for project in self._state.projects.values():
            if contract_id in project.commitments:
                return project.commitments[contract_id]
        raise ValueError(f"there is no commitment {contract_id}")

    def _change_order(self, package_id: int) -> ChangeOrder:
        for project in self._state.projects.values():
            orders = project.change_orders | project.prime_changes
            if package_id in orders:
                return orders[package_id]
        raise ValueError(f"there is no change order {package_id}")

    def _line(self, project: Project, line: CommitmentLine) -> Row:
        by_units = line.quantity is not None and line.unit_cost is not None
        exact = by_units and money((line.quantity or 0) * (line.unit_cost or Decimal(0))) == line.amount
        return {
            "wbs_code_id": wbs.by_flat_code(self._state, project, line.code).id,
            "description": line.description,
            "amount": line.amount,
            "extended_type": "calculated" if exact else "manual",
            "quantity": line.quantity,
            "unit_cost": line.unit_cost,
            "uom": line.uom,
        }


def _line_of(contract: Commitment, line_id: int) -> Line:
    if line_id not in contract.lines:
        raise ValueError(f"commitment {contract.number} has no line {line_id}")
    return contract.lines[line_id]


def _set(state: State, record: Project | Vendor, fields: Mapping[str, Any]) -> None:
    _refuse_unknown(fields, set(vars(record)) - {"id", "created_at", "updated_at"}, record.object_type)
    state.change(record, **fields)


def _refuse_unknown(given: Mapping[str, Any], known: Collection[str], what: str) -> None:
    """Tell a misspelt field at once; Procore itself would pass over it."""
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise ValueError(f"a {what} has no field {', '.join(unknown)}")


def _wire(fields: Mapping[str, Any]) -> Row:
    """Turn Python's dates and amounts into what a request body would hold."""
    shown: Row = {}
    for name, value in fields.items():
        if isinstance(value, date):
            shown[name] = value.isoformat()
        else:
            shown[name] = fixed(value) if isinstance(value, Decimal) else value
    return shown
