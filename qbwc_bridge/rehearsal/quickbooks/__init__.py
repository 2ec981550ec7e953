"""A stand-in QuickBooks Desktop company in memory, for training, trying and tests.

It takes qbXML text and gives qbXML text, refuses what QuickBooks refuses, and keeps a posting ledger. It is built from
Intuit's published interface alone and knows nothing of the bridge.
"""

from .company import SUPPORTED_VERSIONS, Company
from .counter import JournalLine, Line, PaycheckLine
from .errors import PARSE_FAULT, VERSION_FAULT, QuickBooksError, RequestProcessorError
from .filling import Names, add_names, names_of, post_years
from .views import DocumentLine, EstimateView, ItemView, NameView, OrderView, Posting

__all__ = [
    "PARSE_FAULT",
    "SUPPORTED_VERSIONS",
    "VERSION_FAULT",
    "Company",
    "DocumentLine",
    "EstimateView",
    "ItemView",
    "JournalLine",
    "Line",
    "NameView",
    "Names",
    "OrderView",
    "PaycheckLine",
    "Posting",
    "QuickBooksError",
    "RequestProcessorError",
    "add_names",
    "names_of",
    "post_years",
]
