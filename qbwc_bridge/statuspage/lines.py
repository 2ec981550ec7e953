"""Submissions as lines of a table: with project, party, the state in words, and what may be done."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from qbwc_bridge.domain.records import KINDS_OUTWARD, Connection, Submission
from qbwc_bridge.domain.states import State
from qbwc_bridge.flow.agreement import DOCUMENTS
from qbwc_bridge.flow.decisions import stamp
from qbwc_bridge.statuspage import words
from qbwc_bridge.statuspage.ask import Ask

_LINKABLE = frozenset({"job", "vendor", "cost_code", "budget", "commitment"})
_LINK_FROM = frozenset({State.BLOCKED, State.READY, State.ACCEPTED, State.FAILED})
_RENAME_FROM = frozenset({State.BLOCKED, State.READY, State.FAILED})
_UPDATE_ENDS = frozenset({State.READY, State.BLOCKED, State.FAILED})
_ARCHIVE_FROM = frozenset({State.READY, State.BLOCKED, State.REJECTED, State.FAILED, State.ARCHIVED})


@dataclass(frozen=True, slots=True)
class Line:
    """One submission as it is shown; `pick` is its id with the stamp of what this page shows."""

    row: Submission
    kind: str
    project: str
    party: str
    shown: words.Look
    url: str
    actions: tuple[str, ...]

    @property
    def pick(self) -> str:
        """What a form carries: a decision belongs to what was seen."""
        return f"{self.row.id}:{stamp(self.row)}"

    @property
    def sentences(self) -> list[str]:
        """Why it stands as it stands: reasons, or the comment of a person."""
        comment = [self.row.comment] if self.row.comment and self.row.state is not State.READY else []
        return [*self.row.reasons, *comment]

    @property
    def changes(self) -> Decimal | None:
        """What changes have brought to a commitment, by Procore's revised contract."""
        row = self.row
        return None if row.revised is None or row.amount is None else row.revised - row.amount


def lines(ask: Ask, connection: Connection, rows: Iterable[Submission]) -> list[Line]:
    """Give the lines of submissions, in the order of the rows."""
    rows = list(rows)
    wanted = {row.project_id for row in rows if row.project_id}
    found = ask.uow.projects.find(connection_id=connection.id, project_id=wanted) if wanted else []
    projects = {row.project_id: f"{row.number} {row.name}" for row in found}
    return [_line(ask, connection, row, projects) for row in rows]


def _line(ask: Ask, connection: Connection, row: Submission, projects: Mapping[int, str]) -> Line:
    return Line(
        row,
        words.KINDS[row.kind][0],
        projects.get(row.project_id, "") if row.kind != "job" else "",
        row.party,
        words.of_submission(row),
        ask.url("record", name=connection.name, number=row.id),
        possible(row) if ask.may_decide else (),
    )


def possible(row: Submission) -> tuple[str, ...]:
    """What a person may do with a submission as it stands; `flow/decisions.py` has the last word."""
    ready, failed, state = row.state is State.READY, row.state is State.FAILED, row.state
    named = row.kind in _LINKABLE and not row.quickbooks_id
    linkable = named or row.kind in KINDS_OUTWARD
    ends = row.update and state in _UPDATE_ENDS
    change = row.kind == "change_order" and not row.quickbooks_id
    found = {
        "accept": ready,
        "take_back": state is State.ACCEPTED,
        "retry": failed or state is State.REJECTED,
        "reject": ready or failed,
        "done": failed or row.update,
        "link": (linkable and state in _LINK_FROM) or (named and state is State.SYNCED),
        "unlink": bool(row.quickbooks_id) and (state is State.SYNCED or ends),
        "new": linkable and state is State.BLOCKED and _asks(row, "say that it is new"),
        "rename": named and state in _RENAME_FROM and row.kind not in DOCUMENTS,
        "renumber": named and state in _RENAME_FROM and row.kind in DOCUMENTS,
        "answer_1099": named and state in _RENAME_FROM and row.kind == "vendor",
        "archive": state in _ARCHIVE_FROM,
        "agree": (state is State.SYNCED or ends) and _asks(row, "agree to it here"),
        "close_order": state is State.SYNCED and not row.choice and _asks(row, "close its purchase order"),
        "reopen": change and _asks(row, "re-open it"),
        "second_order": change and _asks(row, "second order"),
    }
    return tuple(name for name, fits in found.items() if fits)


def _asks(row: Submission, words: str) -> bool:
    """Whether a reason names this way out."""
    return any(words in reason for reason in row.reasons)
