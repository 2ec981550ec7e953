"""Which tool of Procore a call needs, and at which level: one table for refusals in plain words and for `doctor`.

Procore publishes no permission per operation; the levels are the usual ones of each tool [inferred], as set-up.md asks
for them.
"""

import re
from dataclasses import dataclass
from typing import Literal

Scope = Literal["company", "project"]


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool with the level that reading by this app needs; `writing` where it also writes there."""

    name: str
    scope: Scope
    reading: str = "Read Only"
    writing: str = ""

    def wanted(self, *, writes: bool = False) -> str:
        """Say what a Procore administrator must give: `the project's tool Commitments, level Admin`."""
        level = self.writing if writes and self.writing else self.reading
        return f"the {self.scope}'s tool {self.name}, level {level}"


DIRECTORY = Tool("Directory", "company", writing="Admin")
COMPANY_ADMIN = Tool("Admin", "company", writing="Admin")
PORTFOLIO = Tool("Portfolio", "company", writing="Admin")
BUDGET = Tool("Budget", "project")
COMMITMENTS = Tool("Commitments", "project", reading="Admin", writing="Admin")
CHANGE_ORDERS = Tool("Change Orders", "project")
DIRECT_COSTS = Tool("Direct Costs", "project", writing="Admin")
PROJECT_ADMIN = Tool("Admin", "project", writing="Standard")
PRIME_CONTRACTS = Tool("Prime Contracts", "project")
INVOICING = Tool("Invoicing", "project")
WEBHOOKS = Tool("Webhooks API", "company", reading="Standard")

_PARTS: tuple[tuple[str, Tool], ...] = (
    (r"/rest/v1\.0/vendors\b", DIRECTORY),
    (r"/companies/\d+/work_breakdown_structure|/standard_cost_codes\b|/line_item_types\b", COMPANY_ADMIN),
    (r"/direct_costs\b", DIRECT_COSTS),
    (r"/(purchase|work)_order_contracts\b", COMMITMENTS),
    (r"/change_order_packages\b|/commitment_change_orders\b", CHANGE_ORDERS),
    (r"/prime_contracts\b", PRIME_CONTRACTS),
    (r"/requisitions\b", INVOICING),
    (r"/budget|/manual_forecast_line_items\b", BUDGET),
    (r"/cost_codes\b|/work_breakdown_structure/|/tools$", PROJECT_ADMIN),
    (r"/rest/v1\.0/projects(/sync)?$", PORTFOLIO),
    (r"/webhooks/", WEBHOOKS),
)
"""The first that fits a path names its tool."""


def tool_of(path: str) -> Tool | None:
    """Name the tool that a path belongs to; None where no permission of a tool is needed."""
    return next((tool for pattern, tool in _PARTS if re.search(pattern, path)), None)
