"""Names: folding for comparison, near matches, and the mark by which a record is found again."""

import difflib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import lru_cache

NEAR = 0.87
"""How alike two folded names must be to be suggested: high enough that "Smith & Sons" and "Smyth & Sons" are, two
different trades are not."""

REMEMBERED = 32768
"""Names whose folded form is remembered: a report has tens of thousands of rows and the same names in all of them."""

_ROUNDING = 1e-9
"""What a float may lack of a whole number."""

_MARK = re.compile(r"\[qb:([A-Z2-7]{6})\]")

_NUMBER = re.compile(r"(?=\S*\d)(?!\d*(?:1st|2nd|3rd|\dth)\b)(\S+?):?(?:\s+[-\u2013\u2014:]+)?(?:\s+|$)", re.IGNORECASE)
"""A first word with a digit, and a dash behind it; "3rd Street" begins with no number."""

_COMPANY_FORMS = re.compile(r"[.,]|\b(inc|llc|ltd|co|corp|company|incorporated|corporation|limited)\b")


@lru_cache(maxsize=REMEMBERED)
def fold(name: str) -> str:
    """Give a name with case and runs of spaces folded, as QuickBooks compares names."""
    return " ".join(name.casefold().split())


def beginnings(name: str) -> set[str]:
    """Give what a code must be, folded, for a name to begin with it: `03-300 Concrete` begins with 03-300, and with 03.

    What follows a code is no letter and no digit. `compact` forms are among them, so that 03300 is found as well.
    """
    folded = fold(name)
    ends = [at for at in range(1, len(folded)) if not folded[at].isalnum()]
    found = {folded[:at] for at in (*ends, len(folded))}
    return {form for begin in found for form in (begin, compact(begin)) if form}


def compact(name: str) -> str:
    """Give a name's letters and digits alone, folded: 03-300 and 03300 are one code."""
    return "".join(letter for letter in fold(name) if letter.isalnum())


class Names:
    """Names among which near ones are looked for; made once, since comparing each with each would take minutes.

    Names nearly alike share most of their pairs of letters, so only those that do are compared.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = [(name, essence) for name in names if (essence := _essence(name))]
        self._with: dict[tuple[str, int], list[int]] = defaultdict(list)
        for at, (_, essence) in enumerate(self._names):
            for pair in _pairs(essence):
                self._with[pair].append(at)
        self._found: dict[str, list[str]] = {}

    def near(self, name: str) -> list[str]:
        """Give the names that are nearly `name`, most alike first; an equal one is the first.

        Company forms (Inc., LLC ...) and punctuation do not make a difference.
        """
        wanted = _essence(name)
        if wanted not in self._found:
            self._found[wanted] = self._near(wanted)
        return list(self._found[wanted])

    def _near(self, wanted: str) -> list[str]:
        common = Counter[int]()
        for pair in _pairs(wanted):
            common.update(self._with.get(pair, ()))  # a whole list at once is counted fast
        room = max(3, len(wanted) // 3)
        least = _least_common(2 * len(wanted) - room)
        found: list[tuple[float, str]] = []
        matcher = difflib.SequenceMatcher(autojunk=False)
        matcher.set_seq2(wanted)
        for at in [at for at, count in common.items() if count >= least]:
            name, essence = self._names[at]
            letters = len(wanted) + len(essence)
            if abs(len(essence) - len(wanted)) > room or common[at] < _least_common(letters):
                continue
            matcher.set_seq1(essence)
            if matcher.quick_ratio() >= NEAR and matcher.ratio() >= NEAR:
                found.append((matcher.ratio(), name))
        return [name for _, name in sorted(found, key=lambda pair: (-pair[0], pair[1]))]


def near(name: str, others: Iterable[str]) -> list[str]:
    """Give the names among `others` that are nearly `name`, as `Names.near` does."""
    return Names(others).near(name)


def number_and_name(job: str) -> tuple[str, str]:
    """Split a job's name into the project number that it begins with and the rest: `24-007 Library`.

    A name that begins with a word without a digit has no number; one that is a number alone is its own name.
    """
    name = " ".join(job.split())
    found = _NUMBER.match(name)
    return (found[1], name[found.end() :] or found[1]) if found else ("", name)


def mark(token: str) -> str:
    """The bridge's mark in a memo, such as `[qb:K7Q2MA]` (ACCOUNTING 9, 12)."""
    return f"[qb:{token}]"


def marks(memo: str) -> list[str]:
    """The tokens of the bridge's marks in a memo."""
    return _MARK.findall(memo)


def _pairs(essence: str) -> list[tuple[str, int]]:
    """Pairs of neighbouring letters, beginning and end included, each with how often it stood there before."""
    framed, seen = f"\n{essence}\n", Counter[str]()
    found = []
    for at in range(len(framed) - 1):
        pair = framed[at : at + 2]
        found.append((pair, seen[pair]))
        seen[pair] += 1
    return found


def _least_common(letters: int) -> float:
    """How many pairs two near names of so many letters together have in common at least.

    Where M letters are common, in order, each letter that the second lacks breaks two pairs and each that it has more
    breaks one: of S letters together, 3M - S + 1 pairs stay, and M is at least S times NEAR / 2.
    """
    return (1.5 * NEAR - 1) * letters + 1 - _ROUNDING


@lru_cache(maxsize=REMEMBERED)
def _essence(name: str) -> str:
    return " ".join(_COMPANY_FORMS.sub(" ", fold(name)).split())
