"""Replies of QuickBooks as typed results. Nothing is lost: every reply keeps its whole element in `source`."""

from collections.abc import Callable
from typing import cast

from qbwc_bridge.domain.replies import Node, Reply, ReplySet, Result
from qbwc_bridge.errors import QuickBooksError
from qbwc_bridge.qbxml.company import company_ret, host_ret, preferences_ret
from qbwc_bridge.qbxml.lists import LIST_RETS, list_ret
from qbwc_bridge.qbxml.parse import EXTRACT, parse_document
from qbwc_bridge.qbxml.reports import attribute, report_ret, require_report
from qbwc_bridge.qbxml.transactions import TXN_RETS, deleted_ret, txn_ret
from qbwc_bridge.qbxml.types import read_count

_Reader = Callable[[Node], Result]

_READERS: dict[str, _Reader] = {
    "HostRet": host_ret,
    "CompanyRet": company_ret,
    "PreferencesRet": preferences_ret,
    "TxnDeletedRet": deleted_ret,
    "ReportRet": report_ret,
    **dict.fromkeys(LIST_RETS, cast("_Reader", list_ret)),
    **dict.fromkeys(TXN_RETS, cast("_Reader", txn_ret)),
}


def parse_reply(text: str) -> ReplySet:
    """Read a reply document: one Reply per request, in order, with typed results.

    Kinds of results that the bridge has no type for are found in `Reply.source` only. Raises QuickBooksError with one
    sentence when the document is malformed, no reply set, cut (a report with too few rows), or holds a value that the
    schema does not allow.
    """
    root = parse_document(text)
    messages = root.first("QBXMLMsgsRs") if root.tag == "QBXML" else None
    if messages is None:
        raise QuickBooksError(f"The answer is no reply set of QuickBooks: it holds {root.tag[:EXTRACT]}.")
    status = attribute(messages, "messageSetStatusCode")
    return ReplySet(
        replies=tuple(_reply(child) for child in messages.children if child.tag.endswith("Rs")),
        status=read_count(status) if status else None,
        new_message_set_id=attribute(messages, "newMessageSetID"),
        old_message_set_id=attribute(messages, "oldMessageSetID"),
    )


def _reply(node: Node) -> Reply:
    name, status = node.tag.removesuffix("Rs"), attribute(node, "statusCode")
    if not status:
        raise QuickBooksError(f"The reply {node.tag[:60]} has no statusCode.")
    if name.endswith("ReportQuery"):
        require_report(node)
    return Reply(
        name=name,
        request_id=attribute(node, "requestID"),
        status=read_count(status),
        severity=attribute(node, "statusSeverity"),
        message=attribute(node, "statusMessage"),
        results=tuple(_READERS[child.tag](child) for child in node.children if child.tag in _READERS),
        iterator_id=attribute(node, "iteratorID"),
        remaining=read_count(attribute(node, "iteratorRemainingCount")),
        source=node,
    )
