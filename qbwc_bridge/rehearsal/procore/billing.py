"""What people do in Procore about billing: contracts with the owner, subcontractors' invoices, forecasts.

Amounts, ids and refusals as in `office`.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from qbwc_bridge.rehearsal.procore import budget, change_orders, invoices, prime_contracts
from qbwc_bridge.rehearsal.procore.office import Office
from qbwc_bridge.rehearsal.procore.records import PrimeContract, Project
from qbwc_bridge.rehearsal.procore.values import ZERO
from qbwc_bridge.rehearsal.procore.views import CommitmentLine, InvoiceLine


class Billing(Office):
    """The people's side of one company, with what is billed and forecast."""

    def add_prime_contract(
        self,
        project_id: int,
        number: str,
        title: str,
        amount: Decimal,
        *,
        status: str = "Approved",
        retainage_percent: Decimal = ZERO,
    ) -> int:
        """Write a contract with the owner; `amount` is its total without change orders."""
        with self._desk() as state:
            made = prime_contracts.new_prime_contract(
                state,
                self._project(project_id),
                number=number,
                title=title,
                amount=amount,
                status=status,
                retainage_percent=retainage_percent,
            )
            return made.id

    def set_prime_contract_status(self, contract_id: int, status: str) -> None:
        """Approve a contract with the owner, complete it, terminate it, or make it a draft again."""
        with self._desk() as state:
            _, contract = self._prime_contract(contract_id)
            state.change(contract, status=prime_contracts.known_status(status))

    def add_prime_change_order(
        self, contract_id: int, number: str, title: str, lines: Sequence[CommitmentLine], *, status: str = "approved"
    ) -> int:
        """Write a change order of a prime contract; gives the id of its package, as `set_change_order` takes it.

        Once approved it raises the contract, and Procore's revised budget by code.
        """
        with self._desk() as state:
            project, contract = self._prime_contract(contract_id)
            order = change_orders.new_change_order(
                state, project, contract.id, number=number, title=title, status=status
            )
            for line in lines:
                change_orders.new_change_line(state, project, order, self._line(project, line), None)
            return order.id

    def add_subcontractor_invoice(
        self,
        contract_id: int,
        invoice_number: str,
        lines: Sequence[InvoiceLine],
        *,
        status: str = "approved",
        billing_date: date | None = None,
    ) -> int:
        """Write the next invoice of a commitment, for what each line claims now; dated today unless said otherwise.

        Lines are those of the contract (`commitment_lines`) and of its approved change orders (`change_order_lines`).
        """
        with self._desk() as state:
            contract = self._contract(contract_id)
            made = invoices.new_invoice(
                state,
                self._project(contract.project_id),
                contract,
                lines,
                invoice_number=invoice_number,
                status=status,
                billing_date=billing_date,
            )
            return made.id

    def set_subcontractor_invoice_status(self, invoice_id: int, status: str) -> None:
        """Approve a subcontractor's invoice, send it back, or whatever else Procore has a word for."""
        with self._desk() as state:
            for project in state.projects.values():
                if invoice_id in project.invoices:
                    state.change(project.invoices[invoice_id], status=invoices.known_status(status))
                    return
            raise ValueError(f"there is no subcontractor invoice {invoice_id}")

    def change_order_lines(self, package_id: int) -> list[int]:
        """Give the ids of a change order's lines, in their order."""
        with self._desk():
            return list(self._change_order(package_id).lines)

    def set_forecast(self, project_id: int, code: str, amount: Decimal | None, *, itemized: bool = True) -> None:
        """Set the forecast to complete of a budgeted code by hand: as an item with its day, or as a lump sum without.

        None gives the code back to Procore's own reckoning.
        """
        with self._desk() as state:
            budget.set_forecast(state, self._project(project_id), code, amount, itemized=itemized)

    def _prime_contract(self, contract_id: int) -> tuple[Project, PrimeContract]:
        for project in self._state.projects.values():
            if contract_id in project.prime_contracts:
                return project, project.prime_contracts[contract_id]
        raise ValueError(f"there is no prime contract {contract_id}")
