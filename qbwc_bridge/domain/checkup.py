"""What a check-up finds: one thing that was looked at, how it is, and what to do about it."""

from dataclasses import dataclass, field
from typing import Literal

Outcome = Literal["fine", "look", "broken"]
"""`look`: it works, but not wholly, which somebody should know. `broken`: it does not, and needs a person."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, in a sentence; `to_do` is empty where there is nothing to do."""

    name: str
    outcome: Outcome
    told: str
    to_do: str = ""
    connection: str = ""


@dataclass(frozen=True, slots=True)
class Access:
    """One tool of Procore as a harmless reading found it."""

    tool: str
    """With its scope: `company Directory`, `Budget`."""
    level: str
    """The level that the bridge asks for."""
    needed: bool = True
    """Whether the bridge cannot work without it; else only something beside is missing."""
    refused: str = ""
    """Procore's refusal in a sentence; empty where it could be read."""
    found: list[str] = field(default_factory=list)
    """What was seen, and what a reading cannot see, a sentence each."""
    limits: list[str] = field(default_factory=list)
    """What works only in part, a sentence each."""
