"""The tab Projects: off, on, released; and one project with what it exports and what people chose for it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from qbwc_bridge.domain.records import Connection, Kind, ProjectChoice
from qbwc_bridge.domain.states import State
from qbwc_bridge.errors import NotFound
from qbwc_bridge.flow.releasing import in_words
from qbwc_bridge.statuspage import words
from qbwc_bridge.statuspage.ask import Ask, Page, offered
from qbwc_bridge.statuspage.paging import page_of, pages_of, steps
from qbwc_bridge.statuspage.render import day

Standing = Literal["on", "released", "off", "gone"]
"""Takes part; takes part with its costs; does not; is not shown by Procore any more."""
STANDINGS: tuple[Standing, ...] = get_args(Standing)

PAGE_ROWS = 200
"""Projects of one page."""


@dataclass(frozen=True, slots=True)
class Line:
    """One project as the table shows it."""

    row: ProjectChoice
    standing: Standing
    shown: words.Look
    url: str
    release: str
    """The choices of its release in words; empty where its costs are not released."""


@dataclass(frozen=True, slots=True)
class Export:
    """How many records of one kind a project offers, by state."""

    word: str
    states: list[tuple[words.Look, int, str]]


def projects(ask: Ask, name: str) -> Page:
    """Show the projects of a connection, those that take part first."""
    connection = ask.connection(name)
    args = ask.request.args
    chosen = next((each for each in STANDINGS if each == args.get("standing")), "")
    q = args.get("q", "").strip()[:100]
    rows = [line(ask, name, row) for row in ask.uow.projects.find(connection_id=connection.id, order="number")]
    found = [each for each in rows if q.casefold() in f"{each.row.number} {each.row.name}".casefold()]
    counts = Counter(each.standing for each in found)
    shown = sorted(
        (each for each in found if chosen in ("", each.standing)), key=lambda each: STANDINGS.index(each.standing)
    )
    asked = {"name": name, "standing": chosen or None, "q": q or None}
    pages = pages_of(len(shown), PAGE_ROWS)
    page = min(page_of(args), pages)
    values = {
        "connection": connection,
        "zone": ask.site.kit.options(connection).zone,
        "standing": chosen,
        "q": q,
        "counts": {each: (words.STANDINGS[each], counts[each]) for each in STANDINGS if counts[each]},
        "all": len(found),
        "lines": shown[(page - 1) * PAGE_ROWS : page * PAGE_ROWS],
        "steps": steps(page, pages, lambda number: ask.url("projects", **asked, page=number)),
    }
    return Page("projects.html", values)


def project(ask: Ask, name: str, project: int) -> Page:
    """Show one project: whether it takes part, what it exports, and its release.

    The address may hold a customer that somebody typed and that was refused.
    """
    connection, typed = ask.connection(name), ask.request.args
    row = choice(ask, connection, project)
    options = ask.site.kit.options(connection)
    return Page(
        "project.html",
        {
            "connection": connection,
            "zone": options.zone,
            "line": line(ask, name, row),
            "row": row,
            "customer": typed.get("customer") or row.customer or options.default_customer,
            "create": typed.get("create") == "yes",
            # Those that may stand above a job: they are no jobs themselves.
            "customers": offered(ask, connection, "customer", parent_id=""),
            "exports": _exports(ask, connection, row),
            "has_job": ask.uow.submissions.has(
                connection_id=connection.id, kind="job", project_id=row.project_id, state=State.SYNCED
            ),
        },
    )


def choice(ask: Ask, connection: Connection, project: int) -> ProjectChoice:
    """Give a project by its number in Procore; raises NotFound."""
    row = ask.uow.projects.first(connection_id=connection.id, project_id=project)
    if row is None:
        raise NotFound(f"{connection.name} has no such project, as far as Procore was read.")
    return row


def line(ask: Ask, name: str, row: ProjectChoice) -> Line:
    """Give a project as it is shown."""
    standing: Standing = "released" if row.release else "on" if row.on else "off" if row.active else "gone"
    url = ask.url("project", name=name, project=row.project_id)
    return Line(row, standing, words.STANDINGS[standing], url, in_words(row.release, day) if row.release else "")


def _exports(ask: Ask, connection: Connection, row: ProjectChoice) -> list[Export]:
    rows = ask.uow.submissions.find(connection_id=connection.id, project_id=row.project_id)
    counts: Mapping[tuple[Kind, State], int] = Counter((each.kind, each.state) for each in rows)

    def states(kind: Kind) -> list[tuple[words.Look, int, str]]:
        shown: dict[str, Any] = {"name": connection.name, "kind": kind, "q": row.number}
        return [
            (look, counts[kind, state], ask.url("submissions", **shown, state=state.value))
            for state, look in words.STATES.items()
            if counts[kind, state]
        ]

    return [Export(plural, found) for kind, (_, plural) in words.KINDS.items() if (found := states(kind))]
