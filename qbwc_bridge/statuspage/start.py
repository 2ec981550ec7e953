"""The first run: from nothing to the first released costs in numbered steps, each with its own check."""

from dataclasses import dataclass
from typing import Any, Literal

from qbwc_bridge.domain.company import Company
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.domain.states import State
from qbwc_bridge.errors import BridgeError, Refused, WrongUsage
from qbwc_bridge.flow import allocating, connecting, work
from qbwc_bridge.flow.options import Options
from qbwc_bridge.statuspage.ask import Ask, BadForm, File, Goto, Page, offered

LONGEST = 159
"""Characters of a full account name in QuickBooks (AccountRef/FullName in the schema)."""

Name = Literal["procore", "accounts", "file", "password", "company", "project", "match", "accept", "release"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what is to be done, and whether it is."""

    number: int
    name: Name
    title: str
    done: bool
    first: bool
    """Whether it is the first that is not done: the one to take now."""


TITLES: dict[Name, str] = {
    "procore": "Procore can be read",
    "accounts": "Income and expense account for new items",
    "file": "Download the .qwc file",
    "password": "Add it to the Web Connector with its password",
    "company": "Is this your company?",
    "project": "Switch on your first project",
    "match": "Match what both systems have already",
    "accept": "Accept your first record",
    "release": "Dry run and release of costs",
}
"""In their order."""


def steps(ask: Ask, connection: Connection) -> list[Step]:
    """Give the steps of a connection."""
    uow, options = ask.uow, ask.site.kit.options(connection)
    mine: dict[str, Any] = {"connection_id": connection.id}
    visited = connection.last_contact is not None
    done: dict[Name, bool] = {
        "procore": connection.pulled_at is not None and not connection.procore_down,
        "accounts": bool(options.income_account and options.expense_account),
        "file": visited,
        "password": visited,
        "company": connection.bound_name != "" or connection.bound_file_id != "",
        "project": uow.projects.has(**mine, on=True),
        "match": connection.lists_read_at is not None
        and uow.submissions.has(**mine)
        and not uow.submissions.has(**mine, kind=["job", "vendor", "cost_code"], state=State.BLOCKED),
        "accept": uow.submissions.has(**mine, state=[State.ACCEPTED, State.EXPORTING, State.SYNCED]),
        "release": any(row.release for row in uow.projects.find(**mine)),
    }
    missing = next((name for name in TITLES if not done[name]), None)
    return [Step(number, name, TITLES[name], done[name], name == missing) for number, name in enumerate(TITLES, 1)]


def start(ask: Ask, name: str) -> Page | Goto:
    """Show the steps of a connection; or take one of those that are taken here."""
    connection = ask.connection(name)
    if ask.request.method == "POST":
        return _take(ask, connection)
    return _shown(ask, connection)


def new_connection(ask: Ask) -> Page | Goto:
    """Ask for what a connection needs, and make it; the Web Connector's password is shown once."""
    ask.need_admin()
    if ask.request.method != "POST":
        return Page("new_connection.html", {"problem": "", "form": {}})
    form = ask.request.form
    try:
        company, secret = connecting.good_company_id(form.get("company_id", "")), form.get("secret", "").strip()
        if not secret:
            raise WrongUsage("The Procore client secret is empty: copy it from the app's page at Procore.")
        password = connecting.draw_password()
        made = connecting.make(
            ask.uow,
            form.get("name", ""),
            (company, form.get("client_id", ""), ask.site.seal(secret)),
            ask.site.kit.hash_token(password),
            company_name=_one_line(form.get("company_name", "")),
            settings={"default_customer": _one_line(form.get("default_customer", ""))},
            who=ask.person.name,
            now=ask.now,
        )
    except BridgeError as problem:
        kept = {key: value for key, value in form.items() if key not in ("secret", "csrf")}
        return Page("new_connection.html", {"problem": str(problem), "form": kept}, status=400)
    return Page("password.html", {"connection": made, "password": password, "made": True})


def qwc_file(ask: Ask, name: str) -> File | Goto:
    """Give the .qwc file of a connection."""
    ask.need_admin()
    connection = ask.connection(name)
    try:
        text = ask.site.qwc(connection)
    except Refused as problem:
        return Goto(ask.url("start", name=name), str(problem), "bad")
    return File(f"{connection.user_name}.qwc", "application/xml", text.encode("ascii"))


def _take(ask: Ask, connection: Connection) -> Page | Goto:
    ask.need_decider()
    form, back, options = ask.request.form, ask.url("start", name=connection.name), ask.site.kit.options(connection)
    who, now = ask.person.name, ask.now
    try:
        match form.get("step"):
            case "password":
                ask.need_admin()
                password = connecting.draw_password()
                connecting.set_password(ask.uow, connection, ask.site.kit.hash_token(password), who=who, now=now)
                return Page("password.html", {"connection": connection, "password": password, "made": False})
            case "accounts":
                ask.need_admin()
                told = _choose_accounts(ask, connection)
            case "company":
                if form.get("company") != _company_seen(connection.company):
                    raise Refused("Another company has visited since this page was shown: look again.")
                connecting.confirm(ask.uow, connection, who=who, now=now)
                told = f"{connection.name} writes to {connection.bound_name or 'this company'} from the next visit on."
            case _:
                raise BadForm("The form does not say what to do: go back, reload the page and try again.")
    except BridgeError as problem:
        return Goto(back, str(problem), "bad")
    work.settle(ask.uow, connection, options, now)
    return Goto(back, told)


def _choose_accounts(ask: Ask, connection: Connection) -> str:
    """Keep the two accounts; checked against QuickBooks' list once it was read."""
    chosen = {key: _one_line(ask.request.form.get(key, "")) for key in ("income_account", "expense_account")}
    if not all(chosen.values()):
        raise WrongUsage("Name both accounts: an item without one of them cannot carry purchases and sales.")
    if connection.lists_read_at:
        for key, name in chosen.items():
            chosen[key] = allocating.in_quickbooks(ask.uow, connection, "account", name)
    connecting.choose(ask.uow, connection, chosen, who=ask.person.name, now=ask.now)
    return f"New items sell to {chosen['income_account']} and cost {chosen['expense_account']}."


def _shown(ask: Ask, connection: Connection) -> Page:
    options = ask.site.kit.options(connection)
    return Page(
        "start.html",
        {
            "connection": connection,
            "zone": options.zone,
            "steps": steps(ask, connection),
            "options": options,
            "accounts": _accounts(ask, connection, options),
            "company": connection.company,
            "company_seen": _company_seen(connection.company),
            "public_url": ask.site.public_url,
        },
    )


def _company_seen(company: Company) -> str:
    """What a person confirms: the company of the last visit, by name and file."""
    return f"{company.name} {company.file_path}".strip()


def _accounts(ask: Ask, connection: Connection, options: Options) -> list[str]:
    known = offered(ask, connection, "account")
    return known or [name for name in (options.income_account, options.expense_account) if name]


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    if not line.isprintable() or len(line) > LONGEST:
        raise WrongUsage(
            f"{line[:20]!r} … is no name in QuickBooks: give up to {LONGEST} characters that can be typed."
        )
    return line
