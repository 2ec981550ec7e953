"""The support bundle of a bridge that has done everything once: useful, and without a secret, a name or an amount."""

import io
import json
import logging
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from secrets import token_urlsafe

import pytest
from click.testing import CliRunner

from qbwc_bridge import logs
from qbwc_bridge.cli import cli
from qbwc_bridge.cli.common import Bridge as Desk
from qbwc_bridge.rehearsal.quickbooks import PaycheckLine
from qbwc_bridge.storage.version import head
from tests.journeys.bridge import Bridge
from tests.journeys.test_costs import CREW, job, pay, return_costs, working
from tests.page.test_page_plain import broken

__all__ = ["working"]

log = logging.getLogger("qbwc_bridge.test")
WAGE = Decimal("4711.93")


@pytest.fixture(name="kept", autouse=True)
def _kept(tmp_path: Path) -> Iterator[None]:
    """Keep the log of all that follows, down to debug, in both forms."""
    root = logging.getLogger()
    level = root.level
    logs.configure("debug", as_json=False, stream=io.StringIO())
    folder = tmp_path / logs.FOLDER
    with logs.kept_in(folder, as_json=False), logs.kept_in(folder, as_json=True):
        yield
    logs.configure("info", as_json=False)
    for handler in [each for each in root.handlers if type(each).__module__.startswith("qbwc_bridge")]:
        root.removeHandler(handler)
    root.setLevel(level)


def made(bridge: Bridge, folder: Path) -> dict[str, str]:
    """Run the command, and give the texts in its zip file."""
    desk, file = Desk({}), folder / "out.zip"
    desk.__dict__.update(settings=bridge.settings, app=bridge.app)
    result = CliRunner().invoke(cli, ["support-bundle", "--out", str(file)], obj=desk)
    assert result.exit_code == 0, result.output
    assert result.stdout.strip() == str(file)
    with zipfile.ZipFile(file) as zipped:
        return {name: zipped.read(name).decode() for name in zipped.namelist()}


def told_names(bridge: Bridge) -> set[str]:
    """Give every name that somebody could mind, as records have them."""
    with bridge.app.kit.work() as uow:
        names = {row.full_name for row in uow.lists.find(kind=["vendor", "employee", "other_name", "customer"])}
        names |= {text for row in uow.submissions.find(kind=["vendor", "job"]) for text in (row.title, row.party)}
        names |= {row.name for row in uow.projects.find()}
    return {name for name in names if len(name) > 3}


def told_amounts(bridge: Bridge) -> set[str]:
    """Give every amount of the ledger and of submissions, as people and programs write them."""
    with bridge.app.kit.work() as uow:
        found = {row.amount for row in uow.submissions.find() if row.amount}
        found |= {line.amount for row in uow.costs.find() for line in row.lines}
    found |= {WAGE, Decimal("777.77")}
    return {form for each in found for form in (f"{each:.2f}", f"{each:,.2f}")} - {"0.00"}


def test_no_secret_name_amount_or_wage_is_in_it(working: Bridge, tmp_path: Path) -> None:
    """Whatever stood in Procore, QuickBooks, settings and the log: none of it is found in any file of the zip."""
    secrets = {token_urlsafe(24) for _ in range(3)}
    working.company.enter_paycheck(
        CREW, [PaycheckLine(WAGE, job=job(working), item="01-310:L")], txn_date=working.clock.now().date()
    )
    pay(working)
    return_costs(working)
    working.push()
    names, amounts = told_names(working), told_amounts(working)
    assert (len(names) > 5, len(amounts) > 10, CREW in names) == (True, True, True)
    own = {working.password, working.procore.client_secret}
    for text in (*names, *amounts):
        log.info("Procore refused a cost of %s", text, extra={"told": text})
    for secret in secrets:
        log.info("asked with password=%s", secret, extra={"client_secret": secret})
    log.info("told %s", working.procore.client_secret)
    log.warning('There is an invalid reference to QuickBooks Employee "%s"', "Somebody New")
    (tmp_path / "faults.log").write_text(f"pull: ValueError for {CREW} {WAGE}\n", encoding="utf-8")

    whole = "\n".join(made(working, tmp_path).values())
    assert [secret for secret in (*secrets, *own) if secret in whole] == []
    assert [name for name in (*names, "Somebody New") if name.lower() in whole.lower()] == []
    assert [amount for amount in amounts if amount in whole] == []
    assert "qbxml version" not in whole.lower()
    assert "<QBXML" not in whole
    assert whole.count("[name]") > len(names)


def test_it_says_what_support_asks_first(bridge: Bridge, tmp_path: Path) -> None:
    """Versions, settings, what doctor finds, states, tasks, visits and the log are in it; README names every file."""
    bridge.switch_on("24-001")
    bridge.visit()
    log.warning("marker of a line", extra={"task": 12})
    files = made(bridge, tmp_path)
    about, doctor, connections = (json.loads(files[f"{name}.json"]) for name in ("about", "doctor", "connections"))
    assert about["settings"]["public_url"] == bridge.settings.public_url
    assert about["version"]
    assert {"settings", "database", "visits"} <= {check["name"] for check in doctor}
    assert connections["database"]["schema"] == head()
    (found,) = connections["connections"]
    assert found["name"] == "Bluestone"
    assert {each["state"] for each in found["submissions"]} >= {"ready_to_export"}
    assert found["rows"]["documents"] > 5
    assert found["visits"][0]["ended_at"]
    assert found["tasks"][0]["state"] == "done"
    assert found["moves"]
    lines = [text for name, text in files.items() if name.startswith("logs/serve-")]
    assert any("marker of a line" in text and "12" in text for text in lines)
    named = set(files["README.txt"].split())
    assert {name for name in files if "/" not in name} - {"README.txt"} <= named


def test_without_a_database_no_sentence_of_the_log_goes_in(bridge: Bridge, tmp_path: Path) -> None:
    """Where names cannot be looked up, a line keeps its time, level and place alone, and the reason is told."""
    log.warning("Procore refused a cost of %s", CREW)
    bridge.app.kit = replace(bridge.app.kit, work=broken)
    files = made(bridge, tmp_path)
    whole = "\n".join(files.values())
    assert CREW not in whole
    assert "could not be read" in files["README.txt"]
    assert "disk I/O error" in files["connections.json"]
    assert "qbwc_bridge.test" in whole
