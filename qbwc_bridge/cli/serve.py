"""`serve`: SOAP endpoint, status page and clockwork in one process, until it is told to stop."""

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType

import click

from qbwc_bridge import __version__, logs
from qbwc_bridge.cli import server_lock
from qbwc_bridge.cli.common import Bridge, pass_bridge, say
from qbwc_bridge.cli.db import older, upgrade_database
from qbwc_bridge.errors import UnderWay
from qbwc_bridge.settings import Settings
from qbwc_bridge.storage.presence import held_alone, is_shared

log = logging.getLogger("qbwc_bridge.serve")

START_SECONDS = 20.0
"""How long a process waits for others on the same PostgreSQL to stop: several are started anew at once."""

UPGRADE_SECONDS = 3600.0
"""How long it waits for one that upgrades the database: a copy of it is written first, which may take minutes."""

UNNAMED_PROXY = (
    "PUBLIC_URL is https, which a proxy in front of this server speaks, but TRUSTED_PROXIES does not name that proxy: "
    "every visitor seems to come from the proxy's address, and what is open to this machine alone may be open to all."
)

CLOCKWORK_SECONDS = 30.0
"""How long a step of the clockwork may take to end at a stop; what it leaves undone the next start takes up."""


@click.command()
@pass_bridge
def serve(bridge: Bridge) -> None:
    """Run the server until SIGTERM or Ctrl-C."""
    # Imported late: the server's parts take their time, which no other command need wait for.
    from qbwc_bridge.bootstrap import web_app  # noqa: PLC0415
    from qbwc_bridge.cli.web_server import WebServer  # noqa: PLC0415
    from qbwc_bridge.clockwork import Clockwork  # noqa: PLC0415

    settings, bridge.serves = bridge.settings, True
    logs.configure(settings.log_level, settings.log_json)
    _upgrade_if_older(settings)
    kept = logs.kept_in(settings.data_dir / logs.FOLDER, as_json=settings.log_json)
    with _in_its_place(settings), kept, _stop_signals() as stop:
        app = bridge.app
        for sentence in app.misfits():
            say(sentence)
        if settings.public_url.startswith("https:") and not settings.trusted_proxies:
            say(UNNAMED_PROXY)
        clockwork = Clockwork(app.kit)
        server = WebServer(
            web_app(app, clockwork),
            settings.listen_addresses(),
            max_bytes=settings.max_soap_bytes,
            trusted_proxies=settings.trusted_proxies,
        )
        clockwork.start()
        # One line that programs wait for.
        click.echo(f"listening on {' and '.join(server.addresses)}")
        log.info("version %s begins, at %s", __version__, " and ".join(server.addresses))
        try:
            server.run(stop)
        finally:
            clockwork.stop(CLOCKWORK_SECONDS)
            log.info("it ends")
    say("stopped")


@contextmanager
def _in_its_place(settings: Settings) -> Iterator[None]:
    """Be a server on folder and database, as soon as another process that starts has upgraded it."""
    with ExitStack() as stack:
        _patiently(
            settings,
            lambda: stack.enter_context(server_lock.serving(settings.data_dir, settings.database_address())),
        )
        yield


def _upgrade_if_older(settings: Settings) -> None:
    def upgrade() -> None:
        if not older(settings):
            return
        with server_lock.alone(settings.data_dir, "start this one", settings.database_address()):
            kept = upgrade_database(settings)
        if kept:  # else another process was quicker
            say(f"The database was upgraded; the state before is kept in {kept}.")

    _patiently(settings, upgrade)


def _patiently(settings: Settings, step: Callable[[], None]) -> None:
    """Take a step that another process may forbid for a moment, where there may be another; raises UnderWay."""
    began, url = time.monotonic(), settings.database_address()
    while True:
        try:
            return step()
        except UnderWay:
            if not is_shared(url):
                raise
            if time.monotonic() - began > (UPGRADE_SECONDS if held_alone(url) else START_SECONDS):
                raise
        time.sleep(1)


@contextmanager
def _stop_signals() -> Iterator[threading.Event]:
    """Give an event that a stop signal sets; a second signal does what it always did."""
    stop = threading.Event()
    before: dict[signal.Signals, Callable[[int, FrameType | None], object] | int | None] = {}

    def told(number: int, _frame: FrameType | None) -> None:
        stop.set()
        signal.signal(number, before[signal.Signals(number)])

    names = [name for name in ("SIGTERM", "SIGINT", "SIGBREAK") if hasattr(signal, name)]
    for number in (signal.Signals[name] for name in names):
        before[number] = signal.signal(number, told)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
