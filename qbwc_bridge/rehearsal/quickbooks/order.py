"""All order tables compiled: one model per request that this stand-in does, and the names of those it only knows."""

from . import order_costs, order_documents, order_lists
from .grammar import Grammar, Model
from .words import ENUMERATIONS, OTHER_MESSAGES

_ADDS = ("CustomerAdd", "VendorAdd", "ItemServiceAdd")
_WRITES = ("EstimateAdd", "EstimateMod", "PurchaseOrderAdd", "PurchaseOrderMod", "BillAdd")

ITERATED = frozenset(
    {
        "CustomerQuery",
        "VendorQuery",
        "ItemQuery",
        "ItemServiceQuery",
        "EstimateQuery",
        "PurchaseOrderQuery",
        "BillQuery",
        *(one for one in order_costs.QUERIES if one != "JobReportQuery"),
    }
)
"""Queries that take iterator attributes."""


def _grammar() -> Grammar:
    grammar = Grammar(ENUMERATIONS)
    for table in (
        order_lists.SHARED,
        order_documents.FILTERS,
        order_costs.FILTERS,
        order_lists.QUERIES,
        order_lists.ADDS,
        order_documents.QUERIES,
        order_costs.QUERIES,
        order_documents.WRITES,
    ):
        grammar.add(table)
    for name in (*_ADDS, *_WRITES):
        grammar.add({f"{name}Rq": f"{name}!={name} IncludeRetElement*:s50@4.0"})
    return grammar


GRAMMAR = _grammar()

REQUESTS: dict[str, Model] = {
    **{name: GRAMMAR.blocks[name] for name in (*order_lists.QUERIES, *order_documents.QUERIES, *order_costs.QUERIES)},
    **{name: GRAMMAR.blocks[f"{name}Rq"] for name in (*_ADDS, *_WRITES)},
}
"""Order table of each request, by message name without the ending Rq."""

WRITING = frozenset((*_ADDS, *_WRITES))
"""Messages that change the company."""


def known(message: str) -> bool:
    """Tell whether the schema has this message (name without Rq)."""
    return message in REQUESTS or message in OTHER_MESSAGES
