"""The table of submissions of one connection: filters with counts, reasons, and decisions about several at once."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any

from qbwc_bridge.domain.money import total
from qbwc_bridge.domain.records import Submission
from qbwc_bridge.domain.states import State
from qbwc_bridge.statuspage import words
from qbwc_bridge.statuspage.ask import Ask, Page
from qbwc_bridge.statuspage.lines import lines

PAGE_ROWS = 200
"""Rows of one page: a screenful to scroll, and a form that stays small."""

TOGETHER = ("accept", "reject", "take_back", "retry")
"""Decisions that make sense for several records at once."""

_CALM = frozenset({State.SYNCED, State.REJECTED, State.ARCHIVED})
_ORDER = [State.FAILED, State.READY, State.BLOCKED, State.ACCEPTED, State.EXPORTING, *_CALM]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the filters say; empty means all."""

    state: str = ""
    kind: str = ""
    q: str = ""
    page: int = 1

    @classmethod
    def read(cls, values: Mapping[str, str]) -> "Chosen":
        """Read the query or a form; what is not known is left out."""
        state, kind, page = values.get("state", ""), values.get("kind", ""), values.get("page", "")
        return cls(
            state=state if state in {each.value for each in State} else "",
            kind=kind if kind in words.KINDS else "",
            q=values.get("q", "").strip()[:100],
            page=int(page) if page.isascii() and page.isdigit() and len(page) < 6 and int(page) else 1,  # noqa: PLR2004
        )

    def query(self) -> dict[str, Any]:
        """Give what an address needs to say the same again."""
        return {key: value for key, value in asdict(self).items() if value not in ("", 1)}


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter with its count."""

    word: str
    count: int
    url: str
    on: bool
    sign: str = ""
    css: str = ""


def submissions(ask: Ask, name: str) -> Page:
    """Show the submissions of a connection that the filters let through, those that need a person first."""
    connection = ask.connection(name)
    chosen = Chosen.read(ask.request.args)
    rows = ask.uow.submissions.find(connection_id=connection.id)
    wanted = [row for row in rows if chosen.state in ("", row.state) and chosen.kind in ("", row.kind)]
    shown = [line for line in lines(ask, connection, sorted(wanted, key=_urgency)) if line.holds(chosen.q)]
    pages = max(1, -(-len(shown) // PAGE_ROWS))
    chosen = replace(chosen, page=min(chosen.page, pages))
    part = shown[(chosen.page - 1) * PAGE_ROWS : chosen.page * PAGE_ROWS]
    here = {action for line in part for action in line.actions}
    values = {
        "connection": connection,
        "zone": ask.site.kit.options(connection).zone,
        "chosen": chosen,
        "state_chips": _state_chips(ask, name, rows, chosen),
        "kind_chips": _kind_chips(ask, name, rows, chosen),
        "lines": part,
        "count": len(shown),
        "sum": _sum(line.row for line in shown),
        "actions": [action for action in TOGETHER if action in here],
        "pages": [
            (page, ask.url("submissions", name=name, **replace(chosen, page=page).query())) for page in _to(pages)
        ],
    }
    return Page("submissions.html", values)


def _sum(rows: Iterable[Submission]) -> Decimal | None:
    """Add up amounts of one kind; a budget plus the orders that draw on it would be no sum of anything."""
    amounts = [(row.kind, row.amount) for row in rows if row.amount is not None]
    return total(amount for _, amount in amounts) if len({kind for kind, _ in amounts}) == 1 else None


def _urgency(row: Submission) -> tuple[int, float, int]:
    """What needs a person first, oldest first; what is at rest last, newest first."""
    if row.state in _CALM:
        differs = row.state is State.SYNCED and bool(row.reasons)
        return (2 if differs else 10, -row.since.timestamp(), row.id)
    return (_ORDER.index(row.state), row.since.timestamp(), row.id)


def _state_chips(ask: Ask, name: str, rows: list[Submission], chosen: Chosen) -> list[Chip]:
    counts = Counter(row.state for row in rows if chosen.kind in ("", row.kind))
    every = replace(chosen, state="", page=1)
    chips = [Chip("All", sum(counts.values()), ask.url("submissions", name=name, **every.query()), not chosen.state)]
    for state, look in words.STATES.items():
        if counts[state] or chosen.state == state:
            url = ask.url("submissions", name=name, **replace(every, state=state.value).query())
            chips.append(Chip(look.word, counts[state], url, chosen.state == state, look.sign, look.css))
    return chips


def _kind_chips(ask: Ask, name: str, rows: list[Submission], chosen: Chosen) -> list[Chip]:
    counts = Counter(row.kind for row in rows if chosen.state in ("", row.state))
    every = replace(chosen, kind="", page=1)
    chips = [
        Chip("All kinds", sum(counts.values()), ask.url("submissions", name=name, **every.query()), not chosen.kind)
    ]
    for kind, (_, plural) in words.KINDS.items():
        if counts[kind] or chosen.kind == kind:
            url = ask.url("submissions", name=name, **replace(every, kind=kind).query())
            chips.append(Chip(plural, counts[kind], url, chosen.kind == kind))
    return chips


def _to(pages: int) -> range:
    return range(1, pages + 1)
