"""Which projects take part: a person switches them on, below a customer of QuickBooks, and off."""

import datetime as dt

from qbwc_bridge.domain.names import fold, near
from qbwc_bridge.domain.reading import ProjectState
from qbwc_bridge.domain.records import Connection, History, ProjectChoice
from qbwc_bridge.errors import Refused, WrongUsage
from qbwc_bridge.flow.options import Options
from qbwc_bridge.ports import ProjectGlance, UnitOfWork


def switch_on(
    uow: UnitOfWork,
    connection: Connection,
    options: Options,
    row: ProjectChoice,
    *,
    customer: str = "",
    create: bool = False,
    who: str,
    now: dt.datetime,
) -> None:
    """Let a project take part; its job goes below `customer`, else the one chosen before, else the default one.

    With `create` that customer is made in QuickBooks. Raises WrongUsage without a customer or with one that cannot be
    made, Refused for one that QuickBooks does not have and for a project that Procore does not show.
    """
    if not row.active:
        raise Refused(f"Project {row.number} is not active in Procore, or not shown to the bridge.")
    given = " ".join(customer.split())
    above = given or row.customer or options.default_customer
    _check_customer(uow, connection, above, create=create)
    if not row.on:
        # It is read whole, and soon: while it was off nobody looked at what changed.
        row.reading, row.touched_at = ProjectState(), now
    row.on, row.customer = True, above
    row.create_customer = create or (row.create_customer and not given)
    uow.projects.save(row)
    _note(uow, row, "on", f"customer {above}", who=who, now=now)


def switch_off(uow: UnitOfWork, row: ProjectChoice, *, who: str, now: dt.datetime) -> None:
    """Let a project no longer take part; what stands in QuickBooks and Procore stays."""
    row.on = False
    uow.projects.save(row)
    _note(uow, row, "off", "", who=who, now=now)


def takes_part(project: ProjectChoice | ProjectGlance) -> bool:
    """Whether a project is on, or its costs are released: nothing of any other one asks a person for anything."""
    return project.on or bool(project.released if isinstance(project, ProjectGlance) else project.release)


def _check_customer(uow: UnitOfWork, connection: Connection, customer: str, *, create: bool) -> None:
    """Refuse a customer that cannot be; before the first reading of the lists any name may be right."""
    if not customer:
        raise WrongUsage(
            "No QuickBooks customer is chosen to stand above the job: name one here, or set the connection's "
            "default_customer."
        )
    if create and ":" in customer:
        raise WrongUsage(f"{customer} cannot be created, since it names a job: give the name of a customer.")
    if create or connection.lists_read_at is None:
        return
    rows = uow.lists.find(connection_id=connection.id, kind="customer", gone=False)
    if not any(row.folded == fold(customer) for row in rows):
        alike = near(customer, [row.full_name for row in rows])
        hint = f" Did you mean {alike[0]}?" if alike else ""
        raise Refused(
            f"QuickBooks has no customer {customer}, as far as it was read: choose another, or say that it shall be "
            f"made there.{hint}"
        )


def _note(uow: UnitOfWork, row: ProjectChoice, after: str, why: str, *, who: str, now: dt.datetime) -> None:
    uow.history.add(History(row.connection_id, "project", row.id, now, who, "", after, why))
