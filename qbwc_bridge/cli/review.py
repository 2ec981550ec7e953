"""`review`: what is offered to QuickBooks and to Procore, and what people decide about it."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, get_args

import click

from qbwc_bridge.cli import preview as previews
from qbwc_bridge.cli.common import (
    Bridge,
    connection_option,
    each,
    find_submission,
    json_option,
    pass_bridge,
    say,
    settle,
    show_json,
    who,
)
from qbwc_bridge.cli.tables import table
from qbwc_bridge.domain.money import readable, total
from qbwc_bridge.domain.records import KINDS_OUTWARD, Connection, Kind, Submission
from qbwc_bridge.domain.states import State
from qbwc_bridge.errors import WrongUsage
from qbwc_bridge.files.plain import printable
from qbwc_bridge.flow import decisions, procore_links
from qbwc_bridge.flow.agreement import DOCUMENTS
from qbwc_bridge.flow.facts import LISTS_OF
from qbwc_bridge.flow.previewing import preview as preview_of
from qbwc_bridge.flow.previewing import preview_outward
from qbwc_bridge.ports import UnitOfWork

KINDS = get_args(Kind)

kind_option = click.option("--kind", type=click.Choice(KINDS), help="Only submissions of this kind.")
id_argument = click.argument("row_id", metavar="ID", type=int)

Act = Callable[[UnitOfWork, Submission, dt.datetime], None]


@click.group()
def review() -> None:
    """Look at what is offered to QuickBooks and to Procore, and decide."""


@review.command(name="list")
@connection_option
@kind_option
@click.option("--state", type=click.Choice([state.value for state in State]), help="Only submissions in this state.")
@json_option
@pass_bridge
def list_(bridge: Bridge, name: str | None, kind: Kind | None, state: str | None, *, as_json: bool) -> None:
    """List submissions."""
    rows = _rows(bridge, bridge.connections(name), kind, State(state) if state else None)
    if as_json:
        show_json(rows)
    elif rows:
        click.echo(
            table(["id", "kind", "number", "title", "project", "amount", "state", "why"], [_line(r) for r in rows])
        )
    else:
        say("Nothing is offered.")


@review.command()
@click.argument("ids", metavar="ID...", type=int, nargs=-1)
@click.option("--all", "every", is_flag=True, help="Everything that is ready to export.")
@kind_option
@connection_option
@pass_bridge
def accept(bridge: Bridge, ids: Sequence[int], kind: Kind | None, name: str | None, *, every: bool) -> None:
    """Accept records as they stand; with --all everything that is ready, what others need first, never the blocked."""
    if every == bool(ids) or (kind and not every):
        raise WrongUsage("Give either the ids of submissions, or --all, which --kind can narrow.")
    connection = bridge.connection(name) if every else None
    seen: dict[int, str] = {}
    if connection:
        criteria: dict[str, Any] = {"kind": kind} if kind else {}
        with bridge.kit.work() as uow:
            found = uow.submissions.find(connection_id=connection.id, state=State.READY, **criteria)
        ids = [row.id for row in decisions.in_dependency_order(found)]
        seen = {row.id: decisions.stamp(row) for row in found}
    accepted: list[Submission] = []

    def take(uow: UnitOfWork, row: Submission, now: dt.datetime) -> None:
        decisions.accept(uow, row, who=who(), now=now, seen=seen.get(row.id, ""))
        accepted.append(row)

    try:
        _decide(bridge, ids, name, take, tell=False)
    finally:
        if accepted or every:
            amount = readable(total(row.amount for row in accepted if row.amount is not None))
            click.echo(f"{len(accepted)} accepted, together {amount}.")
        if connection:
            _tell_left(_rows(bridge, [connection], kind, State.BLOCKED))


@review.command()
@id_argument
@connection_option
@pass_bridge
def take_back(bridge: Bridge, row_id: int, name: str | None) -> None:
    """Take an acceptance back, until it is sent."""
    _decide(bridge, [row_id], name, lambda uow, row, now: decisions.take_back(uow, row, who=who(), now=now))


@review.command()
@id_argument
@click.option("--comment", required=True, help="What to mend in Procore.")
@connection_option
@pass_bridge
def reject(bridge: Bridge, row_id: int, comment: str, name: str | None) -> None:
    """Reject a record with a comment that tells what to mend."""
    _decide(
        bridge, [row_id], name, lambda uow, row, now: decisions.reject(uow, row, comment=comment, who=who(), now=now)
    )


@review.command()
@click.argument("ids", metavar="ID...", type=int, nargs=-1, required=True)
@connection_option
@pass_bridge
def retry(bridge: Bridge, ids: Sequence[int], name: str | None) -> None:
    """Send failed records again with the next visit, or offer rejected ones again."""
    _decide(bridge, ids, name, lambda uow, row, now: decisions.retry(uow, row, who=who(), now=now))


@review.command()
@id_argument
@connection_option
@pass_bridge
def archive(bridge: Bridge, row_id: int, name: str | None) -> None:
    """Put a record aside, or take it out again."""
    _decide(bridge, [row_id], name, lambda uow, row, now: decisions.archive(uow, row, who=who(), now=now))


@review.command()
@id_argument
@click.option("--comment", required=True, help="What was done.")
@connection_option
@pass_bridge
def done(bridge: Bridge, row_id: int, comment: str, name: str | None) -> None:
    """Mark a failed record or an update as done by hand in QuickBooks."""
    _decide(bridge, [row_id], name, lambda uow, row, now: decisions.done(uow, row, comment=comment, who=who(), now=now))


@review.command()
@id_argument
@click.option("--quickbooks", help="Name or number of the record in QuickBooks.")
@click.option("--procore", help="For a new project or vendor: its number or name in Procore.")
@click.option("--new", is_flag=True, help="It is none of those that the other system has.")
@connection_option
@pass_bridge
def link(
    bridge: Bridge, row_id: int, quickbooks: str | None, procore: str | None, name: str | None, *, new: bool
) -> None:
    """Link a record to one that QuickBooks has (one born there to one that Procore has), or say that it is new."""
    if [new, bool(quickbooks), bool(procore)].count(True) != 1:
        raise WrongUsage("Give one of --quickbooks or --procore with a name or number, or --new.")

    def join(uow: UnitOfWork, row: Submission, now: dt.datetime) -> None:
        if not new and bool(procore) != (row.kind in KINDS_OUTWARD):
            fits = "--procore" if row.kind in KINDS_OUTWARD else "--quickbooks"
            raise WrongUsage(f"Submission {row.id} is a {row.kind.replace('_', ' ')}: link it with {fits}.")
        if procore:
            procore_links.link(uow, row, procore, who=who(), now=now)
        elif quickbooks:
            decisions.link(uow, row, quickbooks, who=who(), now=now)
        else:
            decisions.say_new(uow, row, who=who(), now=now)

    _decide(bridge, [row_id], name, join)


@review.command()
@id_argument
@connection_option
@pass_bridge
def unlink(bridge: Bridge, row_id: int, name: str | None) -> None:
    """Forget the link to QuickBooks; the record there stays as it is."""
    _decide(bridge, [row_id], name, lambda uow, row, now: decisions.unlink(uow, row, who=who(), now=now))


@review.command()
@id_argument
@connection_option
@pass_bridge
def close_order(bridge: Bridge, row_id: int, name: str | None) -> None:
    """Close the order of a commitment that ended in Procore, with the next visit."""
    _decide(bridge, [row_id], name, lambda uow, row, now: decisions.close_order(uow, row, who=who(), now=now))


@review.command()
@id_argument
@connection_option
@pass_bridge
def reopen(bridge: Bridge, row_id: int, name: str | None) -> None:
    """Open the closed order of a change order again, together with the change."""
    _decide(bridge, [row_id], name, lambda uow, row, now: decisions.reopen_order(uow, row, who=who(), now=now))


@review.command()
@id_argument
@connection_option
@pass_bridge
def second_order(bridge: Bridge, row_id: int, name: str | None) -> None:
    """Write a change order as a purchase order of its own."""
    _decide(bridge, [row_id], name, lambda uow, row, now: decisions.second_order(uow, row, who=who(), now=now))


@review.command()
@id_argument
@connection_option
@pass_bridge
def agree(bridge: Bridge, row_id: int, name: str | None) -> None:
    """Agree to what was changed by hand in an order or estimate: later changes build on it."""
    _decide(bridge, [row_id], name, lambda uow, row, now: decisions.agree(uow, row, who=who(), now=now))


@review.command(name="set")
@id_argument
@click.option("--name", "chosen_name", help="Name in QuickBooks, of a job, vendor or cost code.")
@click.option("--ref-number", help="Number in QuickBooks, of an estimate or order: 11 characters.")
@click.option("--1099", "is_1099", type=click.Choice(["yes", "no"]), help="Whether the vendor gets a 1099.")
@connection_option
@pass_bridge
def set_(  # noqa: PLR0917 - click passes them by name
    bridge: Bridge, row_id: int, chosen_name: str | None, ref_number: str | None, is_1099: str | None, name: str | None
) -> None:
    """Choose the name or number in QuickBooks, or answer whether a vendor gets a 1099."""
    if chosen_name is None and ref_number is None and is_1099 is None:
        raise WrongUsage("Give --name, --ref-number or --1099.")

    def edit(uow: UnitOfWork, row: Submission, now: dt.datetime) -> None:
        text = _chosen(row, chosen_name, ref_number)
        if is_1099 and row.kind != "vendor":
            raise WrongUsage(f"Submission {row.id} is a {row.kind.replace('_', ' ')}: only vendors get a 1099.")
        if text is not None:
            decisions.choose_name(uow, row, name=text, who=who(), now=now)
        if is_1099:
            decisions.answer_1099(uow, row, answer=is_1099 == "yes", who=who(), now=now)

    _decide(bridge, [row_id], name, edit)


@review.command()
@id_argument
@connection_option
@json_option
@pass_bridge
def preview(bridge: Bridge, row_id: int, name: str | None, *, as_json: bool) -> None:
    """Show field by field what will be written beside what is there, and the exact qbXML."""
    asked = bridge.connection(name) if name else None
    with bridge.kit.work() as uow:
        row = find_submission(uow, row_id, asked)
        connection = uow.connections.get(row.connection_id)
        outward = row.kind in KINDS_OUTWARD
        found = preview_outward(uow, row) if outward else preview_of(bridge.kit, uow, connection, row, bridge.now())
    if as_json:
        show_json(previews.facts(row, found))
    else:
        click.echo((previews.text_outward if outward else previews.text)(row, found))


def _decide(bridge: Bridge, ids: Sequence[int], name: str | None, act: Act, *, tell: bool = True) -> None:
    """Carry a decision out on each record in a transaction of its own; what depends on it follows.

    With several, what depends on them follows once at the end: reviewing a whole connection after each would take long.
    """
    asked = bridge.connection(name) if name else None
    touched: set[int] = set()

    def one(row_id: int) -> None:
        with bridge.kit.work() as uow:
            row = find_submission(uow, row_id, asked)
            act(uow, row, bridge.now())
            if len(ids) == 1:
                settle(bridge, uow, row.connection_id)
            else:
                touched.add(row.connection_id)

    try:
        each(ids, one)
    finally:
        for connection_id in touched:
            with bridge.kit.work() as uow:
                settle(bridge, uow, connection_id)
    if tell:
        with bridge.kit.work() as uow:
            for row_id in ids:
                row = uow.submissions.get(row_id)
                called = f"{row.kind.replace('_', ' ')} {row.number or row.title}"
                click.echo(printable(f"{row.id}: {called} is {row.state.replace('_', ' ')}."))


def _chosen(row: Submission, name: str | None, ref_number: str | None) -> str | None:
    """Give the name or number that was chosen, if any; raises WrongUsage for one of the wrong sort."""
    if name is not None and ref_number is not None:
        raise WrongUsage("Give --name or --ref-number, not both.")
    if name is None and ref_number is None:
        return None
    numbered, unnamed = row.kind in DOCUMENTS, row.kind not in DOCUMENTS and row.kind not in LISTS_OF
    if unnamed or numbered != (ref_number is not None):
        what = "--ref-number" if numbered else "neither --name nor --ref-number" if unnamed else "--name"
        raise WrongUsage(f"Submission {row.id} is a {row.kind.replace('_', ' ')}: it takes {what}.")
    return name if ref_number is None else ref_number


def _rows(
    bridge: Bridge, connections: Sequence[Connection], kind: Kind | None, state: State | None
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    criteria: dict[str, Any] = {key: value for key, value in (("kind", kind), ("state", state)) if value}
    now = bridge.now()
    with bridge.kit.work() as uow:
        for connection in connections:
            numbers = {choice.project_id: choice.number for choice in uow.projects.find(connection_id=connection.id)}
            found = uow.submissions.find(connection_id=connection.id, **criteria)
            rows += [_facts(connection, row, numbers.get(row.project_id, ""), now) for row in found]
    return rows


def _facts(connection: Connection, row: Submission, project: str, now: dt.datetime) -> dict[str, Any]:
    return {
        "id": row.id,
        "connection": connection.name,
        "kind": row.kind,
        "number": row.number,
        "title": row.title,
        "project": project,
        "amount": row.amount,
        "state": row.state,
        "update": row.update,
        "reasons": row.reasons,
        "waits_for": row.waits_for,
        "age_days": max((now - row.since).days, 0),
        "notes": row.notes,
        "comment": row.comment,
        "quickbooks": row.quickbooks_name,
    }


def _line(row: dict[str, Any]) -> list[object]:
    waits = [f"Waits for {', '.join(row['waits_for'])}."] if row["waits_for"] else []
    comment = [row["comment"]] if row["comment"] else []
    why = [*(["Update."] if row["update"] else []), *row["reasons"], *waits, *comment, *row["notes"]]
    state = row["state"].replace("_", " ")
    return [row["id"], row["kind"], row["number"], row["title"], row["project"], row["amount"], state, why]


def _tell_left(rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        click.echo(f"{len(rows)} left, because they are blocked:")
        heads = ["id", "kind", "number", "title", "reasons"]
        click.echo(table(heads, [[r["id"], r["kind"], r["number"], r["title"], r["reasons"]] for r in rows]))
