"""The tabs of submissions of one connection: filters with counts, search, order, pages, and decisions about several."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.records import Connection, Kind
from qbwc_bridge.domain.states import State
from qbwc_bridge.ports import Found, Wanted
from qbwc_bridge.statuspage.ask import Ask, Page
from qbwc_bridge.statuspage.lines import lines
from qbwc_bridge.statuspage.paging import Step, steps
from qbwc_bridge.statuspage.tabs import FILTERS, Chosen, Filter

PAGE_ROWS = 100
"""Rows of one page: some screens to scroll, and a form that stays small."""

TOGETHER = ("accept", "reject", "take_back", "retry", "archive", "done")
"""Decisions that make sense for several records at once."""

Counts = Mapping[tuple[Kind, State, bool], int]


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter with its count."""

    word: str
    count: int
    url: str
    on: bool
    sign: str = ""
    css: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column: its words, the address that sorts by it, and how it sorts now."""

    word: str
    sort: str
    url: str
    order: str
    """`ascending`, `descending`, or empty."""
    figure: bool


def submissions(ask: Ask, name: str) -> Page:
    """Show the submissions of a connection that the filters let through, a page at a time."""
    connection = ask.connection(name)
    chosen = Chosen.read(ask.request.args)
    counts = ask.uow.listing.counts(connection.id)
    differing = ask.uow.listing.differing(connection.id)
    found, chosen = _found(ask, connection, chosen)
    part = lines(ask, connection, found.rows)
    here = {action for line in part for action in line.actions}
    values = {
        "connection": connection,
        "zone": ask.site.kit.options(connection).zone,
        "chosen": chosen,
        "tab": chosen.kind or "submissions",
        "shown_tab": chosen.tab,
        "heads": list(_heads(ask, name, chosen)),
        "state_chips": list(_chips(ask, name, chosen, counts, differing)),
        "lines": part,
        "count": found.count,
        "sums": _sums(found, chosen, counts),
        "actions": [action for action in TOGETHER if action in here],
        "steps": _steps(ask, name, chosen, found.count),
    }
    return Page("submissions.html", values)


def _found(ask: Ask, connection: Connection, chosen: Chosen) -> tuple[Found, Chosen]:
    """Read the page that is asked for, or the last one where there are fewer."""
    wanted, listing = _wanted(ask, connection, chosen), ask.uow.listing
    found = listing.page(wanted, first=(chosen.page - 1) * PAGE_ROWS, rows=PAGE_ROWS)
    if found.rows or chosen.page == 1:
        return found, chosen
    chosen = replace(chosen, page=max(1, -(-found.count // PAGE_ROWS)))
    return listing.page(wanted, first=(chosen.page - 1) * PAGE_ROWS, rows=PAGE_ROWS), chosen


def _wanted(ask: Ask, connection: Connection, chosen: Chosen) -> Wanted:
    by = FILTERS.get(chosen.state)
    return Wanted(
        connection.id,
        kinds=chosen.tab.kinds,
        states=by.states if by else (),
        update=by.update if by else None,
        differs=by.differs if by else False,
        text=chosen.q,
        projects=_projects(ask, connection, chosen.q) if chosen.q else (),
        order=chosen.sort,
    )


def _projects(ask: Ask, connection: Connection, text: str) -> list[int]:
    """Projects whose number or name a search hits."""
    rows = ask.uow.projects.find(connection_id=connection.id)
    return [row.project_id for row in rows if fold(text) in fold(f"{row.number} {row.name}")]


def _sums(found: Found, chosen: Chosen, counts: Counts) -> dict[str, Decimal]:
    """Add up the figures of a tab whose amounts are of one kind: a budget plus its changes would be no sum."""
    if len({kind for kind, _, _ in counts if kind in chosen.tab.kinds}) != 1:
        return {}
    amount, revised = (Decimal(cents).scaleb(-2) for cents in (found.amount_cents, found.revised_cents))
    return {"amount": amount, "revised": revised, "changes": revised - amount}


def _heads(ask: Ask, name: str, chosen: Chosen) -> Iterable[Head]:
    columns = [("Record", "number", False), *((each.head, each.sort, each.figure) for each in chosen.tab.columns)]
    for word, sort, figure in [*columns, ("State", "state", False), ("Since", "since", False)]:
        order = {sort: "ascending", f"-{sort}": "descending"}.get(chosen.sort, "")
        yield Head(word, sort, ask.url("submissions", name=name, **chosen.sorted_by(sort).query()), order, figure)


def _chips(
    ask: Ask, name: str, chosen: Chosen, counts: Counts, differing: Mapping[str, int]
) -> Iterable[Chip]:
    """State filters with what each would show in this tab; those that are empty are left out."""
    every = replace(chosen, state="", page=1)
    here = {key: count for key, count in counts.items() if not chosen.tab.kinds or key[0] in chosen.tab.kinds}
    yield Chip("All", sum(here.values()), ask.url("submissions", name=name, **every.query()), not chosen.state)
    for key, each in FILTERS.items():
        kinds = chosen.tab.kinds or differing
        count = sum(differing.get(kind, 0) for kind in kinds) if each.differs else _count(here, each)
        if count or chosen.state == key:
            url = ask.url("submissions", name=name, **replace(every, state=str(key)).query())
            yield Chip(each.look.word, count, url, chosen.state == key, each.look.sign, each.look.css)


def _count(counts: Counts, by: Filter) -> int:
    return sum(
        count for (_, state, update), count in counts.items() if state in by.states and by.update in (None, update)
    )


def _steps(ask: Ask, name: str, chosen: Chosen, count: int) -> list[Step]:
    return steps(
        chosen.page,
        max(1, -(-count // PAGE_ROWS)),
        lambda page: ask.url("submissions", name=name, **replace(chosen, page=page).query()),
    )

