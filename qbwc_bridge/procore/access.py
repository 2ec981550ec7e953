"""What the bridge's app may see in Procore, tool by tool, by harmless readings of a row or two.

A reading proves the right to read. Whether the app may write shows only when it does, and whether private contracts are
hidden from it shows nowhere: both are said as such.
"""

from collections.abc import Callable, Iterator
from http import HTTPStatus

from qbwc_bridge.domain.checkup import Access
from qbwc_bridge.domain.wording import counted
from qbwc_bridge.errors import ProcoreError
from qbwc_bridge.procore import payloads
from qbwc_bridge.procore.budgets import budget_views
from qbwc_bridge.procore.client import NOT_THERE, Client, Params
from qbwc_bridge.procore.paging import as_list, rows
from qbwc_bridge.procore.tools import (
    BUDGET,
    CHANGE_ORDERS,
    COMMITMENTS,
    COMPANY_ADMIN,
    DIRECT_COSTS,
    DIRECTORY,
    INVOICING,
    PORTFOLIO,
    PRIME_CONTRACTS,
    PROJECT_ADMIN,
    Tool,
)

_PASSING = (HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS)

Found = tuple[list[str], list[str]]
"""What was seen, and what works only in part."""


def company_access(client: Client) -> list[Access]:
    """Look at the company's tools; raises ProcoreError where Procore itself is in trouble."""
    return [
        _look(PORTFOLIO, lambda: _projects(client)),
        _look(DIRECTORY, lambda: _some(client, "/rest/v1.0/vendors", "vendors", _of_company(client))),
        _look(COMPANY_ADMIN, lambda: _codes(client)),
    ]


def project_access(client: Client, project_id: int) -> list[Access]:
    """Look at the tools of one project; raises ProcoreError where Procore itself is in trouble."""
    of_project: Params = [("project_id", project_id)]
    base = f"/rest/v1.0/projects/{project_id}"
    return [
        _look(PROJECT_ADMIN, lambda: _some(client, "/rest/v1.0/cost_codes", "cost codes", of_project)),
        _look(BUDGET, lambda: _budget(client, project_id)),
        _look(COMMITMENTS, lambda: _commitments(client, of_project)),
        _look(CHANGE_ORDERS, lambda: _change_orders(client, project_id)),
        _look(DIRECT_COSTS, lambda: _direct_costs(client, project_id, base)),
        _look(PRIME_CONTRACTS, lambda: _some(client, "/rest/v1.0/prime_contracts", "", of_project), needed=False),
        _look(INVOICING, lambda: _some(client, "/rest/v1.1/requisitions", "", of_project), needed=False),
    ]


def _look(tool: Tool, reading: Callable[[], Found], *, needed: bool = True) -> Access:
    """Try a reading; what Procore refuses is the finding."""
    name = f"company {tool.name}" if tool.scope == "company" else tool.name
    writes = tool.writing and tool.writing != tool.reading
    level = f"{tool.reading}, or {tool.writing} where it is written" if writes else tool.reading
    try:
        found, limits = reading()
    except ProcoreError as problem:
        if problem.is_outage or problem.status in _PASSING:
            raise
        return Access(name, level, needed, str(problem))
    if tool.writing:
        found.append(f"That it may be written (level {tool.writing}) shows only when something is written.")
    return Access(name, level, needed, found=found, limits=limits)


def _some(client: Client, path: str, what: str, params: Params) -> Found:
    """Read a row; nothing there is nothing wrong, but for what every company has."""
    doing = f"reading {path.rsplit('/', 1)[-1].replace('_', ' ')}"
    found = as_list(client.get(path, doing, [*params, ("page", 1), ("per_page", 1)]), doing)
    return [], [] if found or not what else [f"Procore shows no {what} at all to the bridge."]


def _of_company(client: Client) -> Params:
    return [("company_id", client.company_id)]


def _projects(client: Client) -> Found:
    params: Params = [*_of_company(client), ("filters[by_status]", "Active"), ("serializer_view", "compact")]
    found = rows(client, "/rest/v1.0/projects", "reading the projects of the company", params)
    told = counted(len(found), "active project is", "active projects are")
    return [f"{told} permitted to the bridge's app."], []


def _codes(client: Client) -> Found:
    base = f"/rest/v1.0/companies/{client.company_id}/work_breakdown_structure/segments"
    doing = "reading the cost code lists of the company"
    segments = [payloads.parse(payloads.SegmentRow, row, "segment") for row in as_list(client.get(base, doing), doing)]
    lists = [
        row
        for segment in segments
        if segment.type == "cost_code"
        for row in as_list(client.get(f"{base}/{segment.id}/lists", doing), doing)
    ]
    _, limits = _some(client, "/rest/v1.0/line_item_types", "cost types", _of_company(client))
    others = [each.name or each.type for each in segments if each.type not in {"cost_code", "line_item_type"}]
    if not lists:
        limits.append("Procore shows no list of standard cost codes; codes of projects alone are taken as they are.")
    if others:
        limits.append(
            f"Budget codes have further segments ({', '.join(others)}): such codes are refused with a reason."
        )
    return [f"{counted(len(lists), 'list', 'lists')} of standard cost codes."], limits


def _budget(client: Client, project_id: int) -> Found:
    path = f"/rest/v1.0/projects/{project_id}/budget"
    lock = payloads.parse(
        payloads.BudgetLock, client.get(path, f"reading the budget of project {project_id}"), "budget"
    )
    views = budget_views(client, project_id)
    found = ["The budget is locked." if lock.locked else "The budget is not locked yet, so it is not offered."]
    if not views:
        raise ProcoreError(
            "The project has no budget view, so its budget cannot be read; a Procore company administrator must assign "
            "one to it."
        )
    used = views[0].name or views[0].id
    found.append(f"Of {len(views)} budget views {used} is used." if len(views) > 1 else f"Its budget view is {used}.")
    return found, []


def _commitments(client: Client, of_project: Params) -> Found:
    for kind in ("purchase_order_contracts", "work_order_contracts"):
        _some(client, f"/rest/v1.0/{kind}", "", of_project)
    return ["Private ones are shown to the level Admin only, and Procore does not tell what it hides."], []


def _change_orders(client: Client, project_id: int) -> Found:
    _some(client, "/rest/v1.0/change_order_packages", "", [("project_id", project_id)])
    path, doing = f"/rest/v1.0/projects/{project_id}/commitment_change_orders", "reading commitment change orders"
    try:
        client.get(path, doing)
    except ProcoreError as problem:
        if problem.status not in NOT_THERE:
            raise
        told = (
            "Which line of a commitment a change order belongs to cannot be read, as in projects with three tiers of "
            f"change orders: each addition becomes a new line of the order. {problem}"
        )
        return [], [told]
    return ["Their tiers let the bridge read which line each of them changes."], []


def _direct_costs(client: Client, project_id: int, base: str) -> Found:
    off = _switched_off(client, base)
    if off:
        raise ProcoreError(off, status=HTTPStatus.FORBIDDEN)
    _some(client, f"/rest/v1.1/projects/{project_id}/direct_costs", "", [])
    return [], []


def _switched_off(client: Client, base: str) -> str:
    """Say that the tool is off, where the list of tools says so; empty where it does not tell."""
    doing = "reading the tools of the project"
    try:
        found = rows(client, f"{base}/tools", doing)
    except ProcoreError as problem:
        if problem.status not in NOT_THERE:
            raise
        return ""  # then the reading itself must tell
    return next(_off(found), "")


def _off(found: list[object]) -> Iterator[str]:
    for content in found:
        row = payloads.parse(payloads.ToolRow, content, "tool")
        names = {row.title.casefold(), row.engine_name.replace("_", " ").casefold()}
        if DIRECT_COSTS.name.casefold() in names and not row.is_active:
            yield (
                f"The tool {DIRECT_COSTS.name} is switched off in this project; a Procore project administrator must "
                "switch it on before its costs can come back."
            )
