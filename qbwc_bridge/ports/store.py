"""The rows of one kind, as the core asks for them: a store and its criteria."""

from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class UpTo:
    """A criterion: at most this value, or empty."""

    value: Any


@dataclass(frozen=True, slots=True)
class Other:
    """A criterion: any value but this one, or empty."""

    value: Any


@dataclass(frozen=True, slots=True)
class Filled:
    """A criterion: a value that is there and not the empty text."""


class Store(Protocol[Row]):
    """The rows of one kind.

    Criteria are column = value; a list, tuple or set means one of them; None means empty; see also UpTo, Other and
    Filled.
    """

    def add(self, row: Row) -> Row:
        """Insert a row; its `id` is set."""
        ...

    def append(self, row: Row) -> None:
        """Insert a row whose `id` nobody needs to know yet: it stays 0."""
        ...

    def get(self, row_id: int) -> Row:
        """Give the row of that id; raises NotFound."""
        ...

    def save(self, row: Row) -> None:
        """Write every field of a row back, at the latest before the next look at these rows."""
        ...

    def remove(self, row: Row) -> None:
        """Delete a row."""
        ...

    def find(self, *, order: str = "id", limit: int | None = None, **criteria: Any) -> list[Row]:
        """Give the rows that meet all criteria, ordered by a column (`-id` for descending)."""
        ...

    def first(self, **criteria: Any) -> Row | None:
        """Give the row of the smallest id that meets all criteria, or None."""
        ...

    def has(self, **criteria: Any) -> bool:
        """Whether any row meets all criteria: cheaper than counting or reading it."""
        ...

    def count(self, **criteria: Any) -> int:
        """Count the rows that meet all criteria."""
        ...

    def sums(self, column: str, by: str, **criteria: Any) -> dict[Any, int]:
        """Add up a column of whole numbers over the rows that meet all criteria, for each value of the column `by`."""
        ...
