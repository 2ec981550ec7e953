"""A stand-in Procore: documented paths, pages, headers, keys and sync rules, with people to play.

A product of its own, for training, trying and tests. Built from Procore's published reference; it knows nothing of the
bridge. `Procore` is the company and its WSGI application, `demo_company` one with content.
"""

from qbwc_bridge.rehearsal.procore.app import LOGIN_ROUTES, ROUTES, Call
from qbwc_bridge.rehearsal.procore.budget import BudgetRow
from qbwc_bridge.rehearsal.procore.company import Procore
from qbwc_bridge.rehearsal.procore.demo import demo_company
from qbwc_bridge.rehearsal.procore.server import Served
from qbwc_bridge.rehearsal.procore.views import CommitmentLine, CostLineView, DirectCostView, InvoiceLine

__all__ = [
    "LOGIN_ROUTES",
    "ROUTES",
    "BudgetRow",
    "Call",
    "CommitmentLine",
    "CostLineView",
    "DirectCostView",
    "InvoiceLine",
    "Procore",
    "Served",
    "demo_company",
]
