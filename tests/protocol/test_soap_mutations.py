"""Random damage to good requests: nothing escapes, whatever the bytes, and the server is the same afterwards."""

import io
import os
import random
import re
import secrets
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from tests.protocol.fakes import ENVELOPE, INTUIT, Answer, FakeCalls, application, call, post
from tests.protocol.mutations import Request, Secrets, bodies, mutated
from tests.support import DEEP, SOAK, shared_dir

COUNT = 100_000 if SOAK else 5_000 if DEEP else 400
SEED = 20_240_117
SIGN_IN_EVERY = 50
"""Requests between two sign-ins: each visit sees some, and its ticket is in them."""
GROWTH = 6 * 1024 * 1024
"""Bytes that the server may grow by between the first tenth and the end: its own caches fill, 2.5 MB is the throttle's.

Measured without the caches that glibc keeps for each thread: they fill for hours with pieces of every size.
"""
FRAGMENT = 12
"""Characters of a secret that may not appear in a row: damage may cut it, a quotation would still be one."""

XML_TEXT = st.text().map(lambda text: re.sub("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text))
APPLICATION = application()
ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Server:
    """The real server in a process of its own, and one connection to it that is kept as long as it lasts."""

    process: "subprocess.Popen[str]"
    port: int
    folder: Path
    _kept: socket.socket | None = field(default=None)

    def ask(self, request: Request) -> list[Answer]:
        """Send a request and read every answer to it: one where its framing is sound, else what comes until the end."""
        if request.complete and self._kept is not None:
            wire, self._kept = self._kept, None
        else:
            wire = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        with wire, wire.makefile("rb") as stream:
            try:
                wire.sendall(request.wire)
                if not request.complete:
                    wire.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # it has answered and hung up before the end
            if not request.complete:
                return list(_answers(stream, request.method))
            answer = next(_answers(stream, request.method))
            if answer.headers.get("connection") != "close":
                self._kept = wire.dup()
            return [answer]

    def memory(self) -> int:
        """Give the bytes of its memory that are in use; 0 where the system does not tell."""
        try:
            pages = Path(f"/proc/{self.process.pid}/statm").read_text("ascii").split()[1]
        except OSError:
            return 0
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def stop(self) -> None:
        """Let it end by itself."""
        if self._kept is not None:
            self._kept.close()
        self.process.communicate(timeout=60)


def _answers(stream: io.BufferedReader, method: str) -> Iterator[Answer]:
    """Read HTTP answers until the stream ends; a hard end of the connection is an end."""
    while True:
        try:
            line = stream.readline()
            if not line:
                return
            begun = re.fullmatch(rb"HTTP/1\.[01] ([1-5][0-9]{2}) [A-Za-z -]+\r\n", line)
            assert begun, line
            status = int(begun[1])
            headers: dict[str, str] = {}
            while header := stream.readline().strip():
                name, _, value = header.decode("latin-1").partition(": ")
                headers[name.lower()] = value
            length = 0 if status == 100 or method == "HEAD" else int(headers["content-length"])
            body = stream.read(length)
        except ConnectionResetError:
            return
        assert len(body) == length
        if status != 100:
            yield Answer(status, headers, body)
            if method == "HEAD":
                return  # waitress sends the text of a 400 even then


@pytest.fixture(name="password")
def _password() -> str:
    return secrets.token_urlsafe(24)


@pytest.fixture(name="server")
def _server(tmp_path: Path, password: str) -> Iterator[Server]:
    shared_dir("procore-api")  # the program needs it; only here its absence is told
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.protocol.mutated_server", str(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"},
    )
    assert process.stdin
    assert process.stdout
    process.stdin.write(f"{password}\n")
    process.stdin.flush()
    address = process.stdout.readline().strip()
    if not address:
        process.communicate()
        pytest.fail("the program ended before it told its address; its own words stand above")
    server = Server(process, int(address.rpartition(":")[2]), tmp_path)
    try:
        yield server
    finally:
        server.stop()


def _assert_proper(answer: Answer, method: str) -> None:
    """Fail on anything but an envelope with a result or a fault, the texts of a GET, or a plain 4xx."""
    text = answer.body.decode("utf-8")
    assert not re.search(r"Traceback|\.py\b|site-packages", text)
    if 400 <= answer.status < 500:
        assert answer.headers["content-type"].startswith("text/")
        assert len(text) < 300
    elif method in {"GET", "HEAD"} and answer.status == 200:
        assert not text or text.startswith(("This is the address", "<?xml"))
    else:
        assert answer.headers["content-type"] == "text/xml; charset=utf-8"
        root = etree.fromstring(answer.body)
        assert root.tag == f"{{{ENVELOPE}}}Envelope"
        if answer.status == 200:
            assert root[0][0].tag.startswith(f"{{{INTUIT}}}")
        else:
            assert (answer.status, root[0][0].tag) == (500, f"{{{ENVELOPE}}}Fault")
            assert answer.fault.endswith(".")


def _fragments(secret: str) -> list[str]:
    return [secret[start : start + FRAGMENT] for start in range(len(secret) - FRAGMENT + 1)]


def _sign_in(server: Server, known: Secrets) -> None:
    """End the visit and begin another, so that the next requests carry a ticket that is good."""
    good = bodies(known)
    for name in ("closeConnection", "authenticate"):
        head = f"POST /qbwc HTTP/1.1\r\nContent-Type: text/xml\r\nContent-Length: {len(good[name])}\r\n\r\n"
        (answer,) = server.ask(Request(head.encode() + good[name], True, "POST"))
        assert answer.status == 200, answer.body
    known.ticket = answer.result[0].text or ""
    assert answer.result[1].text in {None, "busy", "none"}


def test_no_mutated_request_escapes(server: Server, password: str) -> None:
    """Every answer is an envelope or a plain 4xx, the process stays up and its memory flat, no log holds a secret."""
    chance = random.Random(SEED)  # noqa: S311 - repeatable damage, no secret
    known = Secrets(password, "", secrets.token_urlsafe(24))
    tickets, statuses, early = [], Counter[int](), 0
    forbidden = _fragments(password) + _fragments(known.books)

    for number in range(COUNT):
        if number % SIGN_IN_EVERY == 0:
            _sign_in(server, known)
            tickets.append(known.ticket)
        if number == COUNT // 10:
            early = server.memory()
        request = mutated(chance, known)
        try:
            answers = server.ask(request)
            assert answers or request.complete is None
            for answer in answers:
                _assert_proper(answer, request.method)
                assert not any(part in answer.body.decode() for part in forbidden)
        except BaseException as problem:
            problem.add_note(f"request {number} of seed {SEED}: {request}")
            raise
        statuses.update(answer.status for answer in answers)

    growth = server.memory() - early
    print(f"{COUNT} requests: {dict(statuses)}, memory {early} + {growth}")  # noqa: T201 - shown with -s
    assert server.process.poll() is None
    assert growth < GROWTH
    server.stop()
    assert server.process.returncode == 0
    log = (server.folder / "log.txt").read_text("utf-8", "surrogateescape")
    assert "was refused" in log
    for secret in (password, known.books, *tickets):
        assert not [part for part in _fragments(secret) if part in log]
    assert not re.search(r"Traceback|\.py\b|site-packages", log)
    assert statuses[200] > COUNT // 20
    assert statuses[500] > COUNT // 4
    assert statuses[400] > COUNT // 40


@settings(max_examples=2_000 if DEEP else 100, deadline=None)
@given(st.binary(max_size=400), st.one_of(st.none(), st.text(max_size=40)), st.one_of(st.none(), st.text(max_size=8)))
def test_no_arbitrary_bytes_or_headers_escape(body: bytes, kind: str | None, length: str | None) -> None:
    """Bytes without any likeness to a request, with any headers, end as a fault."""
    answer = post(APPLICATION, body, CONTENT_TYPE=kind, CONTENT_LENGTH=length, **{"wsgi.input": io.BytesIO(body)})

    assert answer.status == 500
    _assert_proper(answer, "POST")


@settings(max_examples=2_000 if DEEP else 100, deadline=None)
@given(XML_TEXT, XML_TEXT)
def test_every_text_that_xml_can_carry_arrives_and_returns_unchanged(sent: str, given_back: str) -> None:
    """Whatever characters a ticket has and a result holds, neither side sees others."""
    calls = FakeCalls(ticket=[given_back])
    escaped = sent.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")

    answer = post(application(calls), call("authenticate", f"<strUserName>{escaped}</strUserName>"))

    assert calls.seen == [("authenticate", sent, "")]
    assert (answer.result[0].text or "") == given_back
