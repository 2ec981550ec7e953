"""Which names of QuickBooks and Procore are one: what is open first, with suggestions; linking, and a CSV file."""

from collections.abc import Mapping
from typing import Literal, get_args

from qbwc_bridge.domain.records import Connection
from qbwc_bridge.errors import BridgeError, NotFound, Refused, WrongUsage
from qbwc_bridge.files.links import lines_of, links_file
from qbwc_bridge.flow import links, map_lines, work
from qbwc_bridge.flow.allocating import procore_name
from qbwc_bridge.flow.figures import KeptLedger
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.flow.links import LinkKind, Open
from qbwc_bridge.statuspage.allocating import Row, picked
from qbwc_bridge.statuspage.apart import joined, lists
from qbwc_bridge.statuspage.ask import MOST_OFFERED, Ask, BadForm, File, Goto, Page

Kind = Literal["job", "vendor", "cost"]
"""What the tab shows: jobs, vendors, or the names by which costs are placed."""
KINDS: tuple[Kind, ...] = get_args(Kind)

MOST_ROWS = 100
"""Open names of one page: she links some, and the next ones come up."""

MOST_TOLD = 10
"""Lines of a file whose trouble is told on the page; `map import` tells them all."""


WORDS: Mapping[Kind, str] = {"job": "Jobs", "vendor": "Vendors", "cost": "Items and accounts"}


def mapping(ask: Ask, name: str) -> Page:
    """Show what is open of one kind: jobs and vendors without a link, or names whose costs have no code."""
    connection = ask.connection(name)
    chosen = _kind(ask.request.args)
    q = ask.request.args.get("q", "").strip()[:100]
    values = _costs(ask, connection) if chosen == "cost" else _records(ask, connection, chosen, q)
    zone = ask.site.kit.options(connection).zone
    frame = {"connection": connection, "zone": zone, "kind": chosen, "kinds": WORDS, "q": q}
    return Page("mapping.html", {**frame, **values})


def link_names(ask: Ask, name: str) -> Page | Goto:
    """Show once more which jobs or vendors are to be linked; once that was seen, link them."""
    ask.need_decider()
    connection, form = ask.connection(name), ask.request.form
    rows = picked(form)
    kind = next((each for each in get_args(LinkKind) if each == form.get("of")), None)
    if kind is None or any(row.kind != kind for row in rows):
        raise BadForm("The form does not say what to link: go back, reload the page and try again.")
    back = ask.url("mapping", name=name, kind=kind)
    if not rows:
        return Goto(back, "Choose at least one name first.", "bad")
    fit, problems = _checked(ask, connection, kind, rows)
    if not fit:
        return Goto(back, " ".join(problems), "bad")
    if not form.get("confirmed"):
        return Page(
            "linking.html",
            {"connection": connection, "kind": kind, "rows": fit, "problems": problems, "back": back},
        )
    return _linked(ask, connection, kind, fit, problems)


def mapping_file(ask: Ask, name: str) -> File:
    """Give what is linked, mapped and ignored as CSV."""
    connection = ask.connection(name)
    content = links_file(links.linked(ask.uow, connection))
    return File(f"{connection.name} mapping {ask.now:%Y-%m-%d}.csv", "text/csv", content)


def import_mapping(ask: Ask, name: str) -> Goto:
    """Do what the lines of a CSV file say that say something new; one that cannot be is told and stops no other."""
    ask.need_decider()
    connection = ask.connection(name)
    back = ask.url("mapping", name=name, kind=_kind(ask.request.form))
    sent = ask.request.files.get("file")
    if sent is None or not sent.filename:
        return Goto(back, "Choose a CSV file first.", "bad")
    try:
        lines = lines_of(sent.read().decode("utf-8-sig"), "The file")
    except UnicodeDecodeError:
        return Goto(back, "The file is no text in UTF-8: in Excel, save it as “CSV UTF-8”.", "bad")
    except WrongUsage as problem:
        return Goto(back, str(problem), "bad")
    fresh, told = map_lines.news(ask.uow, connection, lines), []
    for number, line in fresh:
        try:
            map_lines.take(ask.uow, connection, line, who=ask.person.name, now=ask.now)
        except BridgeError as problem:  # the other lines go on
            told.append(f"Line {number}: {problem}")
    if fresh:
        work.settle(ask.uow, connection, ask.site.kit.options(connection), ask.now)
    done = f"{len(fresh) - len(told)} of {len(lines)} lines taken, {len(lines) - len(fresh)} said nothing new."
    more = [f"And {len(told) - MOST_TOLD} more."] if len(told) > MOST_TOLD else []
    return Goto(back, " ".join([done, *told[:MOST_TOLD], *more]), "bad" if told else "good")


def _kind(values: Mapping[str, str]) -> Kind:
    return next((kind for kind in KINDS if kind == values.get("kind")), "job")


def _records(ask: Ask, connection: Connection, kind: LinkKind, q: str) -> dict[str, object]:
    rows = [each for each in links.open_links(ask.uow, connection, kind) if _holds(each, q)]
    rows.sort(key=lambda each: not each.near)
    names = [(procore_name(row), row.title) for row in links.waiting(ask.uow, connection, kind)]
    return {
        "rows": rows[:MOST_ROWS],
        "count": len(rows),
        "names": names[:MOST_OFFERED],
        "ignored": ask.uow.mappings.find(connection_id=connection.id, kind=kind, ignored=True),
    }


def _costs(ask: Ask, connection: Connection) -> dict[str, object]:
    options = ask.site.kit.options(connection)
    ledger = Ledger(ask.uow, connection, options)
    return {"apart": lists(ask.uow, ledger, joined(KeptLedger(ask.uow, connection, options), ledger))}


def _holds(found: Open, q: str) -> bool:
    return q.casefold() in f"{found.quickbooks} {' '.join(found.near)}".casefold()


def _checked(ask: Ask, connection: Connection, kind: LinkKind, rows: list[Row]) -> tuple[list[Row], list[str]]:
    """What can be linked, in Procore's own words, and why the rest cannot."""
    fit, problems = [], []
    for row in rows:
        if not row.procore:
            problems.append(f"{row.quickbooks}: choose what it is in Procore first.")
            continue
        try:
            found = links.to_link(ask.uow, connection, kind, row.procore)
        except (NotFound, Refused, WrongUsage) as problem:
            problems.append(str(problem))
        else:
            fit.append(row._replace(procore=procore_name(found)))
    return fit, problems


def _linked(ask: Ask, connection: Connection, kind: LinkKind, rows: list[Row], problems: list[str]) -> Goto:
    done, who, now = 0, ask.person.name, ask.now
    for row in rows:
        try:
            links.link(ask.uow, connection, kind, row.quickbooks, row.procore, who=who, now=now)
        except (NotFound, Refused, WrongUsage) as problem:  # a refused link changed nothing, the others go on
            problems.append(str(problem))
        else:
            done += 1
    if done:
        work.settle(ask.uow, connection, ask.site.kit.options(connection), ask.now)
    sentence = "1 name is linked." if done == 1 else f"{done} names are linked." if done else "Nothing was linked."
    back = ask.url("mapping", name=connection.name, kind=kind)
    return Goto(back, " ".join([sentence, *problems]), "bad" if problems else "good")
