"""How the web server reads a request: waitress's parser, with the ends mended at which it would fall silent.

Whatever comes, there is an answer: the application's own sentence for a body that is too long, 400 or 431 for what is
not HTTP. Each mend below names what waitress 3.0.2 does without it.
"""

import io

from waitress.channel import HTTPChannel  # type: ignore[import-untyped]
from waitress.parser import HTTPRequestParser  # type: ignore[import-untyped]
from waitress.utilities import (  # type: ignore[import-untyped]
    BadRequest,
    RequestEntityTooLarge,
    RequestHeaderFieldsTooLarge,
)

MAX_LINE = 4096
"""Bytes of a line between chunks, and of what may follow the last: a length has ten at most, and nobody sends more."""

CHUNKED_PIECE = 8192
"""How much of a chunked body is parsed at once: the work grows with the square of it when the chunks are tiny."""

SPARE_BYTES = 1024 * 1024 * 1024
"""How much of a body that is too long is read and thrown away, so that its sender lives to read the refusal."""

NOT_HTTP = "This server cannot read the request as HTTP."
LONG_HEADERS = "The headers of the request are longer than any Web Connector or browser sends."


class Parser(HTTPRequestParser):  # type: ignore[misc] # waitress has no types
    """Reads one request; `adj.max_request_body_size` bounds what is kept of its body."""

    def received(self, data: bytes) -> int:
        """Take what came; give how much of it belongs to this request."""
        try:
            taken: int = super().received(data[:CHUNKED_PIECE] if self.chunked else data)
        except ValueError:
            # A length of thousands of digits or half a bracket in the address: the connection would be cut.
            self.error, self.completed, taken = BadRequest(NOT_HTTP), True, len(data)
        if self.chunked and max(len(self.body_rcv.control_line), len(self.body_rcv.trailer)) > MAX_LINE:
            # Endless ones would be copied and searched from their beginning with each piece.
            self.error, self.completed = BadRequest(NOT_HTTP), True
        if isinstance(self.error, RequestEntityTooLarge):
            self._too_long()
        elif self.error is not None:
            # Its own words may quote the request, and 501 is no answer of ours.
            long = isinstance(self.error, RequestHeaderFieldsTooLarge)
            self.error = RequestHeaderFieldsTooLarge(LONG_HEADERS) if long else BadRequest(NOT_HTTP)
        if self.completed:
            # Without a body to wait for, "100 Continue" would begin the request anew, and it would never be answered.
            self.expect_continue = False
        return taken

    def _too_long(self) -> None:
        """Keep nothing of the body, but read it, and let the application refuse it by its length.

        Instead of 413 and a cut connection, which most clients report as "connection reset". Who asks first
        (Expect: 100-continue) or would not come to an end is answered at once.
        """
        receiver, limit = self.body_rcv, self.adj.max_request_body_size
        self.error = BadRequest(NOT_HTTP) if receiver.error else None
        # Of a chunked body what counts is what stands in the chunks; waitress counted their frames too.
        if max(self.content_length, len(receiver.buf)) >= limit and not isinstance(receiver.buf, Nothing):
            kept, receiver.buf = receiver.buf, Nothing(len(receiver.buf))
            kept.close()
        endless = max(self.content_length, self.body_bytes_received) > limit + SPARE_BYTES
        if self.expect_continue or endless:
            self.headers["CONNECTION"] = "close"
        self.completed = bool(self.error or receiver.completed or self.expect_continue or endless)
        if self.chunked:
            self.headers["CONTENT_LENGTH"] = str(len(receiver.buf))


class Nothing:
    """Stands in the place of a body's buffer and only counts."""

    def __init__(self, length: int) -> None:
        self._length = length

    def __len__(self) -> int:
        return self._length

    def append(self, data: bytes) -> None:
        """Count and forget."""
        self._length += len(data)

    def getfile(self) -> io.BytesIO:
        """Give what the application may read: nothing."""
        return io.BytesIO()

    def close(self) -> None:
        """Do nothing."""


class Channel(HTTPChannel):  # type: ignore[misc] # waitress has no types
    """A connection whose requests are read by our parser."""

    parser_class = Parser
