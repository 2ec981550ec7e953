"""A Procore behind a real socket that misbehaves by a seed: it hangs up, stays silent, cuts off, refuses, forgets.

Every request is checked against Procore's operations. Lists come in short pages, so that whatever people do meanwhile
moves rows from one to the other.
"""

import json
import socket
import struct
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
from werkzeug.test import Client

from qbwc_bridge.rehearsal.procore import Procore
from tests.procore.contract import check

BEFORE = ("hangs up", "stays silent", "fault", "conflict", "full window", "empty hour", "away", "proxy", "no token")
"""What may happen instead of the work that was asked for."""

AFTER = ("loses the answer", "cuts the answer", "silent after", "fault after", "slow", "leaves", "mute", "refuses some")
"""What may happen to the answer once the work is done; the last one leaves a part of it undone."""

OF_SYNCS = frozenset({"mute", "refuses some"})
"""Troubles that only the answer of a sync can have: it names nothing, or names items that were refused just now."""

Answer = tuple[int, list[tuple[str, str]], bytes]
"""Status, headers, body."""

WAIT_SECONDS = 5.0
"""How long a silent server waits for its client to give up; tests let it wait much less."""

TRICKLE_SECONDS = 0.002


@dataclass(frozen=True)
class Deed:
    """What somebody does in Procore, and a part of the path of the list that moves by it, if one does."""

    do: Callable[[Procore], object]
    moves: str = ""


class Misbehaving:
    """Serves `procore` on loopback; `how_often` is the share of requests that meet trouble, 0.0 is a good server.

    `pass_time` lets seconds pass for everybody. `meanwhile` holds what people will do while the next requests come,
    best between two pages of the list that it changes.
    """

    def __init__(
        self, procore: Procore, random: Random, pass_time: Callable[[float], None], *, page_size: int = 300
    ) -> None:
        self.procore = procore
        self.random = random
        self.pass_time = pass_time
        self.page_size = page_size
        self.how_often = 0.0
        self.meanwhile: list[Deed] = []
        self.happened: list[str] = []
        """What went wrong, for the message of a test that fails."""
        self.wrong: list[BaseException] = []
        """Requests that Procore's reference does not know, and faults of this server itself."""
        self._client = Client(procore.wsgi_app)
        self._http = _Server(self)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop serving."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(WAIT_SECONDS)

    def people(self, target: str) -> None:
        """Let somebody do what moves the list that is asked for, once its first page is read; else seldom anything."""
        page = dict(parse_qsl(urlsplit(target).query)).get("page", "1")
        moving = [deed for deed in self.meanwhile if page != "1" and deed.moves and deed.moves in target]
        if not moving and self.random.random() < 0.03:
            moving = self.meanwhile[:1]
        for deed in moving[:1]:
            self.meanwhile.remove(deed)
            deed.do(self.procore)

    def fault(self, method: str, path: str) -> str:
        """Choose what happens to a request; nothing, mostly."""
        self.pass_time(0.2)
        if self.random.random() >= self.how_often:
            return ""
        kinds = [*BEFORE, *AFTER]
        if not path.endswith("/sync"):
            kinds = [kind for kind in kinds if kind not in OF_SYNCS]
        if method == "GET":
            kinds.remove("conflict")
        # Silence is the one trouble that takes real time.
        rare = [0.3 if "silent" in kind else 1.0 for kind in kinds]
        (chosen,) = self.random.choices(kinds, rare)
        self.happened.append(f"{chosen}: {method} {path}")
        return chosen

    def ask(self, method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes) -> Answer:
        """Let Procore itself answer."""
        check(httpx.Request(method, f"{self.url}{target}", headers=list(headers), content=body))
        path, _, query = target.partition("?")
        short = [
            (name, str(min(int(value), self.page_size)) if name == "per_page" else value)
            for name, value in parse_qsl(query, keep_blank_values=True)
        ]
        answer = self._client.open(path, method=method, query_string=urlencode(short), headers=list(headers), data=body)
        kept = [(name, value) for name, value in answer.headers.items() if name != "Content-Length"]
        return answer.status_code, kept, answer.get_data()

    def refuse(self, kind: str) -> Answer:
        """Make the answer of a Procore that does not do what it is asked."""
        reset = int(self.procore._state.now().timestamp())
        match kind:
            case "fault":
                return _json(self.random.choice([500, 502, 504, 408]), {"errors": "Internal Server Error"})
            case "conflict":
                return _json(409, {"errors": "Conflict"})
            case "full window":
                told = [{"Retry-After": "3"}, {"X-Rate-Limit-Reset": str(reset + 7), "X-Rate-Limit-Remaining": "0"}, {}]
                return 429, list(self.random.choice(told).items()), b"You have surpassed the max number of requests.\n"
            case "empty hour":
                return 429, [("X-Rate-Limit-Reset", str(reset + 2000)), ("Retry-After", "2000")], b"Too many.\n"
            case "away":
                told = [{"Retry-After": "4"}, {}]
                return 503, list(self.random.choice(told).items()), b"<html>Service Unavailable</html>"
            case "proxy":
                return 200, [("Content-Type", "text/html")], b"<html>Please sign in to the guest network</html>"
        raise AssertionError(kind)


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "_Server"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Write nothing."""

    def handle_any(self) -> None:
        """Answer one request, or do worse."""
        owner = self.server.owner
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        path = urlsplit(self.path).path
        owner.people(self.path)
        kind = owner.fault(self.command, path)
        if kind == "hangs up":
            self._reset()
        elif kind == "stays silent":
            self._silence()
        elif kind in BEFORE and kind != "no token":
            self._send(owner.refuse(kind))
        else:
            if kind == "no token":
                owner.procore.revoke_tokens()
            undone: list[dict[str, Any]] = []
            if kind == "refuses some":
                body, undone = _halved(body)
            answer = owner.ask(self.command, self.path, self.headers.items(), body)
            self._after(kind, _retold(answer, kind, undone))

    do_GET = do_POST = do_PATCH = do_DELETE = handle_any  # noqa: N815 - http.server finds them by these names

    def _after(self, kind: str, answer: Answer) -> None:
        match kind:
            case "loses the answer":
                self._reset()
            case "silent after":
                self._silence()
            case "cuts the answer":
                self._send(answer, share=0.5)
                self._reset()
            case "fault after":
                self._send(self.server.owner.refuse("fault"))
            case "slow":
                self._send(answer, slowly=True)
            case "leaves":  # the connection looks as if it were kept, and is not
                self._send(answer)
                self._reset()
            case _:
                self._send(answer)

    def _send(self, answer: Answer, *, share: float = 1.0, slowly: bool = False) -> None:
        status, headers, body = answer
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) or 1 if share < 1 else len(body)))
        self.end_headers()
        body = body[: int(len(body) * share)]
        step = max(1, len(body) // 3) if slowly else len(body) or 1
        for start in range(0, len(body), step):
            self.wfile.write(body[start : start + step])
            if slowly:
                time.sleep(TRICKLE_SECONDS)

    def _silence(self) -> None:
        """Wait until the client has given up."""
        self.connection.settimeout(WAIT_SECONDS)
        self.connection.recv(1)
        self.close_connection = True

    def _reset(self) -> None:
        """Close so that the client's system is told of a broken connection (RST), not of an end."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()


class _Server(ThreadingHTTPServer):
    """A server of one Misbehaving."""

    daemon_threads = True

    def __init__(self, owner: Misbehaving) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.owner = owner

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 - http.server's signature
        """Keep what went wrong, unless it is a client that left."""
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, OSError):
            self.owner.wrong.append(error)


def _halved(body: bytes) -> tuple[bytes, list[dict[str, Any]]]:
    """Take each second item out of a sync; gives the rest, and what was taken out."""
    items: list[dict[str, Any]] = json.loads(body)["updates"]
    return json.dumps({"updates": items[::2]}).encode(), items[1::2]


def _retold(answer: Answer, kind: str, undone: list[dict[str, Any]]) -> Answer:
    """Let the answer of a sync name nothing, or name what was taken out as refused."""
    status, headers, body = answer
    if status != HTTPStatus.OK or kind not in {"mute", "refuses some"}:
        return answer
    told = json.loads(body)
    told["entities"] = [] if kind == "mute" else told["entities"]
    told["errors"] += [{**item, "errors": {"base": ["could not be saved just now"]}} for item in undone]
    return status, headers, json.dumps(told).encode()


def _json(status: int, body: object) -> Answer:
    return status, [("Content-Type", "application/json")], json.dumps(body).encode()
