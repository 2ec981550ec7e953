"""Decisions: checked for role, shown again before several are taken at once, carried out, and settled in one go."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from qbwc_bridge.domain.money import readable, total
from qbwc_bridge.domain.records import KINDS_OUTWARD, Connection, Submission
from qbwc_bridge.errors import NotFound, Refused
from qbwc_bridge.flow import decisions, procore_links, work
from qbwc_bridge.statuspage.ask import Ask, BadForm, Goto, Page
from qbwc_bridge.statuspage.lines import lines
from qbwc_bridge.statuspage.submissions import TOGETHER
from qbwc_bridge.statuspage.tabs import Chosen


@dataclass(frozen=True, slots=True)
class Picked:
    """A submission with the version that the person saw, and what the form says besides."""

    row: Submission
    seen: str
    comment: str
    quickbooks: str
    answer: str


def _accept(ask: Ask, one: Picked) -> None:
    decisions.accept(ask.uow, one.row, who=ask.person.name, now=ask.now, seen=one.seen)


def _reject(ask: Ask, one: Picked) -> None:
    decisions.reject(ask.uow, one.row, comment=one.comment, who=ask.person.name, now=ask.now)


def _take_back(ask: Ask, one: Picked) -> None:
    decisions.take_back(ask.uow, one.row, who=ask.person.name, now=ask.now)


def _retry(ask: Ask, one: Picked) -> None:
    decisions.retry(ask.uow, one.row, who=ask.person.name, now=ask.now)


def _done(ask: Ask, one: Picked) -> None:
    decisions.done(ask.uow, one.row, comment=one.comment, who=ask.person.name, now=ask.now)


def _archive(ask: Ask, one: Picked) -> None:
    decisions.archive(ask.uow, one.row, who=ask.person.name, now=ask.now)


def _link(ask: Ask, one: Picked) -> None:
    if not one.quickbooks:
        raise Refused("Linking needs the record's name or number in the other system.")
    link = procore_links.link if one.row.kind in KINDS_OUTWARD else decisions.link
    link(ask.uow, one.row, one.quickbooks, who=ask.person.name, now=ask.now)


def _unlink(ask: Ask, one: Picked) -> None:
    decisions.unlink(ask.uow, one.row, who=ask.person.name, now=ask.now)


def _new(ask: Ask, one: Picked) -> None:
    decisions.say_new(ask.uow, one.row, who=ask.person.name, now=ask.now)


def _rename(ask: Ask, one: Picked) -> None:
    decisions.choose_name(ask.uow, one.row, name=one.quickbooks, who=ask.person.name, now=ask.now)


def _answer_1099(ask: Ask, one: Picked) -> None:
    answers = {"yes": True, "no": False, "leave": None}
    if one.answer not in answers:
        raise BadForm("The form does not say yes, no or leave alone: reload the page and try again.")
    decisions.answer_1099(ask.uow, one.row, answer=answers[one.answer], who=ask.person.name, now=ask.now)


def _close_order(ask: Ask, one: Picked) -> None:
    decisions.close_order(ask.uow, one.row, who=ask.person.name, now=ask.now)


def _reopen(ask: Ask, one: Picked) -> None:
    decisions.reopen_order(ask.uow, one.row, who=ask.person.name, now=ask.now)


def _second_order(ask: Ask, one: Picked) -> None:
    decisions.second_order(ask.uow, one.row, who=ask.person.name, now=ask.now)


def _agree(ask: Ask, one: Picked) -> None:
    decisions.agree(ask.uow, one.row, who=ask.person.name, now=ask.now)


@dataclass(frozen=True, slots=True)
class Action:
    """A decision: the word on its button, what it did, and how it is done."""

    button: str
    did: str
    carry_out: Callable[[Ask, Picked], None]


ACTIONS: Mapping[str, Action] = {
    "accept": Action("Accept", "Accepted", _accept),
    "reject": Action("Reject", "Rejected", _reject),
    "take_back": Action("Take back", "Taken back:", _take_back),
    "retry": Action("Send again", "Offered again:", _retry),
    "done": Action("Mark as done", "Marked as done by hand:", _done),
    "archive": Action("Archive", "Archive changed for", _archive),
    "link": Action("Link", "Linked", _link),
    "unlink": Action("Unlink", "Unlinked", _unlink),
    "new": Action("It is new", "Said to be new:", _new),
    "rename": Action("Keep", "Name in QuickBooks chosen for", _rename),
    "renumber": Action("Keep", "Number in QuickBooks chosen for", _rename),
    "answer_1099": Action("Keep", "1099 answered for", _answer_1099),
    "close_order": Action("Close its order in QuickBooks", "To be closed in QuickBooks: the order of", _close_order),
    "reopen": Action("Re-open the order for it", "To be written into the re-opened order:", _reopen),
    "second_order": Action("Make it a second order", "To be an order of its own:", _second_order),
    "agree": Action("Agree to QuickBooks' version", "Agreed to as QuickBooks has it:", _agree),
}


def decide(ask: Ask, name: str) -> Page | Goto:
    """Carry out one decision about the picked submissions; several together are shown once more before."""
    ask.need_decider()
    connection = ask.connection(name)
    form = ask.request.form
    chosen = form.get("action", "")
    action = ACTIONS.get(chosen)
    if action is None:
        raise BadForm("The form does not say what to do: go back, reload the page and try again.")
    picked = [_picked(ask, connection, text) for text in dict.fromkeys(form.getlist("pick"))]
    listing = ask.url("submissions", name=name, **Chosen.read(form).query())
    if not picked:
        return Goto(listing, "Choose at least one record first.", "bad")
    if form.get("from") == "record":
        return _carried_out(ask, connection, action, picked, picked_url(ask, name, picked[0]))
    if chosen not in TOGETHER:
        raise BadForm("This can be decided for one record only: open the record.")
    if form.get("confirmed"):
        return _carried_out(ask, connection, action, picked, listing)
    return _shown_again(ask, connection, chosen, picked)


def picked_url(ask: Ask, name: str, one: Picked) -> str:
    """Give the address of a picked record."""
    return ask.url("record", name=name, number=one.row.id)


def _picked(ask: Ask, connection: Connection, text: str) -> Picked:
    number, _, seen = text.partition(":")
    row = ask.uow.submissions.first(id=int(number)) if number.isascii() and number.isdigit() else None
    if row is None or row.connection_id != connection.id:
        raise NotFound("One of the records does not exist here any more: reload the page.")
    if not seen:
        raise BadForm("The form does not say which version of the record you saw: reload the page and try again.")
    form = ask.request.form
    comment, quickbooks, answer = (form.get(each, "").strip() for each in ("comment", "quickbooks", "answer"))
    return Picked(row, seen, comment, quickbooks, answer)


def _shown_again(ask: Ask, connection: Connection, chosen: str, picked: list[Picked]) -> Page:
    made = lines(ask, connection, [one.row for one in picked])
    fit = [
        line
        for line, one in zip(made, picked, strict=True)
        if chosen in line.actions and one.seen == decisions.stamp(one.row)
    ]
    values = {
        "connection": connection,
        "zone": ask.site.kit.options(connection).zone,
        "chosen": Chosen.read(ask.request.form),
        "action": chosen,
        "tab": Chosen.read(ask.request.form).kind or "submissions",
        "word": ACTIONS[chosen].button,
        "lines": fit,
        "left": [line for line in made if line not in fit],
        "sum": _sum([line.row for line in fit]),
        "needs_comment": chosen in ("reject", "done"),
    }
    return Page("confirm.html", values)


def _carried_out(ask: Ask, connection: Connection, action: Action, picked: list[Picked], back: str) -> Goto:
    done: list[Submission] = []
    left: list[str] = []
    for one in sorted(picked, key=lambda each: decisions.dependency(each.row)):
        try:
            action.carry_out(ask, one)
        except (Refused, NotFound) as problem:  # a refused decision changed nothing, the others go on
            left.append(str(problem))
        else:
            done.append(one.row)
    if done:
        work.settle(ask.uow, connection, ask.site.kit.options(connection), ask.now)
    return Goto(back, " ".join([*_told(action, done), *left]), "bad" if left else "good")


def _told(action: Action, done: list[Submission]) -> list[str]:
    if not done:
        return ["Nothing was changed."]
    if len(done) == 1:
        return [f"{action.did} {done[0].number or done[0].title}."]
    amount = _sum(done)
    return [f"{action.did} {len(done)} records{f', {amount} in all' if amount else ''}."]


def _sum(rows: list[Submission]) -> str:
    amounts = [row.amount for row in rows if row.amount is not None]
    return readable(total(amounts)) if amounts else ""
