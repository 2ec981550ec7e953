"""The reply of one request, and the reply document."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import quoteattr

from .errors import QuickBooksError
from .nodes import Node, render

FIRST_WARNING, FIRST_ERROR = 500, 1000
"""Where warnings and errors begin in the numbers of Intuit's status codes."""


@dataclass
class Reply:
    """What a request gives back: Ret elements, status, and the attributes of iterators and counts."""

    nodes: Sequence[Node] = ()
    status: int = 0
    message: str = "Status OK"
    attributes: list[tuple[str, str]] = field(default_factory=list)

    @property
    def is_error(self) -> bool:
        """Tell whether the status stops the requests after this one under stopOnError."""
        return self.status >= FIRST_ERROR


def nothing_found() -> Reply:
    """Make the reply of a query that found nothing."""
    return Reply(status=1, message="A query request did not find a matching object in QuickBooks")


def partly_found(nodes: Sequence[Node], missing: Sequence[str]) -> Reply:
    """Make the warning that some of the objects asked for by name or id do not exist."""
    names = '", "'.join(missing)
    return Reply(
        nodes,
        500,
        "The query request has not been fully completed. There was a required element "
        f'("{names}") that could not be found in QuickBooks.',
    )


def refused(error: QuickBooksError) -> Reply:
    """Make the reply of a request that QuickBooks refused."""
    return Reply(status=error.status_code, message=error.message)


def severity(status: int) -> str:
    """Give the severity word of a status code."""
    if status >= FIRST_ERROR:
        return "Error"
    return "Warn" if status >= FIRST_WARNING else "Info"


def reply_text(message: str, request_id: str | None, reply: Reply) -> str:
    """Write the reply element of one request."""
    attributes = [
        *([("requestID", request_id)] if request_id is not None else []),
        ("statusCode", str(reply.status)),
        ("statusSeverity", severity(reply.status)),
        ("statusMessage", reply.message),
        *reply.attributes,
    ]
    return render(Node(f"{message}Rs", children=tuple(reply.nodes), attributes=tuple(attributes)))


def document_text(replies: Iterable[str], new_set: str | None = None, set_status: int | None = None) -> str:
    """Write a reply document around reply elements; `set_status` is the messageSetStatusCode."""
    attributes = [
        *([("newMessageSetID", new_set)] if new_set else []),
        *([("messageSetStatusCode", str(set_status))] if set_status is not None else []),
    ]
    head = "".join(f" {name}={quoteattr(value)}" for name, value in attributes)
    body = "".join(replies)
    return f'<?xml version="1.0" ?>\n<QBXML>\n<QBXMLMsgsRs{head}>\n{body}</QBXMLMsgsRs>\n</QBXML>\n'
