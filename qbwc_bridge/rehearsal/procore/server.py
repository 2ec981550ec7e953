"""A real local HTTP server for the stand-in."""

from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

POLL_SECONDS = 0.05
"""How often the server's loop looks whether it shall end; short, because tests start and stop many."""
STOP_SECONDS = 5.0
"""How long `close` waits for that end."""


class _Quiet(WSGIRequestHandler):
    """A request handler that writes no log and sends small answers at once."""

    disable_nagle_algorithm = True  # else head and body of an answer wait for each other on kept connections

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - the name is werkzeug's
        """Write nothing; the stand-in keeps its own record of calls."""


@dataclass(frozen=True)
class Served:
    """A running server; `url` is its base address without a slash at the end, "http://127.0.0.1:49152"."""

    url: str
    _server: BaseWSGIServer
    _thread: Thread

    def close(self) -> None:
        """Stop serving and free the port; calling it again does nothing."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join(STOP_SECONDS)
        self._server.server_close()


def serve(app: "WSGIApplication", host: str, port: int) -> Served:
    """Serve a WSGI application in a daemon thread; port 0 takes a free one. Raises OSError when the port is taken."""
    server = make_server(host, port, app, threaded=True, request_handler=_Quiet)
    thread = Thread(target=server.serve_forever, args=(POLL_SECONDS,), name="stand-in Procore", daemon=True)
    thread.start()
    return Served(url=f"http://{host}:{server.server_port}", _server=server, _thread=thread)
