"""The closing table of the demonstration: budget, committed and actual, from the stand-ins' own books."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from qbwc_bridge.rehearsal.procore import Procore
from qbwc_bridge.rehearsal.quickbooks import Company

ZERO = Decimal("0.00")


def closing_table(procore: Procore, company: Company, projects: Sequence[dict[str, Any]]) -> tuple[str, bool]:
    """Compare both systems project by project, asking each about itself; gives the table and whether all agree.

    Procore: locked revised budget, approved commitments with change orders, direct costs. QuickBooks: estimates,
    purchase orders, posted job cost. Only projects with a job in QuickBooks take part.
    """
    jobs = {job.name: job.full_name for job in company.jobs()}
    costs = company.job_costs()
    lines = [f"{'':24}{'Procore':>16}{'QuickBooks':>16}{'Difference':>14}"]
    same = True
    for project in projects:
        job = next((full for name, full in jobs.items() if name.startswith(project["number"])), None)
        if job is None or not project.get("released"):
            continue
        rows = procore.budget_view(project["project_id"])
        pairs = [
            ("Budget", sum((row.revised for row in rows), ZERO), _estimates(company, job)),
            ("Committed", sum((row.committed for row in rows), ZERO), _orders(company, job)),
            (
                "Actual",
                sum((row.direct_costs for row in rows), ZERO),
                sum((amount for (of_job, _), amount in costs.items() if of_job == job), ZERO),
            ),
        ]
        lines.append(f"{project['number']} {project['name']}")
        for name, there, here in pairs:
            lines.append(f"    {name:20}{there:>16,.2f}{here:>16,.2f}{there - here:>14,.2f}")
            same = same and there == here
    return "\n".join(lines), same and len(lines) > 1


def _estimates(company: Company, job: str) -> Decimal:
    return sum((found.total for found in company.estimates() if found.job == job), ZERO)


def _orders(company: Company, job: str) -> Decimal:
    return sum((line.amount for order in company.orders() for line in order.lines if line.job == job), ZERO)
