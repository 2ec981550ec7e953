"""Procore's refusals as one plain sentence: what was being done, what Procore said, who can mend it.

Four body shapes are known: `{"errors": text}`, `{"errors": {field: [text]}}`, `{"error": {code, message, details}}` and
plain text; the login host answers `{"error": code, "error_description": text}`.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from qbwc_bridge.procore.httpclient import httpx
from qbwc_bridge.procore.jsontext import read_json

Scrub = Callable[[str], str]
"""Takes secrets out of a text. It comes before texts are cut: half a secret would not be found any more."""

MOST_MESSAGES = 5
"""A sync of many items can fail in many ways; a person reads the first few and starts mending there."""

LONGEST_MESSAGE = 300
"""Characters kept of one message: whole sentences of Procore fit, a page of a proxy does not."""

_WRAPPERS = ("errors", "error", "error_description", "message", "reason")

_MENDING = {
    400: "the request did not fit Procore's API; report this to whoever maintains the bridge",
    401: "check the client id and client secret of the connection and that its app still exists at Procore",
    403: (
        "a Procore company administrator must connect the app to the company, permit it this project and tool, or "
        "switch the tool on"
    ),
    404: "a Procore administrator must check that it still exists and that the bridge's app may see it",
    405: "Procore does not offer this any more; report this to whoever maintains the bridge",
    409: "somebody else is changing the same record in Procore; try again when they are done",
    413: "it is too much for one call; report this to whoever maintains the bridge",
    422: "correct the values that Procore names, in Procore or in QuickBooks",
    429: "the app's allowance of calls is used up; it is free again by itself, at the latest within the hour",
}
_HIDDEN = (403, 404)
"""What a missing permission, a tool that is off and a project that is not permitted all look like."""

_FAULT = "this is a fault at Procore's end; try again later, and see Procore's status page if it lasts"
_STRANGE = "check PROCORE_LOGIN_URL and PROCORE_API_URL, and any proxy in between"


def messages(content: object, scrub: Scrub) -> list[str]:
    """Flatten what an error body says into short texts without secrets, fields in front: `vendor_id: must exist`.

    `content` is the parsed body or any part of it; the answer is empty where nothing readable stands in it.
    """
    wrapped = [content[key] for key in _WRAPPERS if key in content] if isinstance(content, dict) else []
    found = [scrub(text) for part in wrapped or [content] for text in _flat(part, "")]
    return [text[:LONGEST_MESSAGE] for text in dict.fromkeys(found)][:MOST_MESSAGES]


def said(response: httpx.Response, scrub: Scrub) -> list[str]:
    """Give the messages of a refused call, whichever of the four shapes its body has."""
    text = response.text.strip()
    try:
        return messages(read_json(text), scrub)
    except ValueError:
        # A page of HTML comes from a proxy or a gateway and says nothing that a sentence could hold.
        return [] if not text or text.startswith("<") else [scrub(" ".join(text.split()))[:LONGEST_MESSAGE]]


def sentence(doing: str, response: httpx.Response, scrub: Scrub, *, status: int = 0, wanted: str = "") -> str:
    """Say in one sentence that Procore refused `doing` (`reading the vendors`), why, and who can mend it.

    `scrub` takes secrets out of Procore's words. `status` replaces the answer's own where another one tells people
    better what is wrong. `wanted` names the tool and level that the call needs, which is said where their lack may be
    the reason.
    """
    status = status or response.status_code
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        mending = _FAULT
    else:
        mending = _MENDING.get(status, _STRANGE)
        if wanted and status in _HIDDEN:
            mending = f"{mending}; the app needs {wanted}"
    told = "; ".join(said(response, scrub)).rstrip(". ")
    reason = f"{status}: {told}" if told else f"status {status}"
    return f"Procore refused {doing} ({reason}); {mending}."


def _flat(part: Any, field: str) -> list[str]:
    if part is None or part == "":
        return []
    if isinstance(part, list):
        return [text for item in part for text in _flat(item, field)]
    if isinstance(part, dict):
        if "message" in part:
            source = str(part.get("source") or part.get("field") or field)
            return [*_flat(part["message"], source), *_flat(part.get("details"), "")]
        return [text for key, item in part.items() for text in _flat(item, "" if key == "base" else str(key))]
    text = " ".join(str(part).split())
    return [f"{field}: {text}" if field else text]
