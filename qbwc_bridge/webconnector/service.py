"""The operations declared to spyne; each is handed on to a Calls object, and nothing is decided here."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from wsgiref.types import WSGIApplication

from qbwc_bridge.webconnector.calls import NAMESPACE, NUMBERS, OPERATIONS, Calls, Operation
from qbwc_bridge.webconnector.spyne_compat import (
    Application,
    Array,
    Integer32,
    ServiceBase,
    Soap11,
    Unicode,
    WsgiApplication,
    release,
    rpc,
)

HANDOVER = "qbwc_bridge.webconnector.handover"
"""Key in the WSGI environ under which the guard and the service pass what must not go through spyne."""

MAX_ENVELOPE_BYTES = 8 * 1024 * 1024
"""What spyne takes at most: the guard sends it envelopes of at most a dozen short texts, so this is only a backstop."""


@dataclass
class Handover:
    """What passes beside spyne: long texts by their token on the way in, a failed call's exception on the way out."""

    texts: dict[str, str] = field(default_factory=dict)
    error: Exception | None = None
    context: Any = None

    def release(self) -> None:
        """Let go of spyne's context, once the whole answer has been read."""
        context, self.context = self.context, None
        if context is not None:
            release(context)

    def raise_error(self) -> None:
        """Raise what the call raised, if it did; it is kept nowhere, or its traceback would keep the long texts."""
        error, self.error = self.error, None
        try:
            if error is not None:
                raise error
        finally:
            del error


_WHEN_FAILED: dict[str, object] = {"string": "", "strings": [], "int": 0}
"""Values that spyne can write; the guard throws them away, because it sees the error in the handover."""


def _declared(operation: Operation, calls: Calls) -> Any:
    """Declare one operation, its names exactly as on the wire."""
    answer: Callable[..., object] = getattr(calls, operation.method)

    def call(context: Any, *arguments: str | int) -> object:
        handover: Handover = context.transport.req_env[HANDOVER]
        handover.context = context
        # Taken out: spyne's context is a cycle and lives on until Python collects it, and with it the handover.
        given = (handover.texts.pop(value, value) if isinstance(value, str) else value for value in arguments)
        try:
            return answer(*given)
        except Exception as error:  # noqa: BLE001 - reported by the guard; spyne would log the message, which may quote a secret
            handover.error = error
            return _WHEN_FAILED[operation.result]

    call.__name__ = operation.name
    results = {"string": Unicode, "strings": Array(Unicode), "int": Integer32}
    kinds = [Integer32 if parameter in NUMBERS else Unicode for parameter in operation.parameters]
    return rpc(
        *kinds, _operation_name=operation.name, _args=list(operation.parameters), _returns=results[operation.result]
    )(call)


def spyne_application(calls: Calls) -> WSGIApplication:
    """Give spyne's WSGI application for these calls, document/literal wrapped; it belongs behind the guard."""
    declarations = {operation.name: _declared(operation, calls) for operation in OPERATIONS}
    service = type("QBWebConnectorSvc", (ServiceBase,), declarations)
    application = Application(
        [service],
        NAMESPACE,
        name="QBWebConnectorSvc",
        in_protocol=Soap11(),
        out_protocol=Soap11(xml_declaration=False),  # the guard writes it, so that the whole answer is one line
    )
    wsgi: WSGIApplication = WsgiApplication(application, max_content_length=MAX_ENVELOPE_BYTES)
    return wsgi
