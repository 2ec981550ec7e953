"""How full QuickBooks' lists are: an edition takes so many names and items, inactive ones among them (ACCOUNTING 5)."""

from dataclasses import dataclass

from qbwc_bridge.domain.books import ListKind
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.ports import UnitOfWork

NAMES: tuple[ListKind, ...] = ("customer", "vendor", "employee", "other_name")
"""They share one limit; jobs are customers."""

MOST = 14_500
"""Names, and items, that Pro and Premier take; Enterprise takes many times as many (Intuit's list limits)."""

NEAR = 0.9
"""The part of it from which on a person is told."""


@dataclass(frozen=True, slots=True)
class ListCounts:
    """How many names and items QuickBooks has, as last read, and how many of each it takes: None where enough."""

    names: int
    items: int
    most: int | None

    def facts(self) -> list[tuple[str, str]]:
        """Give both as pairs of words."""
        of = f" of at most {self.most:,}" if self.most else ""
        return [("Names", f"{self.names:,}{of}"), ("Items", f"{self.items:,}{of}")]

    @property
    def warning(self) -> str:
        """Say what is nearly full; empty where nothing is."""
        counts = {"names of customers, jobs, vendors, employees and others": self.names, "items": self.items}
        near = [f"{count:,} {what}" for what, count in counts.items() if self.most and count >= NEAR * self.most]
        if not near:
            return ""
        return (
            f"QuickBooks has {' and '.join(near)}; this edition takes {self.most:,}, inactive ones among them. Once it "
            "is full it refuses every new one: make room there, or move to Enterprise."
        )


def list_counts(uow: UnitOfWork, connection: Connection) -> ListCounts:
    """Count what QuickBooks' lists hold."""
    mine = {"connection_id": connection.id, "gone": False}
    return ListCounts(
        names=uow.lists.count(kind=list(NAMES), **mine),
        items=uow.lists.count(kind="item", **mine),
        most=None if "enterprise" in connection.company.product.lower() else MOST,
    )
