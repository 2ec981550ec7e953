"""Two callers of the whole bridge: raw bytes as the Web Connector writes them, and zeep with Intuit's own WSDL."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import requests

from qbwc_bridge.rehearsal.webconnector import soap, wsgi_post
from tests.journeys.bridge import Bridge
from tests.protocol.fakes import serve_application
from tests.support import shared_dir

with warnings.catch_warnings():
    # zeep's own imports use what newer Pythons deprecate; that is not ours to mend.
    warnings.simplefilter("ignore")
    import zeep
    import zeep.transports

INTEGERS, ARRAYS = ("receiveResponseXML",), ("authenticate",)
COMPANY_FILE = r"C:\Books\Bluestone.qbw"
_VERSIONS = 4
"""Where the two whole numbers of sendRequestXML stand."""


class Caller(Protocol):
    """Calls an operation by its name on the wire; gives a text, a list of texts or a whole number."""

    def __call__(self, operation: str, *values: str) -> Any:
        """Call it."""
        ...


@contextmanager
def raw_bytes(bridge: Bridge) -> Iterator[Caller]:
    """Give a caller that posts envelopes as .NET writes them, and reads answers as strictly as .NET does."""
    post = wsgi_post(bridge.wsgi)

    def call(operation: str, *values: str) -> Any:
        answer = post(soap.envelope(operation, values), soap.request_headers(operation))
        if operation in INTEGERS:
            return soap.read_integer(operation, *answer)
        return (soap.read_texts if operation in ARRAYS else soap.read_text)(operation, *answer)

    yield call


@contextmanager
def zeep_client(bridge: Bridge) -> Iterator[Caller]:
    """Give a caller on zeep, loaded with Intuit's WSDL and bound to the bridge over a real socket."""
    wsdl = shared_dir("qbwc", "QBWebConnectorSvc.wsdl")
    with serve_application(bridge.wsgi) as url, requests.Session() as http:
        client = zeep.Client(str(wsdl), transport=zeep.transports.Transport(session=http))
        binding = next(name for name in client.wsdl.bindings if name.endswith("Soap"))
        service = client.create_service(binding, f"{url}/qbwc")

        def call(operation: str, *values: str) -> Any:
            given: list[Any] = list(values)
            if operation == "sendRequestXML":
                given[_VERSIONS:] = map(int, given[_VERSIONS:])
            result = service[operation](*given)
            if operation in INTEGERS:
                return result
            # An absent text and an empty one are the same to the Web Connector.
            return [text or "" for text in result] if operation in ARRAYS else result or ""

        yield call


CALLERS = {"raw bytes": raw_bytes, "zeep": zeep_client}


class Talk:
    """One session by hand, call by call."""

    def __init__(self, bridge: Bridge, call: Caller) -> None:
        self.bridge = bridge
        self.call = call
        self.ticket = ""
        self._hcp = ""

    def login(self, password: str | None = None) -> list[str]:
        """Call authenticate; gives all of its slots but the ticket."""
        given = self.bridge.password if password is None else password
        slots: list[str] = self.call("authenticate", "bluestone", given)
        self.ticket = slots[0]
        assert self.ticket
        self._hcp = self.bridge.company.hcp_response()
        return slots[1:]

    def send(self) -> str:
        """Call sendRequestXML."""
        hcp, self._hcp = self._hcp, ""
        text: str = self.call("sendRequestXML", self.ticket, hcp, COMPANY_FILE, "US", "13", "0")
        return text

    def receive(self, response: str, hresult: str = "", message: str = "") -> int:
        """Call receiveResponseXML."""
        progress: int = self.call("receiveResponseXML", self.ticket, response, hresult, message)
        return progress

    def until(self, wanted: str) -> str:
        """Let QuickBooks answer everything before a request that holds that text; gives it."""
        while wanted not in (request := self.send()):
            assert request, self.error()
            self.work(request)
        return request

    def work(self, request: str) -> int:
        """Let QuickBooks work on a request, and bring the answer."""
        return self.receive(self.bridge.company.process(request))

    def to_the_end(self, work: Callable[[str], int] | None = None) -> list[int]:
        """Let QuickBooks (or what stands before it) work on everything; gives the progress of each step."""
        steps: list[int] = []
        while not steps or steps[-1] < 100:
            request = self.send()
            assert request, self.error()
            steps.append((work or self.work)(request))
            assert steps[-1] >= 0, self.error()
        return steps

    def error(self) -> str:
        """Call getLastError."""
        text: str = self.call("getLastError", self.ticket)
        return text

    def close(self) -> str:
        """Call closeConnection."""
        self.bridge.company.end_session()
        text: str = self.call("closeConnection", self.ticket)
        return text
