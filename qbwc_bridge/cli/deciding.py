"""Decisions of `map` carried out: made, their effect reckoned, kept, and everything that depends on them settled."""

from collections.abc import Callable
from typing import Literal

import click

from qbwc_bridge.cli import effects
from qbwc_bridge.cli.common import Bridge, say, settle, show_json, who
from qbwc_bridge.domain.records import Connection, Mapping, MappingKind
from qbwc_bridge.flow import allocating, links, work
from qbwc_bridge.flow.effects import effect
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.ports import UnitOfWork

Decide = Callable[[UnitOfWork, Connection], Mapping]
"""Makes a decision that is not kept yet."""


def mapped(kind: MappingKind, quickbooks: str, procore: str) -> Decide:
    """Decide where costs of a name belong."""
    return lambda uow, connection: allocating.mapped(uow, connection, kind, quickbooks, procore)


def ignored(kind: MappingKind, quickbooks: str, comment: str) -> Decide:
    """Decide to leave a name out."""
    return lambda uow, connection: allocating.ignored(uow, connection, kind, quickbooks, comment)


def link(bridge: Bridge, connection: Connection, kind: Literal["job", "vendor"], quickbooks: str, procore: str) -> None:
    """Link a job or vendor to a project or vendor of Procore."""
    with bridge.kit.work() as uow:
        links.link(uow, connection, kind, quickbooks, procore, who=who(), now=bridge.now())
        settle(bridge, uow, connection.id)


def carry_out(bridge: Bridge, connection: Connection, decide: Decide, *, dry_run: bool, as_json: bool) -> None:
    """Reckon what a decision does to the costs read so far, keep it unless it is a dry run, and print both."""
    work.settle_all(bridge.kit, connection.id)
    with bridge.kit.work() as uow:
        row = uow.connections.get(connection.id)
        decision = decide(uow, row)
        found = effect(Ledger(uow, row, bridge.kit.options(row)), [decision])
        if not dry_run:
            allocating.keep(uow, decision, who=who(), now=bridge.now())
            settle(bridge, uow, connection.id)
    if as_json:
        show_json(effects.facts(decision, found, kept=not dry_run))
        return
    what = f"mapped to {decision.procore}" if decision.procore else "ignored" if decision.ignored else "open again"
    name = f"{allocating.called(decision.kind)} {decision.quickbooks}"
    click.echo(f"{name} would be {what}. Nothing is kept." if dry_run else f"{name} is {what}.")
    click.echo(effects.text(found), nl=False)


def set_account(bridge: Bridge, connection: Connection, quickbooks: str, account: str) -> None:
    """Choose the expense account of items to come, or take the choice back."""
    with bridge.kit.work() as uow:
        row, notes = allocating.with_account(uow, connection, quickbooks, account)
        allocating.keep(uow, row, who=who(), now=bridge.now())
        settle(bridge, uow, connection.id)
    for note in notes:
        say(note)
