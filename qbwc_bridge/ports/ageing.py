"""What the store lets go of once it is old."""

import datetime as dt
from typing import Protocol


class Ageing(Protocol):
    """Goes through old rows by their numbers, so that each piece of work is short and nobody waits for it.

    Both methods look at `rows` rows after number `after`, and give the last number that they looked at, or None where
    everything older than `before` was seen.
    """

    def empty_texts(self, before: dt.datetime, *, after: int, rows: int) -> int | None:
        """Empty requests and replies: never of what is not answered, or whose tasks or records are still open."""
        ...

    def drop_history(self, before: dt.datetime, *, after: int, rows: int) -> int | None:
        """Remove lines about tasks and costs, and about records that are archived or gone.

        What people decided stays as long as what they decided on: records, projects, names, connections.
        """
        ...
