"""`status`: one screen about every connection."""

import datetime as dt
from typing import Any

import click

from qbwc_bridge.cli.common import Bridge, json_option, pass_bridge, say, show_json
from qbwc_bridge.cli.tables import facts, table
from qbwc_bridge.domain.money import readable
from qbwc_bridge.domain.states import State
from qbwc_bridge.flow.views import Look, look


@click.command()
@json_option
@pass_bridge
def status(bridge: Bridge, *, as_json: bool) -> None:
    """Show connections, last contact, queue, and what needs a person.

    Ends with exit code 1 when something needs a person.
    """
    now = bridge.now()
    with bridge.kit.work() as uow:
        looks = [look(bridge.kit, uow, each, now) for each in uow.connections.find(order="name")]
    if as_json:
        show_json({"connections": [_facts(each) for each in looks]})
    elif looks:
        click.echo("\n\n".join(_screen(bridge, each) for each in looks))
    else:
        say("There is no connection yet: an admin makes one with `connection add`.")
    if any(each.needs_a_person for each in looks):
        raise click.exceptions.Exit(1)


def _facts(found: Look) -> dict[str, Any]:
    return {
        "name": found.connection.name,
        "working": found.word,
        "last_contact": found.connection.last_contact,
        "company_name": found.connection.bound_name or found.connection.company_name,
        "submissions": found.submissions,
        "queue": found.queue,
        "needs_a_person": found.needs_a_person,
        "sentences": _sentences(found),
        "next_visit": found.next_visit,
        "reading": found.slow,
        "lists": found.lists,
        "unmapped_amount": found.unmapped_amount,
        "webhooks": {
            "since": found.connection.webhooks_since,
            "last_event": found.connection.event_at,
            "projects_without": found.without_hook,
        },
    }


def _screen(bridge: Bridge, found: Look) -> str:
    zone = bridge.kit.options(found.connection).zone
    last, due = found.connection.last_contact, found.next_visit
    parts = [
        facts(
            [
                (found.connection.name, found.word.replace("_", " ")),
                ("company", found.connection.bound_name or "not bound yet"),
                ("last contact", last.astimezone(zone) if last else "none yet"),
                ("next visit", due.astimezone(zone) if due else ""),
                ("needs a person", str(found.needs_a_person)),
                *([("reading", found.slow)] if found.slow else []),
                *([("lists", found.lists.warning)] if found.lists and found.lists.warning else []),
                *_webhooks(found, zone),
            ]
        )
    ]
    if found.submissions:
        states = [state for state in State if found.count(state)]
        rows = [[kind, *(counts.get(state) for state in states)] for kind, counts in found.submissions.items()]
        parts.append(table(["", *(state.replace("_", " ") for state in states)], rows))
    if found.queue:
        parts.append(
            "queue: " + ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in found.queue.items())
        )
    return "\n\n".join([*parts, *_sentences(found)])


def _webhooks(found: Look, zone: dt.tzinfo) -> list[tuple[str, object]]:
    since, last = found.connection.webhooks_since, found.connection.event_at
    if since is None:
        return []
    told = f"on since {since.astimezone(zone):%Y-%m-%d %H:%M}, last event "
    told += f"{last.astimezone(zone):%Y-%m-%d %H:%M}" if last else "none yet"
    return [("webhooks", told)]


def _sentences(found: Look) -> list[str]:
    told = [*found.stops, *found.questions]
    if found.parked_readings:
        told.append(f"{found.parked_readings} readings of QuickBooks were given up: see `queue list --state parked`.")
    if found.unmapped:
        told.append(
            f"{found.unmapped} costs of {readable(found.unmapped_amount)} are not in the Procore budget: "
            "see `map list --unmapped`."
        )
    if found.without_hook:
        told.append(
            f"There is no webhook for project {', '.join(found.without_hook)}, which is polled: run "
            f"`webhooks add {found.connection.name}`."
        )
    return told
