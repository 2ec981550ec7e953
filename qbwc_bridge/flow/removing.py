"""Removals of a push: direct costs and lines that shall no longer stand in Procore. Each removal is a call.

Procore answers 404 also where there is no access, so "there is none" is believed only if the project's list agrees.
A record that Procore will not give up holds up no other; where it gives up none, the project is soon left alone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from qbwc_bridge.domain.books import WriteBack
from qbwc_bridge.domain.procore import DirectCost
from qbwc_bridge.errors import ProcoreError
from qbwc_bridge.ports import Procore

DENIED = "It answered that it has none, and yet it stands there: has the bridge lost its access to it?"
"""Message of a record that shall go, of which Procore says that it has it not, and that its list shows."""

WAITS = "What fell away from it stays there until Procore takes removals in this project again."
"""Message of a direct cost whose lines were not removed, since too many other removals failed."""

MOST_TROUBLES = 3
"""So many removals may fail for a reason that could be the project's; then no other one is tried in this push."""

_OF_THE_RECORD = (HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY)
"""Refusals that tell about one record alone; any other reason could be the project's."""

Tried = tuple[bool, ProcoreError | None]
"""What came of a removal: whether Procore had the record, and why it did not remove it, if so."""


@dataclass(slots=True)
class Remover:
    """Takes direct costs and lines of one project out of Procore. What stays there leaves its row a message."""

    procore: Procore
    project_id: int
    troubles: list[ProcoreError] = field(default_factory=list)
    """Why removals failed, where that need not be about the record alone."""

    @property
    def stopped(self) -> bool:
        """Whether too many removals failed to try more of them."""
        return len(self.troubles) >= MOST_TROUBLES

    def there(self) -> dict[str, DirectCost]:
        """What Procore has of ours now, by key."""
        return {cost.origin_id: cost for cost in self.procore.direct_costs(self.project_id) if cost.origin_id}

    def costs(self, rows: Sequence[WriteBack]) -> None:
        """Delete the direct costs of these rows, which are in flight; of what is gone the row knows nothing more."""
        for row in rows:
            row.message = ""
        denied: list[WriteBack] = []
        for row in rows:
            if self.stopped:
                row.in_flight = False
                continue
            known, problem = self._delete(row)
            if not known:
                denied.append(row)
            elif problem:
                row.in_flight, row.message = problem.is_outage, str(problem)
            else:
                _gone(row)
        there = self.there() if denied else {}
        for row in denied:
            if row.origin_id in there:
                row.message = DENIED
            else:
                _gone(row)

    def lines(self, rows: Sequence[WriteBack], sent: Mapping[str, DirectCost]) -> None:
        """Delete the lines of these rows that are not among those of the direct costs that were sent, by key."""
        denied: list[tuple[WriteBack, str]] = []
        for row in rows:
            wanted = {line.origin_id for line in sent[row.origin_id].lines}
            for key in [key for key in row.line_ids if key not in wanted]:
                if self.stopped:
                    row.message = row.message or WAITS
                    continue
                known, problem = self._delete_line(row, key)
                if not known:
                    denied.append((row, key))
                elif problem:
                    row.message = str(problem)
                else:
                    del row.line_ids[key]
        there = self.there() if denied else {}
        for row, key in denied:
            if row.origin_id in there and key in {line.origin_id for line in there[row.origin_id].lines}:
                row.message = DENIED
            else:
                del row.line_ids[key]

    def _delete(self, row: WriteBack) -> Tried:
        if row.procore_id is None:
            return True, None
        direct_cost_id = row.procore_id
        return self._tried(lambda: self.procore.delete_direct_cost(self.project_id, direct_cost_id))

    def _delete_line(self, row: WriteBack, key: str) -> Tried:
        if row.procore_id is None:
            return True, None
        direct_cost_id, line_id = row.procore_id, row.line_ids[key]
        return self._tried(lambda: self.procore.delete_direct_cost_line(self.project_id, direct_cost_id, line_id))

    def _tried(self, delete: Callable[[], bool]) -> Tried:
        try:
            return delete(), None
        except ProcoreError as problem:
            if problem.is_outage or problem.status not in _OF_THE_RECORD:
                self.troubles.append(problem)
            return True, problem


def _gone(row: WriteBack) -> None:
    """Keep that a direct cost stands in Procore no more."""
    row.written, row.procore_id, row.line_ids = None, None, {}
    row.in_flight, row.message = False, ""
