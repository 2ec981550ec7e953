"""Figures of the ledger as JSON by project, and the marks that say whether they are still good."""

import contextlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError
from sqlalchemy import bindparam, select

from qbwc_bridge.domain.books import KeptFigures, LedgerMark
from qbwc_bridge.storage import tables
from qbwc_bridge.storage.repository import TableStore, Transaction
from qbwc_bridge.storage.rows import FieldCodec, field_codec

Figures = TypeVar("Figures")


class Kept:
    """The kept figures of one transaction (`ports.Kept`)."""

    def __init__(
        self, transaction: Transaction, figures: TableStore[KeptFigures], marks: TableStore[LedgerMark]
    ) -> None:
        self._transaction = transaction
        self._figures = figures
        self._marks = marks

    def marks(self, connection_id: int) -> dict[str, int]:
        """How often what concerns each project, each job, and all of them (empty) has changed."""
        self._transaction.end()  # what changed so far counts
        return {row.scope: row.count for row in self._marks.find(connection_id=connection_id)}

    def find(
        self, kind: type[Figures], connection_id: int, project_id: int | None = None
    ) -> dict[int, tuple[str, Figures]]:
        """Give the figures of a class with their stamps by project; what cannot be read any more is left out."""
        one: dict[str, Any] = {} if project_id is None else {"project_id": project_id}
        found: dict[int, tuple[str, Figures]] = {}
        for row in self._figures.find(connection_id=connection_id, kind=kind.__name__, **one):
            for figures in decoded(kind, row.content):
                found[row.project_id] = row.stamp, figures
        return found

    def stamps(self, connection_id: int, kinds: Sequence[str]) -> dict[int, set[str]]:
        """Give the stamps of the figures of these classes, by project; an empty one for each that is not kept."""
        found: dict[int, dict[str, str]] = defaultdict(dict)
        for project_id, kind, stamp in self._transaction.fetch(_STAMPS, {"connection_id": connection_id}):
            found[project_id][kind] = stamp
        return {project_id: {by_kind.get(kind, "") for kind in kinds} for project_id, by_kind in found.items()}

    def keep(self, connection_id: int, project_id: int, stamp: str, figures: object) -> None:
        """Keep figures of a project in place of earlier ones of their class."""
        kind, content = type(figures).__name__, _codec(type(figures)).encode(figures)
        row = self._figures.first(connection_id=connection_id, kind=kind, project_id=project_id)
        if row is None:
            self._figures.append(KeptFigures(connection_id, project_id, kind, stamp, content))
        else:
            row.stamp, row.content = stamp, content
            self._figures.save(row)


_TABLE = tables.kept_figures
_STAMPS = select(_TABLE.c.project_id, _TABLE.c.kind, _TABLE.c.stamp).where(
    _TABLE.c.connection_id == bindparam("connection_id")
)


def decoded(kind: type[Figures], content: str) -> Iterator[Figures]:
    """Read kept figures; none where an older program kept other ones under this name."""
    with contextlib.suppress(ValidationError):
        yield _codec(kind).decode(content)


_CODECS: dict[Any, FieldCodec] = {}


def _codec(kind: Any) -> FieldCodec:
    """The codec of a class, made once: that takes much longer than to use it."""
    if kind not in _CODECS:
        _CODECS[kind] = field_codec(kind)
    return _CODECS[kind]
