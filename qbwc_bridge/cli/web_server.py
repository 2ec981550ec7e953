"""The web server: waitress on every address, stopped in order: no new requests, the old ones finished, then closed."""

import errno
import ipaddress
import logging
import socket
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from waitress import wasyncore  # type: ignore[import-untyped]
from waitress.channel import HTTPChannel  # type: ignore[import-untyped]
from waitress.server import BaseWSGIServer, create_server  # type: ignore[import-untyped]

from qbwc_bridge.cli.http_parser import Channel
from qbwc_bridge.errors import BridgeError, WrongUsage

log = logging.getLogger("qbwc_bridge.serve")

THREADS = 8
"""Requests at once: a few Web Connectors, a few people, a monitor; units of work take turns anyway."""

RECEIVE_BYTES = 64 * 1024
"""How much is taken from a connection at once; with the usual 8 KiB an answer of 10 MB takes thousands of rounds."""

DRAIN_SECONDS = 20.0
"""How long requests under way may take at a stop: the longest answer takes seconds, service managers wait for 30."""

LOOP_SECONDS = 0.5
"""How often the loop looks whether it shall stop."""

BACKLOG = 128

# It warns of each request that waits for a thread, which is nothing wrong.
logging.getLogger("waitress.queue").setLevel(logging.ERROR)

_NO_SUCH_ADDRESS = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}


class WebServer:
    """Listens when made; `run` serves until its event is set. Raises WrongUsage or BridgeError where it cannot listen.

    `max_bytes` (MAX_SOAP_BYTES) bounds what is kept of a request's body; of a longer one the application sees only the
    length. `trusted_proxies` (TRUSTED_PROXIES) are networks whose X-Forwarded-For and X-Forwarded-Proto are believed.
    """

    def __init__(
        self, app: WSGIApplication, addresses: Sequence[tuple[str, int]], *, max_bytes: int, trusted_proxies: str = ""
    ) -> None:
        sockets = _listening(addresses)
        self._map: dict[int, wasyncore.dispatcher] = {}
        self._server = create_server(
            proxied(app, trusted_proxies),
            map=self._map,
            sockets=sockets,
            threads=THREADS,
            ident=None,
            # What is longer comes to the application without its body, see http_parser.
            max_request_body_size=max_bytes + 1,
            clear_untrusted_proxy_headers=False,
            backlog=BACKLOG,
            recv_bytes=RECEIVE_BYTES,
        )
        for listener in self._listeners():
            listener.channel_class = Channel
        self.addresses = [_shown(each) for each in sockets]

    def run(self, stop: threading.Event) -> None:
        """Serve until `stop` is set, then drain and close everything."""
        while not stop.is_set():
            wasyncore.loop(timeout=LOOP_SECONDS, map=self._map, count=1)
        for listener in self._listeners():
            # The socket alone: the listener's own close would take the trigger away that answers still need.
            wasyncore.dispatcher.close(listener)
        self._drain()
        self._server.task_dispatcher.shutdown(timeout=1)
        wasyncore.close_all(self._map)

    def _listeners(self) -> list[BaseWSGIServer]:
        return [each for each in self._map.values() if isinstance(each, BaseWSGIServer)]

    def _drain(self) -> None:
        """Let requests under way finish, at most DRAIN_SECONDS; connections that only wait are closed at once."""
        deadline = time.monotonic() + DRAIN_SECONDS
        while True:
            channels = [each for each in self._map.values() if isinstance(each, HTTPChannel)]
            for channel in channels:
                if not (channel.requests or channel.request or channel.total_outbufs_len):
                    channel.handle_close()
            busy = [each for each in channels if each.connected]
            if not busy:
                return
            if time.monotonic() > deadline:
                log.warning("%d requests were cut off after %d seconds", len(busy), DRAIN_SECONDS)
                return
            wasyncore.loop(timeout=LOOP_SECONDS / 10, map=self._map, count=1)


def proxied(app: WSGIApplication, networks: str) -> WSGIApplication:
    """Give the application with the caller's own address and scheme where a trusted proxy stands between.

    X-Forwarded-For is read from its end: the first address that is no trusted proxy is the caller.
    """
    trusted = [ipaddress.ip_network(part.strip()) for part in networks.split(",") if part.strip()]
    if not trusted:
        return app

    def is_trusted(address: str) -> bool:
        try:
            return any(ipaddress.ip_address(address) in network for network in trusted)
        except ValueError:
            return False

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if is_trusted(environ.get("REMOTE_ADDR", "")):
            hops = [hop.strip() for hop in environ.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
            caller = next((hop for hop in reversed(hops) if not is_trusted(hop)), "")
            if caller:
                environ["REMOTE_ADDR"] = environ["REMOTE_HOST"] = caller
            scheme = environ.get("HTTP_X_FORWARDED_PROTO", "")
            if scheme in {"http", "https"}:
                environ["wsgi.url_scheme"] = scheme
        return app(environ, start_response)

    return application


def _listening(addresses: Sequence[tuple[str, int]]) -> list[socket.socket]:
    """Bind every address; one of a family that this machine lacks is left out while another works."""
    made: list[socket.socket] = []
    missing = ""
    for host, port in addresses:
        try:
            made.append(_bound(host, port))
        except OSError as error:
            if error.errno in _NO_SUCH_ADDRESS:
                missing = f"{host} is no address of this machine"
                continue
            for each in made:
                each.close()
            raise BridgeError(
                f"The server cannot listen on {host} port {port}: {error.strerror}; another program may use it, "
                "choose another with the setting LISTEN."
            ) from error
    if not made:
        raise WrongUsage(f"The server cannot listen: {missing}; correct the setting LISTEN.")
    if missing:
        log.warning("%s, so the server does not listen there", missing)
    return made


def _bound(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    made = socket.socket(family, kind, protocol)
    try:
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if sys.platform == "win32":
            # There SO_REUSEADDR would let a second program take the port over.
            made.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
    except OSError:
        made.close()
        raise
    return made


def _shown(bound: socket.socket) -> str:
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if bound.family == socket.AF_INET6 else f"http://{host}:{port}"
