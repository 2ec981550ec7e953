"""The way of a request through the real web server, byte by byte: whatever its framing, it ends in a right answer."""

import logging
import re
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from waitress.adjustments import Adjustments  # type: ignore[import-untyped]

from qbwc_bridge.cli import http_parser
from qbwc_bridge.webconnector.wsdl import wsdl_text
from tests.protocol.fakes import PUBLIC_URL, Answer, FakeCalls, call, served

LIMIT = 1024 * 1024
GOOD = call("getLastError", "<ticket>tick-é</ticket>")
LONG = b" " * (3 * LIMIT)
HEAD = b"POST /qbwc HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml; charset=utf-8\r\n"
EXPECT = b"Expect: 100-continue\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Wire:
    """One connection; `answer` reads exactly one answer, or fails after some seconds of silence."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")

    def send(self, *pieces: bytes) -> None:
        """Send each piece by itself."""
        for piece in pieces:
            self._socket.sendall(piece)

    def read(self, length: int) -> bytes:
        """Read bytes that stand before an answer."""
        return self._file.read(length)

    def answer(self) -> Answer:
        """Read one answer by its Content-Length."""
        status = int(self._file.readline().split()[1])
        headers: dict[str, str] = {}
        while line := self._file.readline().strip():
            name, _, value = line.decode("latin-1").partition(": ")
            headers[name.lower()] = value
        return Answer(status, headers, self._file.read(int(headers["content-length"])))

    def ended(self) -> bool:
        """Tell whether the server has closed the connection."""
        try:
            return self._file.read(1) == b""
        except ConnectionResetError:
            return True

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self._socket.close()


class Server:
    """The real web server around the SOAP application, and its connections."""

    def __init__(self, address: str, calls: FakeCalls) -> None:
        self._port = int(address.rpartition(":")[2])
        self.calls = calls

    @contextmanager
    def wire(self) -> Iterator[Wire]:
        """Open a connection."""
        wire = Wire(self._port)
        try:
            yield wire
        finally:
            wire.close()

    def ask(self, *pieces: bytes) -> Answer:
        """Send pieces on a connection of their own and read one answer."""
        with self.wire() as wire:
            wire.send(*pieces)
            return wire.answer()


@pytest.fixture(name="server", scope="module")
def _server() -> Iterator[Server]:
    calls = FakeCalls()
    with served(calls, max_bytes=LIMIT) as address:
        yield Server(address, calls)


@pytest.fixture(autouse=True)
def _nothing_seen(server: Server) -> None:
    server.calls.seen.clear()


def chunked(body: bytes, size: int) -> bytes:
    """Give a body in chunks of a size, the last one empty."""
    pieces = (body[start : start + size] for start in range(0, len(body), size))
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def length_of(body: bytes) -> bytes:
    """Give the header that tells a body's length, and the end of the headers."""
    return b"Content-Length: %d\r\n\r\n" % len(body)


@pytest.mark.parametrize("size", [1, 7, 100, len(GOOD), 70_000])
def test_a_chunked_body_is_the_same_call(server: Server, size: int) -> None:
    """With Transfer-Encoding: chunked the call is served, whatever the chunks, and the connection goes on."""
    with server.wire() as wire:
        for extra in (b"", b"Content-Length: 5\r\n"):
            wire.send(HEAD + extra + CHUNKED + b"\r\n" + chunked(GOOD, size))
            assert wire.answer().result.text == "No more work"
    assert server.calls.seen == [("get_last_error", "tick-é")] * 2


@pytest.mark.parametrize("framing", ["length", "chunked", "chunked with a trailer"])
def test_a_body_that_arrives_byte_by_byte_is_the_same_call(server: Server, framing: str) -> None:
    """No boundary between two pieces of the network matters, in headers, chunks, their sizes or what follows them."""
    request = HEAD + length_of(GOOD) + GOOD
    if framing != "length":
        trailer = b"Checked: yes\r\n" if "trailer" in framing else b""
        request = HEAD + CHUNKED + b"\r\n" + chunked(GOOD, 50).removesuffix(b"\r\n") + trailer + b"\r\n"

    answer = server.ask(*(request[at : at + 1] for at in range(len(request))))

    assert answer.result.text == "No more work"


@pytest.mark.parametrize("framing", [length_of(GOOD), CHUNKED + b"\r\n"])
def test_who_asks_before_sending_is_told_to_continue(server: Server, framing: bytes) -> None:
    """With Expect: 100-continue, which .NET sends, the server says so, then takes the body and answers."""
    body = GOOD if b"Content-Length" in framing else chunked(GOOD, 100)
    with server.wire() as wire:
        for _ in range(2):
            wire.send(HEAD + EXPECT + framing)
            assert wire.read(len(CONTINUE)) == CONTINUE
            wire.send(body)
            assert wire.answer().result.text == "No more work"


def test_who_asks_and_does_not_wait_is_answered_too(server: Server) -> None:
    """.NET waits a third of a second for "100 Continue"; a body that comes at once is no fault."""
    with server.wire() as wire:
        wire.send(HEAD + EXPECT + length_of(GOOD) + GOOD)
        assert wire.read(len(CONTINUE)) == CONTINUE
        assert wire.answer().result.text == "No more work"


@pytest.mark.parametrize("framing", [b"Content-Length: 0\r\n\r\n", b"\r\n"])
def test_who_asks_without_having_a_body_is_refused(server: Server, framing: bytes) -> None:
    """Where waitress says "100 Continue" and waits for ever, a sentence comes, and the connection goes on."""
    with server.wire() as wire:
        wire.send(HEAD + EXPECT + framing)
        assert "MAX_SOAP_BYTES" in wire.answer().fault
        wire.send(HEAD + length_of(GOOD) + GOOD)
        assert wire.answer().status == 200


@pytest.mark.parametrize("length", [LIMIT, LIMIT + 1, len(LONG)])
@pytest.mark.parametrize("size", [0, 1000, 70_000])
def test_a_body_above_the_limit_ends_in_our_own_sentence(server: Server, length: int, size: int) -> None:
    """Sent whole, with its length or in chunks, it is read past and refused naming the setting; the next is served."""
    body = LONG[:length]
    with server.wire() as wire:
        wire.send(HEAD + CHUNKED + b"\r\n" + chunked(body, size) if size else HEAD + length_of(body) + body)
        answer = wire.answer()
        assert answer.status == 500
        assert ("more than MAX_SOAP_BYTES" in answer.fault) == (length > LIMIT)
        assert answer.headers["content-type"] == "text/xml; charset=utf-8"
        wire.send(HEAD + length_of(GOOD) + GOOD)
        assert wire.answer().status == 200


def test_who_asks_with_too_long_a_body_is_refused_before_sending_it(server: Server) -> None:
    """No "100 Continue" invites a body that would be thrown away; the refusal comes at once and ends the connection."""
    with server.wire() as wire:
        wire.send(HEAD + EXPECT + b"Content-Length: %d\r\n\r\n" % (LIMIT + 1))
        answer = wire.answer()
        assert "more than MAX_SOAP_BYTES" in answer.fault
        assert answer.headers["connection"] == "close"
        assert wire.ended()


@pytest.mark.parametrize("framing", [CHUNKED + b"\r\n", b"Content-Length: 99999999999\r\n\r\n"])
def test_a_body_without_end_is_refused_on_the_way(
    server: Server, monkeypatch: pytest.MonkeyPatch, framing: bytes
) -> None:
    """Reading past a long body has its limit too."""
    monkeypatch.setattr(http_parser, "SPARE_BYTES", LIMIT)
    with server.wire() as wire:
        wire.send(HEAD + framing)
        if CHUNKED in framing:
            wire.send(b"%x\r\n" % 10**9 + LONG[: 2 * LIMIT + 1])
        answer = wire.answer()
        assert "more than MAX_SOAP_BYTES" in answer.fault
        assert wire.ended()


def test_nothing_is_kept_of_a_body_above_the_limit() -> None:
    """Neither memory nor disk fills with what will be refused, even where the beginning was still within the limit."""
    parser = http_parser.Parser(Adjustments(max_request_body_size=1000))
    parser.received(HEAD + CHUNKED + b"\r\n")
    for piece in (b"300\r\n", b"x" * 0x300, b"\r\n300\r\n", b"x" * 0x300, b"\r\n0\r\n\r\n"):
        while piece:
            piece = piece[parser.received(piece) :]  # noqa: PLW2901 - what is left of it

    assert (parser.completed, parser.headers["CONTENT_LENGTH"]) == (True, str(2 * 0x300))
    assert isinstance(parser.body_rcv.buf, http_parser.Nothing)
    assert parser.get_body_stream().read() == b""


def test_a_limit_counts_the_text_in_chunks_and_not_their_frames(server: Server) -> None:
    """A body within the limit is served even where frames and text together are above it."""
    body = GOOD + b" " * (LIMIT // 2)

    assert server.ask(HEAD + CHUNKED + b"\r\n" + chunked(body, 4)).status == 200


SECRET = secrets.token_urlsafe(16).encode()


@pytest.mark.parametrize(
    "request_bytes",
    [
        HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
        HEAD + b"Content-Length: -5\r\n\r\n",
        HEAD + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\n12345",
        HEAD + b"Content-Length: " + SECRET + b"\r\n\r\n",
        HEAD.replace(b"/qbwc", b"http://[" + SECRET) + b"\r\n",
        HEAD.replace(b"POST", SECRET.lower()) + b"\r\n",
        HEAD + b"X: a\rb" + SECRET + b"\r\n\r\n",
        HEAD + SECRET + b"\r\n\r\n",
        HEAD + CHUNKED + b"\r\n" + SECRET + b"\r\n",
        HEAD + CHUNKED + b"\r\n5\r\n123456789",
        HEAD + CHUNKED + b"\r\n5;" + b"x" * 5000,
        HEAD + CHUNKED + b"\r\n" + b"0" * 5000,
        HEAD + CHUNKED + b"\r\n0\r\n" + b"x" * 5000,
        HEAD + b"Transfer-Encoding: gzip\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked, gzip\r\n\r\n",
        HEAD + b"X: " + b"x" * 262_144 + b"\r\n\r\n",
        SECRET + b"\r\n\r\n",
        b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n",
    ],
    ids=lambda request: f"{len(request)} bytes",  # no secret: every worker must collect the same
)
def test_what_is_not_http_gets_a_plain_400(
    server: Server, caplog: pytest.LogCaptureFixture, request_bytes: bytes
) -> None:
    """One sentence that quotes nothing, no silent end of the connection, and not a word in the log."""
    caplog.set_level(logging.DEBUG)
    with server.wire() as wire:
        wire.send(request_bytes)
        answer = wire.answer()

        assert answer.status in {400, 431}
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert re.search(rb"\r\n\r\n[A-Z][^.\r\n]+\.\r\n", answer.body)
        assert SECRET not in answer.body
        assert wire.ended()
    assert caplog.text == ""


def test_http_1_0_knows_no_chunks(server: Server) -> None:
    """A body whose length nobody tells is refused; one with a length is served."""
    old = HEAD.replace(b"HTTP/1.1", b"HTTP/1.0")

    assert "no Content-Length" in server.ask(old + CHUNKED + b"\r\n" + chunked(GOOD, 100)).fault
    assert server.ask(old + length_of(GOOD) + GOOD).result.text == "No more work"


@pytest.mark.parametrize(
    ("target", "host"),
    [
        (b"/qbwc?wsdl", b"Host: evil.example"),
        (b"/qbwc?WSDL", b"Host: evil.example:99\r\nX-Forwarded-Host: evil.example\r\nForwarded: host=evil.example"),
        (b"/qbwc/?wsdl", b"Host: \r\nX-Forwarded-Proto: evil\r\nX-Original-URL: /evil"),
        (b"http://evil.example/qbwc?wsdl", b"Host: localhost"),
        (b"/qbwc?wsdl", b'Host: "><evil>'),
    ],
)
def test_no_header_changes_the_wsdl(server: Server, target: bytes, host: bytes) -> None:
    """The address in the WSDL is PUBLIC_URL, whatever Host a stranger names; so no cache can be poisoned."""
    answer = server.ask(b"GET " + target + b" HTTP/1.1\r\n" + host + b"\r\n\r\n")

    assert answer.status == 200
    assert answer.body.decode() == wsdl_text(PUBLIC_URL)
    assert not any("evil" in value for value in answer.headers.values())


def test_two_requests_in_one_piece_are_answered_in_order(server: Server) -> None:
    """A client that does not wait for the first answer gets both, each with its own."""
    other = call("closeConnection", "<ticket>t</ticket>")
    with server.wire() as wire:
        wire.send(HEAD + length_of(GOOD) + GOOD + HEAD + CHUNKED + b"\r\n" + chunked(other, 9))

        assert [wire.answer().result.text, wire.answer().result.text] == ["No more work", "Café & <b>OK</b>"]
