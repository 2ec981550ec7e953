"""Whole lists, page by page.

Version 1 lists name the next page in a `Link` header and leave it out on the last one; a list without the header is
whole. Version 2 lists come as `{"data": [...]}`, at most 100 rows a page.
"""

from typing import Any

import httpx

from qbwc_bridge.errors import ProcoreError
from qbwc_bridge.procore.client import Client, Params

PAGE_SIZE = 300
"""Rows asked for per page of version 1: the largest page that Procore allows for its widest list, the projects."""

PAGE_SIZE_V2 = 100
"""The most that version 2 gives."""

MOST_PAGES = 2000
"""No list of a contractor has 600,000 rows; a chain of pages that goes on longer leads in a circle."""


def rows(client: Client, path: str, doing: str, params: Params = ()) -> list[Any]:
    """Read a whole version 1 list; raises ProcoreError for what is no list or has no end."""
    return _rows(client, path, doing, params, v2=False)


def data_rows(client: Client, path: str, doing: str, params: Params = ()) -> list[Any]:
    """Read a whole version 2 list; raises ProcoreError for what is no list or has no end."""
    return _rows(client, path, doing, params, v2=True)


def as_list(content: object, doing: str) -> list[Any]:
    """Give `content` as the list that it must be, `{"data": [...]}` unwrapped; raises ProcoreError."""
    if isinstance(content, dict):
        content = content.get("data")
    if not isinstance(content, list):
        raise ProcoreError(
            f"Procore's answer to {doing} is not a list; check PROCORE_API_URL and any proxy in between."
        )
    return content


def _rows(client: Client, path: str, doing: str, params: Params, *, v2: bool) -> list[Any]:
    size = PAGE_SIZE_V2 if v2 else PAGE_SIZE
    found: list[Any] = []
    page = 1
    for _ in range(MOST_PAGES):
        content, response = client.fetch(path, doing, [*params, ("page", page), ("per_page", size)])
        part = as_list(content, doing)
        found += part
        following = _next(response, page, doing)
        if following is None and v2 and "Link" not in response.headers and len(part) == size:
            following = page + 1
        if following is None:
            return _each_once(found)
        page = following
    raise ProcoreError(f"Procore's list for {doing} has no end after {MOST_PAGES} pages; ask Procore's support.")


def _next(response: httpx.Response, page: int, doing: str) -> int | None:
    """Give the number of the next page; only the number is taken, so that no answer can lead us to another host."""
    link = response.links.get("next")
    if link is None:
        return None
    number = httpx.URL(link.get("url", "")).params.get("page", "")
    if not number.isdecimal() or int(number) <= page:
        raise ProcoreError(f"Procore's list for {doing} names no next page that could be read; ask Procore's support.")
    return int(number)


def _each_once(found: list[Any]) -> list[Any]:
    """Drop rows met twice: a record made while we turn pages pushes others onto the next one, and sums must not grow.

    Rows of version 2's adjustments are unique by id and type together.
    """
    seen: set[tuple[str, str]] = set()
    once: list[Any] = []
    for row in found:
        if isinstance(row, dict) and row.get("id") is not None:
            key = (str(row["id"]), str(row.get("type", "")))
            if key in seen:
                continue
            seen.add(key)
        once.append(row)
    return once
