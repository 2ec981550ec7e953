"""One request after the other: the handler of each message, its reply, and what an error means for the rest."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from . import about
from .book import Book
from .document_replies import Parts, txn_reply
from .documents import ESTIMATE, ORDER, add_document
from .envelope import Document, Request
from .errors import QuickBooksError, invalid
from .grammar import to_node
from .job_report import job_report
from .list_replies import Balances, record_reply
from .lists import add_from_request
from .modify import modify_document
from .nodes import Node, only
from .order import REQUESTS
from .paging import Iterators, Page
from .posting import PAYABLES, RECEIVABLES, account_balances, name_balances
from .profit_and_loss import summary_report
from .purchases import add_bill
from .queries import TXN_KINDS, Found, deleted_replies, find_records, find_txns
from .replies import Reply, nothing_found, partly_found, refused, reply_text
from .report import custom_detail
from .state import Record, Txn

MAX_REQUEST_ID = 50
"""Longest requestID in characters."""

_LIST_ADDS = {"CustomerAdd": "Customer", "VendorAdd": "Vendor", "ItemServiceAdd": "Item"}
_OWED = frozenset({"VendorQuery", "VendorAdd", "BillAdd"})
"""Messages whose replies show what is owed to vendors."""
_Writer = Callable[[Book, Node], Record | Txn]
_WRITERS: dict[str, _Writer] = {
    **{message: partial(add_from_request, kind=kind) for message, kind in _LIST_ADDS.items()},
    "EstimateAdd": lambda book, form: add_document(book, ESTIMATE, form),
    "PurchaseOrderAdd": lambda book, form: add_document(book, ORDER, form),
    "EstimateMod": lambda book, form: modify_document(book, ESTIMATE, form),
    "PurchaseOrderMod": lambda book, form: modify_document(book, ORDER, form),
    "BillAdd": add_bill,
}
_READERS: dict[str, Callable[[Book, Node], list[Node]]] = {
    "HostQuery": about.host_reply,
    "CompanyQuery": about.company_reply,
    "PreferencesQuery": lambda book, _request: [book.state.preferences],
    "CustomDetailReportQuery": custom_detail,
    "GeneralSummaryReportQuery": summary_report,
    "JobReportQuery": job_report,
}


def run_all(book: Book, iterators: Iterators, document: Document) -> list[str]:
    """Carry out the requests of a document and give the text of each reply."""
    texts: list[str] = []
    failed = False
    for request in document.requests:
        if failed and document.stop_on_error:
            reply = refused(QuickBooksError(3231, "The request has not been processed."))
        else:
            reply = _run(book, iterators, request, document)
        failed = failed or reply.is_error
        texts.append(reply_text(request.message, request.request_id, reply))
    return texts


def _run(book: Book, iterators: Iterators, request: Request, document: Document) -> Reply:
    try:
        return _carry_out(book, iterators, request, document)
    except QuickBooksError as error:
        return refused(error)


def _carry_out(book: Book, iterators: Iterators, request: Request, document: Document) -> Reply:
    if request.request_id is not None and len(request.request_id) > MAX_REQUEST_ID:
        raise QuickBooksError(
            1060, f'The request ID "{request.request_id}" is invalid, maximum number of characters allowed is 50.'
        )
    model = REQUESTS.get(request.message)
    if model is None:
        raise QuickBooksError(1030, f"This request is not supported by this version of QuickBooks: {request.message}.")
    node = to_node(request.element, model)
    if request.message in _WRITERS:
        form = next(node.all(request.message))
        done = _WRITERS[request.message](book, form)
        if not document.with_data:
            return Reply()
        sums = _sums(book, request.message)
        return Reply(_picked(node, [_shown(book, done, _parts(request, node, document), sums)]))
    if request.message in _READERS:
        return Reply(_picked(node, _READERS[request.message](book, node)))
    if request.message.endswith("DeletedQuery"):
        nodes = deleted_replies(book, request.message, node)
        return Reply(_picked(node, nodes)) if nodes else nothing_found()
    return _query(book, iterators, request, node, _parts(request, node, document))


def _parts(request: Request, node: Node, document: Document) -> Parts:
    return Parts(
        lines=not request.message.endswith("Query") or node.value("IncludeLineItems") == "true",
        links=node.value("IncludeLinkedTxns") == "true",
        version=document.version,
    )


def _shown(book: Book, done: Record | Txn, parts: Parts, sums: Balances) -> Node:
    return record_reply(book, done, sums) if isinstance(done, Record) else txn_reply(book, done, parts, sums)


def _sums(book: Book, message: str) -> Balances:
    if message == "AccountQuery":
        return account_balances(book)
    if message == "CustomerQuery":
        return name_balances(book, RECEIVABLES)
    return name_balances(book, PAYABLES) if message in _OWED else {}


def _picked(request: Node, nodes: list[Node]) -> list[Node]:
    names = frozenset(request.texts("IncludeRetElement"))
    if not names:
        return nodes
    return [replace(one, children=only(one.children, names)) for one in nodes]


def _query(book: Book, iterators: Iterators, request: Request, node: Node, parts: Parts) -> Reply:
    if request.iterator == "Stop":
        iterators.stop(request.iterator_id)
        return Reply()
    message = request.message
    sums: Balances = {} if message in TXN_KINDS else _sums(book, message)
    text = node.value("MaxReturned")
    limit = int(text) if text else None
    if limit is not None and limit < 0:
        raise invalid("MaxReturned may not be negative.")
    found, page = _chosen(book, iterators, request, node, limit=limit, sums=sums)
    if not found.ids and not found.missing and page is None:
        return nothing_found()
    ids = page.ids if page else found.ids if limit is None else found.ids[:limit]
    reply = Reply([] if request.meta_data == "MetaDataOnly" else _picked(node, _held(book, message, ids, parts, sums)))
    if found.missing:
        reply = partly_found(reply.nodes, found.missing)
    if page is not None:
        reply.attributes += [("iteratorRemainingCount", str(page.remaining)), ("iteratorID", page.iterator_id)]
    if request.meta_data != "NoMetaData":
        reply.attributes.append(("retCount", str(len(found.ids))))
    return reply


def _chosen(
    book: Book, iterators: Iterators, request: Request, node: Node, *, limit: int | None, sums: Balances
) -> tuple[Found, Page | None]:
    """Give what a query found, and its page when it asked for one."""
    message = request.message
    if request.iterator == "Continue":
        page = iterators.next(message, request.iterator_id, limit)
        return Found(page.ids), page
    found = find_txns(book, message, node) if message in TXN_KINDS else find_records(book, message, node, sums)
    if request.iterator != "Start" or not found.ids:
        return found, None
    if any(node.has(one) for one in ("ListID", "FullName", "TxnID", "RefNumber", "RefNumberCaseSensitive")):
        raise invalid("An iterator cannot be used with a list of ids or names.")
    return found, iterators.start(message, found, limit)


def _held(book: Book, message: str, ids: Sequence[str], parts: Parts, sums: Balances) -> list[Node]:
    """Show what still is there; a receipt that became a bill since its page was chosen is no receipt any more."""
    if message not in TXN_KINDS:
        return [_shown(book, book.state.records[one], parts, sums) for one in ids if one in book.state.records]
    kind, txns = TXN_KINDS[message], book.state.txns
    shown = [txns[one] for one in ids if one in txns and txns[one].kind == kind]
    owed = name_balances(book, PAYABLES, {one.entity_id for one in shown}) if kind == "Bill" else {}
    return [_shown(book, one, parts, owed) for one in shown]
