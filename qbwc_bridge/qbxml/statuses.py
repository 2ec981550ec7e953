"""The one place to ask what a number means: statusCode, HRESULT, QBWC number.

The rows are in `status_codes.py` and `connector_codes.py`. Decide by the number, never by statusSeverity: a refusal may
say Info and a success Warn (both seen in real replies).
"""

from qbwc_bridge.qbxml import by_itself
from qbwc_bridge.qbxml.connector_codes import CONNECTOR_CODES, HRESULTS
from qbwc_bridge.qbxml.meanings import Meaning, Reaction, Who
from qbwc_bridge.qbxml.status_codes import STATUS_CODES

__all__ = ["NO_RECORD", "Meaning", "Reaction", "Who", "connector", "hresult", "meaning"]

NO_RECORD = frozenset({1, 500, 3120})
"""Statuses of a query that found nothing of what was named. Others without a record, such as 0, 501 and 510, may only
not show it."""

_WARNINGS = range(500, 1000)
"""Warnings: the request was carried out (Intuit's ranges of status codes)."""

_SUCCESS = range(500)


def meaning(status: int) -> Meaning:
    """Give what a statusCode means; of unknown ones 0-999 count as done with a note, all others are for a person."""
    known = STATUS_CODES.get(str(status))
    if known:
        return known
    if status in _SUCCESS or status in _WARNINGS:
        return Meaning(
            str(status),
            "QuickBooks did it, with a note.",
            "nobody",
            "Nothing to do; read the note.",
            Reaction.DONE,
            by_itself.STATUSES[Reaction.DONE],
        )
    return Meaning(
        str(status),
        "QuickBooks refused it for a reason that the bridge does not know.",
        "bookkeeper",
        "Read QuickBooks' reason, correct the record and retry.",
        Reaction.PERSON,
        by_itself.STATUSES[Reaction.PERSON],
    )


def hresult(code: str) -> Meaning:
    """Give what an HRESULT means, however it is written (0x80040414, 80040414, 0X8004041a, -2147220460)."""
    digits = _hexadecimal(code)
    known = HRESULTS.get(digits)
    return known or Meaning(
        digits or "0",
        "QuickBooks or Windows reported an error that the bridge does not know.",
        "pc",
        "Restart QuickBooks and the Web Connector on that PC; if it stays so, send QWCLog.txt to support.",
        Reaction.LOOK_UP,
        by_itself.HRESULTS[Reaction.LOOK_UP],
    )


def connector(code: str) -> Meaning:
    """Give what a number of the Web Connector means (QBWC1039, 1039)."""
    digits = code.strip().upper().removeprefix("QBWC")
    known = CONNECTOR_CODES.get(digits)
    return known or Meaning(
        digits[:8],
        "The Web Connector reported an error that the bridge does not know.",
        "pc",
        "Restart the Web Connector on that PC; if it stays so, send QWCLog.txt to support.",
        Reaction.LOOK_UP,
        by_itself.CONNECTOR[Reaction.LOOK_UP],
    )


def _hexadecimal(code: str) -> str:
    text = code.strip().upper()
    if text.startswith("-") and text[1:].isdecimal():
        return f"{int(text) & 0xFFFFFFFF:08X}"
    return text.removeprefix("0X")[:8]
