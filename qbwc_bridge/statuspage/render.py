"""Templates and how values read: amounts as bookkeepers write them, times with age and exact time."""

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from qbwc_bridge.domain.money import readable
from qbwc_bridge.domain.wording import MINUTE, hour, span
from qbwc_bridge.domain.wording import day as day_of_year

_TIME = Markup('<time datetime="{}" title="{}">{}<span class="unseen"> ({})</span></time>')


def environment() -> Environment:
    """Make the templates: everything is escaped, and a missing value is an error instead of an empty place."""
    made = Environment(
        loader=PackageLoader("qbwc_bridge.statuspage"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(money=money, ago=ago, since=since, clock=clock, day=day, month=month, percent=percent)
    return made


def money(amount: Decimal | None) -> str:
    """Write an amount; nothing where there is none."""
    return "" if amount is None else readable(amount)


def ago(moment: dt.datetime, now: dt.datetime, zone: ZoneInfo) -> Markup:
    """Tell how long ago a moment was, or how far ahead it is, with its exact time for mouse and screen reader."""
    passed = (now - moment).total_seconds()
    words = "just now" if abs(passed) < MINUTE else f"{span(passed)} ago" if passed > 0 else f"in {span(-passed)}"
    return _time(moment, words, zone)


def since(moment: dt.datetime, now: dt.datetime, zone: ZoneInfo) -> Markup:
    """Tell how long something has lasted, with its beginning for mouse and screen reader."""
    return _time(moment, span((now - moment).total_seconds()), zone)


def clock(moment: dt.datetime, now: dt.datetime, zone: ZoneInfo) -> Markup:
    """Tell a time of today as 9:42 AM, of another day with its date."""
    local = moment.astimezone(zone)
    words = hour(local) if local.date() == now.astimezone(zone).date() else f"{day_of_year(local)}, {hour(local)}"
    return _time(moment, words, zone)


def day(date: dt.date) -> str:
    """Write a date: 3 Mar 2026."""
    return f"{date.day} {date:%b %Y}"


def month(date: dt.date) -> str:
    """Write the month of a date: Mar 2026."""
    return f"{date:%b %Y}"


def percent(share: Decimal | None) -> str:
    """Write a share in percent; nothing where there is none."""
    return "" if share is None else f"{share:,} %"


def _time(moment: dt.datetime, words: str, zone: ZoneInfo) -> Markup:
    local = moment.astimezone(zone)
    exact = f"{local:%a} {day_of_year(local)} {local.year}, {hour(local)} {local:%Z}"
    return _TIME.format(local.isoformat(timespec="seconds"), exact, words, exact)
