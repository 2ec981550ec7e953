"""Every call that the bridge can make to Procore, made once: what the app's permissions must cover."""

import datetime as dt
import inspect
from dataclasses import replace
from decimal import Decimal
from typing import Any

from qbwc_bridge.domain.keys import COMPANY_KINDS, CONTRACT_KINDS
from qbwc_bridge.domain.procore import DirectCost, DirectCostLine
from qbwc_bridge.domain.reading import NOTHING
from qbwc_bridge.procore import Gateway
from qbwc_bridge.rehearsal.procore import Procore
from tests.procore.api import use_hooks

PROJECT = "24-001"
"""Of the demonstration's company, which has one of each there."""

PUBLIC = {name for name, _ in inspect.getmembers(Gateway, inspect.isfunction) if not name.startswith("_")} - {"close"}
"""What the core can ask of the edge."""


class _Noting:
    """Hands everything on to a gateway, and notes what was asked."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.asked: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self.asked.add(name)
        return getattr(self._gateway, name)


def drive(gateway: Gateway, procore: Procore) -> set[str]:
    """Ask everything of the edge that can be asked; gives the names of the methods.

    `procore` is the demonstration's, on the other side of the gateway. Writes come in each of their shapes: made and
    changed, with and without a vendor or a number.
    """
    edge = _Noting(gateway)
    edge.check(), edge.access()
    project = next(one.id for one in edge.projects().found if one.number == PROJECT)
    procore.approve_budget_change(project, 1, {"03-300.M": Decimal("250.75")})
    procore.set_forecast(project, "03-300.M", Decimal(500))
    edge.access(project)
    vendors = edge.vendors().found
    book = edge.code_book(project)
    edge.cost_codes(edge.code_lists()), edge.cost_types(), book.read(), edge.allowance(), edge.rest(print)
    edge.clock_ahead()
    edge.locked(project), edge.budget_rows(project, book), edge.budget_changes(project)
    orders = edge.purchase_orders(project, NOTHING, book).found
    edge.subcontracts(project, NOTHING, book), edge.commitment(project, orders[0].id, book, subcontract=False)
    edge.change_orders(project, NOTHING, book, {})
    edge.prime_contracts(project), edge.subcontractor_invoices(project)
    code = edge.create_budget_code(project, "16-100", "M")

    day = dt.date(2026, 3, 1)
    check = DirectCost(
        origin_id="qbd:k:1", type="expense", status="approved", date=day, lines=(), description="Check 7"
    )
    bill = replace(check, origin_id="qbd:k:2", type="invoice", vendor_id=vendors[0].id, invoice_number="B-8")
    ids = edge.sync_direct_costs(project, [check, bill]).ids
    line = DirectCostLine("qbd:k:1:1", code.id, Decimal("10.10"))
    line_id = edge.sync_direct_cost_lines(project, {ids["qbd:k:1"]: [line]}).ids["qbd:k:1:1"]
    edge.sync_direct_costs(project, [replace(check, id=ids["qbd:k:1"], description="Check 7, voided")])
    changed = replace(line, id=line_id, amount=Decimal("0.00"), description="voided")
    edge.sync_direct_cost_lines(project, {ids["qbd:k:1"]: [changed]})
    edge.direct_costs(project)
    edge.delete_direct_cost_line(project, ids["qbd:k:1"], line_id)
    edge.delete_direct_cost(project, ids["qbd:k:1"])
    edge.create_project("26-001", "Library"), edge.create_project("", "Annex"), edge.create_vendor("Acme Paving")
    use_hooks(gateway, project)
    for kind, place in (*((kind, 0) for kind in COMPANY_KINDS), *((kind, project) for kind in CONTRACT_KINDS)):
        edge.set_keys(kind, {edge.keyed(kind, place)[0]: f"qbd:k:{kind}"}, place)
    return edge.asked
