"""Decisions about where costs belong: the effect is shown first, then a button keeps what was shown."""

from collections.abc import Mapping as Form

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

BUTTONS = {"map": "Map it", "ignore": "Ignore it", "take_back": "Take it back"}


def allocate(ask: Ask, name: str) -> Page | Goto:
    """Show what a decision does to the costs read so far; once that was seen, keep it."""
    ask.need_decider()
    connection, form = ask.connection(name), ask.request.form
    back = ask.url("costs", name=name)
    action, options = form.get("action", ""), ask.site.kit.options(connection)
    try:
        decision = _decided(ask, connection, action, form)
        found = effect(Ledger(ask.uow, connection, options), decision, called=_dated)
        seen = form.get("seen", "")
        if seen != found.version:
            return _shown(connection, action, decision, found, again=bool(seen))
        allocating.keep(ask.uow, decision, who=ask.person.name, now=ask.now)
        work.settle(ask.uow, connection, options, ask.now)
    except (NotFound, Refused, WrongUsage) as problem:
        return Goto(back, str(problem), "bad")
    return Goto(back, f"{said(decision, done=True)}{_moved(found)}")


def said(decision: Mapping, *, done: bool = False) -> str:
    """Say a decision in one clause."""
    name = f"{allocating.called(decision.kind).capitalize()} {decision.quickbooks}"
    what = f"mapped to {decision.procore}" if decision.procore else "ignored" if decision.ignored else "open again"
    return f"{name} is {what}" if done else f"{name} will be {what}"


def _decided(ask: Ask, connection: Connection, action: str, form: Form[str, str]) -> Mapping:
    kind = next((each for each in KINDS if each == form.get("kind")), None)
    quickbooks = form.get("quickbooks", "").strip()
    if kind is None or action not in BUTTONS:
        raise BadForm("The form does not say what to do: go back, reload the page and try again.")
    if action == "map":
        code = form.get("procore", "").strip()
        if not code:
            raise WrongUsage("Choose a cost code and cost type first, such as 01-500.O.")
        return allocating.mapped(ask.uow, connection, kind, quickbooks, code)
    if action == "ignore":
        return allocating.ignored(ask.uow, connection, kind, quickbooks, form.get("comment", ""))
    return allocating.taken_back(ask.uow, connection, kind, quickbooks)


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


def _shown(connection: Connection, action: str, decision: Mapping, found: Effect, *, again: bool) -> Page:
    values = {
        "connection": connection,
        "action": action,
        "decision": decision,
        "sentence": said(decision),
        "button": BUTTONS[action],
        "found": found,
        "shown": found.documents[:SHOWN],
        "left": max(0, len(found.documents) - SHOWN),
        "again": again,
    }
    return Page("effect.html", values)
