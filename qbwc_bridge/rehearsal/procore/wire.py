"""One request as the handlers see it, their answers, lists cut into pages, and the filters of Procore's lists."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from qbwc_bridge.rehearsal.procore.problems import Problem, Shape, bad_request, forbidden, not_found
from qbwc_bridge.rehearsal.procore.records import Project, Record
from qbwc_bridge.rehearsal.procore.state import State
from qbwc_bridge.rehearsal.procore.tools import Tool, check_level
from qbwc_bridge.rehearsal.procore.values import Row, id_or_none

T = TypeVar("T")
R = TypeVar("R", bound=Record)

MOST_PER_PAGE = 2000
"""Version 1 lists; more is silently cut to this, as the Per-Page header then says."""
USUAL_PER_PAGE = 100
MOST_PER_PAGE_V2 = 100
USUAL_PER_PAGE_V2 = 10
REQUISITIONS_PER_PAGE = 30


@dataclass(frozen=True)
class Ask:
    """A request that has passed the guard: path parameters, query, and the JSON body (None without one)."""

    state: State
    path: Mapping[str, str]
    query: MultiDict[str, str]
    body: Any
    tool: Tool | None = None
    """The tool that the operation belongs to, whose permission is needed."""
    writes: bool = False

    def path_id(self, name: str) -> int:
        """Read a number of the path; what is no number names no record (404)."""
        number = id_or_none(self.path[name])
        if number is None:
            raise not_found()
        return number

    def number(self, name: str) -> int:
        """Read a required number from the query, else from the body; 400 without it."""
        value = self.query.get(name)
        if value is None and isinstance(self.body, dict):
            value = self.body.get(name)
        number = id_or_none(value)
        if number is None:
            raise bad_request("Bad Request", **{name: "is missing"})
        return number

    def company(self) -> None:
        """Check the company named by path, query or body: it must be this one (403)."""
        named = self.path_id("company_id") if "company_id" in self.path else self.number("company_id")
        if named != self.state.company_id:
            raise forbidden("You do not have permission to access this company")
        if self.tool is not None and self.tool[0] == "company":
            level = self.state.levels.get(self.tool[1], "admin")
            check_level(self.tool[1], level, writes=self.writes)

    def project(self) -> Project:
        """Find the project named by path, query or body; its tool must be on and open to the application (403)."""
        named = self.path_id("project_id") if "project_id" in self.path else self.number("project_id")
        project = self.state.project(named)
        if self.tool is not None and self.tool[0] == "project":
            self.state.check_project_tool(project, self.tool[1], writes=self.writes)
        return project

    def wrapped(self, name: str) -> Row:
        """Give the object that the body wraps under `name`; 400 without it."""
        inner = self.body.get(name) if isinstance(self.body, dict) else None
        if not isinstance(inner, dict):
            raise bad_request("Bad Request", **{name: "is missing"})
        return inner

    def updates(self) -> object:
        """Give the list of a sync body, or whatever stands there."""
        return self.body.get("updates") if isinstance(self.body, dict) else None

    def values(self, name: str) -> list[str] | None:
        """Read a filter that may name several: `x=1`, `x=[1,2]`, `x=1,2` or `x[]=1&x[]=2`; None without it."""
        told = self.query.getlist(name) + self.query.getlist(f"{name}[]")
        if not told:
            return None
        return [part.strip().strip("\"'") for one in told for part in one.strip("[]").split(",")]

    def span(self, name: str) -> tuple[datetime, datetime] | None:
        """Read a filter of two moments with three dots between, both included; 400 when it is wrongly formed."""
        told = self.query.get(name)
        if told is None:
            return None
        start, dots, end = told.strip("\"'").partition("...")
        try:
            if not dots:
                raise ValueError(told)  # noqa: TRY301 - one answer for every wrong form
            return _moment(start, last=False), _moment(end, last=True)
        except ValueError as error:
            raise bad_request("Bad Request", **{name: "is not a range of two ISO 8601 dates"}) from error


@dataclass(frozen=True)
class Listing(Generic[T]):
    """A list to be cut into pages; `view` is called only for the rows of the page."""

    items: list[T]
    view: Callable[[T], Row]
    usual: int = USUAL_PER_PAGE
    most: int = MOST_PER_PAGE
    enveloped: bool = False


@dataclass(frozen=True)
class Answer:
    """A finished answer; `body` is anything JSON can hold."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Ask], "Answer | Listing[Any]"]


@dataclass(frozen=True)
class Route:
    """A documented operation: method, path template as Procore's catalogue writes it, and who answers."""

    method: str
    template: str
    handler: Handler
    shape: Shape = "errors"
    for_company: bool = True
    """Whether the header Procore-Company-Id is required."""


def page(listing: Listing[T], query: MultiDict[str, str], address: str) -> Answer:
    """Cut the page asked for out of a list; Link, Total and Per-Page go into the headers.

    `address` is the absolute URL without query, used for the links; `next` is missing on the last page.
    """
    number, size = _positive(query, "page", 1), _positive(query, "per_page", listing.usual)
    size = min(size, listing.most)
    total = len(listing.items)
    last = max(1, -(-total // size))
    rows = [listing.view(item) for item in listing.items[(number - 1) * size : number * size]]
    others = [(name, value) for name, value in query.items(multi=True) if name not in ("page", "per_page")]
    targets = {"first": 1, "prev": number - 1 if number > 1 else None}
    targets |= {"next": number + 1 if number < last else None, "last": last}
    links = [
        f'<{address}?{urlencode([*others, ("page", target), ("per_page", size)])}>; rel="{rel}"'
        for rel, target in targets.items()
        if target is not None
    ]
    headers = {"Link": ", ".join(links), "Total": str(total), "Per-Page": str(size)}
    return Answer({"data": rows} if listing.enveloped else rows, headers=headers)


def chosen(ask: Ask, records: Iterable[R], **equal: Callable[[R], object]) -> list[R]:
    """Keep the records that the filters of a list ask for: id, origin_id, created_at, updated_at, and those in `equal`.

    `equal` names further filters and gives for each the value of a record; a filter may name several values.
    """
    tests: list[Callable[[R], bool]] = []
    wanted: dict[str, Callable[[R], object]] = {"id": lambda r: r.id, "origin_id": lambda r: r.origin_id, **equal}
    for name, value_of in wanted.items():
        told = ask.values(f"filters[{name}]")
        if told is not None:
            tests.append(lambda r, told=set(told), value_of=value_of: str(value_of(r)) in told)  # type: ignore[misc]
    for name in ("created_at", "updated_at"):
        span = ask.span(f"filters[{name}]")
        if span is not None:
            tests.append(lambda r, span=span, name=name: span[0] <= getattr(r, name) <= span[1])  # type: ignore[misc]
    return [record for record in records if all(test(record) for test in tests)]


def undeleted(ask: Ask, records: Iterable[R]) -> list[R]:
    """Keep what `filters[include_deleted]` asks for: normally the living, "with" all, "only" the deleted."""
    told = ask.query.get("filters[include_deleted]")
    if told not in (None, "only", "with"):
        raise Problem(400, "Bad Request", fields={"filters[include_deleted]": ["must be only or with"]})
    return [r for r in records if told == "with" or (getattr(r, "deleted_at", None) is not None) == (told == "only")]


def _positive(query: MultiDict[str, str], name: str, usual: int) -> int:
    told = query.get(name)
    if told is None:
        return usual
    if not re.fullmatch(r"[1-9]\d{0,9}", told):
        raise bad_request("Bad Request", **{name: "must be a whole number from 1"})
    return int(told)


def _moment(text: str, *, last: bool) -> datetime:
    """Read one end of a range; a date alone means its first or last moment in UTC."""
    text = text.strip().strip("\"'")
    moment = datetime.fromisoformat(text)
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        moment = datetime.combine(moment.date(), time(), tzinfo=UTC)
        return moment + timedelta(days=1, seconds=-1) if last else moment
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
