"""A Calls object that remembers what it was asked, and helpers that speak to the SOAP application in raw bytes."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from wsgiref.types import WSGIApplication

from lxml import etree
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from qbwc_bridge.cli.web_server import WebServer
from qbwc_bridge.webconnector.app import soap_app

INTUIT = "http://developer.intuit.com/"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
PUBLIC_URL = "https://bridge.example.com"
MAX_BYTES = 4 * 1024 * 1024


@dataclass
class FakeCalls:
    """Answers each call with a fixed value and keeps what came; `failing` is raised instead where it is set."""

    seen: list[tuple[object, ...]] = field(default_factory=list)
    failing: Exception | None = None
    request: str = "<QBXML/>"
    ticket: list[str] = field(default_factory=lambda: ["ticket-1", ""])
    progress: int = 50

    def _note(self, *call: object) -> None:
        self.seen.append(call)
        if self.failing is not None:
            raise self.failing

    def server_version(self) -> str:
        """Answer like the bridge."""
        self._note("server_version")
        return "1.0"

    def client_version(self, version: str) -> str:
        """Let every version go on."""
        self._note("client_version", version)
        return ""

    def authenticate(self, user_name: str, password: str) -> list[str]:
        """Let everybody in."""
        self._note("authenticate", user_name, password)
        return self.ticket

    def send_request_xml(  # noqa: PLR0917 - as in Calls
        self, ticket: str, hcp_response: str, company_file_name: str, country: str, major: int, minor: int
    ) -> str:
        """Give the fixed request."""
        self._note("send_request_xml", ticket, hcp_response, company_file_name, country, major, minor)
        return self.request

    def receive_response_xml(self, ticket: str, response: str, hresult: str, message: str) -> int:
        """Give the fixed progress."""
        self._note("receive_response_xml", ticket, response, hresult, message)
        return self.progress

    def connection_error(self, ticket: str, hresult: str, message: str) -> str:
        """Stop."""
        self._note("connection_error", ticket, hresult, message)
        return "done"

    def get_last_error(self, ticket: str) -> str:
        """Say that there is no more work."""
        self._note("get_last_error", ticket)
        return "No more work"

    def close_connection(self, ticket: str) -> str:
        """Say goodbye, with letters outside ASCII and markup."""
        self._note("close_connection", ticket)
        return "Café & <b>OK</b>"

    def get_interactive_url(self, ticket: str, session_id: str) -> str:
        """Offer nothing."""
        self._note("get_interactive_url", ticket, session_id)
        return ""

    def interactive_rejected(self, ticket: str, reason: str) -> str:
        """Take note."""
        self._note("interactive_rejected", ticket, reason)
        return "noted"

    def interactive_done(self, ticket: str) -> str:
        """End it."""
        self._note("interactive_done", ticket)
        return "Done"


@dataclass(frozen=True)
class Answer:
    """A WSGI answer: status number, headers with lower-case names, body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def fault(self) -> str:
        """The fault's sentence; fails when the answer is no fault."""
        found = etree.fromstring(self.body).findtext(f"{{{ENVELOPE}}}Body/{{{ENVELOPE}}}Fault/faultstring")
        assert found
        return found

    @property
    def result(self) -> "etree._Element":
        """The element `...Result`."""
        return etree.fromstring(self.body)[0][0][0]


def application(calls: FakeCalls | None = None, *, max_bytes: int = MAX_BYTES) -> WSGIApplication:
    """Give the SOAP application around a fake."""
    return soap_app(calls or FakeCalls(), public_url=PUBLIC_URL, max_bytes=max_bytes)


def ask(app: WSGIApplication, method: str, body: bytes = b"", **environ: object) -> Answer:
    """Call the application once with exactly these bytes; `environ` replaces the usual keys, None removes one."""
    given: dict[str, object] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "/qbwc",
        "PATH_INFO": "",
        "QUERY_STRING": "",
        "CONTENT_TYPE": "text/xml; charset=utf-8",
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8085",
        "HTTP_HOST": "localhost:8085",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        **environ,
    }
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], _exc_info: object = None
    ) -> Callable[[bytes], object]:
        started.append((status, headers))
        return lambda _: None

    pieces = app({key: value for key, value in given.items() if value is not None}, start_response)
    (status, headers) = started[0]
    return Answer(int(status.split()[0]), {name.lower(): value for name, value in headers}, b"".join(pieces))


def post(app: WSGIApplication, body: bytes, **environ: object) -> Answer:
    """Send one SOAP request."""
    return ask(app, "POST", body, **environ)


def envelope(call: str) -> bytes:
    """Wrap a call as the Web Connector does: soap, xsi and xsd declared, one line."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<soap:Envelope xmlns:soap="{ENVELOPE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        f' xmlns:xsd="http://www.w3.org/2001/XMLSchema"><soap:Body>{call}</soap:Body></soap:Envelope>'
    ).encode()


def call(name: str, content: str = "") -> bytes:
    """Give a whole request for one operation, the default namespace on its element as recorded."""
    return envelope(f'<{name} xmlns="{INTUIT}">{content}</{name}>' if content else f'<{name} xmlns="{INTUIT}" />')


@contextmanager
def served(calls: FakeCalls, *, max_bytes: int = MAX_BYTES) -> Iterator[str]:
    """Serve the SOAP application at /qbwc on the real web server and a free loopback port; gives the base address."""
    app = DispatcherMiddleware(NotFound(), {"/qbwc": application(calls, max_bytes=max_bytes)})
    with serve_application(app, max_bytes=max_bytes) as url:
        yield url


@contextmanager
def serve_application(app: WSGIApplication, *, max_bytes: int = MAX_BYTES) -> Iterator[str]:
    """Serve any application on the real web server and a free loopback port; gives the base address."""
    server = WebServer(app, [("127.0.0.1", 0)], max_bytes=max_bytes)
    stop = Event()
    thread = Thread(target=server.run, args=(stop,))
    thread.start()
    try:
        yield server.addresses[0]
    finally:
        stop.set()
        thread.join(timeout=30)
