"""Calls of one Procore company: headers, a fresh token when one is refused, errors as sentences."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import httpx

from qbwc_bridge.errors import ProcoreError
from qbwc_bridge.procore.auth import Tokens
from qbwc_bridge.procore.problems import sentence
from qbwc_bridge.procore.tools import tool_of
from qbwc_bridge.procore.wire import Call, Wire, content_of

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

    def get(self, path: str, doing: str, params: Params = ()) -> Any:
        """Read and give the parsed JSON."""
        return self.fetch(path, doing, params)[0]

    def fetch(self, path: str, doing: str, params: Params = ()) -> tuple[Any, httpx.Response]:
        """Read and give the parsed JSON with the answer itself, whose headers lead to the next page."""
        call = Call(method="GET", url=self._api_url + path, doing=doing, params=params)
        response = self._answer(call)
        return content_of(call, response), response

    def patch(self, path: str, doing: str, body: Mapping[str, Any], params: Params = ()) -> Any:
        """Write what Procore keys by `origin_id`, id or content, so that it may be repeated; give the parsed JSON."""
        call = Call(method="PATCH", url=self._api_url + path, doing=doing, body=body, params=params)
        return content_of(call, self._answer(call))

    def post(self, path: str, doing: str, body: Mapping[str, Any]) -> Any:
        """Make a record that Procore keys by nothing, once; give the parsed JSON.

        Raises ProcoreUnreachable where it may have been made: look it up before the next try.
        """
        call = Call(method="POST", url=self._api_url + path, doing=doing, body=body, repeatable=False)
        return content_of(call, self._answer(call))

    def delete(self, path: str, doing: str) -> None:
        """Delete; what is gone already (404) is no error."""
        call = Call(method="DELETE", url=self._api_url + path, doing=doing, repeatable=False)
        try:
            self._answer(call)
        except ProcoreError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise

    def _answer(self, call: Call) -> httpx.Response:
        token = self._tokens.current()
        response = self._wire.send(call, self._headers(token))
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            # A token can be taken back before its time; nothing was done, so once more with a new one is safe.
            self._tokens.discard(token)
            response = self._wire.send(call, self._headers(self._tokens.current()))
        if not response.is_success:
            tool = tool_of(urlsplit(call.url).path)
            wanted = tool.wanted(writes=call.method != "GET") if tool else ""
            told = sentence(call.doing, response, wanted=wanted)
            raise ProcoreError(self._tokens.scrub(told), status=response.status_code)
        return response

    def _headers(self, token: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {token}", "Procore-Company-Id": str(self.company_id)}
