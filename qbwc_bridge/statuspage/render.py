"""Templates and how values read: amounts as bookkeepers write them, times with age and exact time."""

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from qbwc_bridge.domain.money import readable

MINUTE, HOUR, DAY = 60, 3600, 86400

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
    span = (now - moment).total_seconds()
    words = "just now" if abs(span) < MINUTE else f"{_span(span)} ago" if span > 0 else f"in {_span(-span)}"
    return _time(moment, words, zone)


def since(moment: dt.datetime, now: dt.datetime, zone: ZoneInfo) -> Markup:
    """Tell how long something has lasted, with its beginning for mouse and screen reader."""
    return _time(moment, _span((now - moment).total_seconds()), zone)


def clock(moment: dt.datetime, now: dt.datetime, zone: ZoneInfo) -> Markup:
    """Tell a time of today as 9:42 AM, of another day with its date."""
    local = moment.astimezone(zone)
    words = _hour(local) if local.date() == now.astimezone(zone).date() else f"{_day(local)}, {_hour(local)}"
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
    exact = f"{local:%a} {_day(local)} {local.year}, {_hour(local)} {local:%Z}"
    return _TIME.format(local.isoformat(timespec="seconds"), exact, words, exact)


def _hour(local: dt.datetime) -> str:
    return f"{local.hour % 12 or 12}:{local.minute:02d} {'AM' if local.hour < 12 else 'PM'}"  # noqa: PLR2004 - noon


def _day(local: dt.datetime) -> str:
    return f"{local.day} {local:%b}"


def _span(seconds: float) -> str:
    if seconds < HOUR:
        return f"{max(1, int(seconds // MINUTE))} min"
    if seconds < DAY:
        return f"{int(seconds // HOUR)} h"
    days = int(seconds // DAY)
    return "1 day" if days == 1 else f"{days} days"
