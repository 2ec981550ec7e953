"""`map`: links between QuickBooks and Procore records, named as people name them."""

from collections.abc import Callable
from collections.abc import Mapping as Named
from typing import Any

import click

from qbwc_bridge.cli import deciding, map_rows
from qbwc_bridge.cli.common import (
    Bridge,
    connection_option,
    json_option,
    pass_bridge,
    say,
    show_json,
)
from qbwc_bridge.cli.map_files import export, import_
from qbwc_bridge.cli.tables import table
from qbwc_bridge.domain.records import Connection, Mapping, MappingKind
from qbwc_bridge.errors import WrongUsage
from qbwc_bridge.flow import allocating, work
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.flow.map_lines import KINDS
from qbwc_bridge.ports import UnitOfWork

LISTS: Named[str, tuple[Callable[[Ledger], list[dict[str, Any]]], str]] = {
    "not_cost": (map_rows.not_cost, "Every line of a linked job is a cost."),
    "unlinked_costs": (map_rows.unlinked_costs, "No job without a project has costs."),
}
"""The lists of what stands apart, each with the sentence for an empty one."""

kind_option = click.option("--kind", type=click.Choice(KINDS), required=True, help="What is linked.")
quickbooks_option = click.option(
    "--quickbooks", required=True, metavar="TEXT", help="Full name in QuickBooks; of a type its name, such as Paycheck."
)
dry_run_option = click.option("--dry-run", is_flag=True, help="Show what it would do to costs, and keep nothing.")


@click.group(name="map")
def mapping() -> None:
    """Link QuickBooks and Procore records."""


@mapping.command(name="list")
@connection_option
@click.option("--kind", type=click.Choice(KINDS), help="Only this kind.")
@click.option("--unmapped", is_flag=True, help="Costs without a cost code; jobs or vendors without a link.")
@click.option("--not-cost", is_flag=True, help="Other lines of linked jobs: retainage, deposits, assets, income.")
@click.option("--unlinked-costs", is_flag=True, help="Costs of jobs that are linked to no project, by job.")
@json_option
@pass_bridge
def list_(bridge: Bridge, /, *, name: str | None, kind: MappingKind | None, as_json: bool, **asked: bool) -> None:
    """List what is linked, mapped and ignored; or what is not, or what stands apart from job cost."""
    wanted = [which for which, on in asked.items() if on]
    if len(wanted) > 1 or (kind and wanted and wanted[0] in LISTS):
        raise WrongUsage("Ask for one list: --unmapped, which --kind narrows, --not-cost or --unlinked-costs.")
    which = next(iter(wanted), "")
    rows: list[dict[str, Any]] = []
    for connection in bridge.connections(name):
        if which:
            work.settle_all(bridge.kit, connection.id)
        with bridge.kit.work() as uow:
            rows += _rows(bridge, uow, uow.connections.get(connection.id), which, kind)
    if as_json:
        show_json(rows)
    elif rows:
        heads = [head for head in rows[0] if head not in ("decided_at", "decided_by")]
        click.echo(
            table([head.replace("_", " ") for head in heads], [[_cell(row[head]) for head in heads] for row in rows])
        )
    else:
        say(_nothing(which, kind))


def _rows(
    bridge: Bridge, uow: UnitOfWork, connection: Connection, which: str, kind: MappingKind | None
) -> list[dict[str, Any]]:
    if not which:
        return map_rows.linked(uow, connection, kind)
    if kind in ("job", "vendor"):
        return map_rows.unlinked(uow, connection, kind)
    ledger = Ledger(uow, connection, bridge.kit.options(connection))
    return LISTS[which][0](ledger) if which in LISTS else map_rows.unmapped(ledger, kind)


def _cell(value: Any) -> Any:
    """A list is told by its length in a table."""
    return len(value) if isinstance(value, list) else value


def _nothing(which: str, kind: MappingKind | None) -> str:
    if not which:
        return "Nothing is linked or mapped yet."
    if which in LISTS:
        return LISTS[which][1]
    return f"Every {kind} of QuickBooks is linked." if kind in ("job", "vendor") else "Every cost has its code."


@mapping.command(name="set")
@kind_option
@quickbooks_option
@click.option(
    "--procore",
    metavar="TEXT",
    help="Cost code, dot, cost type (01-500.O); project number; vendor name; of a transaction type the cost type.",
)
@click.option(
    "--expense-account",
    metavar="TEXT",
    help="Of an item that is still to be made, and of those below it: the account for its costs; empty takes it back.",
)
@dry_run_option
@connection_option
@json_option
@pass_bridge
def set_(
    bridge: Bridge,
    *,
    kind: MappingKind,
    quickbooks: str,
    procore: str | None,
    expense_account: str | None,
    dry_run: bool,
    name: str | None,
    as_json: bool,
) -> None:
    """Say where costs of an item, account, class or transaction type belong; link a job or vendor; choose an account.

    What moves by it is shown, with --dry-run before it is kept. Items go before accounts, accounts before classes. An
    item or class may name a cost code alone (01-500), an account or class a cost type alone (.L).
    """
    if (procore is None) == (expense_account is None) or (kind != "item" and procore is None):
        raise WrongUsage("Give --procore, or for an item --expense-account.")
    if (dry_run or as_json) and (kind in ("job", "vendor") or procore is None):
        raise WrongUsage("--dry-run and --json show where costs go: of items, accounts, classes and transaction types.")
    connection = bridge.connection(name)
    if procore is None:
        deciding.set_account(bridge, connection, quickbooks, expense_account or "")
        click.echo(f"New items {quickbooks} get the expense account {expense_account or 'of the connection'}.")
    elif kind in ("job", "vendor"):
        deciding.link(bridge, connection, kind, quickbooks, procore)
        click.echo(f"{kind} {quickbooks} is mapped to {procore}.")
    else:
        decide = deciding.mapped(kind, quickbooks, procore)
        deciding.carry_out(bridge, connection, decide, dry_run=dry_run, as_json=as_json)


@mapping.command()
@connection_option
@json_option
@pass_bridge
def suggest(bridge: Bridge, name: str | None, *, as_json: bool) -> None:
    """List what has no link or code yet (jobs, vendors, names with unmapped cost) and is nearly the same in Procore."""
    rows: list[dict[str, Any]] = []
    for connection in bridge.connections(name):
        work.settle_all(bridge.kit, connection.id)
        with bridge.kit.work() as uow:
            row = uow.connections.get(connection.id)
            rows += map_rows.suggestions(uow, row, Ledger(uow, row, bridge.kit.options(row)))
    if as_json:
        show_json(rows)
    elif rows:
        shown = [[row["connection"], row["kind"], row["quickbooks"], "; ".join(row["procore"])] for row in rows]
        click.echo(table(["connection", "kind", "quickbooks", "procore"], shown))
    else:
        say("Nothing that is not linked yet is nearly the same in both systems.")


@mapping.command()
@kind_option
@quickbooks_option
@click.option("--comment", required=True, help="Why its costs stay out of Procore.")
@dry_run_option
@connection_option
@json_option
@pass_bridge
def ignore(
    bridge: Bridge, *, kind: MappingKind, quickbooks: str, comment: str, dry_run: bool, name: str | None, as_json: bool
) -> None:
    """Leave the costs of an item, account, class, transaction type or unlinked job out of Procore, with a reason.

    What is ignored by its item or transaction type stays out whatever else is mapped; an account or class is ignored
    where nothing else gives its costs a code. `map set` or `map take-back` ends it.
    """
    decide = deciding.ignored(kind, quickbooks, comment)
    deciding.carry_out(bridge, bridge.connection(name), decide, dry_run=dry_run, as_json=as_json)


@mapping.command(name="take-back")
@kind_option
@quickbooks_option
@dry_run_option
@connection_option
@json_option
@pass_bridge
def take_back(
    bridge: Bridge, *, kind: MappingKind, quickbooks: str, dry_run: bool, name: str | None, as_json: bool
) -> None:
    """Take back what was mapped with `map set` or ignored with `map ignore`; links are ended with `review unlink`."""

    def decide(uow: UnitOfWork, connection: Connection) -> Mapping:
        return allocating.taken_back(uow, connection, kind, quickbooks)

    deciding.carry_out(bridge, bridge.connection(name), decide, dry_run=dry_run, as_json=as_json)


mapping.add_command(export)
mapping.add_command(import_)
