"""What Procore shows of a project, and what it does not: an empty list must never look like "nothing new"."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")


class Partly(list[T]):
    """Rows as far as Procore shows them; `refused` says what it does not show, a sentence each."""

    def __init__(self, rows: Iterable[T] = (), refused: Iterable[str] = ()) -> None:
        super().__init__(rows)
        self.refused = tuple(refused)


@dataclass(slots=True)
class Shown:
    """What is known of Procore's refusals in one project; kept with the project, in sentences for people."""

    unread: str = ""
    """Why the whole project could not be read the last time it was tried."""
    unwritten: str = ""
    """Why its costs could not be written by the last push."""
    notices: list[str] = field(default_factory=list)
    """What was read of it only in part."""
    foreign: str = ""
    """Direct costs of another integration that the last dry run saw."""

    @property
    def problems(self) -> list[str]:
        """What keeps the project from going on, and wants a person."""
        return [each for each in (self.unread, self.unwritten) if each]

    @property
    def sentences(self) -> list[str]:
        """Everything, the worst first."""
        return [*self.problems, *self.notices]
