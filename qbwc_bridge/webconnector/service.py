"""The operations declared to spyne; each is handed on to a Calls object, and nothing is decided here."""

from collections.abc import Callable
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

Ask = Callable[[str, list[str | int]], bytes]
"""Has spyne call an operation by its name, with its arguments in the order of the wire; gives the answer's envelope
without an XML declaration.

Raises what the call raised, or RuntimeError when spyne cannot write the answer.
"""

_WHEN_FAILED: dict[str, object] = {"string": "", "strings": [], "int": 0}
"""Values that spyne can write; they are thrown away, because the call's own exception is raised instead."""


def _declared(operation: Operation, calls: Calls) -> Any:
    """Declare one operation, its names exactly as on the wire."""
    answer: Callable[..., object] = getattr(calls, operation.method)

    def call(context: Any, *arguments: str | int) -> object:
        try:
            return answer(*arguments)
        except Exception as error:  # noqa: BLE001 - raised again beside spyne, which would log the message, and that may quote a secret
            context.udc.append(error)
            return _WHEN_FAILED[operation.result]

    call.__name__ = operation.name
    results = {"string": Unicode, "strings": Array(Unicode), "int": Integer32}
    kinds = [Integer32 if parameter in NUMBERS else Unicode for parameter in operation.parameters]
    return rpc(
        *kinds, _operation_name=operation.name, _args=list(operation.parameters), _returns=results[operation.result]
    )(call)


def spyne_service(calls: Calls) -> Ask:
    """Give spyne, document/literal wrapped, for these calls; it belongs behind the guard, which reads what comes."""
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
    declared = application.interface.service_method_map

    def ask(name: str, arguments: list[str | int]) -> bytes:
        context, raised = MethodContext(server, MethodContext.SERVER), list[Exception]()
        (context.descriptor,) = declared[f"{{{NAMESPACE}}}{name}"]
        # What spyne's reading of an envelope ends in; the guard has read it already, more strictly.
        context.udc, context.in_object = raised, arguments
        try:
            server.get_out_object(context)
            if not raised and context.out_error is None:
                server.get_out_string(context)
                return b"".join(context.out_string)
        finally:
            release(context)
        if raised:
            raise raised.pop()
        raise RuntimeError(f"spyne did not put the call {name} through")

    return ask
