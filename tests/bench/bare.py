"""The bare pair, a program of its own: spyne under waitress, each as it comes, with operations that do nothing.

It imports nothing of the bridge but how spyne is imported and the names on the wire: what else lies in memory would
slow it down, because spyne collects garbage once a second.
"""

import os
from typing import Any

from waitress.server import create_server  # type: ignore[import-untyped]

from qbwc_bridge.webconnector import spyne_compat as spyne
from qbwc_bridge.webconnector.calls import BY_NAME, NAMESPACE, NUMBERS
from tests.bench.process import LOOPBACK, say_address, when_stdin_ends

LONGEST_BODY = 1 << 30
REQUEST = '<?xml version="1.0"?><?qbxml version="13.0"?><QBXML/>'
"""All that it ever sends to QuickBooks."""
ANSWERS = {"sendRequestXML": REQUEST, "receiveResponseXML": 1}


def application() -> Any:
    """Give the WSGI application.

    Only limits on size are lifted: libxml2 would refuse a text of more than ten million characters.
    """
    service = type("Bare", (spyne.ServiceBase,), {name: _nothing(name) for name in ANSWERS})
    protocols = {"in_protocol": spyne.Soap11(huge_tree=True), "out_protocol": spyne.Soap11()}
    return spyne.WsgiApplication(spyne.Application([service], NAMESPACE, **protocols), max_content_length=LONGEST_BODY)


def _nothing(name: str) -> Any:
    """Declare an operation with its parameters as on the wire; it gives the same answer to everything."""
    operation, answer = BY_NAME[name], ANSWERS[name]

    def call(_context: Any, *_arguments: str | int) -> object:
        return answer

    call.__name__ = name
    kinds = [spyne.Integer32 if parameter in NUMBERS else spyne.Unicode for parameter in operation.parameters]
    returns = spyne.Integer32 if operation.result == "int" else spyne.Unicode
    return spyne.rpc(*kinds, _operation_name=name, _args=list(operation.parameters), _returns=returns)(call)


def main() -> None:
    """Serve until standard input ends."""
    server = create_server(application(), host=LOOPBACK, port=0)
    say_address(f"http://{LOOPBACK}:{server.effective_port}")
    when_stdin_ends(lambda: os._exit(0))
    server.run()


if __name__ == "__main__":
    main()
