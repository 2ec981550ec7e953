"""A program: the bridge's SOAP edge, real from socket to database, for requests that no Web Connector would send.

In a process of its own, so that its memory and its end are its own. Reads a folder from its arguments and the Web
Connector's password from its input; prints its address; stops when its input ends. Every log record of every logger
goes as it is to log.txt in the folder: spyne and waitress opened as far as an eager user could, the rest as `configure`
leaves it at its most talkative.
"""

import logging
import sys
import threading
from pathlib import Path

from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from qbwc_bridge.cli.web_server import WebServer
from qbwc_bridge.logs import CHATTY
from qbwc_bridge.rehearsal.procore import demo_company
from qbwc_bridge.rehearsal.quickbooks import Company
from qbwc_bridge.webconnector.app import soap_app
from qbwc_bridge.webconnector.session import Session
from tests.journeys.bridge import COMPANY, PUBLIC_URL, Bridge, MovedClock

MAX_BYTES = 64 * 1024
"""Small, so that requests above the limit cost little."""


def log_everything(file: Path) -> None:
    """Write each record's text, with what hangs on it, to a file."""
    handler = logging.FileHandler(file, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    for name in list(root.manager.loggerDict):
        logger = logging.getLogger(name)
        logger.disabled = False
        library = name.partition(".")[0]
        opened = library not in CHATTY or library in {"spyne", "waitress"}
        logger.setLevel(logging.DEBUG if opened else logging.WARNING)


def main(folder: Path) -> None:
    """Serve until the input ends."""
    password = sys.stdin.readline().strip()
    clock = MovedClock()
    bridge = Bridge(folder, demo_company(clock.now), Company(name=COMPANY, now=clock.now), clock, password)
    bridge.connect()
    bridge.switch_on("24-001")
    bridge.accept_all()
    log_everything(folder / "log.txt")
    soap = soap_app(Session(bridge.app.kit), public_url=PUBLIC_URL, max_bytes=MAX_BYTES)
    server = WebServer(DispatcherMiddleware(NotFound(), {"/qbwc": soap}), [("127.0.0.1", 0)], max_bytes=MAX_BYTES)
    stop = threading.Event()

    def wait() -> None:
        sys.stdin.read()
        stop.set()

    threading.Thread(target=wait, daemon=True).start()
    print(server.addresses[0], flush=True)  # noqa: T201 - read by the test
    server.run(stop)
    bridge.app.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
