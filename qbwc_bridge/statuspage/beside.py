"""What stands beside a record: what would be written and what QuickBooks has now, and the messages that carried it."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from qbwc_bridge.domain.records import KINDS_OUTWARD, Connection, MessageSet, Submission
from qbwc_bridge.errors import Refused
from qbwc_bridge.flow.previewing import Field, Preview, preview, preview_outward
from qbwc_bridge.statuspage.ask import Ask

LABELS = {
    "ref_number": "Number",
    "txn_date": "Date",
    "is_1099": "1099",
    "name": "Name",
    "txn_id": "QuickBooks' id",
    "list_id": "QuickBooks' id",
}
"""Fields whose name in qbXML is not how a bookkeeper calls them."""

MOST_MESSAGES = 10
"""The newest message sets that are shown: a record is seldom sent more than twice."""


AT_ONCE = 3_000
"""Submissions of a connection up to which a record's comparison is made with its page: it reads the lists and records
that it hangs on, which takes a second or more where there are tens of thousands. Beyond, somebody asks for it."""

_OF_LINE = re.compile(r"line (\d+) (.+)")


@dataclass(frozen=True, slots=True)
class Compared:
    """One field: what will be written and what stands there."""

    name: str
    writes: str
    there: str

    @property
    def differs(self) -> bool:
        """Whether something else stands there."""
        return bool(self.there) and self.writes != self.there


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

    @property
    def differs(self) -> bool:
        """Whether something else stands there."""
        return self.there != Side() and self.writes != self.there


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
        Compared(LABELS.get(each.name, each.name.replace("_", " ").capitalize()), each.writes, each.there)
        for each in fields
        if not _OF_LINE.fullmatch(each.name)
    ]


def _lines(fields: Iterable[Field]) -> list[ComparedLine]:
    writes: dict[int, dict[str, str]] = defaultdict(dict)
    there: dict[int, dict[str, str]] = defaultdict(dict)
    for each in fields:
        found = _OF_LINE.fullmatch(each.name)
        if found:
            writes[int(found[1])][found[2]], there[int(found[1])][found[2]] = each.writes, each.there
    return [ComparedLine(place, Side(**writes[place]), Side(**there[place])) for place in sorted(writes)]
