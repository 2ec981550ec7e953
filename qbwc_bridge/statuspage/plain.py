"""What needs no sign-in: help, health, and our own style, script and icons."""

import datetime as dt
import hashlib
import logging
from importlib.resources import files

from jinja2 import Environment
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Request, Response

from qbwc_bridge.errors import BridgeError
from qbwc_bridge.ports import LOOK
from qbwc_bridge.statuspage.ask import Site

log = logging.getLogger("qbwc_bridge.statuspage")

CLOCKWORK_SILENCE = dt.timedelta(minutes=30)
"""The clockwork counts as down after so long: one tick may pull and push a connection at the pace that Procore's hourly
limit allows, a quarter of an hour each."""

KINDS = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
"""Our own table: Windows' registry may call a script plain text, and browsers would then refuse it."""


class Static:
    """The files of `static/`, read once: they are small and shipped with the package."""

    def __init__(self) -> None:
        self._files: dict[str, tuple[bytes, str, str]] = {}
        for file in files("qbwc_bridge.statuspage").joinpath("static").iterdir():
            if file.is_file():
                content = file.read_bytes()
                kind = KINDS[file.name.rpartition(".")[2]]
                self._files[file.name] = (content, kind, hashlib.sha256(content).hexdigest()[:16])

    def answer(self, request: Request, name: str) -> Response:
        """Give a file, or 304 when the browser has it; raises NotFound."""
        if name not in self._files:
            raise NotFound
        content, kind, tag = self._files[name]
        response = Response(content, mimetype=kind)
        response.set_etag(tag)
        response.headers["Cache-Control"] = "no-cache"
        return response.make_conditional(request)


def support(templates: Environment, public_url: str) -> Response:
    """Say what the bridge is and how to get help: the Web Connector's AppSupport address."""
    page = templates.get_template("support.html").render(public_url=public_url)
    return Response(page, mimetype="text/html")


def healthz(site: Site) -> Response:
    """Give 200, or 503 when the database fails or the clockwork stands still; never for a silent Web Connector."""
    database = "ok"
    try:
        with site.kit.open(LOOK) as uow:
            uow.connections.count()
    except BridgeError as problem:
        log.error("health: %s", problem)  # noqa: TRY400 - the sentence says it
        database = "failing"
    clockwork = "off"
    if site.clockwork is not None:
        silent = site.kit.clock.now() - (site.clockwork.last_tick or site.started)
        clockwork = "ok" if silent <= CLOCKWORK_SILENCE else "failing"
    well = "failing" not in {database, clockwork}
    body = f'{{"status": "{"ok" if well else "failing"}", "database": "{database}", "clockwork": "{clockwork}"}}\n'
    return Response(body, 200 if well else 503, mimetype="application/json")
