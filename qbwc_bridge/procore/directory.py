"""Projects and vendors of the company, and the proof that the company is open to us at all."""

from qbwc_bridge.domain.procore import Project, Vendor
from qbwc_bridge.errors import ProcoreError
from qbwc_bridge.procore.client import Client, Params
from qbwc_bridge.procore.paging import rows
from qbwc_bridge.procore.payloads import CompanyRow, ProjectRow, VendorRow, parse


def check(client: Client) -> None:
    """Look for the company among those that the app may see; raises ProcoreError."""
    found = rows(client, "/rest/v1.0/companies", "reading the companies that the app may see")
    ids = [parse(CompanyRow, row, "company").id for row in found]
    if client.company_id not in ids:
        raise ProcoreError(
            f"Procore does not show company {client.company_id} to the bridge's app; check the company id, or let an "
            "administrator of that company connect the app in Procore's App Management."
        )


def projects(client: Client) -> list[Project]:
    """Read the active projects."""
    params: Params = [("company_id", client.company_id), ("filters[by_status]", "Active")]
    found = rows(client, "/rest/v1.0/projects", "reading the projects of the company", params)
    return [_project(parse(ProjectRow, row, "project")) for row in found]


def vendors(client: Client) -> list[Vendor]:
    """Read the companies of the Directory."""
    params: Params = [("company_id", client.company_id), ("view", "extended")]
    found = rows(client, "/rest/v1.0/vendors", "reading the vendors of the company", params)
    return [_vendor(parse(VendorRow, row, "vendor")) for row in found]


def _project(row: ProjectRow) -> Project:
    return Project(
        id=row.id,
        number=row.project_number,
        name=row.name,
        active=row.active,
        address=row.address,
        city=row.city,
        state=row.state_code,
        zip=row.zip,
    )


def _vendor(row: VendorRow) -> Vendor:
    return Vendor(
        id=row.id,
        name=row.name,
        is_active=row.is_active,
        address=row.address,
        city=row.city,
        state=row.state_code,
        zip=row.zip,
        phone=row.business_phone,
        email=row.email_address,
    )
