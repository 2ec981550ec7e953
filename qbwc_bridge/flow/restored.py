"""After a restore: the database remembers less than was done. Whatever is unsure is looked up, nothing is written on.

What was done since the backup stands in QuickBooks and Procore under our marks, names and keys. So both are read anew
before anything is written, and what is found is taken for ours. What people decided since is gone, so what had not been
sent is offered to them again, and Procore gets nothing before one of them confirms.
"""

import datetime as dt

from qbwc_bridge.domain.books import WriteBack
from qbwc_bridge.domain.keys import beginning
from qbwc_bridge.domain.procore import DirectCost
from qbwc_bridge.domain.records import Connection, History, ProjectChoice, Submission
from qbwc_bridge.domain.states import OUTSTANDING, State
from qbwc_bridge.errors import Refused
from qbwc_bridge.flow import cost_readings
from qbwc_bridge.flow.company import read_anew
from qbwc_bridge.flow.moves import cancel_queued, move
from qbwc_bridge.flow.pushing import take_in
from qbwc_bridge.flow.readings import LISTS_WHOLE_EVERY
from qbwc_bridge.flow.writeback import rows_elsewhere, who_confirms
from qbwc_bridge.ports import OpenWork, Procore, UnitOfWork

_AGAIN = "the database was restored from a backup: please look again"


def mark_restored(uow: UnitOfWork, who: str, now: dt.datetime) -> None:
    """Prepare every connection of a database that was restored just now; nobody may be using it yet."""
    for connection in uow.connections.find():
        _mark(uow, connection, who, now)
    for person in uow.people.find():
        person.session_version += 1  # whoever was signed out since, or got another password, stays out
        uow.people.save(person)


def _mark(uow: UnitOfWork, connection: Connection, who: str, now: dt.datetime) -> None:
    whole_before = connection.lists_whole_at
    read_anew(connection)
    # What came into QuickBooks meanwhile is still told from what stood there at the first reading.
    connection.lists_whole_at = now - LISTS_WHOLE_EVERY if whole_before else None
    connection.lists_read_at, connection.unsettled, connection.costs_wanted = None, "lists", True
    connection.restored_at, connection.keys_checked_at = now, None
    connection.brake = (
        f"The database was restored from a backup on {now:%Y-%m-%d}, and what people decided after that backup is not "
        f"known any more. {who_confirms(connection)}"
    )
    uow.connections.save(connection)
    uow.history.add(History(connection.id, "connection", connection.id, now, who, "", "", "restored from a backup"))
    for reading in uow.readings.find(connection_id=connection.id, applied_at=None):
        cost_readings.drop(uow, reading, now)
    unsent = [State.READY, State.BLOCKED, State.ACCEPTED, State.EXPORTING, State.FAILED]
    for row in uow.submissions.find(connection_id=connection.id, state=unsent):
        _offer_again(uow, row, who, now)
    for choice in uow.projects.find(connection_id=connection.id):
        choice.unsure = True
        uow.projects.save(choice)
    for cost in uow.writebacks.find(connection_id=connection.id):
        cost.in_flight = True
        uow.writebacks.save(cost)
    for key in uow.keys.find(connection_id=connection.id):
        key.in_flight = True
        uow.keys.save(key)


def _offer_again(uow: UnitOfWork, row: Submission, who: str, now: dt.datetime) -> None:
    """Take an acceptance back that was not carried out: it may have been carried out since, or taken back by a person.

    What was on its way when the backup was made stays so: recovery asks QuickBooks for it.
    """
    if row.link_to == "new":  # it was none of those that stood there then; now it may be
        row.link_to = ""
        uow.submissions.save(row)
    if row.state is State.ACCEPTED:
        cancel_queued(uow, row, now=now, who=who, why=_AGAIN)
        move(uow, row, State.READY, now=now, who=who, why=_AGAIN)
    elif row.state is State.EXPORTING and not uow.tasks.count(submission_id=row.id, state=list(OUTSTANDING)):
        _take_off_its_way(uow, row, who, now)


def _take_off_its_way(uow: UnitOfWork, row: Submission, who: str, now: dt.datetime) -> None:
    tasks = uow.tasks.find(connection_id=row.connection_id, state=list(OUTSTANDING))
    if any(row.id in task.brings for task in tasks) or row.kind in ("new_project", "new_vendor"):
        return  # another one's task brings it; or Procore is asked for it before it is sent again
    cancel_queued(uow, row, now=now, who=who, why=_AGAIN)
    move(uow, row, State.FAILED, now=now, who=who, why=_AGAIN)
    move(uow, row, State.READY, now=now, who=who, why=_AGAIN)


def look_up(work: OpenWork, procore: Procore, connection_id: int) -> None:
    """Read what stands of our costs in the released projects of a restored connection, and take it for ours.

    It stays as it stands until the ledger was read whole and says otherwise. Raises ProcoreError, and Refused where our
    keys were taken away since the backup.
    """
    with work() as uow:
        connection = uow.connections.get(connection_id)
        unsure = [choice for choice in uow.projects.find(connection_id=connection_id, unsure=True) if choice.release]
    for choice in unsure:
        costs = procore.direct_costs(choice.project_id)
        there = {cost.origin_id: cost for cost in costs if cost.origin_id.startswith(beginning(connection.key))}
        without = {cost.id for cost in costs} - {cost.id for cost in there.values()}
        with work() as uow:
            rows = uow.writebacks.find(connection_id=connection_id, project_id=choice.project_id)
            if any(row.procore_id in without for row in rows):
                raise Refused(
                    f"Direct costs of {choice.number} stand in Procore without the bridge's keys: {connection.name} "
                    f"was detached after the backup. Run `connection detach {connection.name}`, then `connection "
                    f"attach {connection.name}`, which gives the keys back."
                )
            _take_in(uow, choice, rows, there)


def _take_in(uow: UnitOfWork, choice: ProjectChoice, rows: list[WriteBack], there: dict[str, DirectCost]) -> None:
    """Let the outbox say of a project what stands there, and nothing else."""
    missing = there.keys() - {row.origin_id for row in rows}
    moved = rows_elsewhere(uow, choice, sorted(missing))  # its job belonged to another project then
    new = [moved.get(key) or WriteBack(choice.connection_id, choice.project_id, key) for key in sorted(missing)]
    for row in (*rows, *new):
        row.project_id = choice.project_id
        take_in(row, there.get(row.origin_id))
        row.wanted = row.written
        (uow.writebacks.save if row.id else uow.writebacks.append)(row)
    found = uow.projects.get(choice.id)
    found.unsure = False
    uow.projects.save(found)
