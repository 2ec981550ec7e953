"""Tools and permissions: which tool a call belongs to, whether it is on, and what the application may do with it.

A tool that is switched off and one that the application may not use are both refused with 403 (source: Procore's page
on the permissions of a service account).
"""

import re
from typing import Literal

from qbwc_bridge.rehearsal.procore.problems import forbidden

Level = Literal["none", "read", "standard", "admin"]
"""Procore's levels of permission: None, Read Only, Standard, Admin."""

Scope = Literal["company", "project"]
Tool = tuple[Scope, str]

LEVELS: tuple[Level, ...] = ("none", "read", "standard", "admin")

PROJECT_TOOLS = (
    "Home",
    "Admin",
    "Directory",
    "Budget",
    "Prime Contracts",
    "Commitments",
    "Change Orders",
    "Direct Costs",
    "Invoicing",
)
"""The tools of a project, in the order of its menu."""

NEVER_OFF = ("Home", "Admin")

_PARTS: tuple[tuple[str, Tool], ...] = (
    (r"/rest/v1\.0/vendors\b", ("company", "Directory")),
    (r"/companies/\{company_id\}/work_breakdown_structure|/standard_cost_code|/line_item_types", ("company", "Admin")),
    (r"/direct_costs\b", ("project", "Direct Costs")),
    (r"/(purchase|work)_order_contracts\b", ("project", "Commitments")),
    (r"/change_order_packages\b|/commitment_change_orders\b", ("project", "Change Orders")),
    (r"/prime_contracts\b", ("project", "Prime Contracts")),
    (r"/requisitions\b", ("project", "Invoicing")),
    (r"/budget|/manual_forecast_line_items", ("project", "Budget")),
    (r"/rest/v1\.0/cost_codes\b|/work_breakdown_structure|/tools\b", ("project", "Admin")),
)
"""The first that fits a path template names its tool; what none fits needs no permission."""


def tool_of(template: str) -> Tool | None:
    """Name the tool that an operation belongs to."""
    return next((tool for pattern, tool in _PARTS if re.search(pattern, template)), None)


def check_level(tool: str, level: Level, *, writes: bool) -> None:
    """Refuse what a level does not allow: nothing with none, no writing with read; raises Problem 403."""
    if LEVELS.index(level) < LEVELS.index("standard" if writes else "read"):
        raise forbidden(f"You do not have permission to {'change' if writes else 'see'} this in {tool}")


def check_on(tool: str, *, off: bool) -> None:
    """Refuse a call of a tool that is switched off; raises Problem 403."""
    if off:
        raise forbidden(f"The {tool} tool is not enabled for this project")
