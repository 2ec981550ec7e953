"""Company, own user, projects and vendors: the rules and the calls."""

from qbwc_bridge.rehearsal.procore.problems import Invalid, bad_request, not_found
from qbwc_bridge.rehearsal.procore.records import BudgetView, Project, Vendor
from qbwc_bridge.rehearsal.procore.state import COST_CODE_LIST_ID, SERVICE_USER_ID, State
from qbwc_bridge.rehearsal.procore.sync import Kind, sync
from qbwc_bridge.rehearsal.procore.tools import NEVER_OFF, PROJECT_TOOLS
from qbwc_bridge.rehearsal.procore.values import Row, date_or_none, day, decimal, iso, short, text_or_none
from qbwc_bridge.rehearsal.procore.wbs import copy_standard_codes
from qbwc_bridge.rehearsal.procore.wire import Answer, Ask, Listing, Route, chosen

ORIGIN_KEYS = ("origin_id", "origin_code", "origin_data")
PROJECT_TEXTS = (
    "address",
    "city",
    "state_code",
    "country_code",
    "zip",
    "county",
    "time_zone",
    "accounting_project_number",
)
VENDOR_TEXTS = (
    "abbreviated_name",
    "address",
    "city",
    "state_code",
    "zip",
    "country_code",
    "business_phone",
    "mobile_phone",
    "fax_number",
    "email_address",
    "license_number",
    "notes",
    "trade_name",
    "website",
)


def new_project(state: State, fields: Row, *, copy_codes: bool = True) -> Project:
    """Create a project from the keys of a request body (`name` is required), usually with the standard codes."""
    values = _project_values(fields)
    name = values.pop("name", None)
    if not name:
        raise Invalid(name="can't be blank")
    state.check_origin(Project.origin_kind, values.get("origin_id"), None)
    number = values.pop("number", None) or ""
    views = [BudgetView(id=state.new_id("budget_view"))]
    project = Project(**state.fresh("project"), name=name, number=number, views=views, **values)
    state.projects[project.id] = state.keep(project)
    if copy_codes:
        copy_standard_codes(state, project)
    return project


def _project_values(fields: Row) -> Row:
    values: Row = {key: text_or_none(fields[key]) for key in (*PROJECT_TEXTS, *ORIGIN_KEYS) if key in fields}
    if "name" in fields:
        values["name"] = text_or_none(fields["name"])
    if "project_number" in fields:
        values["number"] = text_or_none(fields["project_number"]) or ""
    if isinstance(fields.get("active"), bool):
        values["active"] = fields["active"]
    for key in ("start_date", "completion_date"):
        if key in fields:
            values[key] = date_or_none(fields[key])
    if fields.get("total_value") is not None:
        try:
            values["total_value"] = decimal(fields["total_value"])
        except ValueError as error:
            raise Invalid(total_value=str(error)) from error
    return values


def project_row(state: State, project: Project) -> Row:
    """Write a project as its list and show calls do."""
    return {
        "id": project.id,
        "name": project.name,
        "display_name": f"{project.number} - {project.name}" if project.number else project.name,
        "project_number": project.number or None,
        "active": project.active,
        **{key: getattr(project, key) for key in (*PROJECT_TEXTS, *ORIGIN_KEYS)},
        "stage": project.stage,
        "total_value": None if project.total_value is None else short(project.total_value),
        "start_date": day(project.start_date),
        "completion_date": day(project.completion_date),
        "parent_job_id": None,
        "company": {"id": state.company_id, "name": state.company_name},
        "is_demo": False,
        "custom_fields": {},
        "created_at": iso(project.created_at),
        "updated_at": iso(project.updated_at),
    }


def _show_project(state: State, project: Project) -> Row:
    row = project_row(state, project)
    stage = {"id": 1, "name": row.pop("stage")}
    more = {"is_erp_integrated": False, "standard_cost_code_list_id": COST_CODE_LIST_ID, "parent_job": None}
    return row | more | {"project_stage": stage}


def _list_projects(ask: Ask) -> Listing[Project]:
    ask.company()
    status = ask.query.get("filters[by_status]", "Active")
    if status not in ("All", "Active", "Inactive"):
        raise bad_request("Bad Request", **{"filters[by_status]": "must be All, Active or Inactive"})
    seen = [
        project
        for project in ask.state.projects.values()
        if project.permitted and (status == "All" or project.active == (status == "Active"))
    ]
    found = chosen(ask, seen, name=lambda project: project.name)
    synced = ask.query.get("filters[synced]")
    if synced is not None:
        found = [project for project in found if (project.origin_id is not None) == (synced == "true")]
    if ask.query.get("serializer_view") == "compact":
        keys = ("id", "name", "display_name")
        return Listing(found, lambda one: {key: project_row(ask.state, one)[key] for key in keys})
    return Listing(found, lambda one: project_row(ask.state, one))


def _get_project(ask: Ask) -> Answer:
    ask.company()
    return Answer(_show_project(ask.state, ask.state.project(ask.path_id("id"))))


def _post_project(ask: Ask) -> Answer:
    ask.company()
    fields = ask.wrapped("project")
    copied = fields.get("enable_copy_of_standard_cost_codes") is True  # Procore's own default is no
    return Answer(_show_project(ask.state, new_project(ask.state, fields, copy_codes=copied)), status=201)


def _change_project(state: State, project: Project, fields: Row) -> None:
    values = _project_values(fields)
    if not values.get("name", "kept"):
        raise Invalid(name="can't be blank")
    state.change(project, **values)


def _sync_projects(ask: Ask) -> Answer:
    ask.company()
    state = ask.state

    def find(project_id: int) -> Project | None:
        found = state.projects.get(project_id)
        return found if found is not None and found.permitted else None

    def by_origin(origin_id: str) -> Project | None:
        found = state.by_origin(Project.origin_kind, origin_id)
        return find(found.id) if found is not None else None

    kind = Kind(
        find=find,
        find_origin=by_origin,
        create=lambda fields: new_project(state, fields, copy_codes=False),
        update=lambda project, fields: _change_project(state, project, fields),
        view=lambda project: project_row(state, project),
    )
    return Answer(sync(ask.updates(), kind))


def _patch_project(ask: Ask) -> Answer:
    ask.company()
    project = ask.state.project(ask.path_id("id"))
    _change_project(ask.state, project, ask.wrapped("project"))
    return Answer(_show_project(ask.state, project))


def new_vendor(state: State, fields: Row) -> Vendor:
    """Create a company of the directory from the keys of a request body; `name` is required."""
    values = _vendor_values(fields)
    if not values.get("name"):
        raise Invalid(name="can't be blank")
    state.check_origin(Vendor.origin_kind, values.get("origin_id"), None)
    vendor = Vendor(**state.fresh("vendor"), **values)
    state.vendors[vendor.id] = state.keep(vendor)
    return vendor


def change_vendor(state: State, vendor: Vendor, fields: Row) -> None:
    """Change the fields of a vendor that a request body names."""
    values = _vendor_values(fields)
    if not values.get("name", "kept"):
        raise Invalid(name="can't be blank")
    state.change(vendor, **values)


def _vendor_values(fields: Row) -> Row:
    values: Row = {key: text_or_none(fields[key]) for key in ("name", *VENDOR_TEXTS, *ORIGIN_KEYS) if key in fields}
    if isinstance(fields.get("is_active"), bool):
        values["is_active"] = fields["is_active"]
    return values


def vendor_row(state: State, vendor: Vendor, view: str = "extended") -> Row:
    """Write a vendor in the view asked for; "compact" has only id and name, unknown views are the usual one."""
    if view == "compact":
        return {"id": vendor.id, "name": vendor.name}
    row = {
        "id": vendor.id,
        "name": vendor.name,
        "is_active": vendor.is_active,
        **{key: getattr(vendor, key) for key in (*VENDOR_TEXTS, *ORIGIN_KEYS)},
        "company": state.company_name,
        "synced_to_erp": vendor.origin_id is not None,
        "primary_contact": None,
        "vendor_group": None,
        "union_member": False,
        "created_at": iso(vendor.created_at),
        "updated_at": iso(vendor.updated_at),
    }
    if view in ("normal", "erp"):
        return row
    projects = [
        project.id
        for project in state.projects.values()
        if any(commitment.vendor_id == vendor.id for commitment in project.commitments.values())
    ]
    more: Row = {"parent": None, "children_count": 0, "legal_name": None, "company_vendor": False, "trades": []}
    return {**row, **more, "project_ids": projects, "standard_cost_codes": []}


def _list_vendors(ask: Ask) -> Listing[Vendor]:
    ask.company()
    found = chosen(ask, ask.state.vendors.values())
    search = ask.query.get("filters[search]")
    if search is not None:
        found = [v for v in found if search.casefold() in f"{v.name}\n{v.origin_code or ''}".casefold()]
    return Listing(found, lambda one: vendor_row(ask.state, one, ask.query.get("view", "extended")))


def _vendor(ask: Ask) -> Vendor:
    ask.company()
    vendor = ask.state.vendors.get(ask.path_id("id"))
    if vendor is None:
        raise not_found()
    return vendor


def _get_vendor(ask: Ask) -> Answer:
    return Answer(vendor_row(ask.state, _vendor(ask), ask.query.get("view", "extended")))


def _patch_vendor(ask: Ask) -> Answer:
    vendor = _vendor(ask)
    change_vendor(ask.state, vendor, ask.wrapped("vendor"))
    return Answer(vendor_row(ask.state, vendor))


def _post_vendor(ask: Ask) -> Answer:
    ask.company()
    return Answer(vendor_row(ask.state, new_vendor(ask.state, ask.wrapped("vendor"))), status=201)


def _sync_vendors(ask: Ask) -> Answer:
    ask.company()
    state = ask.state

    def by_origin(origin_id: str) -> Vendor | None:
        found = state.by_origin(Vendor.origin_kind, origin_id)
        return found if isinstance(found, Vendor) else None

    kind = Kind(
        find=state.vendors.get,
        find_origin=by_origin,
        create=lambda fields: new_vendor(state, fields),
        update=lambda vendor, fields: change_vendor(state, vendor, fields),
        view=lambda vendor: vendor_row(state, vendor),
    )
    return Answer(sync(ask.updates(), kind))


def _list_companies(ask: Ask) -> Listing[int]:
    name = ask.state.company_name
    more = {"is_active": True, "logo_url": None, "my_company": True, "pcn_business_experience": None}
    return Listing([ask.state.company_id], lambda company_id: {"id": company_id, "name": name, **more})


def _tools(ask: Ask) -> Listing[str]:
    project = ask.project()
    active = ask.query.get("filters[is_active]")
    told = [name for name in PROJECT_TOOLS if active is None or (name not in project.tools_off) == (active == "true")]

    def row(name: str) -> Row:
        return {
            "id": PROJECT_TOOLS.index(name) + 1,
            "engine_name": name.lower().replace(" ", "_"),
            "title": name,
            "is_active": name not in project.tools_off,
            "position": PROJECT_TOOLS.index(name) + 1,
            "required": name in NEVER_OFF,
        }

    return Listing(told, row)


def _me(_ask: Ask) -> Answer:
    return Answer({"id": SERVICE_USER_ID, "login": "service-account@example.com", "name": "Service Account"})


ROUTES = (
    Route("GET", "/rest/v1.0/companies", _list_companies, for_company=False),
    Route("GET", "/rest/v1.0/me", _me, for_company=False),
    Route("GET", "/rest/v1.0/projects", _list_projects, shape="error"),
    Route("POST", "/rest/v1.0/projects", _post_project),
    Route("PATCH", "/rest/v1.0/projects/sync", _sync_projects),
    Route("GET", "/rest/v1.0/projects/{id}", _get_project),
    Route("PATCH", "/rest/v1.0/projects/{id}", _patch_project),
    Route("GET", "/rest/v1.0/projects/{project_id}/tools", _tools),
    Route("GET", "/rest/v1.0/vendors", _list_vendors),
    Route("POST", "/rest/v1.0/vendors", _post_vendor),
    Route("PATCH", "/rest/v1.0/vendors/sync", _sync_vendors),
    Route("GET", "/rest/v1.0/vendors/{id}", _get_vendor),
    Route("PATCH", "/rest/v1.0/vendors/{id}", _patch_vendor),
)
