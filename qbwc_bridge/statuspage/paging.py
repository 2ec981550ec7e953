"""The way to other pages of a long table: the first, the last, and those beside the one that is shown."""

from collections.abc import Callable
from dataclasses import dataclass

BESIDE = 2
"""Pages that are named on either side: more would fill lines of their own."""


@dataclass(frozen=True, slots=True)
class Step:
    """A page to go to; one without an address stands for those that are left out."""

    word: str
    url: str
    on: bool = False


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
