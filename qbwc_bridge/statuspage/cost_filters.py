"""What a list of documents is narrowed to, by budget code, month and what became of them, and how it can be further."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any, Literal

from qbwc_bridge.domain.money import ZERO, readable
from qbwc_bridge.flow.cost_documents import LEFT_OUT, OPEN, STATES, Entry, State
from qbwc_bridge.flow.figures import KeptEntry
from qbwc_bridge.statuspage.paging import page_of
from qbwc_bridge.statuspage.render import month as month_words
from qbwc_bridge.statuspage.words import COST_STATES

GROUPS: Mapping[str, tuple[State, ...]] = {**{state: (state,) for state in STATES}, "left_out": LEFT_OUT, "open": OPEN}
"""States that the address may ask for."""

NO_CODE = "none"
"""How an address names what has no cost code."""

Part = Literal["code", "month", "state"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for; empty means all."""

    code: str = ""
    month: str = ""
    state: str = ""
    page: int = 1

    @classmethod
    def read(cls, values: Mapping[str, str]) -> "Asked":
        """Read the query; what is not known is left out."""
        month = values.get("month", "")
        return cls(
            code=values.get("code", "")[:100],
            month=month if month_named(month) else "",
            state=values["state"] if values.get("state") in GROUPS else "",
            page=page_of(values),
        )

    def query(self) -> dict[str, Any]:
        """Give what an address needs to say the same again."""
        return {key: value for key, value in asdict(self).items() if value not in ("", 1)}

    def holds(self, entry: Entry | KeptEntry) -> bool:
        """Whether an entry is asked for."""
        return (
            self.code in ("", code_of(entry))
            and self.month in ("", month_of(entry))
            and (not self.state or entry.state in GROUPS[self.state])
        )


@dataclass(frozen=True, slots=True)
class Narrowing:
    """One way to narrow the list: words, the sum that it leads to, and its address."""

    word: str
    count: str
    url: str
    on: bool
    sign: str = ""
    css: str = ""


def code_of(entry: Entry | KeptEntry) -> str:
    """The budget code of an entry as addresses name it."""
    return entry.code or NO_CODE


def month_of(entry: Entry | KeptEntry) -> str:
    """The month of an entry as addresses name it."""
    return f"{entry.date:%Y-%m}"


def month_named(text: str) -> dt.date | None:
    """The first day of a month as addresses name it; None for anything else."""
    try:
        return dt.date.fromisoformat(f"{text}-01")
    except ValueError:
        return None


def narrowings(
    entries: Iterable[Entry | KeptEntry], asked: Asked, url: Callable[[Mapping[str, Any]], str]
) -> dict[Part, list[Narrowing]]:
    """Give by code, by month and by state what there is besides what the other two ask for, with the sums.

    `url` gives the address of a query. One single way to narrow is none.
    """
    kept = list(entries)
    ways: dict[Part, list[Narrowing]] = {}
    parts: tuple[tuple[Part, Callable[[Entry | KeptEntry], str]], ...] = (
        ("state", lambda entry: entry.state),
        ("month", month_of),
        ("code", code_of),
    )
    for part, value_of in parts:
        wider = _with(asked, part, "")
        sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for entry in kept:
            if wider.holds(entry):
                sums[value_of(entry)] += entry.amount
        ways[part] = [
            _narrowing(part, value, readable(sums[value]), url(_with(asked, part, value).query()), asked)
            for value in (STATES if part == "state" else sorted(sums, key=lambda value: (value == NO_CODE, value)))
            if value in sums
        ]
    return {part: found if len(found) > 1 else [] for part, found in ways.items()}


def _with(asked: Asked, part: Part, value: str) -> Asked:
    match part:
        case "code":
            return replace(asked, code=value, page=1)
        case "month":
            return replace(asked, month=value, page=1)
    return replace(asked, state=value, page=1)


def _narrowing(part: Part, value: str, count: str, url: str, asked: Asked) -> Narrowing:
    on = getattr(asked, part) == value
    if part == "state":
        look = COST_STATES[value]  # type: ignore[index]  # the values of this part are states
        return Narrowing(look.word, count, url, on, look.sign, look.css)
    month = month_named(value) if part == "month" else None
    return Narrowing(month_words(month) if month else "No cost code" if value == NO_CODE else value, count, url, on)
