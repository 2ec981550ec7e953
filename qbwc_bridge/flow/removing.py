"""Removals of a push: direct costs and lines that shall no longer stand in Procore. Each removal is a call.

Procore answers 404 also where there is no access, so "there is none" is believed only if the project's list agrees.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from qbwc_bridge.domain.books import WriteBack
from qbwc_bridge.domain.procore import DirectCost
from qbwc_bridge.errors import ProcoreError, ProcoreUnreachable
from qbwc_bridge.ports import Procore

DENIED = "It answered that it has none, and yet it stands there: has the bridge lost its access to it?"
"""Message of a record that shall go, of which Procore says that it has it not, and that its list shows."""

_OF_THE_RECORD = (HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY)
"""Refusals that tell about one record alone; after any other one there is no use in going on with the project."""


@dataclass(slots=True)
class Remover:
    """Takes direct costs and lines of one project out of Procore. What stays there leaves its row a message."""

    procore: Procore
    project_id: int

    def there(self) -> dict[str, DirectCost]:
        """What Procore has of ours now, by key."""
        return {cost.origin_id: cost for cost in self.procore.direct_costs(self.project_id) if cost.origin_id}

    def costs(self, rows: Sequence[WriteBack]) -> None:
        """Delete the direct costs of these rows, which are in flight; of what is gone the row knows nothing more."""
        for row in rows:
            row.message = ""
        denied: list[WriteBack] = []
        for row in rows:
            known, row.message = self._delete(row)
            if not known:
                denied.append(row)
                continue
            row.in_flight = False
            if not row.message:
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
                known, told = self._delete_line(row, key)
                if not known:
                    denied.append((row, key))
                elif told:
                    row.message = told
                else:
                    del row.line_ids[key]
        there = self.there() if denied else {}
        for row, key in denied:
            if row.origin_id in there and key in {line.origin_id for line in there[row.origin_id].lines}:
                row.message = DENIED
            else:
                del row.line_ids[key]

    def _delete(self, row: WriteBack) -> tuple[bool, str]:
        if row.procore_id is None:
            return True, ""
        direct_cost_id = row.procore_id
        return self._told(lambda: self.procore.delete_direct_cost(self.project_id, direct_cost_id))

    def _delete_line(self, row: WriteBack, key: str) -> tuple[bool, str]:
        if row.procore_id is None:
            return True, ""
        direct_cost_id, line_id = row.procore_id, row.line_ids[key]
        return self._told(lambda: self.procore.delete_direct_cost_line(self.project_id, direct_cost_id, line_id))

    def _told(self, delete: Callable[[], bool]) -> tuple[bool, str]:
        """Delete one record; gives whether Procore had it, and why it refused, if so.

        Raises ProcoreError where that tells about more than the record.
        """
        try:
            return delete(), ""
        except ProcoreUnreachable:
            raise
        except ProcoreError as problem:
            if problem.status not in _OF_THE_RECORD:
                raise
            return True, str(problem)


def _gone(row: WriteBack) -> None:
    """Keep that a direct cost stands in Procore no more."""
    row.written, row.procore_id, row.line_ids = None, None, {}
    row.in_flight, row.message = False, ""
