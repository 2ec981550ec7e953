"""The WSGI application of the status page: routes, sign-in before everything else, and one sentence for every error."""

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from jinja2 import Environment
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, MapAdapter, Rule
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from qbwc_bridge.domain.records import Connection
from qbwc_bridge.errors import BridgeError, NotFound, Refused, WrongUsage
from qbwc_bridge.flow.kit import Kit
from qbwc_bridge.logs import without_values
from qbwc_bridge.statuspage import plain, words
from qbwc_bridge.statuspage.allocating import allocate
from qbwc_bridge.statuspage.ask import Ask, BadForm, File, Goto, NotAllowed, Outside, Page, Site, Ticking, View
from qbwc_bridge.statuspage.cost_documents import cost_document, cost_documents, cost_file
from qbwc_bridge.statuspage.costs import costs
from qbwc_bridge.statuspage.deciding import decide
from qbwc_bridge.statuspage.mapping import import_mapping, link_names, mapping, mapping_file
from qbwc_bridge.statuspage.overview import MOST_CARDS, client, overview
from qbwc_bridge.statuspage.project_costs import project_costs
from qbwc_bridge.statuspage.projects import project, projects
from qbwc_bridge.statuspage.reconciliation import compare_now, reconciliation, reconciliation_file
from qbwc_bridge.statuspage.record import record
from qbwc_bridge.statuspage.releasing import dry_run, release, switch, withdraw
from qbwc_bridge.statuspage.render import environment
from qbwc_bridge.statuspage.sessions import Secrets, Session, Sessions
from qbwc_bridge.statuspage.signin import SignIn
from qbwc_bridge.statuspage.start import new_connection, qwc_file, start
from qbwc_bridge.statuspage.submissions import submissions
from qbwc_bridge.statuspage.tabs import TABS
from qbwc_bridge.statuspage.throttle import Throttle
from qbwc_bridge.statuspage.wip import wip, wip_file

log = logging.getLogger("qbwc_bridge.statuspage")

MAX_FORM_BYTES = 1024 * 1024
"""The largest form picks one page of records, about 10 KB, with a comment."""

ADDRESSES = Map(
    [
        Rule("/", endpoint="overview", methods=["GET"]),
        Rule("/connections/new", endpoint="new_connection", methods=["GET", "POST"]),
        Rule("/connections/<name>", endpoint="client", methods=["GET"]),
        Rule("/connections/<name>/start", endpoint="start", methods=["GET", "POST"]),
        Rule("/connections/<name>/file.qwc", endpoint="qwc_file", methods=["GET"]),
        Rule("/connections/<name>/submissions", endpoint="submissions", methods=["GET"]),
        Rule("/connections/<name>/submissions/<int:number>", endpoint="record", methods=["GET"]),
        Rule("/connections/<name>/submissions/decide", endpoint="decide", methods=["POST"]),
        Rule("/connections/<name>/projects", endpoint="projects", methods=["GET"]),
        Rule("/connections/<name>/projects/<int:project>", endpoint="project", methods=["GET"]),
        Rule("/connections/<name>/projects/<int:project>/switch", endpoint="switch", methods=["POST"]),
        Rule("/connections/<name>/projects/<int:project>/dry-run", endpoint="dry_run", methods=["POST"]),
        Rule("/connections/<name>/projects/<int:project>/release", endpoint="release", methods=["POST"]),
        Rule("/connections/<name>/projects/<int:project>/withdraw", endpoint="withdraw", methods=["POST"]),
        Rule("/connections/<name>/costs", endpoint="costs", methods=["GET"]),
        Rule("/connections/<name>/costs/<int:project>", endpoint="project_costs", methods=["GET"]),
        Rule("/connections/<name>/costs/<int:project>/documents", endpoint="cost_documents", methods=["GET"]),
        Rule("/connections/<name>/costs/<int:project>/documents.csv", endpoint="cost_file", methods=["GET"]),
        Rule(
            "/connections/<name>/costs/<int:project>/documents/<int:document>",
            endpoint="cost_document",
            methods=["GET"],
        ),
        Rule("/connections/<name>/wip", endpoint="wip", methods=["GET"]),
        Rule("/connections/<name>/wip.<any(csv, xlsx):form>", endpoint="wip_file", methods=["GET"]),
        Rule("/connections/<name>/reconciliation", endpoint="reconciliation", methods=["GET"]),
        Rule(
            "/connections/<name>/reconciliation.<any(csv, xlsx):form>", endpoint="reconciliation_file", methods=["GET"]
        ),
        Rule("/connections/<name>/reconciliation/compare", endpoint="compare_now", methods=["POST"]),
        Rule("/connections/<name>/costs/decide", endpoint="allocate", methods=["POST"]),
        Rule("/connections/<name>/mapping", endpoint="mapping", methods=["GET"]),
        Rule("/connections/<name>/mapping.csv", endpoint="mapping_file", methods=["GET"]),
        Rule("/connections/<name>/mapping/link", endpoint="link_names", methods=["POST"]),
        Rule("/connections/<name>/mapping/import", endpoint="import_mapping", methods=["POST"]),
        Rule("/login", endpoint="login", methods=["GET", "POST"]),
        Rule("/login/link/<token>", endpoint="link", methods=["GET"]),
        Rule("/logout", endpoint="logout", methods=["POST"]),
        Rule("/support", endpoint="support", methods=["GET"]),
        Rule("/healthz", endpoint="healthz", methods=["GET"]),
        Rule("/static/<name>", endpoint="static", methods=["GET"]),
    ],
    strict_slashes=False,
    merge_slashes=False,
)

VIEWS: Mapping[str, View] = {
    "overview": overview,
    "client": client,
    "new_connection": new_connection,
    "start": start,
    "qwc_file": qwc_file,
    "submissions": submissions,
    "record": record,
    "decide": decide,
    "projects": projects,
    "project": project,
    "switch": switch,
    "dry_run": dry_run,
    "release": release,
    "withdraw": withdraw,
    "costs": costs,
    "project_costs": project_costs,
    "cost_documents": cost_documents,
    "cost_document": cost_document,
    "cost_file": cost_file,
    "wip": wip,
    "wip_file": wip_file,
    "reconciliation": reconciliation,
    "reconciliation_file": reconciliation_file,
    "compare_now": compare_now,
    "allocate": allocate,
    "mapping": mapping,
    "mapping_file": mapping_file,
    "link_names": link_names,
    "import_mapping": import_mapping,
}
"""What needs a sign-in."""

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: browsers would then send no Origin with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}

LIVE = "X-Live"
"""A page that brings itself up to date says so: nobody need be there, so it keeps no session from ending."""

NOTHING_HERE = "There is nothing at this address."
NO_DATABASE = "The bridge cannot do this just now; its log says why. Try again, and tell an administrator if it stays."
OUR_FAULT = "The bridge met a fault of its own. Nothing was changed; its log says where, and an administrator can look."
FOREIGN = "This form came from another page or an older sign-in, and nothing was done: go back, reload, and try again."

STATUSES: Mapping[type[Exception], int] = {NotFound: 404, NotAllowed: 403, BadForm: 400, WrongUsage: 400, Refused: 409}
"""HTTP statuses of errors whose sentence is for the person."""

SENTENCES = {
    400: "The browser sent something that this page does not understand.",
    404: NOTHING_HERE,
    405: "This address cannot be used that way.",
    413: "The form is larger than this page ever sends.",
}


def status_page(
    kit: Kit,
    secrets: Secrets,
    *,
    check_password: Callable[[str, str], bool],
    hash_password: Callable[[str], str],
    public_url: str,
    qwc: Callable[[Connection], str],
    clockwork: Ticking | None = None,
) -> WSGIApplication:
    """Give the application that people see.

    `secrets` gives the keyed hash that all signing keys come from, and encrypts; `check_password(password, hash)` and
    `hash_password` are argon2's. `qwc` gives a connection's .qwc file. With an https `public_url` the cookies are sent
    over https only. `clockwork` is watched by `/healthz`; None where this process runs none.
    """
    sessions = Sessions(secrets, secure=urlsplit(public_url).scheme == "https")
    site = Site(
        kit,
        sessions,
        Throttle(),
        check_password,
        hash_password,
        public_url,
        clockwork,
        started=kit.clock.now(),
        seal=secrets.seal,
        qwc=qwc,
    )
    return StatusPage(site, secrets)


class StatusPage:
    """The application: finds the view, opens the unit of work, renders after it has ended."""

    def __init__(self, site: Site, secrets: Secrets) -> None:
        self._site = site
        self._templates: Environment = environment()
        self._templates.globals.update(words=words, tabs_of_records=TABS)
        self._signin = SignIn(site, secrets, self._templates)
        static = plain.Static()
        self._open: Mapping[str, Callable[..., Response]] = {
            "login": self._signin.login,
            "link": self._signin.link,
            "logout": self._logout,
            "support": lambda _request, _urls: plain.support(self._templates, site.public_url),
            "healthz": lambda _request, _urls: plain.healthz(site),
            "static": lambda request, _urls, name: static.answer(request, name),
        }

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        request.max_content_length = MAX_FORM_BYTES
        request.max_form_memory_size = MAX_FORM_BYTES
        with request:  # which closes files that came with a form
            response = self._safely(request)
        for name, value in HEADERS.items():
            response.headers[name] = value
        response.headers.setdefault("Cache-Control", "no-store")
        return response(environ, start_response)

    def _safely(self, request: Request) -> Response:
        try:
            return self._answer(request)
        except HTTPException as error:
            status = error.code or 500
            return self._problem(status, SENTENCES.get(status, NOTHING_HERE))
        except tuple(STATUSES) as error:
            return self._problem(STATUSES[type(error)], str(error))
        except BridgeError as error:
            where = request.path.partition("/link/")[0]
            log.error("%s %s: %s", request.method, where, error)  # noqa: TRY400 - a sentence
            return self._problem(503, NO_DATABASE)
        except Exception as error:  # noqa: BLE001 - the last line of defence; the text of an error may hold a secret
            log.error("the status page failed: %s", without_values(error))  # noqa: TRY400 - the same
            return self._problem(500, OUR_FAULT)

    def _answer(self, request: Request) -> Response:
        urls = ADDRESSES.bind_to_environ(request.environ)
        endpoint, parts = urls.match()
        if request.method == "POST":
            self._need_own_origin(request)
        if endpoint in VIEWS:
            return self._signed_in(request, urls, VIEWS[endpoint], parts)
        return self._open[endpoint](request, urls, **parts)

    def _signed_in(self, request: Request, urls: MapAdapter, view: View, parts: Mapping[str, Any]) -> Response:
        site, now = self._site, self._site.kit.clock.now()
        session = site.sessions.read(request, now)
        with site.kit.open() as uow:
            person = site.sessions.who(uow, session)
            if person is None or session is None:
                return redirect(_login_address(request, urls), 303)
            if request.method == "POST":
                self._need_csrf(request, session)
            known = uow.connections.find(order="name")
            seen = [row for row in known if not person.connections or row.name in person.connections]
            ask = Ask(site, request, urls, uow, person, session, now, seen)
            found = view(ask, **parts)
        response = self._response(ask, found.act() if isinstance(found, Outside) else found)
        if LIVE not in request.headers:
            site.sessions.keep(response, session, now)
        return response

    def _response(self, ask: Ask, found: Page | Goto | File) -> Response:
        sessions = self._site.sessions
        if isinstance(found, Goto):
            response = redirect(found.address, 303)
            if found.say:
                sessions.say(response, ask.session, found.tone, found.say)
            return response
        if isinstance(found, File):
            response = Response(found.content, mimetype=found.mimetype)
            response.headers.set("Content-Disposition", "attachment", filename=found.name)
            return response
        said = sessions.said(ask.request, ask.session)
        frame = {
            "ask": ask,
            "url": ask.url,
            "now": ask.now,
            "person": ask.person,
            "csrf": sessions.csrf(ask.session),
            "said": said,
            "connection_names": [row.name for row in ask.connections],
            "many": len(ask.connections) > MOST_CARDS,
        }
        text = self._templates.get_template(found.template).render({**frame, **found.values})
        response = Response(text, found.status, mimetype="text/html")
        if said:
            sessions.forget_said(response)
        return response

    def _logout(self, request: Request, urls: MapAdapter) -> Response:
        session = self._site.sessions.read(request, self._site.kit.clock.now())
        if session is None:
            return redirect(urls.build("login"), 303)
        self._need_csrf(request, session)
        return self._signin.logout(session, urls)

    def _need_csrf(self, request: Request, session: Session) -> None:
        if not self._site.sessions.same_csrf(session, request.form.get("csrf", "")):
            raise NotAllowed(FOREIGN)

    def _need_own_origin(self, request: Request) -> None:
        """Refuse forms that another site sent; browsers say so by themselves, in one of two headers."""
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
            raise NotAllowed(FOREIGN)
        origin = request.headers.get("Origin")
        hosts = {request.host, urlsplit(self._site.public_url).netloc}
        if origin is not None and urlsplit(origin).netloc not in hosts:
            raise NotAllowed(FOREIGN)

    def _problem(self, status: int, sentence: str) -> Response:
        text = self._templates.get_template("message.html").render(status=status, sentence=sentence)
        return Response(text, status, mimetype="text/html")


def _login_address(request: Request, urls: MapAdapter) -> str:
    """Where to sign in; a page that was asked for is shown afterwards, a form is not sent again."""
    if request.method == "POST":
        return urls.build("login", {"ended": "1"})
    target = request.full_path.removesuffix("?")
    return urls.build("login", {} if target == "/" else {"next": target})
