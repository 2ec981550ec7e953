"""A project's dry run, release and withdrawal, as a person sets them going: each in units of work of its own.

Procore is called between two of them, never inside one.
"""

from decimal import Decimal

from qbwc_bridge.domain.money import ZERO, total
from qbwc_bridge.domain.records import ProjectChoice, ReleaseChoice
from qbwc_bridge.errors import NotFound
from qbwc_bridge.flow import detaching, releasing, work
from qbwc_bridge.flow.dry_run import EVERYTHING, DryRun, dry_run
from qbwc_bridge.flow.facts import Facts
from qbwc_bridge.flow.kit import Kit
from qbwc_bridge.flow.ledger import Ledger


def try_release(
    kit: Kit, connection_id: int, project_id: int, chosen: ReleaseChoice = EVERYTHING, *, discreet: bool = False
) -> DryRun:
    """Make a project's dry run of a release with these choices, and remember the figures it showed.

    A `discreet` one names no payee who may be an employee (ACCOUNTING 18). Raises Refused while the project's costs are
    not read whole, and ProcoreError where Procore does not give its direct costs.
    """
    work.settle_all(kit, connection_id)
    with kit.work(connection_id) as uow:
        connection = uow.connections.get(connection_id)
        detaching.check_attached(connection)
        choice = _choice(uow.projects.first(connection_id=connection_id, project_id=project_id), project_id)
        releasing.check_read(Ledger(uow, connection, kit.options(connection)), choice)
    costs = kit.procore_for(connection).direct_costs(project_id)
    with kit.work(connection_id) as uow:
        connection = uow.connections.get(connection_id)
        options = kit.options(connection)
        choice = _choice(uow.projects.first(connection_id=connection_id, project_id=project_id), project_id)
        ledger = Ledger(uow, connection, options, discreet=discreet)
        releasing.check_read(ledger, choice)
        shown = dry_run(Facts(uow, connection, options), ledger, ledger.choices[project_id], costs, chosen)
        choice.dry_run, choice.shown.foreign = releasing.fingerprint(ledger, project_id), shown.foreign
        uow.projects.save(choice)
        return shown


def release(
    kit: Kit, connection_id: int, project_id: int, chosen: ReleaseChoice, *, who: str, beside_others: bool = False
) -> Decimal:
    """Release a project's costs; gives what would count twice in views that add committed and direct costs.

    Raises Refused without a dry run of the present figures, while its costs are not read whole, and where another
    integration wrote direct costs into the project, unless a person wants both (`beside_others`).
    """
    work.settle_all(kit, connection_id)
    with kit.work(connection_id) as uow:
        connection = uow.connections.get(connection_id)
        detaching.check_attached(connection)
        ledger = Ledger(uow, connection, kit.options(connection))
        choice = _choice(ledger.choices.get(project_id), project_id)
        releasing.release(ledger, choice, chosen, who=who, now=kit.clock.now(), beside_others=beside_others)
        if chosen.po_bills == "skip":
            return ZERO
        return total(i.line.amount for i in ledger.of_project(project_id) if i.code and ledger.on_order(i))


def withdraw(kit: Kit, connection_id: int, project_id: int, *, who: str) -> None:
    """Take a release back; the next push removes what the bridge wrote."""
    with kit.work(connection_id) as uow:
        detaching.check_attached(uow.connections.get(connection_id))
        choice = _choice(uow.projects.first(connection_id=connection_id, project_id=project_id), project_id)
        releasing.withdraw(uow, choice, who=who, now=kit.clock.now())


def _choice(choice: ProjectChoice | None, project_id: int) -> ProjectChoice:
    if choice is None:
        raise NotFound(f"Project {project_id} is not known: pull first.")
    return choice
