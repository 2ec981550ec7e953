"""Checks every call to Procore against the published operations before it goes on: a transport for tests.

`ContractTransport(inner)` raises AssertionError for a call that Procore's reference does not have: unknown path,
unknown or missing query parameters, unknown values, missing headers, unknown or missing body keys (two levels deep).
"""

import json
import re
from functools import cache
from typing import Any

import httpx

from tests.support import shared_dir

TOKEN_PATH = "/oauth/token"
ONE_OF = "You must supply either a company_id or project_id"
"""How the reference marks two parameters as required of which one is enough."""

IN_SYNCS: dict[str, Any] = {"id": {"type": "integer"}}
"""What Procore's page on sync actions lets every item carry, though the schema of purchase orders does not list it."""

Operation = tuple[str, str]
"""Method and path template."""


class ContractTransport(httpx.BaseTransport):
    """Asserts, then hands on to `inner`; `seen` collects the operations that were called."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner
        self.seen: set[Operation] = set()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Check one request and answer it; an answer that was cut off is lost, as it is on a real connection."""
        self.seen.add(check(request))
        response = self._inner.handle_request(request)
        content = response.read()
        if int(response.headers.get("Content-Length", len(content))) > len(content):
            raise httpx.RemoteProtocolError("The answer was cut off.", request=request)
        return response

    def close(self) -> None:
        """Close the inner transport."""
        self._inner.close()


def check(request: httpx.Request) -> Operation:
    """Assert that a request fits the reference; give the operation that it calls."""
    where = f"{request.method} {request.url.path}"
    template = _template(request.method, request.url.path)
    assert template, f"{where}: no such operation in Procore's catalogue"
    if request.url.path != TOKEN_PATH:
        company = request.headers.get("Procore-Company-Id", "")
        assert company.isdecimal(), f"{where}: Procore-Company-Id is missing"
        assert request.headers.get("Authorization", "").startswith("Bearer "), f"{where}: no bearer token"
        assert "Authorization" not in request.url.params, f"{where}: the token is in the address"
    details = _details().get(template, {}).get(request.method.lower())
    if details is not None:
        assert "deprecat" not in str(details.get("description", "")).lower(), f"{where}: deprecated"
        _check_query(where, request.url.params, details.get("parameters", []))
        _check_body(where, request, details.get("requestBody"))
    return request.method, template


def _check_query(where: str, params: httpx.QueryParams, known: list[dict[str, Any]]) -> None:
    by_name = {one["name"]: one for one in known if one["in"] == "query"}
    for name, value in params.multi_items():
        rule = by_name.get(name) or by_name.get(name.removesuffix("[]"))
        assert rule is not None, f"{where}: unknown parameter {name}"
        schema = rule.get("schema", {})
        assert value in schema.get("enum", [value]), f"{where}: {name} has the unknown value {value}"
        assert schema.get("type") != "integer" or value.isdecimal(), f"{where}: {name} is no whole number"
    for name, rule in by_name.items():
        if rule.get("required") and ONE_OF in rule.get("description", ""):
            assert {"company_id", "project_id"} & set(params), f"{where}: company_id or project_id is missing"
        elif rule.get("required"):
            assert name in params, f"{where}: {name} is missing"


def _check_body(where: str, request: httpx.Request, rule: dict[str, Any] | None) -> None:
    text = request.read()
    if rule is None:
        assert not text, f"{where}: takes no body"
        return
    kind, _, _ = request.headers.get("Content-Type", "").partition(";")
    assert kind in rule["content"], f"{where}: wrong content type {kind!r}"
    _check_value(where, json.loads(text), rule["content"][kind].get("schema", {}), depth=2)


def _check_value(where: str, value: Any, schema: dict[str, Any], *, depth: int) -> None:
    if isinstance(value, list):
        for item in value:
            _check_value(where, item, schema.get("items", {}), depth=depth)
        return
    properties = schema.get("properties")
    if not isinstance(value, dict) or not properties or depth == 0:
        return
    if where.endswith("/sync updates"):
        properties = {**IN_SYNCS, **properties}
    unknown = set(value) - set(properties)
    missing = set(schema.get("required", ())) - set(value)
    assert not unknown, f"{where}: unknown keys {sorted(unknown)}"
    assert not missing, f"{where}: missing keys {sorted(missing)}"
    for key, inner in value.items():
        allowed = properties[key].get("enum")
        assert inner is None or not allowed or inner in allowed, f"{where}: {key} has the unknown value {inner}"
        _check_value(f"{where} {key}", inner, properties[key], depth=depth - 1)


@cache
def _template(method: str, path: str) -> str:
    """Find the template of a path; where several fit, the one with the fewest variables is meant."""
    fitting = [template for template, pattern in _catalogue().get(method, ()) if pattern.fullmatch(path)]
    return min(fitting, key=lambda template: template.count("{"), default="")


@cache
def _catalogue() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    found: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    for row in json.loads(shared_dir("procore-api", "catalog-2636-operations.json").read_text(encoding="utf-8")):
        parts = re.split(r"\{\w+\}", row["path"])
        pattern = re.compile("[^/]+".join(re.escape(part) for part in parts))
        found.setdefault(row["method"], []).append((row["path"], pattern))
    return found


@cache
def _details() -> dict[str, Any]:
    text = shared_dir("procore-api", "procore-bridge-subset.openapi.json").read_text(encoding="utf-8")
    paths: dict[str, Any] = json.loads(text)["paths"]
    return paths
