"""Webhooks: brings what stands in Procore in line with the projects that are on; looks it up; takes it back.

Ours is what has our namespace and an address of this connection. Nothing in Procore keys a hook, so whatever is to be
made or removed is looked up first; the flag `hooked` of a project says where to look.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Protocol

from qbwc_bridge.domain.records import ProjectChoice
from qbwc_bridge.domain.webhooks import Hook, Trigger, Undelivered, wanted
from qbwc_bridge.errors import ProcoreError, ProcoreUnreachable
from qbwc_bridge.ports import Hooks, OpenWork

Progress = Callable[[str], None]
"""Told one short sentence at each step."""


GONE = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})
"""A project that the app may no longer see."""


class Mark(Protocol):
    """Keeps whether a hook of ours may stand somewhere."""

    def __call__(self, *, hooked: bool) -> None:
        """Keep it."""
        ...


@dataclass(frozen=True, slots=True)
class Address:
    """Where events shall go, where they went before, and the Authorization header that Procore sends."""

    destination: str
    authorization: str
    former: str = ""
    fresh: bool = False
    """Hooks that stand already have another header."""

    def is_ours(self, hook: Hook) -> bool:
        """Whether a hook of our namespace is this connection's."""
        return hook.destination in {self.destination, self.former}

    def differs(self, hook: Hook) -> bool:
        """Whether a hook has to be told the address or the header anew."""
        other_end = bool(hook.shown) and not self.authorization.endswith(hook.shown)
        return self.fresh or hook.destination != self.destination or other_end


@dataclass(slots=True)
class Hooked:
    """What was done: hooks made, hooks that stood already, hooks removed; what failed, and what Procore never tells."""

    made: int = 0
    stood: int = 0
    removed: int = 0
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Shown:
    """The hook of the company (`project` None) or of a project that is on, as it stands; `hook` None where none is."""

    project: ProjectChoice | None
    hook: Hook | None = None
    missing: list[Trigger] = field(default_factory=list)
    triggers: int = 0
    undelivered: Undelivered = field(default_factory=Undelivered)
    others: list[Hook] = field(default_factory=list)
    """Hooks of our namespace that lead elsewhere: another bridge's, or left over from an older address."""
    problem: str = ""


def add(  # noqa: PLR0917 - reads in the order of its sentence
    work: OpenWork, hooks: Hooks, connection_id: int, address: Address, now: dt.datetime, progress: Progress
) -> Hooked:
    """Complete the company's hook and those of projects that are on; remove those of projects that are off.

    Raises ProcoreError where the company's own hook cannot stand; a project's failure is told and stops no other.
    """
    done = Hooked()
    progress("webhook of the company")
    _bring(hooks, None, address, done, _unmarked)
    with work() as uow:
        connection = uow.connections.get(connection_id)
        connection.webhooks_since = connection.webhooks_since or now
        uow.connections.save(connection)
        projects = _concerned(uow.projects.find(connection_id=connection_id, order="number"))
    for project in projects:
        progress(f"webhook of {_name(project)}")
        try:
            if project.on and project.active:
                _bring(hooks, project.project_id, address, done, partial(_mark, work, project))
            else:
                _let_go(work, hooks, project, address, done)
        except ProcoreError as problem:
            done.problems.append(f"{_name(project)}: {problem}")
    return done


def remove(work: OpenWork, hooks: Hooks, connection_id: int, address: Address, progress: Progress) -> Hooked:
    """Remove every hook of the connection; a project's failure is told and stops no other. Raises ProcoreError."""
    done = Hooked()
    progress("webhook of the company")
    done.removed = _remove(hooks, None, address)
    with work() as uow:
        projects = _concerned(uow.projects.find(connection_id=connection_id, order="number"))
    for project in projects:
        progress(f"webhook of {_name(project)}")
        try:
            _let_go(work, hooks, project, address, done)
        except ProcoreError as problem:
            done.problems.append(f"{_name(project)}: {problem}")
    return done


def show(work: OpenWork, hooks: Hooks, connection_id: int, address: Address) -> list[Shown]:
    """Look up the company's hook and those of projects that are on or may hold one.

    Ends with the first that could not be looked up for a reason that all others share: no answer, or no sign-in.
    """
    with work() as uow:
        projects = _concerned(uow.projects.find(connection_id=connection_id, order="number"))
    every = []
    for project in (None, *projects):
        shown = Shown(project)
        every.append(shown)
        try:
            _look_up(hooks, shown, address)
        except ProcoreError as problem:
            shown.problem = str(problem)
            if problem.is_outage or problem.status == HTTPStatus.UNAUTHORIZED:
                break
    return every


def _look_up(hooks: Hooks, shown: Shown, address: Address) -> None:
    project_id = shown.project.project_id if shown.project else None
    found = hooks.find(project_id)
    shown.others = [hook for hook in found if not address.is_ours(hook)]
    shown.hook = next((hook for hook in found if address.is_ours(hook)), None)
    if shown.hook:
        there = hooks.triggers(shown.hook)
        shown.triggers, shown.missing = len(there), sorted(wanted(project_id) - there)
        shown.undelivered = hooks.undelivered(shown.hook)


def _bring(hooks: Hooks, project_id: int | None, address: Address, done: Hooked, mark: Mark) -> None:
    """Let exactly one hook with every trigger stand in the company (None) or a project.

    `mark` keeps that one may stand there, before it does.
    """
    ours = _ours(hooks, project_id, address)
    for doubled in ours[1:]:
        hooks.remove(doubled)
        done.removed += 1
    mark(hooked=True)
    try:
        hook = ours[0] if ours else _made(hooks, project_id, address)
    except ProcoreUnreachable:
        raise
    except ProcoreError:
        mark(hooked=False)
        raise
    done.stood, done.made = done.stood + bool(ours), done.made + (not ours)
    if ours and address.differs(hook):
        hooks.change(hook, address.destination, address.authorization)
    missing = wanted(project_id) - hooks.triggers(hook)
    if missing:
        done.notes += [note for note in _completed(hooks, hook, missing) if note not in done.notes]


def _made(hooks: Hooks, project_id: int | None, address: Address) -> Hook:
    try:
        return hooks.make(project_id, address.destination, address.authorization)
    except ProcoreUnreachable:
        found = _ours(hooks, project_id, address)
        if not found:
            raise
        return found[0]


def _completed(hooks: Hooks, hook: Hook, missing: Iterable[Trigger]) -> list[str]:
    try:
        return hooks.add_triggers(hook, missing)
    except ProcoreUnreachable:
        if not hooks.triggers(hook).issuperset(missing):
            raise
        return []


def _remove(hooks: Hooks, project_id: int | None, address: Address) -> int:
    found = _ours(hooks, project_id, address)
    for hook in found:
        hooks.remove(hook)
    return len(found)


def _let_go(work: OpenWork, hooks: Hooks, project: ProjectChoice, address: Address, done: Hooked) -> None:
    """Remove a project's hook. What Procore shows us no more we cannot remove: that is told, and no failure."""
    try:
        done.removed += _remove(hooks, project.project_id, address)
    except ProcoreError as problem:
        if problem.status not in GONE or isinstance(problem, ProcoreUnreachable):
            raise
        if project.hooked:
            done.notes.append(
                f"Procore does not show the webhooks of {_name(project)} any more; if one is left there, its events "
                "are ignored."
            )
    _mark(work, project, hooked=False)


def _ours(hooks: Hooks, project_id: int | None, address: Address) -> list[Hook]:
    return [hook for hook in hooks.find(project_id) if address.is_ours(hook)]


def _concerned(projects: Iterable[ProjectChoice]) -> list[ProjectChoice]:
    return [row for row in projects if (row.on and row.active) or row.hooked]


def _mark(work: OpenWork, project: ProjectChoice, *, hooked: bool) -> None:
    with work() as uow:
        row = uow.projects.get(project.id)
        row.hooked = hooked
        uow.projects.save(row)


def _unmarked(*, hooked: bool) -> None:
    """Keep nothing: the company is always looked at."""


def _name(project: ProjectChoice) -> str:
    return f"project {project.number or project.project_id}"
