"""People who may sign in to the status page."""

from dataclasses import dataclass, field
from typing import Literal

Role = Literal["viewer", "approver", "admin"]


@dataclass(slots=True)
class Person:
    """Somebody who may sign in to the status page."""

    name: str
    role: Role
    password_hash: str
    connections: list[str] = field(default_factory=list)
    """Names of connections; empty means all."""
    session_version: int = 0
    id: int = 0
