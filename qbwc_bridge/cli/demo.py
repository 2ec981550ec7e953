"""`demo`: the whole journey on one command, against the stand-ins, through the real server and the real commands."""

import contextlib
import datetime as dt
import json
import os
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from qbwc_bridge.cli.closing import closing_table
from qbwc_bridge.cli.kinds import PORT
from qbwc_bridge.errors import BridgeError, WrongUsage
from qbwc_bridge.rehearsal.month import Site, post_month
from qbwc_bridge.rehearsal.procore import Procore, demo_company
from qbwc_bridge.rehearsal.quickbooks import Company
from qbwc_bridge.rehearsal.webconnector import Application, WebConnector, http_get, http_post
from qbwc_bridge.settings.sources import FILE_NAME, PREFIX

NAME = "Bluestone"
COMPANY = "Bluestone Development LLC"
CUSTOMER = "Bluestone Clients"
CLINIC_CUSTOMER = "Maple Health Group"
START_SECONDS = 60
"""How long the child server may take to answer: a slow machine imports for seconds, not for a minute."""
COMMAND_SECONDS = 300
"""No command of the journey takes more than a few seconds; one that hangs must not hang the demonstration."""
LEFT = "24-003"
"""The project that the journey accepts nothing of: whoever looks at the status page tries it there."""
VISIT_EVERY_SECONDS = 60.0
"""While the status page is kept open: soon enough to wait for what one has accepted."""


@dataclass(frozen=True)
class Stage:
    """The parts of the play: both stand-ins, the bridge's data folder and its address."""

    procore: Procore
    company: Company
    data_dir: Path
    port: int
    environment: dict[str, str]

    def command(self, *arguments: str) -> list[str]:
        """Give the words of a real command on the data folder."""
        return [sys.executable, "-m", "qbwc_bridge", "--data-dir", str(self.data_dir), *arguments]

    def run(self, *arguments: str, stdin: str | None = None) -> str:
        """Run a real command; gives what it printed. Raises BridgeError when it failed."""
        done = subprocess.run(
            self.command(*arguments),
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        if done.returncode:
            told = done.stderr.strip() or done.stdout.strip()
            raise BridgeError(f"The command {' '.join(arguments[:2])} failed: {told}")
        return done.stdout

    def ask(self, *arguments: str) -> Any:
        """Run a command that shows something and read its JSON."""
        return json.loads(self.run(*arguments, "--json"))


@click.command()
@click.option("--once", is_flag=True, help="End after the journey; exit 0 only if both systems agree to the cent.")
@click.option("--port", type=PORT, default=0, help="Port of the status page; a free one by default.")
@click.option("--data-dir", "folder", type=click.Path(path_type=Path), help="Keep the data in this folder.")
@click.option("--seed", type=int, default=0, help="Other amounts.")
def demo(*, once: bool, port: int, folder: Path | None, seed: int) -> None:
    """Show the whole journey with stand-ins for Procore, QuickBooks and the Web Connector."""
    # A plain kill must clean up as Ctrl-C does, or the child server would live on.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if folder and any((folder / name).exists() for name in ("bridge.db", FILE_NAME)):
        raise WrongUsage(f"The folder {folder} holds data of a bridge already: name an empty one.")
    data_dir = folder or Path(tempfile.mkdtemp(prefix="qbwc-bridge-demo-"))
    data_dir.mkdir(parents=True, exist_ok=True)
    try:
        with _stage(data_dir, port or _free_port(), seed) as stage:
            agree = _journey(stage, once=once)
    finally:
        if folder is None:
            shutil.rmtree(data_dir, ignore_errors=True)
    if not agree:
        raise click.exceptions.Exit(1)


@contextlib.contextmanager
def _stage(data_dir: Path, port: int, seed: int) -> Iterator[Stage]:
    schemas = os.environ.get("QBWC_BRIDGE_QBXML_SCHEMA_DIR")
    procore = demo_company(_now, seed=seed)
    company = Company(name=COMPANY, now=_now, schema_dir=Path(schemas) if schemas else None)
    company.add_customer(CLINIC_CUSTOMER)
    company.add_vendor("Smith & Sons")
    checks = "Intuit's schema files" if company.uses_schema else "tables of its own"
    say(f"The stand-in for QuickBooks is open; it checks every request against {checks}")
    served = procore.serve()
    settings = {
        "listen": f"127.0.0.1:{port}",
        "public_url": f"http://localhost:{port}",
        "procore_login_url": served.url,
        "procore_api_url": served.url,
        "pull_every_seconds": "0",
        "push_every_seconds": "0",
        "costs_every_seconds": "0",
        "visit_every_minutes": "1",
    }
    if schemas:
        settings["qbxml_schema_dir"] = schemas
    # In the folder, so that whoever tries a command on it meets the stand-ins too. A text of JSON is one of TOML.
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in settings.items()]
    (data_dir / FILE_NAME).write_text("".join(lines), encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(PREFIX)}
    try:
        yield Stage(procore, company, data_dir, port, environment)
    finally:
        served.close()


def _journey(stage: Stage, *, once: bool) -> bool:
    """Play the whole journey; gives whether both systems agree to the cent."""
    connection = _connect(stage)
    with _serving(stage):
        connector = _add_application(stage, connection)
        _switch_on(stage)
        _visit(connector, "The Web Connector visits for the first time and reads QuickBooks' lists")
        _show_offers(stage)
        _accept(stage)
        _visit(connector, "The Web Connector visits: items, vendors, jobs, estimates, orders, a change order")
        _show_left(stage)
        _post_costs(stage)
        stage.run("refresh-costs")
        _visit(connector, "The Web Connector visits and brings the costs")
        _map_unmapped(stage)
        agree = _release_and_push(stage)
        say("")
        table, same = closing_table(stage.procore, stage.company, stage.ask("project", "list"))
        click.echo(table)
        if agree and same:
            say("Both systems agree to the cent.")
        else:
            say("The two systems differ: see the table.")
        if not once:
            _keep_open(stage, connector)
        return agree and same


def _connect(stage: Stage) -> dict[str, str]:
    secret_file = stage.data_dir / "procore-secret"
    secret_file.write_text(stage.procore.client_secret, encoding="utf-8")
    secret_file.chmod(0o600)
    say("A connection is made: Procore company and QuickBooks company")
    made: dict[str, str] = json.loads(
        stage.run(
            "connection", "add", NAME,
            "--procore-company-id", str(stage.procore.company_id),
            "--procore-client-id", stage.procore.client_id,
            "--procore-client-secret-file", str(secret_file),
            "--company-name", COMPANY,
            "--default-customer", CUSTOMER,
            "--income-account", "Construction Income",
            "--expense-account", "Job Expenses",
            "--json",
        )
    )  # fmt: skip
    secret_file.unlink()
    return made


def _add_application(stage: Stage, connection: dict[str, str]) -> WebConnector:
    say("The .qwc file is added to the Web Connector on the PC")
    qwc = stage.run("qwc", NAME)
    application = Application.parse(qwc)
    connector = WebConnector(
        application,
        connection["password"],
        stage.company,
        http_post(f"http://127.0.0.1:{stage.port}/qbwc"),
        now=_now,
        sleep=time.sleep,
        get=http_get,
    )
    connector.add()
    return connector


def _switch_on(stage: Stage) -> None:
    say("Procore is read")
    stage.run("pull")
    projects = stage.ask("project", "list")
    for project in projects:
        say(f"    {project['number']} {project['name']}: switched off")
    say("The projects are switched on, with the QuickBooks customer above each job, and Procore is read again")
    stage.run("project", "on", "24-001", "--customer", CLINIC_CUSTOMER)
    stage.run("project", "on", "24-002", "24-003", "--customer", CUSTOMER, "--create-customer")
    stage.run("pull")
    rows = stage.ask("review", "list")
    say(f"{len(rows)} records are offered, all blocked: {rows[0]['reasons'][0]}")


def _show_offers(stage: Stage) -> None:
    rows = stage.ask("review", "list")
    ready = [row for row in rows if row["state"] == "ready_to_export"]
    say(f"{len(ready)} records are ready to export, {len(rows) - len(ready)} are blocked:")
    _blocked(rows)
    for row in ready:
        for note in row.get("notes", []):
            say(f"    {row['kind']} {row['number'] or row['title']}: {note}")


def _accept(stage: Stage) -> None:
    rows = [row for row in stage.ask("review", "list") if row["state"] == "ready_to_export"]
    say(f"A person accepts what is ready, but for project {LEFT}:")
    _indent(stage.run("review", "accept", *(str(row["id"]) for row in rows if row["project"] != LEFT)))


def _show_left(stage: Stage) -> None:
    rows = stage.ask("review", "list")
    synced = [row for row in rows if row["state"] == "synced"]
    say(f"{len(synced)} of {len(rows)} records stand in QuickBooks. The others, and why:")
    for row in rows:
        if row["state"] == "ready_to_export":
            say(f"    {row['kind']} {row['number']}: it is not accepted yet")
    _blocked(rows)


def _blocked(rows: Sequence[dict[str, Any]]) -> None:
    for row in rows:
        if row["state"] not in ("ready_to_export", "synced"):
            why = " ".join(row["reasons"]) or "waits for " + ", ".join(row["waits_for"])
            say(f"    {row['kind']} {row['number'] or row['title']} ({row['state']}): {why}")


def _post_costs(stage: Stage) -> None:
    say("The bookkeeper posts a month of costs in QuickBooks:")
    items = {item.full_name for item in stage.company.items()}
    for job in stage.company.jobs():
        site = Site(job.full_name, _first(items, ".M", ":M"), _first(items, ".L", ":L"))
        for sentence in post_month(stage.company, site, _now().date()):
            say(f"    {job.name}: {sentence}")


def _first(items: set[str], *endings: str) -> str:
    return next(name for name in sorted(items) if name.endswith(endings))


def _map_unmapped(stage: Stage) -> None:
    unmapped = stage.ask("map", "list", "--unmapped")
    say(f"{len(unmapped)} costs are not in the Procore budget, because no cost code is known for them:")
    for row in unmapped:
        say(f"    {row['project']} {row['document']}: {row['account_or_item']} {row['amount']}")
    say("A person maps the account Job Expenses:Fuel to cost code 01-500, cost type O")
    stage.run(
        "map", "set", "--connection", NAME, "--kind", "account",
        "--quickbooks", "Job Expenses:Fuel", "--procore", "01-500.O",
    )  # fmt: skip


def _release_and_push(stage: Stage) -> bool:
    say("Dry run: what Procore's budget would show before and after")
    _indent(stage.run("project", "dry-run", "24-001", "24-002"))
    say("The costs of both projects are released and pushed")
    stage.run(
        "project", "release", "24-001", "24-002",
        "--costs-from", "2000-01-01", "--before", "detail", "--po-bills", "write",
    )  # fmt: skip
    _indent(stage.run("push"))
    proof = stage.ask("reconcile")
    say(f"Reconciled: difference {proof['difference']}, {len(proof['unmapped'])} costs without a code")
    return bool(Decimal(proof["difference"]) == 0 and not proof["unmapped"])


def _visit(connector: WebConnector, sentence: str) -> None:
    say(sentence)
    visit = connector.visit()
    count = len(visit.requests)
    say(f"    {visit.outcome}: {visit.status_text} ({count} {'message' if count == 1 else 'messages'})")
    if visit.outcome != "done":
        raise BridgeError(f"The visit of the Web Connector ended as {visit.outcome}: {visit.status_text}")


@contextlib.contextmanager
def _serving(stage: Stage) -> Iterator[None]:
    """Run the bridge as a real child process, and end it cleanly."""
    with (stage.data_dir / "serve.log").open("w", encoding="utf-8") as log:
        child = subprocess.Popen(stage.command("serve"), env=stage.environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait_until_up(stage, child)
        say(f"The bridge serves on http://localhost:{stage.port}")
        yield
    finally:
        child.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(30)
        child.kill()


def _wait_until_up(stage: Stage, child: "subprocess.Popen[bytes]") -> None:
    give_up = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up:
        if child.poll() is not None:
            break
        with contextlib.suppress(OSError):
            if http_get(f"http://127.0.0.1:{stage.port}/healthz") in (200, 503):
                return
        time.sleep(0.1)
    log = (stage.data_dir / "serve.log").read_text(encoding="utf-8")
    raise BridgeError(f"The server did not start: {log.strip()[-500:]}")


def _keep_open(stage: Stage, connector: WebConnector) -> None:
    """Keep the status page open, with a login link that works once, and let the Web Connector visit, until Ctrl-C."""
    stage.run("user", "add", "demo", "--role", "admin", "--password-stdin", stdin=secrets.token_urlsafe(16))
    link = stage.run("user", "login-link", "demo").strip()
    say("")
    say(f"The status page: {link}")
    say("The link signs in once, within five minutes, from this machine only. This command prints another one:")
    say(f"    {_typed(stage.command('user', 'login-link', 'demo'))}")
    say(f"Try it: open Ready to Export, look at what project {LEFT} has there, and accept it. The Web Connector visits")
    say(
        "every minute and brings it to QuickBooks. Other commands work on the same data. Ctrl-C ends the demonstration."
    )
    told = ""
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            time.sleep(VISIT_EVERY_SECONDS)
            visit = connector.visit()
            if visit.status_text != told:
                say(f"The Web Connector visits: {visit.status_text}")
            told = visit.status_text


def _typed(command: Sequence[str]) -> str:
    """Give a command as a person types it, with quotation marks where this system wants them."""
    return subprocess.list2cmdline(command) if os.name == "nt" else shlex.join(command)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def say(sentence: str) -> None:
    """Print progress for a person."""
    click.echo(sentence, err=True)


def _indent(text: str) -> None:
    for line in text.rstrip().splitlines():
        say(f"    {line}")
