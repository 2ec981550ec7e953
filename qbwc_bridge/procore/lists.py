"""Lists that tell what changed: since a moment with deleted records, or whole, and what each row says.

Ranges are `from...to` in ISO 8601, both ends included (Procore's page "Filtering on List Actions").
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from qbwc_bridge.domain.procore import CostCode, CostType, Project
from qbwc_bridge.domain.reading import Changed, Known
from qbwc_bridge.errors import BadRecord
from qbwc_bridge.procore.client import Params
from qbwc_bridge.procore.payloads import ChangingRow, Payload, Reference, parse

UNSETTLED = dt.timedelta(seconds=2)
"""A record that changed so shortly before it was read may change again within the second that its stamp shows."""

_FOR_EVER = "2100-01-01T00:00:00Z"
"""The end of every range: Procore's clock may be ahead of ours."""


P = TypeVar("P", bound=Payload)
R = TypeVar("R", bound=ChangingRow)
D = TypeVar("D")
N = TypeVar("N", Project, CostCode, CostType)


def sensible(model: type[P], rows: Iterable[Any], what: str, *, whole: bool) -> tuple[list[P], dict[int, str]]:
    """Read the records of a list; gives those that make sense, and by its id why each other one is left out.

    `what` names one record in words. Raises BadRecord where no record of a whole list makes sense, and for one without
    an id: it could not be told from what is gone.
    """
    good: list[P] = []
    left_out: dict[int, str] = {}
    for row in rows:
        try:
            good.append(parse(model, row, what))
        except BadRecord as problem:
            left_out[parse(Reference, row, what).id] = str(problem)
    if whole and left_out and not good:
        raise BadRecord(next(iter(left_out.values())))
    return good, left_out


def whole_list(found: Sequence[N], left_out: Mapping[int, str]) -> Changed[N]:
    """Give the reading of a list that was read whole and says all of each record."""
    return Changed(tuple(found), frozenset(each.id for each in found) | left_out.keys(), left_out=left_out)


def changed_since(known: Known, *, deleted: bool = True) -> Params:
    """Give the filters of a list: none for the whole one, else the range, with deleted records where it has them."""
    if known.since is None:
        return []
    params: list[tuple[str, str | int]] = [("filters[updated_at]", f"{_moment(known.since)}...{_FOR_EVER}")]
    return [*params, ("filters[include_deleted]", "with")] if deleted else params


def _moment(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(slots=True)
class Sifted(Generic[R]):
    """The rows of a list, and those of them that are to be read anew now, because their row says other things."""

    known: Known
    rows: Sequence[R]
    now: dt.datetime
    """The moment of reading by Procore's clock."""
    fresh: list[R] = field(init=False)
    left: int = field(init=False)

    def __post_init__(self) -> None:
        stamps, done = self.known.stamps, self.known.done
        found = [row for row in self.rows if not row.deleted_at and row.id not in done]
        found = [row for row in found if not row.said() or stamps.get(row.id) != row.said()]
        self.fresh = found[: self.known.most]
        self.left = len(found) - len(self.fresh)

    def stamp(self, row: R) -> str:
        """Give what to remember of a row that was read now; nothing while it may still be changing."""
        settled = row.updated_at is not None and row.updated_at < self.now - UNSETTLED
        return row.said() if settled else ""

    def changed(self, found: Mapping[int, D], left_out: Mapping[int, str], aside: Iterable[R] = ()) -> Changed[D]:
        """Give the reading: `found` by id, why what is left out was of no use, and the rows set aside."""
        moments = [row.updated_at for row in self.rows if row.updated_at is not None]
        return Changed(
            found=tuple(found.values()),
            listed=frozenset(row.id for row in self.rows if not row.deleted_at) | left_out.keys(),
            gone=frozenset(row.id for row in self.rows if row.deleted_at),
            stamps={row.id: self.stamp(row) for row in self.fresh if row.id in found},
            newest=max(moments, default=None),
            aside={row.id: self.stamp(row) for row in aside},
            tried=frozenset(row.id for row in self.fresh),
            left=self.left,
            left_out=left_out,
        )
