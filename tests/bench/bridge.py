"""The bridge's own server on a data folder, a program of its own: `tests.bench.bridge FOLDER [DATABASE] [--clockwork]`.

The server of `serve`, without its clockwork unless asked for; every clock is off: nothing may read Procore while calls
are timed.
"""

import sys
import threading
from pathlib import Path

from qbwc_bridge.bootstrap import open_app, web_app
from qbwc_bridge.cli.web_server import WebServer
from qbwc_bridge.clockwork import Clockwork
from qbwc_bridge.settings import Settings, load_settings
from tests.bench.process import LOOPBACK, say_address, when_stdin_ends

CLOCKS = ("pull_every_seconds", "push_every_seconds", "costs_every_seconds")
ADDRESSES = ("public_url", "procore_login_url", "procore_api_url")


def settings_of(folder: Path, database_url: str = "") -> Settings:
    """Give the settings of a bridge on a data folder, with every clock off."""
    database = {"database_url": database_url} if database_url else {}
    return load_settings(
        {
            "data_dir": str(folder),
            **database,
            **dict.fromkeys(CLOCKS, "0"),
            **dict.fromkeys(ADDRESSES, "http://localhost"),
        },
        environ={},
    )


def main() -> None:
    """Serve until standard input ends."""
    folder, *database = [given for given in sys.argv[1:] if given != "--clockwork"]
    settings, stop = settings_of(Path(folder), *database), threading.Event()
    app = open_app(settings)
    server = WebServer(web_app(app), [(LOOPBACK, 0)], max_bytes=settings.max_soap_bytes)
    clockwork = Clockwork(app.kit)
    if "--clockwork" in sys.argv:
        clockwork.start()
    say_address(server.addresses[0])
    when_stdin_ends(stop.set)
    server.run(stop)
    if "--clockwork" in sys.argv:
        clockwork.stop()
    app.close()


if __name__ == "__main__":
    main()
