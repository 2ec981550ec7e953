"""The overview: one word, what needs a person, what is on its way, and what happened lately; of many a line each."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from qbwc_bridge.domain.money import total
from qbwc_bridge.domain.records import KINDS_OUTWARD, Connection, History, Submission
from qbwc_bridge.domain.states import State
from qbwc_bridge.flow import views
from qbwc_bridge.flow.clients import Client, clients
from qbwc_bridge.statuspage import words
from qbwc_bridge.statuspage.ask import Ask, Page
from qbwc_bridge.statuspage.paging import page_of, pages_of, steps
from qbwc_bridge.statuspage.render import day
from qbwc_bridge.statuspage.tabs import FILTERS

MOST_CARDS = 3
"""Connections that are shown whole below each other: more fit no screen, and each takes statements of its own."""

LINES = 50
"""Connections of one page of many: what needs attention is on the first."""

LATELY = 5
"""How much of what happened is told: a glance, not a list."""


@dataclass(frozen=True, slots=True)
class Happening:
    """What happened lately: when, what was done, and with which record; None where costs were read."""

    at: dt.datetime
    did: str
    record: Submission | None


@dataclass(frozen=True, slots=True)
class Card:
    """One connection on the overview."""

    look: views.Look
    shown: words.Look
    zone: ZoneInfo
    needs: list[tuple[int, str, str]]
    """Count, words, address."""
    lately: list[Happening]
    company: list[tuple[str, str]]
    """What the last visit told of the company."""
    setting_up: bool
    """Whether it has not gone through its first steps yet."""


def overview(ask: Ask) -> Page:
    """Show every connection that the person may see, the worst first."""
    connections = ask.connections
    if len(connections) > MOST_CARDS:
        return _many(ask, connections)
    cards = [_card(ask, views.look(ask.site.kit, ask.uow, row, ask.now)) for row in connections]
    cards.sort(key=lambda card: views.WORST_FIRST.index(card.look.word))
    return _shown(cards)


def client(ask: Ask, name: str) -> Page:
    """Show one connection alone, as the overview shows few of them."""
    connection = ask.connection(name)
    return _shown([_card(ask, views.look(ask.site.kit, ask.uow, connection, ask.now))], connection)


def _shown(cards: list[Card], connection: Connection | None = None) -> Page:
    word = views.worst([card.look.word for card in cards])
    values = {"cards": cards, "word": word, "shown": words.WORDS[word], "kinds": words.KINDS}
    here = {"connection": connection} if connection else {}
    return Page("overview.html", values | here | {"needs_total": sum(card.look.needs_a_person for card in cards)})


def _many(ask: Ask, connections: list[Connection]) -> Page:
    found = clients(ask.site.kit, ask.uow, connections, ask.now)
    said = Counter(each.word for each in found)
    word = views.worst(list(said))
    pages = pages_of(len(found), LINES)
    page = min(page_of(ask.request.args), pages)
    shown = found[(page - 1) * LINES : page * LINES]
    values = {
        "lines": [(each, words.WORDS[each.word], _records(ask, each), _zone(ask, each)) for each in shown],
        "connections": len(found),
        "count": {each: said[each] for each in views.WORST_FIRST},
        "steps": steps(page, pages, lambda number: ask.url("overview", page=number)),
        "word": word,
        "shown": words.WORDS[word],
        "needs_total": sum(each.needs_a_person for each in found),
        "difference": total(abs(each.difference) for each in found if each.difference),
    }
    return Page("clients.html", values)


def _zone(ask: Ask, found: Client) -> ZoneInfo:
    return ask.site.kit.options(found.connection).zone


def _records(ask: Ask, found: Client) -> list[tuple[int, str, str]]:
    """Count, words and address of what needs a person at one of many."""
    tally = found.tally
    return _needs(ask, found.connection, tally.states, tally.updates, (tally.differing, found.unmapped, tally.refused))


def _needs(
    ask: Ask, connection: Connection, states: Mapping[State, int], updates: int, others: tuple[int, int, int]
) -> list[tuple[int, str, str]]:
    """Count, words and address of what needs a person; `others` are differing records, costs unmapped and refused."""
    name, (differing, unmapped, refused) = connection.name, others
    counts = [
        (State.FAILED, states.get(State.FAILED, 0)),
        (State.READY, states.get(State.READY, 0) - updates),
        ("ready_to_update", updates),
        (State.BLOCKED, states.get(State.BLOCKED, 0)),
    ]
    rows = [(count, FILTERS[key].look.word, ask.url("submissions", name=name, state=str(key))) for key, count in counts]
    costs = ask.url("costs", name=name)
    rows += [
        (differing, "synced, but not as it should be", ask.url("submissions", name=name, state="differs")),
        (unmapped, "costs not in the Procore budget", costs),
        (refused, "costs that Procore refused", costs),
    ]
    return [each for each in rows if each[0]]


def _card(ask: Ask, found: views.Look) -> Card:
    row = found.connection
    states = {state: found.count(state) for state in State}
    synced = ask.uow.submissions.find(connection_id=row.id, state=State.SYNCED, order="-since", limit=LATELY)
    needs = _needs(ask, row, states, found.updates, (found.differing, found.unmapped, found.refused))
    zone, company = ask.site.kit.options(row).zone, views.company_facts(row.company, day)
    if company and found.lists:
        company += found.lists.facts()
    setting_up = not (row.bound_name or row.bound_file_id) or not synced
    return Card(found, words.WORDS[found.word], zone, needs, _lately(ask, row, synced), company, setting_up)


def _lately(ask: Ask, connection: Connection, synced: list[Submission]) -> list[Happening]:
    """What happened lately, newest first: how each of these records came to be synced, and when costs were read."""
    ids = [row.id for row in synced]
    moves = ask.uow.history.find(subject="submission", subject_id=ids, after=State.SYNCED, order="id") if ids else []
    last = {move.subject_id: move for move in moves}
    found = [Happening(row.since, _did(row, last.get(row.id)), row) for row in synced]
    if connection.costs_read_at:
        found.append(Happening(connection.costs_read_at, "read", None))
    return sorted(found, key=lambda each: each.at, reverse=True)[:LATELY]


def _did(row: Submission, move: History | None) -> str:
    if move and move.before == State.EXPORTING:
        return "made in Procore:" if row.kind in KINDS_OUTWARD else "exported"
    return "linked" if move and move.why.startswith("linked") else "synced"
