"""Date macros of queries and reports, worked out from the day of the QuickBooks machine."""

from calendar import monthrange
from datetime import date, timedelta

Span = tuple[date | None, date | None]
"""First and last day; None means open."""

_MONTHS = {"Month": 1, "Quarter": 3, "Year": 12}


def span_of(macro: str, today: date) -> Span:
    """Give first and last day of a macro such as ThisMonthToDate; the fiscal year is the calendar year."""
    name = macro.replace("Calendar", "").replace("Fiscal", "")
    if name == "All":
        return None, None
    if name in {"Today", "Yesterday"}:
        day = today if name == "Today" else today - timedelta(days=1)
        return day, day
    if name == "NextFourWeeks":
        start = _week(today) + timedelta(days=7)
        return start, start + timedelta(days=27)
    to_date = name.endswith("ToDate")
    plain = name.removesuffix("ToDate")
    shift = {"This": 0, "Last": -1, "Next": 1}[plain[:4]]
    unit = plain[4:]
    if unit == "Week":
        start = _week(today) + timedelta(days=7 * shift)
        end = start + timedelta(days=6)
    else:
        start = _start(today, _MONTHS[unit], shift)
        end = _start(today, _MONTHS[unit], shift + 1) - timedelta(days=1)
    if to_date:
        end = min(end, _same_place(today, unit, shift))
    return start, end


def _week(today: date) -> date:
    """Give the Sunday on or before a day."""
    return today - timedelta(days=(today.weekday() + 1) % 7)


def _start(today: date, months: int, shift: int) -> date:
    index = today.year * 12 + (today.month - 1) // months * months + shift * months
    return date(index // 12, index % 12 + 1, 1)


def _same_place(today: date, unit: str, shift: int) -> date:
    """Give the day as far into the shifted period as today is in its own."""
    if unit == "Week":
        return today + timedelta(days=7 * shift)
    index = today.year * 12 + today.month - 1 + shift * _MONTHS[unit]
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(today.day, monthrange(year, month)[1]))
