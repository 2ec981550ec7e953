"""The tabs of submissions of one connection: filters with counts, search, order, pages, and decisions about several."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.records import Connection, Kind, Submission
from qbwc_bridge.domain.states import State
from qbwc_bridge.ports import Sums, Wanted
from qbwc_bridge.statuspage.ask import Ask, Page
from qbwc_bridge.statuspage.lines import Line, lines
from qbwc_bridge.statuspage.paging import pages_of, steps
from qbwc_bridge.statuspage.render import money
from qbwc_bridge.statuspage.tabs import FILTERS, Chosen, Filter, Tab

PAGE_ROWS = 100
"""Rows of one page: some screens to scroll, and a form that stays small."""

TOGETHER = ("accept", "reject", "take_back", "retry", "archive", "done")
"""Decisions that make sense for several records at once."""

Counts = Mapping[tuple[Kind, State, bool], Sums]


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


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table with the cells of its tab: head, text, and whether it is a figure."""

    line: Line
    cells: list[tuple[str, str, bool]]


def submissions(ask: Ask, name: str) -> Page:
    """Show the submissions of a connection that the filters let through, a page at a time."""
    connection = ask.connection(name)
    chosen = Chosen.read(ask.request.args)
    figures = any(column.figure for column in chosen.tab.columns) and bool(chosen.kind)
    counts = ask.uow.listing.counts(connection.id, chosen.tab.kinds, summed=figures)
    chips = list(_chips(ask, name, chosen, counts, ask.uow.listing.differing(connection.id)))
    found, sums, chosen = _found(ask, connection, chosen, counts, next(chip.count for chip in chips if chip.on))
    # A budget plus its changes would be the sum of nothing.
    figures = figures and len({kind for kind, _, _ in counts}) == 1 and chosen.state != "differs"
    part = lines(ask, connection, found)
    here = {action for line in part for action in line.actions}
    values = {
        "connection": connection,
        "zone": ask.site.kit.options(connection).zone,
        "chosen": chosen,
        "tab": chosen.kind or "submissions",
        "shown_tab": chosen.tab,
        "heads": list(_heads(ask, name, chosen)),
        "state_chips": chips,
        "rows": [Row(line, _cells(line, chosen.tab)) for line in part],
        "count": sums.count,
        "sums": _figures(sums) if figures else {},
        "actions": [action for action in TOGETHER if action in here],
        "steps": steps(
            chosen.page,
            pages_of(sums.count, PAGE_ROWS),
            lambda page: ask.url("submissions", name=name, **replace(chosen, page=page).query()),
        ),
    }
    return Page("submissions.html", values)


def _found(
    ask: Ask, connection: Connection, chosen: Chosen, counts: Counts, count: int
) -> tuple[Sequence[Submission], Sums, Chosen]:
    """Read the page that is asked for, or the last one where there are fewer; without a search the counts tell all."""
    wanted, listing = _wanted(ask, connection, chosen), ask.uow.listing
    if chosen.q:
        found, sums = listing.searched(wanted, first=(chosen.page - 1) * PAGE_ROWS, rows=PAGE_ROWS)
        last = chosen.page <= pages_of(sums.count, PAGE_ROWS)
        return found, sums, chosen if last else replace(chosen, page=1)
    by = FILTERS.get(chosen.state)
    parts = [each for key, each in counts.items() if by is None or _fits(key, by)]
    amounts = (sum(getattr(part, name) for part in parts) for name in ("amount_cents", "revised_cents"))
    sums = Sums(count, *amounts)
    chosen = replace(chosen, page=min(chosen.page, pages_of(count, PAGE_ROWS)))
    return listing.page(wanted, first=(chosen.page - 1) * PAGE_ROWS, rows=PAGE_ROWS), sums, chosen


def _cells(line: Line, tab: Tab) -> list[tuple[str, str, bool]]:
    row = line.row
    values = {
        "project": line.project,
        "vendor": line.party,
        "name": row.quickbooks_name,
        "amount": money(row.amount),
        "changes": money(line.changes),
        "revised": money(row.revised),
    }
    return [(column.head, values[column.sort], column.figure) for column in tab.columns]


def _figures(sums: Sums) -> dict[str, Decimal]:
    amount, revised = (Decimal(cents).scaleb(-2) for cents in (sums.amount_cents, sums.revised_cents))
    return {"amount": amount, "revised": revised, "changes": revised - amount}


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


def _heads(ask: Ask, name: str, chosen: Chosen) -> Iterable[Head]:
    columns = [("Record", "number", False), *((each.head, each.sort, each.figure) for each in chosen.tab.columns)]
    for word, sort, figure in [*columns, ("State", "state", False), ("Since", "since", False)]:
        order = {sort: "ascending", f"-{sort}": "descending"}.get(chosen.sort, "")
        yield Head(word, sort, ask.url("submissions", name=name, **chosen.sorted_by(sort).query()), order, figure)


def _chips(ask: Ask, name: str, chosen: Chosen, counts: Counts, differing: Mapping[str, int]) -> Iterable[Chip]:
    """State filters with what each would show in this tab; those that are empty are left out."""
    every = replace(chosen, state="", page=1)
    yield Chip(
        "All",
        sum(sums.count for sums in counts.values()),
        ask.url("submissions", name=name, **every.query()),
        not chosen.state,
    )
    for key, each in FILTERS.items():
        kinds = chosen.tab.kinds or differing
        count = sum(differing.get(kind, 0) for kind in kinds) if each.differs else _count(counts, each)
        if count or chosen.state == key:
            url = ask.url("submissions", name=name, **replace(every, state=str(key)).query())
            yield Chip(each.look.word, count, url, chosen.state == key, each.look.sign, each.look.css)


def _count(counts: Counts, by: Filter) -> int:
    return sum(sums.count for key, sums in counts.items() if _fits(key, by))


def _fits(key: tuple[Kind, State, bool], by: Filter) -> bool:
    return key[1] in by.states and by.update in (None, key[2])
