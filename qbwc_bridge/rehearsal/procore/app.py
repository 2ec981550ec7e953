"""The HTTP face of the stand-in: guard, routing, pages, headers, faults, and a record of every call."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from qbwc_bridge.rehearsal.procore import (
    budget_calls,
    change_orders,
    commitment_calls,
    direct_cost_calls,
    directory,
    events,
    hooks,
    invoices,
    prime_contracts,
    wbs_calls,
)
from qbwc_bridge.rehearsal.procore.faults import CUT_OFF, Fault, Faults
from qbwc_bridge.rehearsal.procore.limits import Limits
from qbwc_bridge.rehearsal.procore.oauth import Login
from qbwc_bridge.rehearsal.procore.problems import Problem, Shape, bad_request, forbidden
from qbwc_bridge.rehearsal.procore.state import State
from qbwc_bridge.rehearsal.procore.tools import tool_of
from qbwc_bridge.rehearsal.procore.values import Row
from qbwc_bridge.rehearsal.procore.wire import Ask, Listing, Route, page

ROUTES: tuple[Route, ...] = (
    *directory.ROUTES,
    *wbs_calls.ROUTES,
    *budget_calls.ROUTES,
    *commitment_calls.ROUTES,
    *change_orders.ROUTES,
    *prime_contracts.ROUTES,
    *invoices.ROUTES,
    *direct_cost_calls.ROUTES,
    *hooks.ROUTES,
)
"""Every operation of the API host, with the path templates of Procore's catalogue."""

LOGIN_ROUTES = (("POST", "/oauth/token"), ("GET", "/oauth/token/info"))
"""The operations of the login host, which the stand-in serves beside the others."""

SECRET_KEYS = frozenset({"client_id", "client_secret", "access_token", "refresh_token", "token", "code"})
HOOK_SECRETS = frozenset({"destination_headers"})
"""What of a hook, which a body wraps under that name, is a secret."""
CUT_LENGTH = "1000000"
"""What a cut-off answer claims as its length: more than ever comes."""


@dataclass(frozen=True)
class Call:
    """One request as it came in and the status it got (0 when the answer was cut off); no token, no secret."""

    method: str
    path: str
    query: dict[str, list[str]]
    body: Any
    status: int


class App:
    """A WSGI application over one company; requests are answered one at a time under the company's lock."""

    def __init__(self, state: State, login: Login, limits: Limits, faults: Faults) -> None:
        self.calls: list[Call] = []
        self._state = state
        self._login = login
        self._limits = limits
        self._faults = faults
        self._map = Map(
            [
                Rule(route.template.replace("{", "<").replace("}", ">"), methods=[route.method], endpoint=route)
                for route in ROUTES
            ],
            strict_slashes=True,
        )

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        request = Request(environ)
        raw = request.get_data()  # read before the lock is taken: a slow sender must not hold up the others
        with self._state.lock:
            response, body = self._with_faults(request, raw)
            events.notice(self._state, self._login.client_id)
            status = response.status_code if response.headers.get("Content-Length") != CUT_LENGTH else CUT_OFF
            query = {name: request.args.getlist(name) for name in request.args}
            self.calls.append(Call(request.method, request.path, query, _without_secrets(body), status))
        return response(environ, start_response)

    def _with_faults(self, request: Request, raw: bytes) -> tuple[Response, Any]:
        fault = self._faults.take(request.method, request.path)
        body: Any = None
        try:
            body = _parsed(request, raw)
            if fault is not None and not fault.after_effect:
                return self._broken(fault), body
            response = self._answer(request, body)
        except Problem as problem:
            response = self._refusal(problem, "errors")
        return (response if fault is None else self._broken(fault)), body

    def _answer(self, request: Request, body: Any) -> Response:
        if request.path == "/oauth/token" and request.method == "POST":
            status, told = self._login.token(body if isinstance(body, dict) else {})
            return _json(told, status)
        shape: Shape = "error" if request.path.startswith("/rest/v2") else "errors"
        try:
            token = self._login.check(request.headers.get("Authorization"))
            if request.path == "/oauth/token/info" and request.method == "GET":
                return _json(self._login.info(token))
            wait = self._limits.take()
            if wait is not None:
                return self._too_many(wait)
            route, path = self._route(request)
            shape = route.shape
            self._check_company(route, request)
            writes = request.method != "GET"
            ask = Ask(self._state, path, MultiDict(request.args), body, tool_of(route.template), writes=writes)
            answer = route.handler(ask)
            if isinstance(answer, Listing):
                answer = page(answer, ask.query, request.base_url)
            return self._limited(_json(answer.body, answer.status, dict(answer.headers)))
        except Problem as problem:
            return self._limited(self._refusal(problem, shape))

    def _route(self, request: Request) -> tuple[Route, dict[str, str]]:
        adapter = self._map.bind(request.host, "/")
        try:
            route, path = adapter.match(request.path, method=request.method)
        except MethodNotAllowed as error:
            allowed = ", ".join(sorted(error.valid_methods or ()))
            raise Problem(405, "Method Not Allowed", headers={"Allow": allowed}) from error
        except NotFound as error:
            raise Problem(404, "Not Found") from error
        return route, dict(path)

    def _check_company(self, route: Route, request: Request) -> None:
        named = request.headers.get("Procore-Company-Id")
        if named is None:
            if route.for_company:
                raise bad_request("The header Procore-Company-Id is missing", **{"Procore-Company-Id": "is missing"})
        elif named != str(self._state.company_id):
            raise forbidden("App is not connected to this company")

    def _limited(self, response: Response) -> Response:
        response.headers.extend(self._limits.headers())
        return response

    def _too_many(self, wait: int) -> Response:
        response = Response(
            "You have surpassed the max number of requests for a period.\n", status=429, mimetype="text/plain"
        )
        response.headers["Retry-After"] = str(wait)
        return self._limited(response)

    def _refusal(self, problem: Problem, shape: Shape) -> Response:
        return _json(problem.body(shape), problem.status, problem.headers)

    def _broken(self, fault: Fault) -> Response:
        if fault.status == CUT_OFF:
            response = Response('{"ent', status=200, mimetype="application/json")
            response.automatically_set_content_length = False
            response.headers["Content-Length"] = CUT_LENGTH
            return response
        if fault.status == HTTPStatus.TOO_MANY_REQUESTS:
            response = self._too_many(fault.retry_after or 1)
        else:
            response = _json({"errors": HTTPStatus(fault.status).phrase}, fault.status)
        if fault.retry_after is not None:
            response.headers["Retry-After"] = str(fault.retry_after)
        return response


def _parsed(request: Request, raw: bytes) -> Any:
    """Read a JSON body with exact decimals, or the form of a token request; None without a body."""
    if not raw:
        return None
    if request.mimetype == "application/x-www-form-urlencoded":
        return dict(request.form)
    if request.mimetype != "application/json":
        raise Problem(406, "Not Acceptable: send application/json")
    try:
        return json.loads(raw, parse_float=Decimal)
    except ValueError as error:
        raise bad_request("There was a problem in the JSON you submitted") from error


def _json(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Make a JSON response; Decimals can only be attributes sent back in `errors`, and go as they came."""
    text = json.dumps(body, ensure_ascii=False, default=float)
    return Response(text.encode(), status=status, headers=headers, mimetype="application/json")


def _without_secrets(body: Any) -> Any:
    if not isinstance(body, dict):
        return body
    kept: Row = {name: value for name, value in body.items() if name not in SECRET_KEYS}
    if isinstance(kept.get("hook"), dict):
        kept["hook"] = {name: value for name, value in kept["hook"].items() if name not in HOOK_SECRETS}
    return kept
