"""A program: puts one big answer through guard and spyne, and tells by how many bytes its memory grew at most.

In a process of its own, because a peak that an earlier test reached would hide this one's.
"""

import io
import resource
import sys
from itertools import islice, repeat

from qbwc_bridge.webconnector.app import soap_app
from tests.protocol.fakes import FakeCalls, call, post

ROW = "<BillRet><TxnID>1F-1234567890</TxnID><Memo>Smith &amp;amp; Sons</Memo><Amount>1234.56</Amount>\n</BillRet>"
ESCAPED_ROW = ROW.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").encode()


class Quiet(FakeCalls):
    """Looks at the length of the answer alone."""

    def receive_response_xml(self, ticket: str, response: str, hresult: str, message: str) -> int:
        """Keep the length."""
        self.seen.append((ticket, len(response), hresult, message))
        return 50


class Stream(io.RawIOBase):
    """A request's body that is made while it is read."""

    def __init__(self, rows: int) -> None:
        before, _, after = call("receiveResponseXML", "<ticket>t</ticket><response>|</response>").partition(b"|")
        self.length = len(before) + rows * len(ESCAPED_ROW) + len(after)
        self._rows, self._after, self._rest = repeat(ESCAPED_ROW, rows), after, before

    def read(self, size: int | None = -1, /) -> bytes:
        """Give the next bytes."""
        wanted = size or 0
        while len(self._rest) < wanted:
            more = b"".join(islice(self._rows, 1000))
            if not more:
                self._rest, self._after = self._rest + self._after, b""
                break
            self._rest += more
        given, self._rest = self._rest[:wanted], self._rest[wanted:]
        return given


def peak() -> int:
    """Give the most memory that this process had, in bytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def main(characters: int) -> None:
    """Send one small answer, then a big one; print its length and the growth."""
    calls = Quiet()
    app = soap_app(calls, public_url="http://localhost", max_bytes=10**9)
    lengths = []
    for rows in (10, characters // len(ROW)):
        before, body = peak(), Stream(rows)
        answer = post(app, b"", CONTENT_LENGTH=str(body.length), **{"wsgi.input": body})
        assert answer.result.text == "50"
        lengths.append(rows * len(ROW))
    assert calls.seen == [("t", length, "", "") for length in lengths]
    print(lengths[-1], peak() - before)  # noqa: T201 - read by the test


if __name__ == "__main__":
    main(int(sys.argv[1]))
