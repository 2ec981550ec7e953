"""Whole lists, page by page.

Version 1 lists name the next page in a `Link` header and leave it out on the last one; a list without the header is
whole. Version 2 lists come as `{"data": [...]}`, at most 100 rows a page.

Pages are counted, not marked: what is made while they are turned pushes a row onto the next page, where it is met
again, and what is deleted lets a row slip onto the page before, where it is missed. A list that moved so is read again.
"""

from dataclasses import dataclass, field
from typing import Any

from qbwc_bridge.errors import ProcoreError
from qbwc_bridge.procore.client import Client, Params
from qbwc_bridge.procore.httpclient import httpx

PAGE_SIZE = 300
"""Rows asked for per page of version 1: the largest page that Procore allows for its widest list, the projects."""

PAGE_SIZE_V2 = 100
"""The most that version 2 gives."""

MOST_PAGES = 2000
"""No list of a contractor has 600,000 rows; a chain of pages that goes on longer leads in a circle."""

MOST_READINGS = 3
"""Of a list that moves while it is read; people seldom change the same long list three times within seconds."""


def rows(client: Client, path: str, doing: str, params: Params = ()) -> list[Any]:
    """Read a whole version 1 list; raises ProcoreError for what is no list, has no end, or does not stand still."""
    return _steady(client, path, doing, params, v2=False)


def data_rows(client: Client, path: str, doing: str, params: Params = ()) -> list[Any]:
    """Read a whole version 2 list; raises like `rows`."""
    return _steady(client, path, doing, params, v2=True)


def unpaged(client: Client, path: str, doing: str, params: Params = ()) -> list[Any]:
    """Read a list that Procore gives in one piece; raises ProcoreError for what is no list."""
    return as_list(client.get(path, doing, params, kind="list"), doing)


def as_list(content: object, doing: str) -> list[Any]:
    """Give `content` as the list that it must be, `{"data": [...]}` unwrapped; raises ProcoreError."""
    if isinstance(content, dict):
        content = content.get("data")
    if not isinstance(content, list):
        raise ProcoreError(
            f"Procore's answer to {doing} is not a list; check PROCORE_API_URL and any proxy in between."
        )
    return content


@dataclass(slots=True)
class _Reading:
    """Rows in order, each once, and what tells that the list moved while its pages were turned."""

    rows: list[Any] = field(default_factory=list)
    totals: set[str] = field(default_factory=set)
    """What the header `Total` said; two of them mean that a row may be missing."""
    met_twice: bool = False

    def take(self, part: list[Any], response: httpx.Response, seen: set[tuple[str, str]]) -> None:
        """Add a page; `seen` are the rows so far, by id and type: version 2 numbers its adjustments per type."""
        self.totals |= {response.headers["Total"]} if "Total" in response.headers else set()
        for row in part:
            if isinstance(row, dict) and row.get("id") is not None:
                key = (str(row["id"]), str(row.get("type", "")))
                if key in seen:
                    self.met_twice = True
                    continue
                seen.add(key)
            self.rows.append(row)


def _steady(client: Client, path: str, doing: str, params: Params, *, v2: bool) -> list[Any]:
    """Read a list until it stood still meanwhile.

    Rows that are met twice again and again are taken once: without a changed total none is missing.
    """
    reading = _Reading()
    for _ in range(MOST_READINGS):
        reading = _through(client, path, doing, params, v2=v2)
        if len(reading.totals) <= 1 and not reading.met_twice:
            return reading.rows
    if len(reading.totals) <= 1:
        return reading.rows
    raise ProcoreError(
        f"Procore's list for {doing} changed each of the {MOST_READINGS} times that it was read; "
        "the bridge reads it again in its next round."
    )


def _through(client: Client, path: str, doing: str, params: Params, *, v2: bool) -> _Reading:
    size = PAGE_SIZE_V2 if v2 else PAGE_SIZE
    reading, seen, page = _Reading(), set[tuple[str, str]](), 1
    for _ in range(MOST_PAGES):
        content, response = client.fetch(path, doing, [*params, ("page", page), ("per_page", size)])
        part = as_list(content, doing)
        reading.take(part, response, seen)
        following = _next(response, page, doing)
        if following is None and v2 and "Link" not in response.headers and len(part) == size:
            following = page + 1
        if following is None:
            return reading
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
