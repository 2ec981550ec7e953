import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest
from waitress.server import create_server  # type: ignore[import-untyped]

from qbwc_bridge.rehearsal.webconnector import http_get, http_post, wire
from tests.rehearsal.webconnector_server import GOOD_HEADERS, Pc, Server, result

ANSWER = result("getLastError", "fine")
PLAIN = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: %d\r\n\r\n%b" % (
    len(ANSWER),
    ANSWER,
)


@contextmanager
def waitress(app: Server) -> Iterator[str]:
    """Serve an application on a free port of this machine."""
    server = create_server(app, host="127.0.0.1", port=0, threads=2, clear_untrusted_proxy_headers=True)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}/qbwc"
    finally:
        # In the loop's own thread: closing a socket under a running select would be a race.
        server.trigger.pull_trigger(lambda: server.asyncore.close_all(map=server._map))
        thread.join(5)
        server.task_dispatcher.shutdown()


@contextmanager
def raw_server(serve: Callable[[socket.socket, int], None]) -> Iterator[str]:
    """Give every connection (with its number) to a function, on a free port of this machine."""
    listener = socket.create_server(("127.0.0.1", 0))
    failures: list[BaseException] = []

    def accept() -> None:
        number = 0
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:  # the test is over
                return
            with peer:
                peer.settimeout(5)
                try:
                    serve(peer, number)
                except AssertionError as error:
                    failures.append(error)
            number += 1

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/qbwc?a=1"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)
    assert not failures


def read_head(peer: socket.socket) -> str:
    """Read up to the empty line after the headers, and not one byte of the body."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = peer.recv(1)
        assert byte, "the client hung up"
        head += byte
    return head.decode("ascii")


def read_body(peer: socket.socket, size: int) -> bytes:
    """Read a body."""
    body = b""
    while len(body) < size:
        body += peer.recv(size - len(body))
    return body


def test_an_update_over_real_http() -> None:
    """A whole update runs over one kept connection to a waitress server."""
    server = Server(receiveResponseXML=[10, 100])
    with waitress(server) as url, closing(http_post(url)) as post:
        visit = Pc(server, post=post).connector.visit()
        assert (visit.outcome, visit.status_text) == ("done", "Finished well")
        assert len({headers["REMOTE_PORT"] for headers in server.headers}) == 1
        assert {headers["HTTP_EXPECT"] for headers in server.headers} == {"100-continue"}
        assert {headers["HTTP_USER_AGENT"] for headers in server.headers} == {wire.USER_AGENT}


def test_the_body_waits_for_100_continue() -> None:
    """Headers go first with Expect; the body follows the server's consent, and the connection is kept."""
    heads: list[str] = []

    def serve(peer: socket.socket, number: int) -> None:
        assert number == 0
        for _ in range(2):
            heads.append(read_head(peer))
            assert not select.select([peer], [], [], 0.05)[0], "the body came before the consent"
            peer.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            assert read_body(peer, 5) == b"hello"
            peer.sendall(PLAIN)

    with raw_server(serve) as url, closing(http_post(url)) as post:
        for _ in range(2):
            status, headers, body = post(b"hello", {"Content-Type": "text/xml", "SOAPAction": '"x"'})
            assert (status, body, headers["Content-Type"]) == (200, ANSWER, GOOD_HEADERS["Content-Type"])
    assert heads[0] == heads[1]
    assert heads[0].startswith("POST /qbwc?a=1 HTTP/1.1\r\nHost: 127.0.0.1:")
    for line in ("Expect: 100-continue", "Content-Length: 5", 'SOAPAction: "x"', "Connection: Keep-Alive"):
        assert f"\r\n{line}\r\n" in heads[0]
    assert "Accept-Encoding" not in heads[0]


def test_a_server_silent_about_expect_gets_the_body_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without 100 Continue the body goes out after a short wait."""
    monkeypatch.setattr(wire, "CONTINUE_SECONDS", 0.01)

    def serve(peer: socket.socket, _number: int) -> None:
        read_head(peer)
        assert read_body(peer, 5) == b"hello"
        peer.sendall(PLAIN)

    with raw_server(serve) as url, closing(http_post(url)) as post:
        assert post(b"hello", {})[2] == ANSWER


def test_a_connection_closed_while_idle_is_opened_again() -> None:
    """A server may hang up between two calls without harm."""

    def serve(peer: socket.socket, _number: int) -> None:
        read_head(peer)
        peer.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        read_body(peer, 5)
        peer.sendall(PLAIN)

    with raw_server(serve) as url, closing(http_post(url)) as post:
        for _ in range(3):
            assert post(b"hello", {})[0] == 200
            assert select.select([post._connection.sock], [], [], 5)[0], "the server did not hang up"


def test_a_redirect_is_not_followed() -> None:
    """The status of a redirect is given back as it is."""

    def serve(peer: socket.socket, number: int) -> None:
        assert number == 0
        read_head(peer)
        peer.sendall(b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    with raw_server(serve) as url, closing(http_post(url)) as post:
        assert post(b"hello", {})[0] == 302
    with raw_server(serve) as url:
        assert http_get(url) == 302


@pytest.mark.parametrize(
    "answer", [b"", b"\x16\x03\x01garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\nshort"]
)
def test_a_lost_connection_has_the_number_of_its_call(answer: bytes) -> None:
    """Hanging up, talking something else and stopping half-way are lost connections."""

    def serve(peer: socket.socket, _number: int) -> None:
        read_head(peer)
        peer.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        peer.sendall(answer)

    with raw_server(serve) as url, closing(http_post(url)) as post:
        visit = Pc(post=post).connector.visit()
        assert (visit.outcome, visit.qbwc_error) == ("error", "QBWC1012")
        assert visit.calls == ("serverVersion", "clientVersion", "authenticate")
        if b"garbage" in answer:
            with pytest.raises(OSError, match="not HTTP"):
                http_get(url)


def test_a_silent_server_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the time-out the call counts as lost."""
    monkeypatch.setattr(wire, "CONTINUE_SECONDS", 0.01)
    over = threading.Event()

    def serve(peer: socket.socket, _number: int) -> None:
        read_head(peer)
        over.wait(5)

    with raw_server(serve) as url, closing(http_post(url, timeout=0.05)) as post:
        with pytest.raises(TimeoutError):
            post(b"hello", {})
        over.set()


def test_an_endless_answer_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """More bytes than the limit are a lost connection, not a full memory."""
    monkeypatch.setattr(wire, "MAX_ANSWER_BYTES", 10)

    def serve(peer: socket.socket, _number: int) -> None:
        read_head(peer)
        peer.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN)

    with raw_server(serve) as url, closing(http_post(url)) as post, pytest.raises(ConnectionError, match="larger"):
        post(b"hello", {})


def test_nobody_there_is_a_lost_connection() -> None:
    """A refused connection ends the update with the number of authenticate."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with closing(http_post(f"http://127.0.0.1:{port}/")) as post:
        assert Pc(post=post).connector.visit().qbwc_error == "QBWC1012"


def test_other_schemes_are_refused() -> None:
    """Only http and https are addresses of a server."""
    for url in ("ftp://x/", "file:///c:/x", "http:///x"):
        with pytest.raises(ValueError, match="neither http nor https"):
            http_post(url)
