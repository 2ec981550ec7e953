"""Every route, every role, and signed out: who gets what, made from the table of routes."""

import pytest

from qbwc_bridge.statuspage.app import ADDRESSES, VIEWS
from tests.page.office import MAIN, OTHER, Browser, Office
from tests.page.test_page_projects import CHOICES, procore

OK, GOTO, NO, GONE = 200, 303, 403, 404

ROLES = ("viewer", "approver", "admin", "elsewhere", "nobody")
"""`elsewhere` may decide at the other connection only; `nobody` is not signed in."""

READ = dict(zip(ROLES, (OK, OK, OK, GONE, GOTO), strict=True))
DECIDE = dict(zip(ROLES, (NO, GOTO, GOTO, GONE, GOTO), strict=True))
ASK = dict(zip(ROLES, (NO, OK, OK, GONE, GOTO), strict=True))
"""Deciders are asked once more."""
MANAGE = dict(zip(ROLES, (NO, NO, OK, NO, GOTO), strict=True))
OPEN = dict.fromkeys(ROLES, OK)
EXPECTED = {
    ("overview", "GET"): {**READ, "elsewhere": OK},
    ("client", "GET"): READ,
    ("submissions", "GET"): READ,
    ("record", "GET"): READ,
    ("costs", "GET"): READ,
    ("project_costs", "GET"): READ,
    ("cost_documents", "GET"): READ,
    ("cost_file", "GET"): READ,
    ("cost_document", "GET"): READ,
    ("wip", "GET"): READ,
    ("wip_file", "GET"): READ,
    ("reconciliation", "GET"): READ,
    ("reconciliation_file", "GET"): READ,
    ("projects", "GET"): READ,
    ("project", "GET"): READ,
    ("mapping", "GET"): READ,
    ("mapping_file", "GET"): READ,
    ("start", "GET"): READ,
    ("new_connection", "GET"): MANAGE,
    ("qwc_file", "GET"): MANAGE,
    ("decide", "POST"): DECIDE,
    ("allocate", "POST"): ASK,
    ("link_names", "POST"): ASK,
    ("import_mapping", "POST"): DECIDE,
    ("switch", "POST"): DECIDE,
    ("dry_run", "POST"): ASK,
    ("release", "POST"): DECIDE,
    ("withdraw", "POST"): ASK,
    ("start", "POST"): DECIDE,
    ("compare_now", "POST"): DECIDE,
    ("new_connection", "POST"): {**MANAGE, "admin": 400},
    ("login", "GET"): OPEN,
    # A form without a name and a password signs nobody in.
    ("login", "POST"): dict.fromkeys(ROLES, NO),
    ("link", "GET"): dict.fromkeys(ROLES, NO),
    ("logout", "POST"): dict.fromkeys(ROLES, GOTO),
    ("support", "GET"): OPEN,
    ("healthz", "GET"): OPEN,
    ("static", "GET"): OPEN,
}
"""What each route answers, by its endpoint and method. A new route must be added, or the first test fails."""

FORMS = {
    "decide": {"action": "accept"},
    "allocate": {"action": "map", "kind": "account", "quickbooks": "Job Expenses:Fuel", "procore": "03-300.M"},
    "link_names": {
        "of": "vendor",
        "pick": "vendor:Pacific Drywall",
        "procore:vendor:Pacific Drywall": "Pacific Drywall",
    },
    "switch": {"to": "off"},
    "dry_run": CHOICES,
    "release": CHOICES,
    "start": {"step": "company", "company": "Another company"},
}
"""What a form sends besides its token."""


def routes() -> list[tuple[str, str]]:
    """Give endpoint and method of every route."""
    every = ADDRESSES.iter_rules()
    return sorted(
        {(str(rule.endpoint), method) for rule in every for method in (rule.methods or set()) & {"GET", "POST"}}
    )


def address(office: Office, endpoint: str, name: str = MAIN) -> str:
    """Give an address that leads to an endpoint, of records that are there."""
    with office.kit.work() as uow:
        connection = uow.connections.first(name=name)
        assert connection is not None
        record = uow.submissions.find(connection_id=connection.id, kind="commitment", limit=1)[0].id
        document = uow.costs.find(connection_id=connection.id, limit=1)[0].id
    rule = next(rule for rule in ADDRESSES.iter_rules() if rule.endpoint == endpoint)
    places = {"number": record, "document": document, "project": 1, "form": "csv", "token": "x"}
    places["name"] = "page.css" if endpoint == "static" else name
    values = {place: places[place] for place in rule.arguments}
    return ADDRESSES.bind("localhost").build(endpoint, values)


@pytest.fixture(name="people")
def _people(office: Office) -> dict[str, Browser]:
    procore(office)
    office.employ("Ada", "admin")
    signed = {"viewer": "Victor", "approver": "Alice", "admin": "Ada", "elsewhere": "Charlie"}
    return {**{role: office.signed_in(name) for role, name in signed.items()}, "nobody": office.visitor()}


def test_every_route_has_an_entry() -> None:
    """Who adds a route says who may use it."""
    assert set(routes()) == set(EXPECTED)


def test_every_view_needs_a_sign_in() -> None:
    """What is not open to everybody sends whoever is not signed in away."""
    for (endpoint, _), expected in EXPECTED.items():
        assert (endpoint in VIEWS) == (expected["nobody"] == GOTO and endpoint != "logout"), endpoint


@pytest.mark.parametrize(("endpoint", "method"), routes())
@pytest.mark.parametrize("role", ROLES)
def test_who_may_do_what(office: Office, people: dict[str, Browser], role: str, endpoint: str, method: str) -> None:
    """Each role gets of each route what the table says; a form with its token."""
    browser, path = people[role], address(office, endpoint)
    if method == "GET":
        answer = browser.get(path)
    else:
        form = dict(FORMS.get(endpoint, {}))
        if role != "nobody":
            form["csrf"] = browser.csrf()
        answer = browser.client.post(path, data=form)
    assert answer.status_code == EXPECTED[endpoint, method][role], answer.text
    if role == "nobody" and endpoint in VIEWS:
        assert answer.headers["Location"].startswith("/login")


@pytest.mark.parametrize(
    "endpoint", sorted({endpoint for endpoint, method in routes() if method == "POST"} - {"login"})
)
@pytest.mark.parametrize("role", [role for role in ROLES if role != "nobody"])
@pytest.mark.parametrize("token", ["", "0" * 64], ids=["none", "wrong"])
def test_no_form_without_its_token(
    office: Office, people: dict[str, Browser], role: str, endpoint: str, token: str
) -> None:
    """Whoever is signed in: a form without the session's own token is refused."""
    form = {**FORMS.get(endpoint, {}), **({"csrf": token} if token else {})}
    answer = people[role].client.post(address(office, endpoint, OTHER), data=form)
    assert answer.status_code == NO


def test_what_is_open_tells_nothing_of_a_connection(office: Office, people: dict[str, Browser]) -> None:
    """Pages that need no sign-in name no connection and no record."""
    for endpoint, method in routes():
        if endpoint not in VIEWS and method == "GET":
            text = people["nobody"].get(address(office, endpoint)).text
            assert MAIN not in text, endpoint
            assert "PO-001" not in text, endpoint
