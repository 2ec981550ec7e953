"""The overview: one word, what needs a person, what is on its way, and what happened lately."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from qbwc_bridge.domain.records import Submission
from qbwc_bridge.domain.states import State
from qbwc_bridge.flow import views
from qbwc_bridge.statuspage import words
from qbwc_bridge.statuspage.ask import Ask, Page
from qbwc_bridge.statuspage.tabs import FILTERS

LATELY = 5
"""How many of the newest exports are named: a glance, not a list."""


@dataclass(frozen=True, slots=True)
class Card:
    """One connection on the overview."""

    look: views.Look
    shown: words.Look
    zone: ZoneInfo
    needs: list[tuple[int, str, str]]
    """Count, words, address."""
    lately: list[Submission]
    company: list[tuple[str, str]]
    """What the last visit told of the company."""
    setting_up: bool
    """Whether it has not gone through its first steps yet."""


def overview(ask: Ask) -> Page:
    """Show every connection that the person may see, the worst first."""
    cards = [_card(ask, views.look(ask.site.kit, ask.uow, row, ask.now)) for row in ask.connections()]
    cards.sort(key=lambda card: views.WORST_FIRST.index(card.look.word))
    word = views.worst([card.look.word for card in cards])
    values = {"cards": cards, "word": word, "shown": words.WORDS[word], "kinds": words.KINDS}
    return Page("overview.html", values | {"needs_total": sum(card.look.needs_a_person for card in cards)})


def _card(ask: Ask, found: views.Look) -> Card:
    row = found.connection
    name = row.name
    counts = [
        (State.FAILED, found.count(State.FAILED)),
        (State.READY, found.count(State.READY) - found.updates),
        ("ready_to_update", found.updates),
        (State.BLOCKED, found.count(State.BLOCKED)),
    ]
    rows = [(count, FILTERS[key].look.word, ask.url("submissions", name=name, state=str(key))) for key, count in counts]
    costs = ask.url("costs", name=name)
    rows += [
        (found.differing, "synced, but not as it should be", ask.url("submissions", name=name, state="differs")),
        (found.unmapped, "costs not in the Procore budget", costs),
        (found.refused, "costs that Procore refused", costs),
    ]
    lately = ask.uow.submissions.find(connection_id=row.id, state=State.SYNCED, order="-since", limit=LATELY)
    needs = [each for each in rows if each[0]]
    zone, company = ask.site.kit.options(row).zone, views.company_facts(row.company)
    setting_up = not (row.bound_name or row.bound_file_id) or not lately
    return Card(found, words.WORDS[found.word], zone, needs, lately, company, setting_up)
