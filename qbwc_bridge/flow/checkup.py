"""The check-up of one connection: what the bridge knows of it, and its access to Procore, tool by tool.

Procore is only read. Trouble with one project, or one tool, never hides another's.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus

from qbwc_bridge.domain.checkup import Access, Check, Outcome
from qbwc_bridge.domain.records import Connection, ProjectChoice
from qbwc_bridge.domain.txn_types import PAYROLL
from qbwc_bridge.errors import BridgeError, KeyFileError, ProcoreError, ProcoreUnreachable
from qbwc_bridge.flow.kit import Kit
from qbwc_bridge.flow.views import NOT_CALLED, Look, look
from qbwc_bridge.ports import Procore, UnitOfWork

MOST_PROJECTS = 10
"""Projects looked at in one run unless they are named: eleven calls each, of the six hundred that Procore lets an app
make in an hour at the least."""

PAY_DATES = 60
"""Payroll documents that are looked at, one for each pay date and job: those of some months."""

CLOCK_SECONDS, WRONG_CLOCK_SECONDS = 60, 600
"""Off by so much is told, and counts as broken: records are dated by it, and tokens live for an hour or two."""


def connection_checks(kit: Kit, connection: Connection) -> Iterator[Check]:
    """Tell what the bridge itself knows of a connection: company, visits, and what waits for a person."""
    now = kit.clock.now()
    with kit.work(connection.id) as uow:
        found, payroll = look(kit, uow, connection, now), _payroll(uow, connection)
    yield _company(found)
    yield _visits(kit, found)
    if found.lists:
        held = ", ".join(f"{what.lower()} {told}" for what, told in found.lists.facts())
        full = found.lists.warning
        yield _check(connection, "QuickBooks' lists", "look" if full else "fine", full or f"They hold {held}.")
    if payroll:
        yield payroll
    for sentence in found.questions:
        if sentence not in {NOT_CALLED, found.unsent}:  # told with the visits, and with the mail
            yield _check(connection, "waits for a person", "broken", sentence)
    if connection.procore_down:
        yield _check(connection, "last reading", "look", f"Procore did not answer: {connection.procore_down}")


def _company(found: Look) -> Check:
    row = found.connection
    if row.bound_file_id or row.bound_name:
        return _check(row, "QuickBooks company", "fine", f"Bound to {row.bound_name or 'a company without a name'}.")
    if row.last_contact is None:
        told, to_do = "No company has visited yet.", "The first visit of the Web Connector tells which one it is."
        return _check(row, "QuickBooks company", "look", told, to_do)
    told = f"{row.company.name or 'A company'} visited and is not confirmed, so nothing is written to it."
    return _check(row, "QuickBooks company", "broken", told, f"An admin runs `connection confirm {row.name}`.")


def _payroll(uow: UnitOfWork, connection: Connection) -> Check | None:
    """Judge by the ledger whether payroll is costed to jobs whole: QuickBooks tells that preference to no program."""
    if connection.costs_whole_at is None:
        return None
    found = uow.costs.find(connection_id=connection.id, txn_type=PAYROLL, deleted=False, order="-id", limit=PAY_DATES)
    accounts = sorted({line.account for document in found for line in document.lines})
    if not found:
        return _check(connection, "payroll", "fine", "No paycheck is on a job, as far as QuickBooks was read.")
    told = f"Paychecks on jobs post to {', '.join(accounts)}."
    if len(accounts) > 1:
        seems = "So it seems that the preference for job costing of paychecks is on."
        return _check(connection, "payroll", "fine", f"{told} {seems}")
    return _check(
        connection,
        "payroll",
        "look",
        f"{told} Where employer taxes have an account of their own, they are on no job, and the preference for job "
        "costing of paychecks is off.",
        "In QuickBooks: Edit, Preferences, Payroll & Employees, Company Preferences, Job Costing, Class and Item "
        "tracking for paycheck expenses.",
    )


def _visits(kit: Kit, found: Look) -> Check:
    row = found.connection
    if found.stops:
        return _check(row, "visits", "broken", " ".join(found.stops))
    if row.last_contact is None:
        return _check(row, "visits", "look", NOT_CALLED, f"`qwc {row.name}` writes that file.")
    zone = kit.options(row).zone
    return _check(row, "visits", "fine", f"The last one was on {row.last_contact.astimezone(zone):%Y-%m-%d %H:%M %Z}.")


def procore_checks(kit: Kit, connection: Connection, numbers: Sequence[int] = ()) -> Iterator[Check]:
    """Look at hosts, sign-in, company, the company's tools, and those of projects; `numbers` are ids of projects.

    Without `numbers` those that take part are looked at, released ones first, and no more than MOST_PROJECTS.
    """
    with kit.work(connection.id) as uow:
        choices = uow.projects.find(connection_id=connection.id, order="number")
    try:
        procore = kit.procore_for(connection)
    except KeyFileError as problem:
        yield _check(connection, "key file", "broken", str(problem))
        return
    except BridgeError as problem:
        yield _check(connection, "Procore addresses", "broken", str(problem))
        return
    yield _check(connection, "Procore addresses", "fine", "Login host and API host belong to one environment.")
    try:
        procore.check()
    except ProcoreError as problem:
        name = (
            "Procore sign-in" if problem.is_outage or problem.status == HTTPStatus.UNAUTHORIZED else "Procore company"
        )
        yield _check(connection, name, "broken", str(problem))
        return
    yield _check(connection, "Procore sign-in", "fine", "Procore gave a token.")
    yield from _clock(connection, procore.clock_ahead())
    told = f"Company {connection.procore_company_id} is shown to the bridge's app."
    yield _check(connection, "Procore company", "fine", told)
    try:
        for access in procore.access():
            yield from _of_tool(connection, access, where="")
    except ProcoreError as problem:
        yield _check(connection, "Procore company tools", "broken", str(problem))
        return
    yield from _projects(procore, connection, choices, numbers)


def _clock(connection: Connection, ahead: dt.timedelta | None) -> Iterator[Check]:
    """Hold this machine's clock against Procore's, which its answers tell to the second."""
    if ahead is None:
        return
    seconds = abs(int(ahead.total_seconds()))
    if seconds <= CLOCK_SECONDS:
        yield _check(connection, "clock", "fine", "This machine's clock and Procore's agree.")
        return
    way = "behind" if ahead > dt.timedelta() else "ahead of"
    told = f"This machine's clock is {seconds} seconds {way} Procore's."
    to_do = (
        "Let the machine set its clock by a time server: certificates, tokens and the times of records depend on it."
    )
    yield _check(connection, "clock", "broken" if seconds > WRONG_CLOCK_SECONDS else "look", told, to_do)


def _projects(
    procore: Procore, connection: Connection, choices: Iterable[ProjectChoice], numbers: Sequence[int]
) -> Iterator[Check]:
    taking_part = [row for row in choices if (row.project_id in numbers if numbers else row.on or row.release)]
    taking_part.sort(key=lambda row: (row.release is None, row.number))
    chosen = taking_part if numbers else taking_part[:MOST_PROJECTS]
    for choice in chosen:
        called = choice.number or choice.name
        try:
            for access in procore.access(choice.project_id):
                yield from _of_tool(connection, access, where=called, released=choice.release is not None)
        except ProcoreUnreachable as problem:
            yield _check(connection, f"{called} Procore", "broken", str(problem))
            return
        except ProcoreError as problem:
            yield _check(connection, f"{called} Procore", "broken", str(problem))
        for notice in choice.shown.notices:
            yield _check(connection, f"{called} last reading", "look", notice)
    if not taking_part:
        told, to_do = "No project is switched on, so none was looked at.", "See `project list`, then `project on`."
        yield _check(connection, "Procore projects", "look", told, to_do)
        return
    told = f"{len(chosen)} of {len(taking_part)} projects that take part were looked at."
    left = [row.number or row.name for row in taking_part[len(chosen) :]]
    to_do = f"Name others: `doctor {connection.name} --project {left[0]}`." if left else ""
    yield _check(connection, "Procore projects", "fine", told, to_do)


def _of_tool(connection: Connection, access: Access, where: str, *, released: bool = True) -> Iterator[Check]:
    name = f"{where} {access.tool}" if where else f"Procore {access.tool}"
    if access.refused:
        needed = access.needed and (released or access.tool != "Direct Costs")
        place = f"in project {where}" if where else "of the company"
        to_do = (
            f"A Procore administrator gives the bridge's app the tool {access.tool.removeprefix('company ')} {place} "
            f"at level {access.level}, and sees that it is switched on."
        )
        yield _check(connection, name, "broken" if needed else "look", access.refused, to_do)
        return
    yield _check(connection, name, "fine", " ".join([f"It can be read (level wanted: {access.level}).", *access.found]))
    for limit in access.limits:
        yield _check(connection, name, "look", limit)


def _check(connection: Connection, name: str, outcome: Outcome, told: str, to_do: str = "") -> Check:
    return Check(name, outcome, told, to_do, connection.name)
