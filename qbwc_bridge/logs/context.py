"""What the lines of a call or step are about: facts that stand on each of them, whoever writes it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

_FACTS: ContextVar[Mapping[str, object]] = ContextVar("facts", default=MappingProxyType({}))


@contextmanager
def about(**facts: object) -> Iterator[None]:
    """Put facts on every line that is logged inside the block; at its end also those go that were noted there."""
    before = _FACTS.set({**_FACTS.get(), **facts})
    try:
        yield
    finally:
        _FACTS.reset(before)


def note(**facts: object) -> None:
    """Add facts to the block that is open; outside of any they stay with the thread."""
    _FACTS.set({**_FACTS.get(), **facts})


def noted() -> Mapping[str, object]:
    """Give the facts that hold now."""
    return _FACTS.get()
