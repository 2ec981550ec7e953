"""Decisions about a project: on and off; its dry run, its release after that was seen, and the withdrawal."""

import datetime as dt
from functools import partial
from typing import get_args

from qbwc_bridge.domain.money import ZERO, readable, total
from qbwc_bridge.domain.records import Before, Connection, CostStatus, PoBills, ProjectChoice, ReleaseChoice
from qbwc_bridge.errors import BridgeError
from qbwc_bridge.flow import release_steps, taking_part, work
from qbwc_bridge.flow.dry_run import DryRun
from qbwc_bridge.flow.releasing import in_words
from qbwc_bridge.statuspage.ask import Ask, BadForm, Goto, Outside, Page, or_told
from qbwc_bridge.statuspage.projects import choice
from qbwc_bridge.statuspage.render import day

SUMS = ("budget", "committed", "before", "after", "projected_before", "projected_after")
"""Columns of a dry run that have a foot."""


def switch(ask: Ask, name: str, project: int) -> Goto:
    """Switch a project on, below the customer that the form names, or off."""
    ask.need_decider()
    connection, form = ask.connection(name), ask.request.form
    row, options = choice(ask, connection, project), ask.site.kit.options(connection)
    back, who, now = ask.url("project", name=name, project=project), ask.person.name, ask.now
    customer, create = form.get("customer", ""), form.get("create") == "yes"
    soon = "" if row.on else " Procore is read for it within a minute."
    try:
        if form.get("to") == "on":
            taking_part.switch_on(ask.uow, connection, options, row, customer=customer, create=create, who=who, now=now)
            told = f"{row.number} {row.name} is on, below customer {row.customer}.{soon}"
        elif form.get("to") == "off":
            taking_part.switch_off(ask.uow, row, who=who, now=now)
            told = f"{row.number} {row.name} is off. What stands in QuickBooks and Procore stays."
        else:
            raise BadForm("The form does not say what to do: go back, reload the page and try again.")
    except BridgeError as problem:
        typed = {"customer": customer[:209] or None, "create": "yes" if create else None}
        return Goto(ask.url("project", name=name, project=project, **typed), str(problem), "bad")
    work.settle(ask.uow, connection, options, now)
    return Goto(back, told)


def dry_run(ask: Ask, name: str, project: int) -> Outside:
    """Read what Procore has of a project's direct costs, and show what a release with the form's choices brings."""
    ask.need_decider()
    connection = ask.connection(name)
    row, chosen = choice(ask, connection, project), _chosen(ask)
    kit, back = ask.site.kit, ask.url("project", name=name, project=project)

    def act() -> Page:
        found = release_steps.try_release(kit, connection.id, project, chosen, discreet=True)
        return _shown(connection, row, found, back)

    return Outside(partial(or_told, act, back))


def release(ask: Ask, name: str, project: int) -> Outside:
    """Release a project's costs with the choices whose dry run the person saw."""
    ask.need_decider()
    connection, form = ask.connection(name), ask.request.form
    row, chosen = choice(ask, connection, project), _chosen(ask)
    kit, back, who = ask.site.kit, ask.url("project", name=name, project=project), ask.person.name
    both = form.get("beside_others") == "yes"

    def act() -> Goto:
        twice = release_steps.release(kit, connection.id, project, chosen, who=who, beside_others=both)
        told = f"{row.number} {row.name} is released: the next push writes its costs."
        if twice != ZERO:
            told += f" {readable(twice)} of bills on exported orders count twice where a view adds both."
        return Goto(back, told)

    return Outside(partial(or_told, act, back))


def withdraw(ask: Ask, name: str, project: int) -> Page | Outside:
    """Show what a withdrawal takes out of Procore; once that was seen, take the release back."""
    ask.need_decider()
    connection = ask.connection(name)
    row = choice(ask, connection, project)
    kit, back, who = ask.site.kit, ask.url("project", name=name, project=project), ask.person.name
    if not ask.request.form.get("confirmed"):
        written = ask.uow.writebacks.find(connection_id=connection.id, project_id=project)
        costs = [each.written for each in written if each.written]
        values = {"connection": connection, "row": row, "back": back, "count": len(costs)}
        return Page("withdraw.html", {**values, "amount": total(cost.amount() for cost in costs)})

    def act() -> Goto:
        release_steps.withdraw(kit, connection.id, project, who=who)
        return Goto(back, f"{row.number} {row.name} is withdrawn: the next push removes what the bridge wrote.")

    return Outside(partial(or_told, act, back))


def _chosen(ask: Ask) -> ReleaseChoice:
    """Read the choices of a release; without a date they are of all costs. Bills on orders have no default answer."""
    form, text = ask.request.form, ask.request.form.get("costs_from", "")
    earlier: tuple[Before, ...] = get_args(Before)
    bills: tuple[PoBills, ...] = get_args(PoBills)
    statuses: tuple[CostStatus, ...] = get_args(CostStatus)
    if form.get("po_bills") == "":
        raise BadForm(
            "Say what becomes of bills on exported purchase orders, since offices differ: they are written as direct "
            "costs, or left to Procore's subcontractor invoices. Go back and choose."
        )
    try:
        before = earlier[earlier.index(form["before"] if text else "detail")]
        po_bills, status = bills[bills.index(form["po_bills"])], statuses[statuses.index(form["status"])]
        return ReleaseChoice(dt.date.fromisoformat(text) if text else dt.date.min, before, po_bills, status)
    except (KeyError, ValueError) as error:
        raise BadForm("The choices cannot be read: go back, reload the page and try again.") from error


def _shown(connection: Connection, row: ProjectChoice, found: DryRun, back: str) -> Page:
    left = [each for each in found.unmapped if not each.ignored]
    values = {
        "connection": connection,
        "row": row,
        "found": found,
        "choices": in_words(found.chosen, day),
        "back": back,
        "sums": {key: total(getattr(each, key) for each in found.rows) for key in SUMS},
        "left": left,
        "left_sum": total(each.amount for each in left),
    }
    return Page("dry_run.html", values)
