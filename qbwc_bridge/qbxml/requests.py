"""Requests as text: one element per request, and the message set around them (qbXML 13.0; Intuit's OSR, message sets).

Text that leaves here is pure ASCII; everything beyond is a numeric reference.
"""

import re
from collections.abc import Sequence

from qbwc_bridge.domain.quickbooks import Request
from qbwc_bridge.errors import QuickBooksError
from qbwc_bridge.qbxml import types
from qbwc_bridge.qbxml.escape import ascii_only, escape
from qbwc_bridge.qbxml.fields import fields
from qbwc_bridge.qbxml.templates import Templates

NEWEST = (13, 0)
"""Newest version spoken: it has everything the bridge uses, and every QuickBooks since 2014 understands it."""

OLDEST = (8, 0)
"""Oldest version spoken. Requests need 5.0 (iterators); replies before 8.0 do not tell whether multi-currency is on nor
whether an accountant's copy is out, and without both nothing may be written."""

_ELEMENTS = {
    "CustomTxnDetail": "CustomDetailReportQuery",
    "ProfitAndLoss": "GeneralSummaryReportQuery",
    "JobProfitability": "JobReportQuery",
}
"""Requests that are named by what they ask, and the element that asks it."""

_VERSION = re.compile(r"(\d{1,2})\.(\d)", re.ASCII)


def negotiate(supported: Sequence[str], *, below: str = "") -> str:
    """Give the highest version that both know, from HostRet's SupportedQBXMLVersion, such as "11.0".

    Regional entries such as "CA3.0" are passed over, and so is everything from `below` on, a version that QuickBooks
    has refused in spite of its list. Raises QuickBooksError when the company file is too old.
    """
    limit = _numbers(below) if below else None
    common = [
        version
        for version in map(_numbers, supported)
        if version and OLDEST <= version <= NEWEST and (limit is None or version < limit)
    ]
    if not common:
        newest = ", ".join(supported[-1:]) or "none"
        raise QuickBooksError(
            f"This QuickBooks understands qbXML only up to {newest}; the bridge needs {_text(OLDEST)} to "
            f"{_text(NEWEST)} of the US edition: QuickBooks must be updated by its administrator."
        )
    return _text(max(common))


def render(request: Request, *, request_id: str, templates: Templates) -> str:
    """Write one request as its element, such as `<CustomerAddRq requestID="7">`; `request_id` is 50 characters at most.

    Raises QuickBooksError with a sentence when a value has no qbXML form or the template cannot be filled.
    """
    values = {"request_id": types.identifier("requestID", request_id), **fields(request)}
    return templates.render(template_name(request), values)


def template_name(request: Request) -> str:
    """Give the template of a request, named after its element: `CustomerAddRq.xml`."""
    return f"{_ELEMENTS.get(request.kind, request.kind)}Rq.xml"


def message_set(
    requests: Sequence[tuple[str, Request]],
    *,
    version: str,
    new_message_set_id: str = "",
    old_message_set_id: str = "",
    stop_on_error: bool,
    templates: Templates,
) -> str:
    """Write a message set of (requestID, request), at least one, in the given order.

    With `new_message_set_id` (at most 24 characters) QuickBooks stores its reply under it before answering;
    `old_message_set_id` names the stored reply it may forget. `stop_on_error`: requests after a refused one come back
    with status 3231 instead of being tried. Raises QuickBooksError.
    """
    names = [name for name, _ in requests]
    if not requests or len(set(names)) != len(names):
        raise QuickBooksError("A message set needs requests with different requestIDs; the bridge made it otherwise.")
    body = [render(request, request_id=name, templates=templates) for name, request in requests]
    return _envelope(body, version, new_message_set_id, old_message_set_id, stop_on_error=stop_on_error)


def recovery_set(message_set_id: str, version: str) -> str:
    """Write the empty message set that asks for the stored reply of a set whose answer was lost."""
    return _envelope([], version, message_set_id, message_set_id, stop_on_error=True)


def _envelope(body: Sequence[str], version: str, new: str, old: str, *, stop_on_error: bool) -> str:
    known = _numbers(version)
    if known is None or not OLDEST <= known <= NEWEST:
        raise QuickBooksError(f"qbXML {version[:20]!r} is not a version that the bridge speaks.")
    attributes = {"newMessageSetID": new, "oldMessageSetID": old}
    said = "".join(
        f' {name}="{escape(types.identifier("message set id", value))}"' for name, value in attributes.items() if value
    )
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<?qbxml version="{_text(known)}"?>',
        "<QBXML>",
        f'<QBXMLMsgsRq{said} onError="{"stopOnError" if stop_on_error else "continueOnError"}">',
        *body,
        "</QBXMLMsgsRq>",
        "</QBXML>",
    ]
    return ascii_only("\n".join(lines)) + "\n"


def _numbers(version: str) -> tuple[int, int] | None:
    found = _VERSION.fullmatch(version.strip())
    return (int(found[1]), int(found[2])) if found else None


def _text(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
