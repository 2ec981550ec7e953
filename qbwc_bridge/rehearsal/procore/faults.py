"""Faults on order: an answer refused before anything happens, or lost after the write has happened."""

from dataclasses import dataclass

CUT_OFF = 0
"""As a status: the headers promise more than comes, and the connection closes in the middle of the answer."""


@dataclass
class Fault:
    """One order: `status` for the next `count` requests whose path contains `path_contains`."""

    status: int
    count: int
    path_contains: str
    method: str
    after_effect: bool
    retry_after: int | None


class Faults:
    """The orders not yet used up, oldest first."""

    def __init__(self) -> None:
        self._orders: list[Fault] = []

    def order(self, fault: Fault) -> None:
        """Add an order behind the others."""
        self._orders.append(fault)

    def take(self, method: str, path: str) -> Fault | None:
        """Use the oldest order that fits a request; None when none does."""
        for fault in self._orders:
            if fault.path_contains in path and fault.method in ("", method):
                fault.count -= 1
                if fault.count <= 0:
                    self._orders.remove(fault)
                return fault
        return None

    def clear(self) -> None:
        """Drop all orders."""
        self._orders.clear()
