"""Decisions about where costs belong: their effect is shown first, then a button keeps what was shown."""

from dataclasses import dataclass, field
from typing import NamedTuple

from werkzeug.datastructures import MultiDict

from qbwc_bridge.domain.books import CostDocument
from qbwc_bridge.domain.records import Connection, Mapping, MappingKind
from qbwc_bridge.domain.txn_types import PAYROLL
from qbwc_bridge.errors import NotFound, Refused, WrongUsage
from qbwc_bridge.flow import allocating, work
from qbwc_bridge.flow.cost_documents import called_with_payee
from qbwc_bridge.flow.effects import Effect, effect
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.statuspage.apart import SHOWN
from qbwc_bridge.statuspage.ask import Ask, BadForm, Goto, Page
from qbwc_bridge.statuspage.render import day, money

KINDS: tuple[MappingKind, ...] = (*allocating.COST_KINDS, "job", "vendor")

BUTTONS = {"map": "Map", "ignore": "Ignore", "take_back": "Take back"}

BACK = {"mapping": {"kind": "cost"}, "costs": {}}
"""Pages that have such a form, with what their address says besides."""


@dataclass(slots=True)
class Wanted:
    """Decisions that are not kept yet, and sentences about those that cannot be."""

    decisions: list[Mapping] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


class Row(NamedTuple):
    """What a form says of one name: its kind, and what it is called in both systems."""

    kind: str
    quickbooks: str
    procore: str


def allocate(ask: Ask, name: str) -> Page | Goto:
    """Show what decisions do to the costs read so far; once that was seen, keep them."""
    ask.need_decider()
    connection, form = ask.connection(name), ask.request.form
    page = form.get("from", "")
    page = page if page in BACK else "costs"
    back = ask.url(page, name=name, **BACK[page])
    action, options = form.get("action", ""), ask.site.kit.options(connection)
    wanted = _wanted(ask, connection, action, form)
    if not wanted.decisions:
        return Goto(back, " ".join(wanted.problems) or "Choose at least one name first.", "bad")
    found = effect(Ledger(ask.uow, connection, options), wanted.decisions, called=_dated)
    seen = form.get("seen", "")
    if seen != found.version:
        return _shown(connection, action, wanted, found, page=page, back=back, again=bool(seen))
    for decision in wanted.decisions:
        allocating.keep(ask.uow, decision, who=ask.person.name, now=ask.now)
    work.settle(ask.uow, connection, options, ask.now)
    return Goto(back, f"{said(wanted.decisions, done=True)}{_moved(found)}")


def said(decisions: list[Mapping], *, done: bool = False) -> str:
    """Say decisions of one kind in one clause."""
    first = decisions[0]
    if len(decisions) == 1:
        what = f"mapped to {first.procore}" if first.procore else "ignored" if first.ignored else "open again"
        name = f"{allocating.called(first.kind).capitalize()} {first.quickbooks}"
        return f"{name} is {what}" if done else f"{name} will be {what}"
    what = "mapped" if first.procore else "ignored" if first.ignored else "open again"
    return f"{len(decisions)} names are {what}" if done else f"{len(decisions)} names will be {what}"


def picked(form: MultiDict[str, str]) -> list[Row]:
    """Give what a form is about.

    One name stands in the fields kind, quickbooks and procore. Of a table, `pick` holds kind, colon, name of each
    chosen row, and a field of that name behind `procore:` what was typed in its row.
    """
    if "kind" in form:
        return [Row(form["kind"], form.get("quickbooks", "").strip(), form.get("procore", "").strip())]
    rows = []
    for pick in dict.fromkeys(form.getlist("pick")):
        kind, _, name = pick.partition(":")
        rows.append(Row(kind, name, form.get(f"procore:{pick}", "").strip()))
    return rows


def _wanted(ask: Ask, connection: Connection, action: str, form: MultiDict[str, str]) -> Wanted:
    if action not in BUTTONS:
        raise BadForm("The form does not say what to do: go back, reload the page and try again.")
    wanted = Wanted()
    for row in picked(form):
        try:
            wanted.decisions.append(_decided(ask, connection, action, row, form.get("comment", "")))
        except (NotFound, Refused, WrongUsage) as problem:  # the others go on
            wanted.problems.append(str(problem))
    return wanted


def _decided(ask: Ask, connection: Connection, action: str, row: Row, comment: str) -> Mapping:
    kind = next((each for each in KINDS if each == row.kind), None)
    if kind is None:
        raise BadForm("The form does not say what it is about: go back, reload the page and try again.")
    if action == "map":
        if not row.procore:
            raise WrongUsage(f"Choose a cost code and cost type for {row.quickbooks} first, such as 01-500.O.")
        return allocating.mapped(ask.uow, connection, kind, row.quickbooks, row.procore)
    if action == "ignore":
        return allocating.ignored(ask.uow, connection, kind, row.quickbooks, comment)
    return allocating.taken_back(ask.uow, connection, kind, row.quickbooks)


def _dated(document: CostDocument) -> str:
    return (
        called_with_payee(document)
        if document.txn_type == PAYROLL
        else f"{called_with_payee(document)}, {day(document.txn_date)}"
    )


def _moved(found: Effect) -> str:
    documents = sum(move.documents for move in found.moves)
    if not documents:
        return "; no cost changes its place."
    return f": {money(found.amount)} in {documents} {'document' if documents == 1 else 'documents'} moved."


def _shown(
    connection: Connection, action: str, wanted: Wanted, found: Effect, *, page: str, back: str, again: bool
) -> Page:
    count = len(wanted.decisions)
    values = {
        "connection": connection,
        "action": action,
        "decisions": wanted.decisions,
        "problems": wanted.problems,
        "sentence": said(wanted.decisions),
        "button": f"{BUTTONS[action]} {f'{count} names' if count > 1 else 'it'}",
        "found": found,
        "shown": found.documents[:SHOWN],
        "left": max(0, len(found.documents) - SHOWN),
        "page": page,
        "back": back,
        "again": again,
    }
    return Page("effect.html", values)
