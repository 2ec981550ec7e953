"""A scripted Procore for single branches, and a clock whose sleep passes at once."""

import datetime as dt
import json
import secrets
from collections.abc import Callable
from typing import Any

import httpx

from qbwc_bridge.domain.procore import Budget, ChangeOrder, Commitment, CostCode, PrimeChange
from qbwc_bridge.domain.procore_billing import Forecast
from qbwc_bridge.domain.reading import NOTHING
from qbwc_bridge.domain.webhooks import Trigger
from qbwc_bridge.procore import Gateway

LOGIN = "https://login.example.com"
API = "https://api.example.com"
COMPANY = 4_294_967_421
PROJECT = 9_007_199_254_740_993
"""Beyond 2**53, where a float would already be wrong."""

HOOKS = "/rest/v1.0/webhooks/hooks"
HOOK_CALLS = {
    *(("GET", HOOKS), ("POST", HOOKS), ("PATCH", f"{HOOKS}/{{id}}"), ("DELETE", f"{HOOKS}/{{id}}")),
    *(("GET", f"{HOOKS}/{{hook_id}}/triggers"), ("POST", f"{HOOKS}/{{hook_id}}/triggers/bulk")),
    ("GET", f"{HOOKS}/{{hook_id}}/deliveries"),
}
"""The operations of webhooks that the edge calls."""

Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


class FakeClock:
    """Stands still but for its own `sleep`, which remembers every pause in seconds."""

    def __init__(self) -> None:
        self.moment = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
        self.slept: list[float] = []

    def now(self) -> dt.datetime:
        """Give the present moment."""
        return self.moment

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept.append(seconds)
        self.moment += dt.timedelta(seconds=seconds)


class Api:
    """Answers by method and path: each script in turn, the last one again and again; tokens by themselves."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.client_secret = secrets.token_urlsafe(32)
        self.tokens: list[str] = []
        self.requests: list[httpx.Request] = []
        self._scripts: dict[tuple[str, str], list[Answer]] = {}
        self.on("POST", "/oauth/token", self._token)

    def on(self, method: str, path: str, *answers: Answer) -> None:
        """Script the answers of one operation."""
        self._scripts[method, path] = list(answers)

    def gateway(self) -> Gateway:
        """Open the edge on this Procore."""
        return Gateway(
            login_url=LOGIN,
            api_url=API,
            company_id=COMPANY,
            client_id="client",
            client_secret=self.client_secret,
            clock=self.clock,
            sleep=self.clock.sleep,
            transport=httpx.MockTransport(self._answer),
        )

    def calls(self, path: str) -> list[httpx.Request]:
        """Give the requests to a path, oldest first."""
        return [request for request in self.requests if request.url.path == path]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        script = self._scripts.get((request.method, request.url.path))
        if script is None:
            return httpx.Response(404, json={"errors": "Not Found"})
        answer = script.pop(0) if len(script) > 1 else script[0]
        if isinstance(answer, Exception):
            raise answer
        if callable(answer):
            return answer(request)
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    def _token(self, _request: httpx.Request) -> httpx.Response:
        self.tokens.append(secrets.token_urlsafe(32))
        return httpx.Response(200, json={"access_token": self.tokens[-1], "token_type": "bearer", "expires_in": 5400})


def ok(content: Any, **headers: str) -> httpx.Response:
    """Make a good answer."""
    return httpx.Response(200, json=content, headers=headers)


def raw(text: str) -> httpx.Response:
    """Make a good answer from a JSON text, so that its numbers stand in it exactly as written."""
    return httpx.Response(200, text=text, headers={"Content-Type": "application/json"})


def body(request: httpx.Request) -> Any:
    """Read the JSON that was sent."""
    return json.loads(request.content)


def wbs(code_id: int, cost_code: str, cost_type: str, **more: Any) -> dict[str, Any]:
    """Make a budget code with the two usual segments; its flat code is deliberately of no use."""
    items = [
        {"id": 1, "code": cost_code, "name": f"Name of {cost_code}", "segment": {"id": 11, "type": "cost_code"}},
        {"id": 2, "code": cost_type, "name": f"Name of {cost_type}", "segment": {"id": 12, "type": "line_item_type"}},
    ]
    return {"id": code_id, "flat_code": "..-..", "status": "active", "segment_items": items} | more


def wbs_path(project_id: int = PROJECT) -> str:
    """Give the path of a project's budget codes."""
    return f"/rest/v1.0/projects/{project_id}/work_breakdown_structure/wbs_codes"


# ---------------------------------------------------------------- everything of a kind, read from nothing


def commitments_of(gateway: Gateway, project_id: int = PROJECT) -> list[Commitment]:
    """Read all purchase orders and subcontracts of a project."""
    book = gateway.code_book(project_id)
    orders = gateway.purchase_orders(project_id, NOTHING, book)
    return [*orders.found, *gateway.subcontracts(project_id, NOTHING, book).found]


def change_orders_of(gateway: Gateway, project_id: int = PROJECT) -> list[ChangeOrder | PrimeChange]:
    """Read all change orders of a project, of which no contract is known yet."""
    return list(gateway.change_orders(project_id, NOTHING, gateway.code_book(project_id), {}).found)


def budget_of(gateway: Gateway, project_id: int = PROJECT) -> Budget:
    """Read the budget of a project."""
    locked = gateway.locked(project_id)
    read = gateway.budget_rows(project_id, gateway.code_book(project_id))
    return Budget(project_id, locked, read.rows, tuple(gateway.budget_changes(project_id)), read.unbudgeted)


def forecasts_of(gateway: Gateway, project_id: int = PROJECT) -> list[Forecast]:
    """Read the forecasts of a project."""
    return list(gateway.budget_rows(project_id, gateway.code_book(project_id)).forecasts)


def cost_codes(gateway: Gateway) -> list[CostCode]:
    """Read the standard cost codes of every list."""
    return list(gateway.cost_codes(gateway.code_lists()).found)


def use_hooks(gateway: Gateway, project_id: int) -> None:
    """Make a project's webhook, do with it all that can be done, and remove it."""
    hook = gateway.hooks.make(project_id, "https://bridge.example.com/webhooks/procore/Acme", "Bearer one")
    gateway.hooks.add_triggers(hook, [Trigger("Prime Contracts", "create")])
    gateway.hooks.change(hook, hook.destination, "Bearer two")
    gateway.hooks.find(project_id), gateway.hooks.triggers(hook), gateway.hooks.undelivered(hook)
    gateway.hooks.remove(hook)
