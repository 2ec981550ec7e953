"""Every call that the bridge can make to Procore, made once: what the app's permissions must cover."""

import datetime as dt
import inspect
from dataclasses import replace
from decimal import Decimal
from typing import Any

from qbwc_bridge.domain.procore import DirectCost, DirectCostLine
from qbwc_bridge.procore import Gateway
from qbwc_bridge.rehearsal.procore import Procore

V2 = "/rest/v2.0/companies/{company_id}/projects/{project_id}"

USED = {
    ("POST", "/oauth/token"),
    ("GET", "/rest/v1.0/companies"),
    ("GET", "/rest/v1.0/projects"),
    ("GET", "/rest/v1.0/vendors"),
    ("GET", "/rest/v1.0/companies/{company_id}/work_breakdown_structure/segments"),
    ("GET", "/rest/v1.0/companies/{company_id}/work_breakdown_structure/segments/{segment_id}/lists"),
    ("GET", "/rest/v1.0/standard_cost_codes"),
    ("GET", "/rest/v1.0/line_item_types"),
    ("GET", "/rest/v1.0/projects/{project_id}/work_breakdown_structure/wbs_codes"),
    ("GET", "/rest/v1.0/projects/{project_id}/work_breakdown_structure/segments"),
    ("GET", "/rest/v1.0/projects/{project_id}/work_breakdown_structure/segments/{segment_id}/segment_items"),
    ("PATCH", "/rest/v1.0/projects/{project_id}/work_breakdown_structure/wbs_codes/bulk_create"),
    ("POST", "/rest/v1.0/projects"),
    ("POST", "/rest/v1.0/vendors"),
    ("GET", "/rest/v1.0/projects/{project_id}/budget"),
    ("GET", "/rest/v1.0/budget_views"),
    ("GET", "/rest/v1.0/budget_views/{budget_view_id}/detail_rows"),
    ("GET", "/rest/v1.0/projects/{project_id}/budget_changes"),
    ("GET", "/rest/v1.0/projects/{project_id}/budget_changes/{id}"),
    ("GET", "/rest/v1.0/purchase_order_contracts"),
    ("GET", "/rest/v1.0/purchase_order_contracts/{id}"),
    ("GET", "/rest/v1.0/work_order_contracts"),
    ("GET", "/rest/v1.0/work_order_contracts/{id}"),
    ("GET", "/rest/v1.0/change_order_packages"),
    ("GET", "/rest/v1.0/change_order_packages/{id}"),
    ("GET", "/rest/v1.0/projects/{project_id}/commitment_change_orders"),
    ("GET", f"{V2}/commitment_change_orders/{{commitment_change_order_id}}/line_items"),
    ("GET", "/rest/v1.0/prime_contracts"),
    ("GET", "/rest/v1.1/requisitions"),
    ("GET", "/rest/v1.0/projects/{project_id}/manual_forecast_line_items"),
    ("GET", "/rest/v1.1/projects/{project_id}/direct_costs"),
    ("GET", "/rest/v1.0/projects/{project_id}/direct_costs/line_items"),
    ("PATCH", "/rest/v1.0/projects/{project_id}/direct_costs/sync"),
    ("PATCH", "/rest/v1.0/projects/{project_id}/direct_costs/line_items/sync"),
    ("DELETE", "/rest/v1.1/projects/{project_id}/direct_costs/{id}"),
    ("DELETE", "/rest/v1.0/projects/{project_id}/direct_costs/{direct_cost_id}/line_items/{id}"),
}
"""Every operation of Procore that the edge calls."""

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
    edge.check()
    project = next(one.id for one in edge.projects() if one.number == PROJECT)
    procore.approve_budget_change(project, 1, {"03-300.M": Decimal("250.75")})
    procore.set_forecast(project, "03-300.M", Decimal(500))
    vendors, _, _, _ = edge.vendors(), edge.cost_codes(), edge.cost_types(), edge.budget_codes(project)
    edge.budget(project), edge.commitments(project), edge.change_orders(project)
    edge.prime_contracts(project), edge.subcontractor_invoices(project), edge.forecasts(project)
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
    return edge.asked
