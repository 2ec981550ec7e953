"""Iterators: a query's choice kept between requests of one session and handed out page by page."""

from dataclasses import dataclass

from .errors import QuickBooksError
from .queries import Found


@dataclass
class _Open:
    message: str
    rest: tuple[str, ...]


@dataclass(frozen=True)
class Page:
    """One page: the ids to show, how many remain, and the iterator that holds them."""

    ids: tuple[str, ...]
    remaining: int
    iterator_id: str


class Iterators:
    """The open iterators of one session."""

    def __init__(self) -> None:
        self._open: dict[str, _Open] = {}
        self._drawn = 0

    def clear(self) -> None:
        """Forget all: the session has ended."""
        self._open.clear()

    def start(self, message: str, found: Found, limit: int | None) -> Page:
        """Begin an iterator over a choice."""
        if limit is None:
            raise QuickBooksError(3150, 'There is a missing element: "MaxReturned".')
        self._drawn += 1
        iterator_id = f"{{{self._drawn:08x}-51ab-4b1e-9e5d-0c0ffee0{self._drawn:04x}}}"
        self._open[iterator_id] = _Open(message, found.ids)
        return self.next(message, iterator_id, limit)

    def next(self, message: str, iterator_id: str, limit: int | None) -> Page:
        """Give the next page; raises QuickBooksError 3000 for an iterator that does not exist or is another query's."""
        held = self._open.get(iterator_id)
        if held is None or held.message != message:
            raise QuickBooksError(3000, f'The given object ID "{iterator_id}" in the field "iteratorID" is invalid.')
        size = len(held.rest) if limit is None else limit
        page, held.rest = held.rest[:size], held.rest[size:]
        if not held.rest:
            del self._open[iterator_id]
        return Page(page, len(held.rest), iterator_id)

    def stop(self, iterator_id: str) -> None:
        """End an iterator early; one that has ended already is no fault."""
        self._open.pop(iterator_id, None)
