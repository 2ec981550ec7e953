"""Calls of one Procore company: headers, a fresh token when one is refused, errors as sentences."""

import datetime as dt
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from qbwc_bridge.errors import ProcoreError
from qbwc_bridge.procore.auth import Tokens
from qbwc_bridge.procore.httpclient import httpx
from qbwc_bridge.procore.problems import messages, sentence
from qbwc_bridge.procore.tools import tool_of
from qbwc_bridge.procore.wire import Call, Kind, Wire, content_of

Params = Sequence[tuple[str, str | int]]
"""Query parameters in order; a name may occur more than once."""

NOT_THERE = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)
"""What a list may answer where a project does not have it or the app may not see it; anything else is a failure."""


class Client:
    """Speaks for one company; safe to use from several threads."""

    def __init__(self, *, wire: Wire, tokens: Tokens, api_url: str, company_id: int) -> None:
        self._wire = wire
        self._tokens = tokens
        self._api_url = api_url
        self.company_id = company_id

    def moment(self) -> dt.datetime:
        """Give the present moment by Procore's clock."""
        return self._wire.pace.theirs()

    def get(self, path: str, doing: str, params: Params = (), *, kind: Kind = "read") -> Any:
        """Read and give the parsed JSON."""
        return self.fetch(path, doing, params, kind=kind)[0]

    def fetch(self, path: str, doing: str, params: Params = (), *, kind: Kind = "list") -> tuple[Any, httpx.Response]:
        """Read and give the parsed JSON with the answer itself, whose headers lead to the next page."""
        call = Call(method="GET", url=self._api_url + path, doing=doing, kind=kind, params=params)
        response = self._answer(call)
        return content_of(call, response), response

    def patch(
        self, path: str, doing: str, body: Mapping[str, Any], params: Params = (), *, kind: Kind = "write"
    ) -> Any:
        """Write what Procore keys by `origin_id`, id or content, so that it may be repeated; give the parsed JSON."""
        call = Call(method="PATCH", url=self._api_url + path, doing=doing, kind=kind, body=body, params=params)
        return content_of(call, self._answer(call))

    def post(self, path: str, doing: str, body: Mapping[str, Any]) -> Any:
        """Make a record that Procore keys by nothing, once; give the parsed JSON.

        Raises ProcoreUnreachable where it may have been made: look it up before the next try.
        """
        url = self._api_url + path
        call = Call(method="POST", url=url, doing=doing, kind="write", body=body, repeatable=False)
        return content_of(call, self._answer(call))

    def delete(self, path: str, doing: str, params: Params = ()) -> bool:
        """Delete; gives False where Procore has no such record (404): it is gone already, or there is no access to it.

        That is no error, so that a lost answer may be asked for again.
        Raises ProcoreUnreachable for an answer that Procore does not give, such as a proxy's page.
        """
        call = Call(method="DELETE", url=self._api_url + path, doing=doing, kind="write", params=params)
        response = self._answer(call)
        if response.content.strip():
            content_of(call, response)
        return response.status_code != HTTPStatus.NOT_FOUND

    def told(self, errors: object) -> str:
        """Put what a good answer says of refused items (`errors`) into words; empty where it says nothing."""
        return "; ".join(messages(errors, self._tokens.scrub)).rstrip(".")

    def _answer(self, call: Call) -> httpx.Response:
        token = self._tokens.current()
        response = self._wire.send(call, self._headers(token))
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            # A token can be taken back before its time; nothing was done, so once more with a new one is safe.
            self._tokens.discard(token)
            response = self._wire.send(call, self._headers(self._tokens.current()))
        if not call.settled_by(response):
            tool = tool_of(urlsplit(call.url).path)
            wanted = tool.wanted(writes=call.method != "GET") if tool else ""
            told = sentence(call.doing, response, self._tokens.scrub, wanted=wanted)
            raise ProcoreError(told, status=response.status_code)
        return response

    def _headers(self, token: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {token}", "Procore-Company-Id": str(self.company_id)}
