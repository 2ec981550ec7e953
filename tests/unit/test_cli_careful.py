"""What a new user meets by mistake: files that are no text, nobody to ask, a used folder, figures that were refused."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from qbwc_bridge.flow import queueing
from qbwc_bridge.rehearsal.month import Site, post_month
from tests.unit.cli_office import Office, office, run

ADD = ("connection", "add", "Main Street", "--procore-company-id", "4711", "--procore-client-id", "client")
RELEASE = ("--costs-from", "2000-01-01", "--before", "detail", "--po-bills", "write")


@pytest.fixture(name="here")
def _here(tmp_path: Path) -> Iterator[Office]:
    """An office whose QuickBooks has visited, with project 24-001 on and nothing accepted."""
    with office(tmp_path / "office") as made:
        assert "no project is switched on" in made.run("pull").stderr
        made.run("project", "on", "24-001", "--create-customer")
        assert "no project is switched on" not in made.run("pull").stderr
        made.bridge.visit()
        yield made


@pytest.fixture(name="released")
def _released(here: Office) -> Office:
    """The same office with a month of costs, released and not yet pushed."""
    here.run("review", "accept", "--all")
    here.bridge.visit()
    job = here.submission("job", "24-001")["quickbooks"]
    list(post_month(here.bridge.company, Site(job, "09-250:M", "01-310:L"), here.bridge.clock.now().date()))
    here.run("refresh-costs")
    here.bridge.visit()
    here.run("map", "set", "--kind", "account", "--quickbooks", "Job Expenses:Fuel", "--procore", "01-500.O")
    here.run("project", "dry-run", "24-001")
    here.run("project", "release", "24-001", *RELEASE)
    return here


@pytest.mark.parametrize(
    "arguments",
    [
        [*ADD, "--procore-client-secret-file"],
        ["rehearse", "quickbooks", "--password-file", __file__],
    ],
)
def test_a_file_that_is_no_text_is_one_sentence(arguments: list[str], tmp_path: Path) -> None:
    """A file of other bytes is wrong usage that names the file, not a fault of the program."""
    file = tmp_path / "noise"
    file.write_bytes(b"\xd4\xff\x00")
    result = run(tmp_path, *arguments, str(file))
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"The file {file} is no text in UTF-8: name another file.\n"


def test_a_secret_that_nobody_can_be_asked_for_is_wrong_usage(tmp_path: Path) -> None:
    """Without terminal and input the sentence says what to give instead."""
    for arguments, instead in (
        (ADD, "--procore-client-secret-file"),
        (("user", "add", "ann", "--role", "viewer"), "--password-stdin"),
    ):
        result = run(tmp_path, *arguments, stdin="")
        assert result.exit_code == 2
        assert f"give {instead}." in result.stderr


def test_ids_of_procore_are_looked_at(tmp_path: Path) -> None:
    """A company id below one and an empty client id are wrong usage."""
    environ = {"QBWC_BRIDGE_PROCORE_CLIENT_SECRET": secrets.token_urlsafe(16)}
    for given in (["-5", "client"], ["4711", " "]):
        ids = ["--procore-company-id", given[0], "--procore-client-id", given[1]]
        assert run(tmp_path, "connection", "add", "X", *ids, environ=environ).exit_code == 2


def test_a_qwc_that_cannot_work_is_not_written(tmp_path: Path) -> None:
    """An address that the Web Connector refuses makes no file; --json is for --check alone."""
    file = tmp_path / "bridge.qwc"
    environ = {"QBWC_BRIDGE_PROCORE_CLIENT_SECRET": secrets.token_urlsafe(16)}
    assert run(tmp_path, *ADD, environ=environ).exit_code == 0
    wrong = {"QBWC_BRIDGE_PUBLIC_URL": "http://bridge.example.com"}
    result = run(tmp_path, "qwc", "Main Street", "--out", str(file), environ=wrong)
    assert result.exit_code == 1
    assert "AppURL is not https" in result.stderr
    assert "PUBLIC_URL" in result.stderr
    assert not file.exists()
    assert run(tmp_path, "qwc", "Main Street", "--json").exit_code == 2


def test_nothing_there_is_a_message(tmp_path: Path) -> None:
    """Without a connection `status` shows no data and says what to do."""
    result = run(tmp_path, "status")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "connection add" in result.stderr


def test_demo_leaves_a_used_folder_alone(tmp_path: Path) -> None:
    """The demonstration never puts its sample connection beside somebody's own."""
    run(tmp_path, "status")
    before = (tmp_path / "bridge.db").read_bytes()
    result = run(tmp_path, "demo", "--once", "--data-dir", str(tmp_path))
    assert result.exit_code == 2
    assert "holds data of a bridge already" in result.stderr
    assert (tmp_path / "bridge.db").read_bytes() == before


def test_new_ids_forget_which_company_visited(here: Office) -> None:
    """After `rotate-ids` the company with the old FileID cannot be confirmed, only one that visits from now on."""
    here.run("connection", "rotate-ids", "Bluestone")
    assert "has visited" in here.refused("connection", "confirm", "Bluestone")


def test_preview_of_a_job_shows_its_new_customer_too(here: Office) -> None:
    """A job below a customer that is still to be created is shown with both requests, as they will be written."""
    job = here.submission("job", "24-001")
    found = here.ask("review", "preview", str(job["id"]))
    fields = {each["field"]: each["writes"] for each in found["fields"]}
    assert fields["customer's name"] == "Bluestone Clients"
    assert fields["name"] == "24-001 Maple Clinic"
    assert fields["parent"] == "Bluestone Clients (new)"
    assert found["qbxml"].count("<CustomerAddRq") == 2
    assert "begins with new-" in here.run("review", "preview", str(job["id"])).stdout


def test_preview_of_what_is_linked_writes_nothing(here: Office) -> None:
    """A record that accepting links, or that stands in QuickBooks already, is compared and never shown as a request."""
    vendor = str(here.submission("vendor", "Smith & Sons")["id"])
    for sentence in ("accepting links it to Smith & Sons", "it stands in QuickBooks as Smith & Sons"):
        found = here.ask("review", "preview", vendor)
        assert found["nothing"].startswith(f"Nothing will be written: {sentence}")
        assert (found["request"], found["qbxml"]) == ("", "")
        assert {"field": "name", "writes": "Smith & Sons", "there": "Smith & Sons"} in found["fields"]
        text = here.run("review", "preview", vendor).stdout
        assert sentence in text
        assert "qbXML" not in text
        here.run("review", "accept", "--all")
        here.bridge.visit()


def test_a_task_of_a_failed_record_is_not_taken_back(here: Office) -> None:
    """What QuickBooks refused was sent: the way out of the queue is the archive, and it works."""
    here.bridge.hire_in_between("Pacific Drywall")
    vendor = here.submission("vendor", "Pacific Drywall")
    here.run("review", "accept", str(vendor["id"]))
    here.bridge.visit()
    parked = here.ask("queue", "list", "--state", "parked")[0]
    assert f"use `review archive {vendor['id']}`" in here.refused("queue", "cancel", str(parked["id"]))
    here.run("review", "archive", str(vendor["id"]))
    assert here.submission("vendor", "Pacific Drywall")["state"] == "archived"


def test_a_linked_job_is_not_ignored(released: Office) -> None:
    """Ignoring what is linked would change nothing, so it is refused; `map set` names the way to another link."""
    job = released.submission("job", "24-001")
    name = ("--kind", "job", "--quickbooks", job["quickbooks"])
    told = released.refused("map", "ignore", *name, "--comment", "not ours")
    assert f"unlink it first with `review unlink {job['id']}`" in told
    assert [row["ignored"] for row in released.ask("map", "list", "--kind", "job")] == [False]
    assert f"`review unlink {job['id']}`" in released.refused("map", "set", *name, "--procore", "24-001")
    assert "Every vendor of QuickBooks" in released.run("map", "list", "--unmapped", "--kind", "vendor").stderr


def test_short_lines_of_an_import_are_told(released: Office, tmp_path: Path) -> None:
    """A line with too few cells is refused by its number; a file without heads is no map."""
    file = tmp_path / "map.csv"
    file.write_text("kind,quickbooks,procore\njob\n,,\n", encoding="utf-8")
    told = released.run("map", "import", str(file), code=1).stderr
    assert "Line 2: " in told
    assert "Line 3: '' is no kind" in told
    file.write_text("", encoding="utf-8")
    assert "lacks one of the columns" in released.refused("map", "import", str(file), code=2)


def test_push_prints_only_what_it_wrote(released: Office) -> None:
    """What Procore refused is told as a problem and not listed as done; the next push lists it."""
    planned = released.ask("push", "--dry-run")[0]["changes"]
    released.bridge.procore.fail_next(status=403, path_contains="direct_costs/sync")
    refused = released.ask("push", code=1)[0]
    assert (refused["changes"], refused["written"]) == ([], 0)
    assert refused["problems"]
    released.bridge.clock.pass_time(hours=2)
    assert released.ask("push")[0]["changes"] == planned


def test_a_dry_run_shows_what_the_brake_asks_about(released: Office) -> None:
    """While the brake holds, `push --dry-run` shows the changes that `--confirm` would let pass."""
    released.run("push")
    for document in {row.txn_id for row in released.bridge.company.postings() if row.txn_type == "Bill"}:
        released.bridge.company.delete(document)
    released.run("refresh-costs")
    released.bridge.visit()
    asked = released.ask("push", "--dry-run", code=1)[0]
    assert asked["brake"]
    assert {change["does"] for change in asked["changes"]} == {"remove"}
    shown = released.run("push", "--dry-run", code=1)
    assert "B-1001" in shown.stdout
    assert asked["brake"] in shown.stderr
    assert released.ask("push", code=1)[0]["changes"] == []
    assert released.ask("push", "--confirm")[0]["changes"] == asked["changes"]


def test_the_reading_of_a_list_is_not_cancelled(here: Office) -> None:
    """A later reading begins where the cancelled one would have ended: what it missed would never be read."""
    with here.bridge.app.kit.work() as uow:
        queueing.ask_lists(uow, uow.connections.find()[0], here.bridge.clock.now())
    (task,) = [row for row in here.ask("queue", "list", "--state", "queued") if row["kind"] == "VendorQuery"]
    assert "every visit reads" in here.refused("queue", "cancel", str(task["id"]))
    assert here.ask("queue", "show", str(task["id"]))["state"] == "queued"
