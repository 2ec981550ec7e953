"""Prism, which knows only Procore's operations, takes every request that the bridge sends.

Prism reads the derived specification and checks requests with a JSON Schema validator of its own; `contract` is our own
reading of the same reference, and stops what Prism lets pass: unknown parameters and keys.
"""

import json
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from qbwc_bridge.rehearsal.procore import demo_company
from tests.procore.api import FakeClock
from tests.procore.contract import Operation, check
from tests.procore.every_call import drive
from tests.procore.test_procore_stand_in import open_bench
from tests.repository import ROOT
from tests.support import free_port, missing, shared_dir

PROGRAM = ROOT / ".prism" / "node_modules" / ".bin" / "prism"

START_SECONDS = 120.0
"""Prism is up in two seconds; a machine that builds and tests at once takes longer."""

SYNC = ("PATCH", "/rest/v1.0/projects/{project_id}/direct_costs/sync")

ONE_OF_BOTH = (
    "Procore's text of both parameters says that one of company_id and project_id must be given; the derived "
    "specification could mark them as required only"
)
OF_PROJECTS: tuple[Operation, ...] = (
    ("GET", "/rest/v1.0/webhooks/hooks"),
    ("DELETE", "/rest/v1.0/webhooks/hooks/{id}"),
    ("GET", "/rest/v1.0/webhooks/hooks/{hook_id}/triggers"),
    ("GET", "/rest/v1.0/webhooks/hooks/{hook_id}/deliveries"),
)
"""Operations whose project is named, not the company."""

EXCEPTIONS: dict[tuple[Operation, str], str] = {
    (("GET", "/rest/v1.0/line_item_types"), "Request query must have required property 'project_id'"): ONE_OF_BOTH,
    **{(each, "Request query must have required property 'company_id'"): ONE_OF_BOTH for each in OF_PROJECTS},
    (SYNC, "Request body property updates.*.vendor_id must be integer"): (
        "a cost without a vendor says so with null, which takes away the vendor of an earlier version; Procore gives "
        "null for it in its answers, and the derived specification has types without null"
    ),
    (SYNC, "Request body property updates.*.invoice_number must be string"): (
        "the same for the number; an empty text would be a number, and Procore lets none stand twice"
    ),
}
"""Where the derived specification is stricter than Procore: what Prism says of an operation, and why it may stand."""


@dataclass
class Recording(httpx.BaseTransport):
    """Keeps every request on its way."""

    inner: httpx.BaseTransport
    requests: list[httpx.Request]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Hand on one request."""
        request.read()
        self.requests.append(request)
        return self.inner.handle_request(request)


@pytest.fixture(name="requests", scope="module")
def fixture_requests() -> list[httpx.Request]:
    """One request of each shape that the bridge sends, by driving every method of the edge."""
    clock = FakeClock()
    bench = open_bench(demo_company(clock.now), clock)
    recording = Recording(bench.transport, [])
    bench.gateway._http._transport = recording
    drive(bench.gateway, bench.procore)
    bench.gateway.close()
    return list({_shape(request): request for request in recording.requests}.values())


@pytest.fixture(name="prism", scope="module")
def fixture_prism(requests: list[httpx.Request], tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a Prism that serves the derived specification, or what of it the requests are about."""
    if not PROGRAM.exists():
        missing("Prism (make prism)")
    whole = json.loads(shared_dir("procore-api", "procore-bridge-subset.openapi.json").read_text(encoding="utf-8"))
    used = {check(request)[1] for request in requests}
    # The whole of it takes Prism many seconds to read.
    whole["paths"] = {path: operations for path, operations in whole["paths"].items() if path in used}
    document = tmp_path_factory.mktemp("prism") / "procore.json"
    document.write_text(json.dumps(whole), encoding="utf-8")
    port = free_port()
    command = [
        str(PROGRAM),
        "mock",
        str(document),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--verboseLevel",
        "warn",
    ]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=START_SECONDS) as client:
            _wait(client, child)
            yield client
    finally:
        child.terminate()
        child.communicate(timeout=START_SECONDS)


def test_prism_takes_every_request(prism: httpx.Client, requests: list[httpx.Request]) -> None:
    """It finds nothing wrong but the exceptions, each of which is still needed."""
    found = {(check(request), told) for request in requests for told in violations(prism, request)}
    assert found == set(EXCEPTIONS)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda r: r.headers.pop("Authorization"), "Invalid security scheme used"),
        (lambda r: r.headers.pop("Procore-Company-Id"), "must have required property 'procore-company-id'"),
        (lambda r: r.headers.update({"Procore-Company-Id": "Acme"}), "must be integer"),
        (lambda r: setattr(r, "url", r.url.copy_remove_param("company_id")), "must have required property"),
        (lambda r: setattr(r, "url", r.url.copy_set_param("view", "everything")), "must be equal to one of"),
        (lambda r: setattr(r, "url", r.url.copy_with(path="/rest/v1.0/vendor")), "NO_PATH_MATCHED_ERROR"),
    ],
)
def test_prism_refuses_what_is_wrong(
    prism: httpx.Client, requests: list[httpx.Request], change: Any, told: str
) -> None:
    """Without token, company or parameter, with a wrong value or on an unknown path: the check can fail."""
    found = next(each for each in requests if check(each) == ("GET", "/rest/v1.0/vendors"))
    request = httpx.Request(found.method, found.url, headers=found.headers)
    assert violations(prism, request) == []
    change(request)
    assert any(told in each for each in violations(prism, request)), violations(prism, request)


def violations(prism: httpx.Client, request: httpx.Request) -> list[str]:
    """Send a request to Prism; gives what it says against it, with `*` for places in lists."""
    headers = {name: value for name, value in request.headers.items() if name not in {"host", "content-length"}}
    target = request.url.raw_path.decode()
    answer = prism.request(request.method, target, headers=headers, content=request.read() or None)
    told = json.loads(answer.headers.get("sl-violations", "[]"))
    if not told and answer.is_client_error:
        told = [{"location": ["request"], "message": answer.text}]
    ours = [each["message"] for each in told if each["location"][0] == "request"]
    return sorted({re.sub(r"\.\d+\.", ".*.", message) for message in ours})


def _shape(request: httpx.Request) -> tuple[object, ...]:
    """What of a request its values leave alone: operation, names of parameters, form of the body."""
    content = request.read()
    return (check(request), frozenset(request.url.params), _form(json.loads(content)) if content else None)


def _form(value: object) -> object:
    if isinstance(value, dict):
        return frozenset((key, _form(item)) for key, item in value.items())
    if isinstance(value, list):
        return frozenset(_form(item) for item in value)
    return type(value).__name__


def _wait(client: httpx.Client, child: subprocess.Popen[str]) -> None:
    give_up = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up and child.poll() is None:
        try:
            client.get("/")
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    child.terminate()
    pytest.fail(f"Prism does not start: {child.communicate()[0]}")
