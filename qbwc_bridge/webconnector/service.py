"""The operations declared to spyne; each is handed on to a Calls object, and nothing is decided here."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from qbwc_bridge.webconnector.calls import NAMESPACE, NUMBERS, OPERATIONS, Calls, Operation
from qbwc_bridge.webconnector.spyne_compat import (
    Application,
    Array,
    Integer32,
    MethodContext,
    ServerBase,
    ServiceBase,
    Soap11,
    Unicode,
    release,
    rpc,
)


@dataclass
class Handover:
    """What passes beside spyne: long texts by their token on the way in, a failed call's exception on the way out."""

    texts: dict[str, str] = field(default_factory=dict)
    error: Exception | None = None

    def raise_error(self) -> None:
        """Raise what the call raised, if it did; it is kept nowhere, or its traceback would keep the long texts."""
        error, self.error = self.error, None
        try:
            if error is not None:
                raise error
        finally:
            del error


Ask = Callable[[bytes, Handover], bytes]
"""Puts an envelope through spyne and gives its answer, without an XML declaration.

Raises RuntimeError when spyne refuses the envelope or cannot write the answer; what the call itself raised is left in
the handover.
"""

_WHEN_FAILED: dict[str, object] = {"string": "", "strings": [], "int": 0}
"""Values that spyne can write; the guard throws them away, because it sees the error in the handover."""


def _declared(operation: Operation, calls: Calls) -> Any:
    """Declare one operation, its names exactly as on the wire."""
    answer: Callable[..., object] = getattr(calls, operation.method)

    def call(context: Any, *arguments: str | int) -> object:
        handover: Handover = context.udc
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


def spyne_service(calls: Calls) -> Ask:
    """Give spyne, document/literal wrapped, for these calls; it belongs behind the guard, which speaks HTTP."""
    declarations = {operation.name: _declared(operation, calls) for operation in OPERATIONS}
    service = type("QBWebConnectorSvc", (ServiceBase,), declarations)
    application = Application(
        [service],
        NAMESPACE,
        name="QBWebConnectorSvc",
        in_protocol=Soap11(),
        out_protocol=Soap11(xml_declaration=False),  # the guard writes it, so that the whole answer is one line
    )
    server = ServerBase(application)

    def ask(envelope: bytes, handover: Handover) -> bytes:
        context = MethodContext(server, MethodContext.SERVER)
        context.udc, context.in_string = handover, [envelope]
        (context,) = server.generate_contexts(context)
        try:
            for step in (server.get_in_object, server.get_out_object, server.get_out_string):
                if context.in_error or context.out_error:
                    raise RuntimeError("spyne refused an envelope of the guard's own making")
                step(context)
            return b"".join(context.out_string)
        finally:
            release(context)

    return ask
