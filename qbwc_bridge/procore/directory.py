"""Projects and vendors of the company, read and made, and the proof that the company is open to us at all."""

from qbwc_bridge.domain.procore import Project, Vendor
from qbwc_bridge.domain.reading import NOTHING, Changed, Known
from qbwc_bridge.errors import ProcoreError, ProcoreUnreachable
from qbwc_bridge.procore.client import Client, Params
from qbwc_bridge.procore.lists import changed_since, sensible, whole_list
from qbwc_bridge.procore.paging import rows
from qbwc_bridge.procore.payloads import CompanyRow, ProjectRow, Reference, VendorRow, parse


def check(client: Client) -> None:
    """Look for the company among those that the app may see; raises ProcoreError."""
    found = rows(client, "/rest/v1.0/companies", "reading the companies that the app may see")
    ids = [parse(CompanyRow, row, "company").id for row in found]
    if client.company_id not in ids:
        raise ProcoreError(
            f"Procore does not show company {client.company_id} to the bridge's app; check the company id, or let an "
            "administrator of that company connect the app in Procore's App Management."
        )


def projects(client: Client) -> Changed[Project]:
    """Read the active projects."""
    params: Params = [("company_id", client.company_id), ("filters[by_status]", "Active")]
    found = rows(client, "/rest/v1.0/projects", "reading the projects of the company", params)
    good, left_out = sensible(ProjectRow, found, "project", whole=True)
    return whole_list([_project(row) for row in good], left_out)


def vendors(client: Client, known: Known = NOTHING) -> Changed[Vendor]:
    """Read the companies of the Directory, all or those that changed; this list shows no deleted ones."""
    params: Params = [("company_id", client.company_id), ("view", "extended"), *changed_since(known, deleted=False)]
    found = rows(client, "/rest/v1.0/vendors", "reading the vendors of the company", params)
    parsed, left_out = sensible(VendorRow, found, "vendor", whole=known.since is None)
    moments = [row.updated_at for row in parsed if row.updated_at is not None]
    return Changed(
        found=tuple(_vendor(row) for row in parsed),
        listed=frozenset(row.id for row in parsed) | left_out.keys(),
        newest=max(moments, default=None),
        left_out=left_out,
    )


def create_project(client: Client, number: str, name: str) -> int:
    """Make an active project; see `Procore.create_project`."""
    project = {
        "name": name,
        # Without codes it could have no budget, and nothing of it could go to QuickBooks.
        "enable_copy_of_standard_cost_codes": True,
    }
    project |= {"project_number": number} if number else {}
    doing = f"making project {f'{number} {name}'.strip()}"
    body = {"company_id": client.company_id, "project": project}
    return _made(client.post("/rest/v1.0/projects", doing, body), "new project")


def create_vendor(client: Client, name: str) -> int:
    """Make a company of the Directory; see `Procore.create_vendor`."""
    body = {"company_id": client.company_id, "vendor": {"name": name}}
    return _made(client.post("/rest/v1.0/vendors", f"making vendor {name}", body), "new vendor")


def _made(answer: object, what: str) -> int:
    """Read the id of what was made: without it, it stands there all the same and has to be looked up."""
    try:
        return parse(Reference, answer, what).id
    except ProcoreError as error:
        raise ProcoreUnreachable(str(error)) from error


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
