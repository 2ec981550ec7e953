"""Contracts with the owner: how they are written and how they are listed."""

from decimal import Decimal

from qbwc_bridge.rehearsal.procore.commitments import total
from qbwc_bridge.rehearsal.procore.problems import Invalid
from qbwc_bridge.rehearsal.procore.records import PrimeContract, Project
from qbwc_bridge.rehearsal.procore.state import State
from qbwc_bridge.rehearsal.procore.values import ZERO, Row, iso, money, short
from qbwc_bridge.rehearsal.procore.wire import Ask, Listing, Route, chosen

STATUSES = ("Draft", "Out For Bid", "Out For Signature", "Approved", "Complete", "Terminated")


def new_prime_contract(
    state: State,
    project: Project,
    *,
    number: str,
    title: str,
    amount: Decimal,
    status: str,
    retainage_percent: Decimal,
) -> PrimeContract:
    """Write a contract with the owner; raises Invalid for an unknown status."""
    made = PrimeContract(
        **state.fresh("prime_contract"),
        number=number,
        title=title,
        amount=money(amount),
        status=known_status(status),
        retainage_percent=retainage_percent,
    )
    project.prime_contracts[made.id] = made
    return made


def known_status(status: str) -> str:
    """Give the status back; raises Invalid where Procore has no such one."""
    if status not in STATUSES:
        raise Invalid(status=f"must be one of {', '.join(STATUSES)}")
    return status


def _row(project: Project, contract: PrimeContract) -> Row:
    changes = [
        total(order.lines.values())
        for order in project.prime_changes.values()
        if order.contract_id == contract.id and order.status == "approved" and order.deleted_at is None
    ]
    return {
        "id": contract.id,
        "number": contract.number,
        "title": contract.title,
        "description": None,
        "status": contract.status,
        "accounting_method": "amount",
        "executed": contract.status in ("Approved", "Complete"),
        "private": False,
        "grand_total": short(contract.amount),
        "approved_change_orders": short(sum(changes, ZERO)),
        "retainage_percent": short(contract.retainage_percent),
        "vendor": None,
        "currency_configuration": {"currency_iso_code": "USD"},
        "origin_id": contract.origin_id,
        "origin_code": contract.origin_code,
        "origin_data": contract.origin_data,
        "created_at": iso(contract.created_at),
        "updated_at": iso(contract.updated_at),
        "deleted_at": None,
    }


def _list(ask: Ask) -> Listing[PrimeContract]:
    project = ask.project()
    return Listing(chosen(ask, project.prime_contracts.values()), lambda contract: _row(project, contract))


ROUTES = (Route("GET", "/rest/v1.0/prime_contracts", _list),)
