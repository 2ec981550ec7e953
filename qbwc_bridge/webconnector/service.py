"""The operations declared to spyne, which writes their answers; each is handed on to a Calls object as it is."""

from collections.abc import Callable
from typing import Any

from qbwc_bridge.webconnector.calls import NAMESPACE, NUMBERS, OPERATIONS, Calls, Operation
from qbwc_bridge.webconnector.spyne_compat import Application, Array, Integer32, ServiceBase, Soap11, Unicode, rpc

Ask = Callable[[str, list[str | int]], bytes]
"""Calls an operation by its name, with its arguments in the order of the wire; gives the answer's envelope without an
XML declaration.

Raises what the call raised, and ValueError for an answer that XML cannot carry.
"""


def _declared(operation: Operation, calls: Calls) -> Any:
    """Declare one operation, its names exactly as on the wire."""
    answer: Callable[..., object] = getattr(calls, operation.method)

    def call(_context: None, *arguments: str | int) -> object:
        return answer(*arguments)

    call.__name__ = operation.name
    results = {"string": Unicode, "strings": Array(Unicode), "int": Integer32}
    kinds = [Integer32 if parameter in NUMBERS else Unicode for parameter in operation.parameters]
    return rpc(
        *kinds, _operation_name=operation.name, _args=list(operation.parameters), _returns=results[operation.result]
    )(call)


class _Answer:
    """All that spyne's protocol reads, and where it leaves what it makes, while it writes an answer.

    Its own contexts carry a request and a transport too, in circles that keep a document until Python's collector finds
    them.
    """

    out_error = out_header = None

    def __init__(self, descriptor: Any, result: object) -> None:
        self.descriptor, self.out_object = descriptor, [result]
        self.out_string: list[bytes] = []


def spyne_service(calls: Calls) -> Ask:
    """Give spyne, document/literal wrapped, for these calls; it belongs behind the guard, which reads what comes.

    What a call raises never comes near spyne, which would log its message, and that may quote a secret.
    """
    declarations = {operation.name: _declared(operation, calls) for operation in OPERATIONS}
    service = type("QBWebConnectorSvc", (ServiceBase,), declarations)
    protocol = Soap11(xml_declaration=False)  # the guard writes it, so that the whole answer is one line
    application = Application(
        [service], NAMESPACE, name="QBWebConnectorSvc", in_protocol=Soap11(), out_protocol=protocol
    )
    declared = application.interface.service_method_map

    def ask(name: str, arguments: list[str | int]) -> bytes:
        (descriptor,) = declared[f"{{{NAMESPACE}}}{name}"]
        answer = _Answer(descriptor, descriptor.function(None, *arguments))
        protocol.serialize(answer, protocol.RESPONSE)
        protocol.create_out_string(answer)
        return b"".join(answer.out_string)

    return ask
