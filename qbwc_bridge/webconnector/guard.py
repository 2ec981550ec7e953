"""The guard in front of spyne: reads the bytes itself, has the operation called and spyne write the answer.

Spyne sees no envelope, only what the guard read out of it. Each hand-over takes a text out of the hands before, so that
nothing here keeps a long one longer than its call does.

Whatever goes wrong, the answer is a SOAP fault with status 500, which is where a SOAP 1.1 client looks for the reason.
"""

import html
import logging
import time
from collections.abc import Callable
from wsgiref.types import StartResponse, WSGIEnvironment

from qbwc_bridge import metrics
from qbwc_bridge.errors import StorageError
from qbwc_bridge.logs import about, note, without_values
from qbwc_bridge.webconnector.calls import CALLER, NUMBERS
from qbwc_bridge.webconnector.reading import ENVELOPE_NAMESPACE, RefusedRequest, read_call
from qbwc_bridge.webconnector.service import Ask

log = logging.getLogger("qbwc_bridge.webconnector")

CONTENT_TYPE = "text/xml; charset=utf-8"

MAX_ADDRESS = 64
"""Characters of a caller's address that are kept: an IPv6 address has 45, and a proxy may pass on anything."""

GENERIC = "The bridge met a fault of its own; the log on its server says where, and the next visit tries again."
"""All that a caller hears of an unexpected exception: its text may hold a secret, so it goes nowhere."""


class Guard:
    """A WSGI application for POST requests, in front of spyne; `max_bytes` (MAX_SOAP_BYTES) bounds a request.

    `ticks` gives seconds, for measuring only.
    """

    def __init__(self, ask: Ask, *, max_bytes: int, ticks: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._ticks = ticks
        self._max_bytes = max_bytes

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        """Answer one SOAP request with status 200, or 500 and a soap:Fault."""
        with about():  # what is noted on the way, such as the session, is on the lines of this call alone
            return self._answer(environ, start_response)

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        status = "500 Internal Server Error"
        caller = environ.get("REMOTE_ADDR", "")[:MAX_ADDRESS]
        told, began, name, outcome = CALLER.set(caller), self._ticks(), "", "failed"
        try:
            name, texts = read_call(environ, self._max_bytes)
            note(call=name)
            body = _through(self._ask, name, texts)
            status, outcome = "200 OK", "answered"
            metrics.SOAP_SECONDS.took(self._ticks() - began, name)
        except RefusedRequest as refusal:
            sentence, outcome = str(refusal), "refused"
            log.warning("A SOAP request from %s was refused: %s", caller or "an unknown address", sentence)
            body = fault(refusal.code, sentence)
        except StorageError as problem:
            log.error("A SOAP call failed: %s", problem)  # noqa: TRY400 - a sentence of ours
            body = fault("Server", f"{problem.trouble} Nothing is lost; the next visit goes on.")
        except Exception as error:  # noqa: BLE001 - the last line of defence: logged below, answered as a fault
            log.error("A SOAP call failed: %s", without_values(error))  # noqa: TRY400 - a full traceback ends in the message
            body = fault("Server", GENERIC)
        finally:
            CALLER.reset(told)
            metrics.SOAP_CALLS.add(name, outcome)
        answer = b'<?xml version="1.0" encoding="utf-8"?>' + body
        start_response(status, [("Content-Type", CONTENT_TYPE), ("Content-Length", str(len(answer)))])
        return [answer]


def fault(code: str, sentence: str) -> bytes:
    """Give a SOAP 1.1 envelope with a fault, without XML declaration; `code` is Client, Server or VersionMismatch."""
    return (
        f'<soap:Envelope xmlns:soap="{ENVELOPE_NAMESPACE}"><soap:Body><soap:Fault><faultcode>soap:{code}</faultcode>'
        f"<faultstring>{html.escape(sentence)}</faultstring></soap:Fault></soap:Body></soap:Envelope>"
    ).encode()


def _through(ask: Ask, name: str, texts: dict[str, str]) -> bytes:
    """Put one call through and give its envelope; raises what `ask` raises.

    Takes the texts out of `texts`, so that a call which is done with a long one sets it free.
    """
    return ask(name, [_argument(parameter, texts.pop(parameter)) for parameter in list(texts)])


def _argument(parameter: str, text: str) -> str | int:
    return int(text) if parameter in NUMBERS else text
