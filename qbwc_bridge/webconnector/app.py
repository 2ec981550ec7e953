"""The WSGI application of the SOAP endpoint, to be mounted at /qbwc: calls by POST, probe and WSDL by GET."""

from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from qbwc_bridge.webconnector.calls import Calls
from qbwc_bridge.webconnector.guard import CONTENT_TYPE, Guard
from qbwc_bridge.webconnector.service import spyne_service
from qbwc_bridge.webconnector.wsdl import wsdl_text

PROBE = "This is the address that the QuickBooks Web Connector calls; there is nothing to see here in a browser.\n"
"""Answer to the Web Connector's certificate check: without a 200 it reports QBWC1048 (guide, appendix A)."""

TEXT = "text/plain; charset=utf-8"


def soap_app(calls: Calls, *, public_url: str, max_bytes: int) -> WSGIApplication:
    """Give the application that answers the Web Connector with `calls`.

    `public_url` (PUBLIC_URL) stands in the WSDL; `max_bytes` (MAX_SOAP_BYTES) bounds a request. The server in front
    must let a longer one come here with its length, if without its body, so that the refusal is our sentence.
    """
    guard = Guard(spyne_service(calls), max_bytes=max_bytes)
    wsdl = wsdl_text(public_url)

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        method = environ.get("REQUEST_METHOD", "").upper()
        if environ.get("PATH_INFO", "") not in {"", "/"}:
            status, kind, text = (
                "404 Not Found",
                TEXT,
                "Nothing stands at this address; the Web Connector calls /qbwc.\n",
            )
        elif method == "POST":
            return guard(environ, start_response)
        elif method not in {"GET", "HEAD"}:
            status, kind, text = "405 Method Not Allowed", TEXT, "Only POST, GET and HEAD are answered here.\n"
        elif environ.get("QUERY_STRING", "").lower() in {"wsdl", "wsdl="}:
            status, kind, text = "200 OK", CONTENT_TYPE, wsdl
        else:
            status, kind, text = "200 OK", TEXT, PROBE
        body = text.encode()
        headers = [("Content-Type", kind), ("Content-Length", str(len(body)))]
        if status.startswith("405"):
            headers.append(("Allow", "GET, HEAD, POST"))
        start_response(status, headers)
        return [] if method == "HEAD" else [body]

    return application
