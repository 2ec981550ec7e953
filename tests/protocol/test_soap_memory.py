"""What a big answer costs on its way through guard and spyne: bounded memory, nothing left behind, no detours."""

import gc
import io
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.parsers import expat

import pytest

from qbwc_bridge.webconnector.reading import CHUNK_BYTES, read_call
from tests.protocol.fakes import FakeCalls, application, call, post

BIG = 50_000_000
"""Characters of the largest answer that the bridge is measured with."""

MEGABYTE = 1024 * 1024
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows tells no peak of a process by the standard library")
def test_an_answer_of_50_million_characters_is_held_once() -> None:
    """From the body's bytes to the call, the process grows by the text and little more: no copy is made of it."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.protocol.big_answer", str(BIG)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    length, growth = (int(word) for word in done.stdout.split())
    assert length > 0.99 * BIG
    assert growth < 1.5 * length


class Forgetful(FakeCalls):
    """Keeps nothing of what it is asked, so that only the edge can; `failing` is a new exception each time."""

    def _note(self, *call: object) -> None:  # noqa: ARG002 - as in FakeCalls
        if self.failing is not None:
            raise type(self.failing)("wrong") from KeyError("deeper")


@pytest.fixture(name="no_collection")
def _no_collection() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collection")
@pytest.mark.parametrize("failing", [None, ValueError()])
@pytest.mark.parametrize("damage", ["", "&", "<x/>"])
def test_a_long_answer_is_set_free_with_its_call(failing: Exception | None, damage: str) -> None:
    """Whether it is served, fails or is refused at its end: nothing keeps it until Python looks for garbage."""
    app = application(Forgetful(failing=failing), max_bytes=16 * MEGABYTE)
    text = "x" * (8 * MEGABYTE)
    good = call("receiveResponseXML", "<ticket>t</ticket><response>short</response>")
    body = good.replace(b"short", (text + damage).encode())
    post(app, good)
    tracemalloc.start()
    try:
        post(app, body)
        left = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()

    assert left < MEGABYTE


@pytest.mark.usefixtures("no_collection")
def test_a_call_leaves_no_document_to_the_collector() -> None:
    """Spyne's own contexts hold their documents in circles; with those memory would creep up for hours."""

    def documents() -> int:
        return sum(type(thing).__name__ == "_Document" for thing in gc.get_objects())

    for app in (application(), application(Forgetful(failing=ValueError()))):
        post(app, call("serverVersion"))
        before = documents()
        for _ in range(10):
            post(app, call("getLastError", "<ticket>t</ticket>"))
        assert documents() == before


def test_reading_takes_little_longer_than_the_parser_alone() -> None:
    """Of the time for ten million characters, most is expat's: no work for each line, entity or element."""
    row = "<BillRet><TxnID>1F-1234567890</TxnID><Memo>Café</Memo><Amount>1234.56</Amount>\n</BillRet>"
    escaped = (row * (10_000_000 // len(row))).replace("<", "&lt;").replace(">", "&gt;")
    body = call("receiveResponseXML", f"<response>{escaped}</response>")
    environ = {"CONTENT_TYPE": "text/xml; charset=utf-8", "CONTENT_LENGTH": str(len(body))}

    def bare() -> None:
        parser = expat.ParserCreate("utf-8", "}")
        parser.buffer_text = True
        parser.buffer_size = CHUNK_BYTES
        pieces: list[str] = []
        parser.CharacterDataHandler = pieces.append
        for start in range(0, len(body), CHUNK_BYTES):
            parser.Parse(body[start : start + CHUNK_BYTES], False)
        assert "".join(pieces)

    def whole() -> None:
        assert read_call({**environ, "wsgi.input": io.BytesIO(body)}, len(body))[0] == "receiveResponseXML"

    taken: dict[Callable[[], None], float] = {}
    for work in (bare, whole, bare, whole, bare, whole):
        started = time.process_time()
        work()
        taken[work] = min(taken.get(work, 99.0), time.process_time() - started)

    assert taken[whole] < 2 * taken[bare]
