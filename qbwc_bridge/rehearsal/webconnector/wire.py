"""The ways to a server: real HTTP as .NET speaks it, and a WSGI application in the same process."""

import contextlib
import http.client
import select
import ssl
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit
from wsgiref.types import WSGIApplication

from werkzeug.test import Client

Post = Callable[[bytes, Mapping[str, str]], tuple[int, Mapping[str, str], bytes]]
"""Sends (body, headers) and gives (status, headers, body); raises OSError when the connection fails or is lost."""
Get = Callable[[str], int]
"""Fetches an address and gives the HTTP status; raises OSError when nobody answers."""

USER_AGENT = "Mozilla/4.0 (compatible; MSIE 6.0; MS Web Services Client Protocol 4.0.30319.42000)"
"""What a .NET Framework 4 SOAP client calls itself."""
TIMEOUT_SECONDS = 100.0
"""A .NET SOAP client gives up after 100 seconds unless told otherwise, and nothing says that the Web Connector is."""
CONTINUE_SECONDS = 0.35
"""How long .NET waits for "100 Continue" before it sends the body all the same."""
GET_TIMEOUT_SECONDS = 30.0
"""A person waits in front of "Add Application", so a silent address is given up sooner than a call."""
MAX_ANSWER_BYTES = 64 * 1024 * 1024
"""No qbXML request comes near 64 MiB; a server that sends more is out of control and must not fill the memory here."""


class HttpPost:
    """A kept-alive HTTP(S) connection to one address, used from one thread; call it to post, `close` it at the end."""

    def __init__(self, url: str, timeout: float = TIMEOUT_SECONDS) -> None:
        self._connection, self._target = _connection(url, timeout)

    def __call__(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
        """Post and give (status, headers, body); redirects are given back, not followed. Raises OSError."""
        try:
            return self._exchange(body, headers)
        except OSError:
            self.close()
            raise
        except http.client.HTTPException as error:
            self.close()
            raise _broken(error) from error

    def close(self) -> None:
        """Let the connection go; the next call opens a new one."""
        self._connection.close()

    def _exchange(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
        self._drop_if_hung_up()
        connection = self._connection
        connection.putrequest("POST", self._target, skip_accept_encoding=True)
        own = {"User-Agent": USER_AGENT, "Content-Length": str(len(body)), "Expect": "100-continue"}
        for name, value in {**own, **headers, "Connection": "Keep-Alive"}.items():
            connection.putheader(name, value)
        connection.endheaders()
        select.select([connection.sock], [], [], CONTINUE_SECONDS)
        # The server may have answered from the headers alone and hung up; what it said, if anything, is read next.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.send(body)
        with connection.getresponse() as response:
            content = response.read(MAX_ANSWER_BYTES + 1)
            if len(content) > MAX_ANSWER_BYTES:
                raise ConnectionError(f"The server's answer is larger than {MAX_ANSWER_BYTES} bytes.")
            return response.status, dict(response.getheaders()), content

    def _drop_if_hung_up(self) -> None:
        """Close a kept connection on which something waits unasked: that is the server's hanging up."""
        if self._connection.sock is not None and select.select([self._connection.sock], [], [], 0)[0]:
            self.close()


def http_post(url: str, timeout: float = TIMEOUT_SECONDS) -> HttpPost:
    """Give a Post to an http or https address; certificates are checked against the machine's trust store."""
    return HttpPost(url, timeout)


def http_get(url: str) -> int:
    """Fetch an address without following redirects and give the HTTP status; raises OSError when nobody answers."""
    connection, target = _connection(url, GET_TIMEOUT_SECONDS)
    try:
        connection.request("GET", target)
        with connection.getresponse() as response:
            return response.status
    except http.client.HTTPException as error:
        raise _broken(error) from error
    finally:
        connection.close()


def wsgi_post(app: WSGIApplication, path: str = "/qbwc") -> Post:
    """Give a Post to a WSGI application in this process; an exception of the application comes through unchanged."""
    client = Client(app, use_cookies=False)

    def post(body: bytes, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
        response = client.post(path, data=body, headers={"User-Agent": USER_AGENT, **headers})
        try:
            return response.status_code, dict(response.headers), response.get_data()
        finally:
            response.close()

    return post


def _broken(error: http.client.HTTPException) -> ConnectionError:
    """Tell of an answer that stops half-way or is not HTTP as a lost connection."""
    return ConnectionError(f"The server's answer stops half-way or is not HTTP: {type(error).__name__} {error}")


def _connection(url: str, timeout: float) -> tuple[http.client.HTTPConnection, str]:
    """Prepare a connection to an address, not opened yet, and give the target of its request line too."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"The address {url!r} is neither http nor https.")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if parts.scheme == "http":
        return http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout), target
    context = ssl.create_default_context()
    return http.client.HTTPSConnection(parts.hostname, parts.port, timeout=timeout, context=context), target
