"""Names: folding for comparison, near matches, and the mark by which a record is found again."""

import difflib
import re
from collections.abc import Iterable

NEAR = 0.87
"""How alike two folded names must be to be suggested: high enough that "Smith & Sons" and "Smyth & Sons" are, two
different trades are not."""

_MARK = re.compile(r"\[qb:([A-Z2-7]{6})\]")

_NUMBER = re.compile(r"(?=\S*\d)(?!\d*(?:1st|2nd|3rd|\dth)\b)(\S+?):?(?:\s+[-\u2013\u2014:]+)?(?:\s+|$)", re.IGNORECASE)
"""A first word with a digit, and a dash behind it; "3rd Street" begins with no number."""

_COMPANY_FORMS = re.compile(r"[.,]|\b(inc|llc|ltd|co|corp|company|incorporated|corporation|limited)\b")


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


def near(name: str, others: Iterable[str]) -> list[str]:
    """Give the names among `others` that are nearly `name`, most alike first; equal ones are not near but the same.

    Company forms (Inc., LLC ...) and punctuation do not make a difference.
    """
    wanted = _essence(name)
    found: list[tuple[float, str]] = []
    matcher = difflib.SequenceMatcher(autojunk=False)
    matcher.set_seq2(wanted)
    for other in others:
        essence = _essence(other)
        if not essence or abs(len(essence) - len(wanted)) > max(3, len(wanted) // 3):
            continue
        matcher.set_seq1(essence)
        if matcher.real_quick_ratio() >= NEAR and matcher.quick_ratio() >= NEAR and matcher.ratio() >= NEAR:
            found.append((matcher.ratio(), other))
    return [other for _, other in sorted(found, key=lambda pair: (-pair[0], pair[1]))]


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


def _essence(name: str) -> str:
    return " ".join(_COMPANY_FORMS.sub(" ", fold(name)).split())
