"""Makes the parts of the documentation that must say what the code says: `python -m tests.make_docs`.

Each page begins with words of a person, up to the marker; what follows is made from the table of numbers, the Settings
class, the commands and other tables of the code, and is the same on every machine. A test fails when a page is stale.
"""

import re
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence

import click

from installer import licences
from qbwc_bridge.cli.main import cli
from qbwc_bridge.logs.files import FILE_BYTES, FILES
from qbwc_bridge.metrics import METRICS
from qbwc_bridge.qbxml.connector_codes import CONNECTOR_CODES, HRESULTS
from qbwc_bridge.qbxml.meanings import WHO, Meaning
from qbwc_bridge.qbxml.status_codes import STATUS_CODES
from qbwc_bridge.settings import CONNECTION_KEYS, Settings
from qbwc_bridge.settings.keys import CONNECTION_DEFAULTS, MIB, SECRETS
from qbwc_bridge.settings.sources import PREFIX, _must
from qbwc_bridge.settings.values import as_text
from tests import told_states
from tests.repository import ROOT

MARKER = "<!-- What follows is made by `python -m tests.make_docs`: do not edit it here. -->"

WIDTH = 110
"""Columns of the made text: it is read unrendered as well."""

LONG_RUN = 20
"""Numbers in a row with one meaning: so many are told as a range."""


def page(name: str) -> str:
    """Give a page as it should be: its hand-written head as it stands, and the rest as the code says now."""
    head, marker, _ = (ROOT / "docs" / name).read_text(encoding="utf-8").partition(MARKER)
    if not marker:
        raise ValueError(f"docs/{name} lacks the line {MARKER}")
    return f"{head}{MARKER}\n\n{PAGES[name]().strip()}\n"


def wrapped(text: str, indent: str = "", first: str | None = None) -> str:
    """Break a sentence into lines."""
    return textwrap.fill(
        " ".join(text.split()),
        WIDTH,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def point(text: str) -> str:
    """Give one point of a list."""
    return wrapped(text, "  ", "- ")


# ---------------------------------------------------------------- troubles.md


def troubles() -> str:
    """Describe every number of QuickBooks and the Web Connector."""
    parts = [
        "## Numbers of QuickBooks (statusCode)",
        wrapped(
            "QuickBooks gives these for a single record or question. The page shows them at the end of a reason, with "
            "QuickBooks' own words. When one came with a reading instead of a record, what is said of the record holds "
            "for the reading: it is given up, and `qbwc-bridge queue retry ID` asks again."
        ),
        *_numbers(STATUS_CODES, "{}"),
        wrapped(
            "Any other number from 0 to 999 means that QuickBooks did it, with a note. Any other above that is a "
            "refusal that the bridge does not know: the record is Failed to Export, with QuickBooks' words."
        ),
        "## Numbers of the connection to QuickBooks (HRESULT)",
        wrapped(
            "Windows or QuickBooks gives these when a visit cannot go on. They stand in the Status column of the Web "
            "Connector and in its log."
        ),
        *_numbers(HRESULTS, "0x{}"),
        wrapped(
            "Any other number: the visit ends, and the next one first finds out what was written. Restart QuickBooks "
            "and the Web Connector on that PC."
        ),
        "## Numbers of the Web Connector (QBWC)",
        wrapped(
            "The Web Connector shows these in its own window and in QWCLog.txt. Most of them never reach the bridge, "
            "so its status page does not show them."
        ),
        *_numbers(CONNECTOR_CODES, "QBWC{}"),
        wrapped(
            "Any other number: restart the Web Connector on that PC. With its next call the bridge first finds out "
            "what was written."
        ),
    ]
    return "\n\n".join(parts)


def _numbers(table: Mapping[str, Meaning], form: str) -> Iterator[str]:
    """Describe a table: numbers with the same row of the table share one entry."""
    rows: dict[tuple[str, ...], list[str]] = {}
    for code, found in table.items():
        key = (found.means, WHO[found.who], found.what_to_do, found.by_itself)
        rows.setdefault(key, []).append(code)
    for (means, who, what_to_do, does), codes in rows.items():
        yield "\n".join(
            [
                f"### {', '.join(_ranges(codes, form))}",
                "",
                wrapped(means),
                "",
                point(f"Who acts: {who}."),
                point(f"What to do: {what_to_do}"),
                point(f"What the bridge does by itself: {does}"),
            ]
        )


def _ranges(codes: Sequence[str], form: str) -> list[str]:
    """Name codes one by one, but a long run of whole numbers as `9100 to 9199`."""
    if len(codes) >= LONG_RUN and int(codes[-1]) - int(codes[0]) == len(codes) - 1:
        return [f"{form.format(codes[0])} to {form.format(codes[-1])}"]
    return [form.format(code) for code in codes]


# ---------------------------------------------------------------- settings.md

DEFAULTS: Mapping[str, str] = {
    "data_dir": "the operating system's folder for service data (see above)",
    "database_url": "the SQLite file `bridge.db` in the data directory",
    "secret_key_file": "`secret.key` in the data directory, made by the first command that needs it",
    "time_zone": "the machine's",
    "smtp_url": "none: no mail",
    "qbxml_schema_dir": "none: requests are not checked once more before they are sent",
    "templates_dir": "none: the shipped templates",
    "metrics_token": "none: `/metrics` answers this machine alone",
    "trusted_proxies": "none: no proxy is trusted",
}
"""In words, where the default is no plain value or another one on every machine."""

MORE: Mapping[str, str] = {
    "data_dir": "It cannot stand in `bridge.toml`, which is found by it.",
    "listen": "Only this machine reaches the default. The bridge speaks no TLS itself.",
    "public_url": "It goes into the .qwc file and to Procore's webhooks: after a change write that file again, and "
    "run `qbwc-bridge webhooks add NAME` if there are webhooks.",
    "secret_key_file": "Whoever has it and the database has the secrets.",
    "pull_every_seconds": "The command `qbwc-bridge pull` works all the same.",
    "push_every_seconds": "The command `qbwc-bridge push` works all the same.",
    "costs_every_seconds": "They are read during a visit of the Web Connector, once that time has passed.",
    "visit_every_minutes": "It goes into the .qwc file, and tells the page when the next visit is due.",
    "max_soap_bytes": "In bytes; the answers of a large company file come in one piece.",
    "session_lease_seconds": "After that another visit may take over, and what was under way is settled first.",
    "keep_qbxml_days": "In days.",
    "keep_history_days": "In days.",
    "smtp_url": (
        "`smtps://` speaks TLS from the first byte (port 465). `smtp://` turns to TLS by STARTTLS: always where a "
        "user is given (port 587), otherwise where the server offers it (port 25). The server's certificate must be "
        "one that this machine trusts. Without a user, `?starttls=always` sends nothing without TLS and "
        "`?starttls=never` does not try it. Signs such as `@`, `:` and `/` in user or password are written as `%40`, "
        "`%3A` and `%2F`. See [be told by mail](mail.md)."
    ),
    "mail_from": "It must be set where SMTP_URL is.",
    "mail_to": "They get rejections and alarms, and the daily summary where no APPROVER is set.",
    "daily_mail_at": "A bridge that was off at that time mails it later on the same day. `never` switches it off.",
    "silence_alarm_hours": "After so many hours without a call of the Web Connector the connection counts as stopped, "
    "and a mail says so.",
    "approver": "The daily summary and alarms go there; several addresses are separated by commas. Who may accept on "
    "the page is decided by `qbwc-bridge user add`.",
    "deputy": "The daily summary goes there too once something has waited for ESCALATE_AFTER_DAYS.",
    "escalate_after_days": "Counted from when the oldest failed, ready or blocked record came into its state.",
    "time_zone": "Dates of records without a date of their own, and the times on the page, are in this zone.",
    "write_keys_to_procore": "With `true` linked projects, vendors, standard cost codes and commitments get a key; it "
    "shows sync banners in Procore and stands in the way of another connector. With `false` such keys are taken away "
    "again. Direct costs carry keys always.",
    "item_policy": "`code_and_type`: one item per cost code and below it one per cost type, so that a cost comes back "
    "with its type. `code`: one item per cost code; the type then comes from a mapped account, else it is the "
    "only one with that cost code in the project's budget or its other costs, else DEFAULT_COST_TYPE.",
    "default_cost_type": "Without it such a cost waits in the list of costs that are not in the Procore budget.",
    "amount_lines": "`amount_as_quantity`: quantity is the amount and rate is 1, so that a bill for a part leaves the "
    "rest of the order open. `one`: quantity is 1 and rate is the amount.",
    "estimates": "With `false` budgets stay in Procore.",
    "change_lines": "`new_line`: it becomes a new line of the order that names the change order. `linked_line`: it "
    "raises the line that it belongs to.",
    "retainage_accounts": "Without it they are the assets and liabilities with `retain` or `retention` in their name. "
    "The work-in-progress schedule takes the retainage of each job from them.",
    "actuals_sink": "`direct_costs`: each QuickBooks transaction is a direct cost of its own, with one line per budget "
    "code; its key is `qbd:<key>:<TxnID>:<job ListID>`. `direct_costs_total`: each project has one direct cost with "
    "one line per budget code and the total to date, dated as its newest cost; its key is "
    "`qbd:<key>:total:<job ListID>`. After a change the next push removes the one and writes the other.",
    "metrics_token": "See [metrics](metrics.md).",
    "trusted_proxies": "Name here the reverse proxy that speaks TLS in front of the bridge.",
    "procore_client_secret": "It is read when a connection is made, if no file is named; not later.",
    "test_data": "The bridge itself never looks at it.",
    "log_level": "The log goes to standard error; commands other than `serve` show warnings and errors alone "
    "there, unless this is set. `serve` keeps it in files too, in the folder `logs` of the data "
    f"directory: {FILES} of {FILE_BYTES // MIB} MiB, the oldest removed first. Every line of a visit names connection "
    "and session, those about tasks the task; at `debug` each message and each move of a task has a line.",
}
"""What the short text of a setting leaves open."""

OWN_KEYS: Mapping[str, str] = {
    "income_account": "Income account of cost code items, by its full name in QuickBooks.",
    "expense_account": "Expense account of cost code items, by its full name; best a cost of goods sold account.",
    "default_customer": "QuickBooks customer above the jobs, where a project names none.",
    "company_name": "The QuickBooks company that binds by itself at its first visit.",
    "direct_export": "Kinds that go to QuickBooks without a person's acceptance, separated by commas.",
}


def settings() -> str:
    """Describe every setting, from the Settings class."""
    parts = ["## Every setting", *map(_setting, Settings.model_fields)]
    parts += [
        "## Settings of one connection only",
        wrapped(
            "These have no value for the whole bridge. `qbwc-bridge connection add` takes most of them, and "
            "`qbwc-bridge connection set NAME KEY VALUE` changes them."
        ),
        "\n".join(point(f"`{key}`: {OWN_KEYS[key]}") for key in CONNECTION_KEYS if key not in CONNECTION_DEFAULTS),
    ]
    return "\n\n".join(parts)


def _setting(key: str) -> str:
    field = Settings.model_fields[key]
    meaning = (field.description or "").strip()
    lines = [f"### {key.upper()}", "", wrapped(f"{meaning[:1].upper()}{meaning[1:]}. {MORE.get(key, '')}"), ""]
    lines.append(point(f"Default: {DEFAULTS.get(key) or _plain(field.default)}."))
    lines.append(point(f"Must be {_must(field)}."))
    if key in SECRETS:
        lines.append(point(f"A secret: it may stand in a file of its own, named by `{PREFIX}{key.upper()}_FILE`."))
    if key in CONNECTION_DEFAULTS:
        lines.append(point(f"For one connection: `qbwc-bridge connection set NAME {key} VALUE`."))
    return "\n".join(lines)


def _plain(value: object) -> str:
    return "none" if value in (None, "") else f"`{as_text(value)}`"


# ---------------------------------------------------------------- commands.md


def commands() -> str:
    """Describe every command with its options, from click."""
    top = click.Context(cli, info_name="qbwc-bridge")
    return "\n\n".join(entry for _, entry in _entries(cli, top))


def paths() -> list[str]:
    """Give every command by its words, such as `connection add`."""
    top = click.Context(cli, info_name="qbwc-bridge")
    return [path for path, _ in _entries(cli, top)]


def _entries(group: click.Group, context: click.Context) -> Iterator[tuple[str, str]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None:
            raise ValueError(f"the command {name} is listed and does not exist")
        inner = click.Context(command, info_name=name, parent=context)
        title = inner.command_path.removeprefix("qbwc-bridge ")
        if isinstance(command, click.Group):
            yield title, f"## {title}\n\n{wrapped(_help(command))}"
            yield from _entries(command, inner)
        else:
            yield title, _entry(command, inner, "##" if context.parent is None else "###", title)


def _entry(command: click.Command, context: click.Context, level: str, title: str) -> str:
    pieces = [piece for piece in command.collect_usage_pieces(context) if piece != "[OPTIONS]"]
    usage = " ".join(["qbwc-bridge", title, *pieces])
    lines = [f"{level} {title}", "", f"    {usage}", "", wrapped(_help(command))]
    options = [
        param.get_help_record(context) for param in command.params if isinstance(param, click.Option) and param.opts
    ]
    if options:
        lines += ["", *(point(f"`{record[0]}`: {record[1]}") for record in options if record)]
    return "\n".join(lines)


def _help(command: click.Command) -> str:
    return re.sub(r"\s+", " ", (command.help or "").replace("\b", "")).strip()


# ---------------------------------------------------------------- metrics.md


def metrics() -> str:
    """Describe every metric, from the table."""
    parts = ["## Every metric"]
    for metric in METRICS:
        lines = [f"### {metric.name}", "", wrapped(metric.tells), "", point(f"Kind: {metric.kind}.")]
        if metric.labels:
            lines.append(point(f"Labels: {', '.join(f'`{label}`' for label in metric.labels)}."))
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


# ---------------------------------------------------------------- states.md


def states() -> str:
    """Describe every state, with the moves that the code allows."""
    parts = ["## Every state"]
    for heading, word, told, following in told_states.states():
        called = [point(f"On the page: {word}.")] if word else []
        points = [point(f"Who acts: {told.who}."), point(f"What ends it: {told.ends}"), point(f"Next: {following}.")]
        parts.append("\n".join([f"### {heading}", "", wrapped(told.means), "", *called, *points]))
    return "\n\n".join(parts)


# ---------------------------------------------------------------- licences.md


def shipped() -> str:
    """List every package that the bridge is shipped with, with its licence and where its text is."""
    rows = ["| package | version | licence | where | its text |", "| --- | --- | --- | --- | --- |"]
    for pin in licences.pins():
        found = licences.licence(pin)
        files = ", ".join(f"`{file}`" for file in found.files)
        where = f"`{pin.marker}`" if pin.marker else "everywhere"
        rows.append(f"| {pin.name} | {pin.version} | {found.expression} | {where} | {files} |")
    return "\n".join(rows)


PAGES: Mapping[str, Callable[[], str]] = {
    "troubles.md": troubles,
    "settings.md": settings,
    "commands.md": commands,
    "metrics.md": metrics,
    "states.md": states,
    "licences.md": shipped,
}
"""How what follows the marker is made, by file in docs/."""


def main() -> None:
    """Write the pages that are not as the code says."""
    for name in PAGES:
        wanted = page(name)
        file = ROOT / "docs" / name
        if file.read_text(encoding="utf-8") != wanted:
            file.write_text(wanted, encoding="utf-8", newline="\n")
            print(f"docs/{name} is written")  # noqa: T201 - told to whoever runs it


if __name__ == "__main__":
    main()
