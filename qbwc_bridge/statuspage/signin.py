"""Signing in and out: name and password, or a single-use link made on the bridge's own machine."""

import datetime as dt
import ipaddress
import logging
import secrets as random
from functools import cache
from urllib.parse import urlsplit

from itsdangerous import BadData
from jinja2 import Environment
from werkzeug.routing import MapAdapter
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from qbwc_bridge.domain.people import Person
from qbwc_bridge.domain.wording import MINUTE
from qbwc_bridge.errors import NotFound
from qbwc_bridge.flow.kit import Kit
from qbwc_bridge.statuspage.ask import Site
from qbwc_bridge.statuspage.sessions import Secrets, Session, serializer

log = logging.getLogger("qbwc_bridge.statuspage")

LINK_LASTS = dt.timedelta(minutes=5)
"""A login link is printed to be clicked at once (CONTRACT, `demo`)."""

LINK_PURPOSE = "login links"

MAX_PASSWORD = 1024
"""Characters of a password that are hashed: argon2 takes any length, and so would a stranger."""

WRONG = "The name or the password is wrong."
STALE_LINK = "This login link was used already, is older than five minutes, or was not made here. Sign in by password."


def make_login_link(kit: Kit, secrets: Secrets, person_name: str) -> str:
    """Give the path of a login link for a person: `/login/link/<token>`, single use, five minutes, loopback only.

    Nothing is stored for it. The token is signed with a key of the key file and names the person, the end of its life
    and the person's `session_version`; using it raises that version in the same transaction that checks it. So it works
    once, whichever process of the database sees it first, and a new password spoils it as well. The price: using a link
    ends the person's other sessions. Raises NotFound for an unknown name.
    """
    with kit.open() as uow:
        person = uow.people.first(name=person_name)
    if person is None:
        raise NotFound(f"There is no person named {person_name} who may sign in.")
    until = int((kit.clock.now() + LINK_LASTS).timestamp())
    token = serializer(secrets, LINK_PURPOSE).dumps([person.id, person.session_version, until])
    return f"/login/link/{token if isinstance(token, str) else token.decode()}"


class SignIn:
    """The views that need no session."""

    def __init__(self, site: Site, secrets: Secrets, templates: Environment) -> None:
        self._site = site
        self._links = serializer(secrets, LINK_PURPOSE)
        self._templates = templates
        # Checked for unknown names, so that the time of an answer does not tell which names exist.
        self._nobody = cache(lambda: site.hash_password(random.token_urlsafe()))

    def login(self, request: Request, urls: MapAdapter) -> Response:
        """Show the form, or check a name and a password; wrong ones are throttled."""
        forward = _ours(request.values.get("next", ""))
        if request.method != "POST":
            ended = "ended" in request.args
            return self._form(forward, "Your session has ended; nothing was done. Please sign in." if ended else "")
        name, password = request.form.get("name", "").strip(), request.form.get("password", "")[:MAX_PASSWORD]
        address, now = request.remote_addr or "", self._site.kit.clock.now()
        wait = self._site.throttle.enter(name, address, now)
        if wait:
            minutes = -(-wait // MINUTE)
            response = self._form(forward, f"Too many wrong passwords: try again in {minutes} min.", 429, name)
            response.headers["Retry-After"] = str(wait)
            return response
        person = self._person(name)
        if not self._right(person, password) or person is None:
            # A name that nobody has may be a password, typed into the wrong field.
            told = f"name {name!r}" if person else "a name that nobody has"
            log.warning("sign-in to the status page refused for %s from %s", told, address)
            return self._form(forward, WRONG, 403, name)
        self._site.throttle.forgive(name, address, now)
        return self._let_in(person, forward or urls.build("overview"), now)

    def link(self, request: Request, urls: MapAdapter, token: str) -> Response:
        """Sign in by a single-use link, from this machine only."""
        now = self._site.kit.clock.now()
        person = None
        # HEAD would spend the link without showing a page.
        if request.method == "GET" and _loopback(request.remote_addr or ""):
            person = self._spend(token, now)
        if person is None:
            return self._form("", STALE_LINK, 403)
        return self._let_in(person, urls.build("overview"), now)

    def logout(self, session: Session, urls: MapAdapter) -> Response:
        """End all sessions of the person, so that a copied cookie is worth nothing either."""
        with self._site.kit.open() as uow:
            person = self._site.sessions.who(uow, session)
            if person:
                person.session_version += 1
                uow.people.save(person)
        response = redirect(urls.build("login"), 303)
        self._site.sessions.end(response)
        return response

    def _person(self, name: str) -> Person | None:
        with self._site.kit.open() as uow:
            return uow.people.first(name=name)

    def _right(self, person: Person | None, password: str) -> bool:
        # Outside of any unit of work: a hash takes about a tenth of a second.
        # Somebody without a password, who comes by links, has an empty hash that no password fits.
        known = person.password_hash if person else ""
        return self._site.check_password(password, known or self._nobody())

    def _spend(self, token: str, now: dt.datetime) -> Person | None:
        try:
            person_id, version, until = self._links.loads(token)
        except BadData:
            return None
        with self._site.kit.open() as uow:
            person = uow.people.first(id=person_id)
            if person is None or person.session_version != version or now.timestamp() > until:
                return None
            person.session_version += 1
            uow.people.save(person)
            return person

    def _let_in(self, person: Person, address: str, now: dt.datetime) -> Response:
        response = redirect(address, 303)
        self._site.sessions.keep(response, self._site.sessions.begin(person, now), now, new=True)
        return response

    def _form(self, forward: str, problem: str, status: int = 200, name: str = "") -> Response:
        page = self._templates.get_template("login.html").render(problem=problem, forward=forward, name=name)
        return Response(page, status, mimetype="text/html")


def _ours(address: str) -> str:
    """Give the address when it is a path of this page, else nothing: no redirect to elsewhere."""
    if not address.startswith("/") or "\\" in address or not address.isprintable():
        return ""
    parts = urlsplit(address)
    return "" if parts.scheme or parts.netloc or address.startswith("//") else address


def _loopback(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_loopback
