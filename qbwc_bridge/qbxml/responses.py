"""Replies of QuickBooks as typed results, read as a stream: a record's XML is dropped as soon as its result is made."""

from collections.abc import Callable

from qbwc_bridge.domain.replies import Reply, ReplySet, ReportRet, Result
from qbwc_bridge.errors import QuickBooksError
from qbwc_bridge.qbxml.company import company_ret, host_ret, preferences_ret
from qbwc_bridge.qbxml.elements import attribute
from qbwc_bridge.qbxml.lists import LIST_RETS, list_deleted_ret, list_ret
from qbwc_bridge.qbxml.parse import Element, grow, taken
from qbwc_bridge.qbxml.reports import ReportReader
from qbwc_bridge.qbxml.transactions import TXN_RETS, deleted_ret, txn_ret
from qbwc_bridge.qbxml.types import read_count

_READERS: dict[str, Callable[[Element], Result]] = {
    "HostRet": host_ret,
    "CompanyRet": company_ret,
    "PreferencesRet": preferences_ret,
    "ListDeletedRet": list_deleted_ret,
    "TxnDeletedRet": deleted_ret,
    **dict.fromkeys(LIST_RETS, list_ret),
    **dict.fromkeys(TXN_RETS, txn_ret),
}


def parse_reply(text: str) -> ReplySet:
    """Read a reply document: one Reply per request, in order, with typed results.

    Records that the bridge has no type for are passed over. Raises QuickBooksError with one sentence when the document
    is malformed, no reply set, cut (a report with too few rows), or holds a value that the schema does not allow.
    """
    reader, messages = _Reader(), None
    for root, whole in grow(text):
        messages = root.find("QBXMLMsgsRs")
        if messages is not None:
            reader.take(messages, whole=whole)
    if messages is None:
        raise QuickBooksError("The answer is no reply set of QuickBooks: it holds no QBXMLMsgsRs.")
    status = attribute(messages, "messageSetStatusCode")
    return ReplySet(
        replies=tuple(reader.replies),
        status=read_count(status) if status else None,
        new_message_set_id=attribute(messages, "newMessageSetID"),
        old_message_set_id=attribute(messages, "oldMessageSetID"),
    )


class _Reader:
    """Takes replies out of a set that grows, and records out of the reply that is still open."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self._results: list[Result] = []
        self._report = ReportReader()

    def take(self, messages: Element, *, whole: bool) -> None:
        for reply in taken(messages, whole=whole):
            self._take_records(reply, whole=True)
            if reply.tag.endswith("Rs"):
                self.replies.append(_reply(reply, tuple(self._results)))
            self._results.clear()
        if len(messages):
            self._take_records(messages[-1], whole=False)

    def _take_records(self, reply: Element, *, whole: bool) -> None:
        for record in taken(reply, whole=whole):
            if record.tag == "ReportRet":
                self._results.append(self._report.complete(record))
                self._report = ReportReader()
            elif record.tag in _READERS:
                self._results.append(_READERS[record.tag](record))
        if len(reply) and reply[-1].tag == "ReportRet":
            self._report.take(reply[-1], whole=False)


def _reply(node: Element, results: tuple[Result, ...]) -> Reply:
    name, status = node.tag.removesuffix("Rs"), attribute(node, "statusCode")
    if not status:
        raise QuickBooksError(f"The reply {node.tag[:60]} has no statusCode.")
    if status == "0" and name.endswith("ReportQuery") and not any(isinstance(each, ReportRet) for each in results):
        # Seen in the field.
        raise QuickBooksError("QuickBooks answered a report with status 0 and no report: it must be asked again.")
    return Reply(
        name=name,
        request_id=attribute(node, "requestID"),
        status=read_count(status),
        severity=attribute(node, "statusSeverity"),
        message=attribute(node, "statusMessage"),
        results=results,
        iterator_id=attribute(node, "iteratorID"),
        remaining=read_count(attribute(node, "iteratorRemainingCount")),
    )
