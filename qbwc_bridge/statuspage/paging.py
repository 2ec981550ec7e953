"""The way to other pages of a long table: the first, the last, and those beside the one that is shown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

BESIDE = 2
"""Pages that are named on either side: more would fill lines of their own."""


LONGEST = 5
"""Digits of a page number in an address: no table has more."""


@dataclass(frozen=True, slots=True)
class Step:
    """A page to go to; one without an address stands for those that are left out."""

    word: str
    url: str
    on: bool = False


def page_of(values: Mapping[str, str]) -> int:
    """Give the page that an address asks for, or the first."""
    text = values.get("page", "")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) <= LONGEST else 1


def pages_of(count: int, rows: int) -> int:
    """Give how many pages of `rows` rows a table of `count` has: one at least."""
    return max(1, -(-count // rows))


def steps(page: int, pages: int, url: Callable[[int], str]) -> list[Step]:
    """Give the pages to go to from `page` of `pages`, by number; nothing where there is one only."""
    if pages == 1:
        return []
    near = [each for each in range(page - BESIDE, page + BESIDE + 1) if 1 < each < pages]
    found: list[Step] = []
    last = 0
    for each in (1, *near, pages):
        if each - last > 1:
            found.append(Step("…", ""))
        found.append(Step(str(each), url(each), each == page))
        last = each
    return found
