"""Names: folding for comparison, near matches, and the mark by which a record is found again."""

import difflib
import re
from collections.abc import Iterable

NEAR = 0.87
"""How alike two folded names must be to be suggested: high enough that "Smith & Sons" and "Smyth & Sons" are, two
different trades are not."""

_MARK = re.compile(r"\[qb:([A-Z2-7]{6})\]")

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


def mark(token: str) -> str:
    """The bridge's mark in a memo, such as `[qb:K7Q2MA]` (ACCOUNTING 9, 12)."""
    return f"[qb:{token}]"


def marks(memo: str) -> list[str]:
    """The tokens of the bridge's marks in a memo."""
    return _MARK.findall(memo)


def _essence(name: str) -> str:
    return " ".join(_COMPANY_FORMS.sub(" ", fold(name)).split())
