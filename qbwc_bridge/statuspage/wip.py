"""The work-in-progress schedule, as of a chosen date, and the same as files; Procore is not asked for it."""

import datetime as dt

from qbwc_bridge.domain.records import Connection
from qbwc_bridge.errors import Refused
from qbwc_bridge.files.wip import told, wip_csv, wip_workbook
from qbwc_bridge.flow.figures import KeptLedger, ProjectWip
from qbwc_bridge.flow.schedule import Schedule, check_whole, schedule, schedule_of
from qbwc_bridge.statuspage.ask import Ask, BadForm, File, Page
from qbwc_bridge.statuspage.render import clock, day, month

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def wip(ask: Ask, name: str) -> Page:
    """Show the schedule of a connection; before the costs were read whole, say why there is none."""
    connection, as_of = ask.connection(name), _as_of(ask)
    zone = ask.site.kit.options(connection).zone
    ended = ask.now.astimezone(zone).date().replace(day=1) - dt.timedelta(days=1)
    values = {"connection": connection, "zone": zone, "as_of": as_of, "ended": ended}
    try:
        made = _schedule(ask, connection, as_of)
    except Refused as reason:
        return Page("wip.html", {**values, "made": None, "reason": str(reason), "facts": []})
    facts = told(connection.name, made, day=day, moment=lambda at: clock(at, ask.now, zone), month=month)
    return Page("wip.html", {**values, "made": made, "reason": "", "facts": facts[1:]})


def wip_file(ask: Ask, name: str, form: str) -> File:
    """Give the schedule as a file, byte for byte as the command writes it; `form` is csv or xlsx."""
    connection = ask.connection(name)
    made = _schedule(ask, connection, _as_of(ask))
    found, called = [(connection.name, made)], f"wip-{made.head.date}.{form}"
    if form == "csv":
        return File(called, "text/csv", wip_csv(found))
    return File(called, EXCEL, wip_workbook(found, ask.now))


def _schedule(ask: Ask, connection: Connection, as_of: dt.date | None) -> Schedule:
    options = ask.site.kit.options(connection)
    if as_of:
        return schedule(ask.uow, connection, options, now=ask.now, as_of=as_of)
    check_whole(connection)
    figures = KeptLedger(ask.uow, connection, options)
    found = figures.of(ProjectWip)
    known = [found[choice.project_id] for choice in figures.linked]
    return schedule_of(ask.uow, connection, options, ((each.project, each.changed) for each in known), now=ask.now)


def _as_of(ask: Ask) -> dt.date | None:
    text = ask.request.args.get("as_of", "")
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise BadForm("That is no date: give it as YYYY-MM-DD, or leave it empty for every date.") from None
