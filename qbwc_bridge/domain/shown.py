"""What Procore shows of a project, and what it does not: an empty list must never look like "nothing new"."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

VIEWS, FORECAST_DAYS = "views", "forecast_days"
TIERS, CHANGE_LINES, PRIME_CHANGES = "tiers", "change_lines", "prime_changes"
HIDDEN, HIDDEN_LATELY = "hidden", "hidden_lately"
BUDGET = "budget"
"""What may be shown only in part: each is asked apart, and has one sentence."""

Notices = Mapping[str, str]
"""What a reading tells of each: a sentence, or nothing (`""`) where all was shown. What it did not ask is left out."""


MOST_NAMED = 5
"""Records left out that are told one by one."""


@dataclass(slots=True)
class LeftOut:
    """Records of Procore's lists that make no sense: what was known of them before stays as it is."""

    why: dict[str, dict[str, str]] = field(default_factory=dict)
    """A sentence for each, by kind of list and id."""

    def note(self, kind: str, left_out: Mapping[str, str], good: Collection[str] | None) -> None:
        """Take what a reading of a list left out; `good` are the records that it read, None: all the others."""
        before = {} if good is None else self.why.get(kind, {})
        kept = {key: why for key, why in before.items() if key not in (good or ())}
        self.why = {each: why for each, why in {**self.why, kind: {**kept, **left_out}}.items() if why}

    @property
    def sentences(self) -> list[str]:
        """A sentence for each of the first few, and how many more there are."""
        told = [why for of_kind in self.why.values() for why in of_kind.values()]
        more = len(told) - MOST_NAMED
        return [*told[:MOST_NAMED], *([f"{more} more records of Procore cannot be used."] if more > 0 else [])]


@dataclass(slots=True)
class Shown:
    """What is known of Procore's refusals in one project; kept with the project, in sentences for people."""

    refused: dict[str, str] = field(default_factory=dict)
    """Why a kind of reading was refused the last time it was tried, by kind."""
    unwritten: str = ""
    """Why its costs could not be written by the last push."""
    partly: dict[str, str] = field(default_factory=dict)
    """What was read of it only in part."""
    left_out: LeftOut = field(default_factory=LeftOut)
    """Records of its lists that make no sense."""
    foreign: str = ""
    """Direct costs of another integration that the last dry run saw."""

    @property
    def unread(self) -> str:
        """Why the project could not be read wholly; empty where it could."""
        return " ".join(dict.fromkeys(self.refused.values()))

    @property
    def notices(self) -> list[str]:
        """What was read of it only in part, a sentence each."""
        return list(dict.fromkeys([*self.partly.values(), *self.left_out.sentences]))

    @property
    def problems(self) -> list[str]:
        """What keeps the project from going on, and wants a person."""
        return [each for each in (self.unread, self.unwritten) if each]

    @property
    def sentences(self) -> list[str]:
        """Everything, the worst first."""
        return [*self.problems, *self.notices]

    def note(self, notices: Notices) -> None:
        """Take what a reading told; what it did not ask stays as it was."""
        self.partly = {about: told for about, told in {**self.partly, **notices}.items() if told}
