"""What stands beside a record: what would be written and what QuickBooks has now, and the messages that carried it."""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from qbwc_bridge.domain.records import KINDS_OUTWARD, Connection, MessageSet, Submission
from qbwc_bridge.errors import Refused
from qbwc_bridge.flow.previewing import Field, Preview, preview, preview_outward
from qbwc_bridge.statuspage.ask import Ask
from qbwc_bridge.statuspage.render import day

LABELS = {
    "ref_number": "Number",
    "txn_date": "Date",
    "is_1099": "1099",
    "name": "Name",
}
"""Fields whose name in qbXML is not how a bookkeeper calls them."""

HIDDEN = frozenset({"txn_id", "list_id", "edit_sequence"})
"""What only QuickBooks reads: by which record and state of it a change is meant."""

MOST_MESSAGES = 10
"""The newest message sets that are shown: a record is seldom sent more than twice."""


AT_ONCE = 3_000
"""Submissions of a connection up to which a record's comparison is made with its page: it reads the lists and records
that it hangs on, which takes a second or more where there are tens of thousands. Beyond, somebody asks for it."""

_OF_LINE = re.compile(r"line (\d+) (.+)")


@dataclass(frozen=True, slots=True)
class Compared:
    """One field: what will be written, what stands there, and whether that is something else."""

    name: str
    writes: str
    there: str
    differs: bool


@dataclass(frozen=True, slots=True)
class Side:
    """A line of an order or estimate as one of the two has it."""

    item: str = ""
    description: str = ""
    quantity: str = ""
    rate: str = ""
    amount: str = ""
    customer: str = ""


@dataclass(frozen=True, slots=True)
class ComparedLine:
    """One line of both."""

    place: int
    writes: Side
    there: Side
    differs: bool


def beside(ask: Ask, connection: Connection, row: Submission) -> dict[str, Any]:
    """Give a record's comparison, its tasks, and for those who may decide the messages behind them."""
    tasks = ask.uow.tasks.find(submission_id=row.id, order="-id")
    numbers = list(dict.fromkeys(task.message_set_id for task in tasks if task.message_set_id))[:MOST_MESSAGES]
    sets: list[MessageSet] = []
    if ask.may_decide and numbers:
        sets = ask.uow.message_sets.find(id=numbers, order="-id")
    wanted = "written" in ask.request.args or ask.uow.submissions.count(connection_id=connection.id) <= AT_ONCE
    found, refusal = _preview(ask, connection, row) if wanted else (None, "")
    return {
        "tasks": tasks,
        "messages": [each for each in sets if each.request_text],
        "preview": found,
        "no_preview": refusal,
        "compared": _heads(found.fields) if found else [],
        "compared_lines": _lines(found.fields) if found else [],
    }


def _preview(ask: Ask, connection: Connection, row: Submission) -> tuple[Preview | None, str]:
    """What would be written as the record stands, or why that cannot be said."""
    try:
        if row.kind in KINDS_OUTWARD:
            return preview_outward(ask.uow, row), ""
        return preview(ask.site.kit, ask.uow, connection, row, ask.now), ""
    except Refused as problem:
        return None, str(problem)


def _heads(fields: Iterable[Field]) -> list[Compared]:
    return [
        Compared(
            LABELS.get(each.name, each.name.replace("_", " ").capitalize()),
            _shown(each.name, each.writes),
            _shown(each.name, each.there),
            each.differs,
        )
        for each in fields
        if not _OF_LINE.fullmatch(each.name) and each.name not in HIDDEN
    ]


def _shown(name: str, text: str) -> str:
    """Write a date as the page does; previews, which commands show as well, have it as programs read it."""
    return day(dt.date.fromisoformat(text)) if name == "txn_date" and text else text


def _lines(fields: Iterable[Field]) -> list[ComparedLine]:
    writes: dict[int, dict[str, str]] = defaultdict(dict)
    there: dict[int, dict[str, str]] = defaultdict(dict)
    differing = set()
    for each in fields:
        found = _OF_LINE.fullmatch(each.name)
        if found:
            place, part = int(found[1]), found[2]
            writes[place][part], there[place][part] = each.writes, each.there
            if each.differs:
                differing.add(place)
    return [
        ComparedLine(place, Side(**writes[place]), Side(**there[place]), place in differing) for place in sorted(writes)
    ]
