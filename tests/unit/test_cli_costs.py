"""`map`, `refresh-costs`, `project dry-run` and `release`, `push` and `reconcile`: a month of costs goes to Procore."""

import csv
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from qbwc_bridge.rehearsal.month import Site, post_month
from tests.unit.cli_office import Office, office

RELEASE = ("--costs-from", "2000-01-01", "--before", "detail", "--po-bills", "write")


@pytest.fixture(name="here", scope="module")
def _here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An office whose project 24-001 stands in QuickBooks with a month of costs, read but not mapped."""
    with office(tmp_path_factory.mktemp("office")) as made:
        made.run("pull")
        made.run("project", "on", "24-001", "--create-customer")
        made.run("pull")
        made.bridge.visit()
        made.run("review", "accept", "--all")
        made.bridge.visit()
        job = made.submission("job", "24-001")["quickbooks"]
        list(post_month(made.bridge.company, Site(job, "09-250:M", "01-310:L"), made.bridge.clock.now().date()))
        made.run("refresh-costs")
        made.bridge.visit()
        yield made


def test_the_costs_of_a_project_go_to_procore(here: Office, tmp_path: Path) -> None:
    """Unmapped costs are told, mapped, shown in a dry run, released, pushed and reconciled to the cent."""
    unmapped = here.ask("map", "list", "--unmapped")
    assert [(row["account_or_item"], row["amount"]) for row in unmapped] == [("Job Expenses:Fuel", "250.50")]
    assert set(unmapped[0]) >= {"connection", "project", "document", "account_or_item", "amount"}
    assert here.ask("map", "list", "--unmapped", "--kind", "item") == []
    here.run("map", "set", "--kind", "account", "--quickbooks", "job expenses:fuel", "--procore", "01-500.O")
    assert here.ask("map", "list", "--unmapped") == []

    dry = here.ask("project", "dry-run", "24-001")[0]
    spent = sum((amount for _, amount in here.bridge.company.job_costs().items()), Decimal(0))
    assert Decimal(dry["totals"]["after"]) == spent
    assert dry["new_codes"] == ["01-500.O"]
    assert dry["owner_invoice"] == "0.00"
    assert Decimal(dry["totals"]["projected_after"]) == spent + Decimal(dry["totals"]["committed"])
    shown = here.run("project", "dry-run", "--all").stdout
    assert "Budget codes that would be made: 01-500.O" in shown
    assert "Would fill an owner invoice: 0.00" in shown
    _choices_of_a_dry_run(here, spent - Decimal(dry["counted_twice"]))
    told = here.run("project", "release", "24-001", *RELEASE)
    assert "24-001 Maple Clinic is released" in told.stdout
    assert "counts them twice" in told.stderr

    first = here.ask("push", "--dry-run")[0]
    assert (first["written"], len(first["changes"])) == (0, 7)
    assert here.ask("push", "--dry-run")[0] == first
    pushed = here.ask("push")[0]
    assert (pushed["written"], pushed["problems"], pushed["brake"]) == (7, [], "")
    assert sum(Decimal(change["after"]) for change in pushed["changes"]) == spent
    again = here.run("push", "Bluestone").stdout
    assert again == "Bluestone: 0 direct costs written, 0 deleted, 7 unchanged.\n"

    file = tmp_path / "proof.csv"
    proof = here.ask("reconcile", "--csv", str(file))
    assert proof["difference"] == "0.00"
    assert proof["unmapped"] == []
    keys = ["connection", "project", "cost_code", "cost_type", "quickbooks", "procore", "skipped", "difference"]
    assert all(list(row)[:8] == keys for row in proof["rows"])
    assert sum(Decimal(row["quickbooks"]) for row in proof["rows"]) == spent
    with file.open(encoding="utf-8-sig") as stream:
        lines = list(csv.DictReader(stream))
    assert sum(Decimal(line["procore"]) for line in lines) == spent
    assert {(line["company"], line["basis"]) for line in lines} == {(here.bridge.company.name, "accrual")}
    assert "Difference: 0.00" in here.run("reconcile", "--as-of", "2030-01-01").stdout
    _figures_open_down_to_documents(here, tmp_path, spent)
    _differences_are_explained(here, tmp_path)

    _one_total_and_back(here)

    released = here.ask("project", "list")[0]
    assert (released["released"], released["costs_from"], released["po_bills"]) == (True, "2000-01-01", "write")
    here.run("project", "withdraw", "24-001")
    assert here.ask("push")[0]["deleted"] == 7
    assert here.ask("reconcile")["rows"] == []


def _figures_open_down_to_documents(here: Office, folder: Path, spent: Decimal) -> None:
    """`project costs` adds up to the same by code, month and document, in JSON, text and file."""
    shown = {by: here.ask("project", "costs", "24-001", "--by", by) for by in ("code", "month", "document")}
    assert {Decimal(each["totals"].get("cost") or each["totals"]["amount"]) for each in shown.values()} == {spent}
    assert here.ask("project", "costs", "24-001") == shown["code"]
    head = {key: shown["code"][key] for key in ("connection", "project", "name", "as_of", "by")}
    assert head == {
        "connection": "Bluestone",
        "project": "24-001",
        "name": "Maple Clinic",
        "as_of": None,
        "by": "code",
    }
    assert {row["state"] for row in shown["document"]["rows"]} == {"written"}
    assert here.ask("project", "costs", "24-001", "--as-of", "2000-01-01", "--by", "month")["rows"] == []
    file = folder / "costs.csv"
    told = here.run("project", "costs", "24-001", "--by", "document", "--csv", str(file))
    assert "In Procore" in told.stdout
    with file.open(encoding="utf-8-sig", newline="") as stream:
        lines = list(csv.DictReader(stream))
    assert sum(Decimal(line["amount"]) for line in lines) == spent
    assert len(lines) == len(shown["document"]["rows"])
    foot = here.run("project", "costs", "24-001").stdout.splitlines()[-1]
    assert foot.startswith("total")
    assert f"{spent:,.2f}" in foot


def _choices_of_a_dry_run(here: Office, without_order_bills: Decimal) -> None:
    """A dry run of other choices shows what they bring."""
    skips = here.ask("project", "dry-run", "24-001", "--costs-from", "2000-01-01", "--po-bills", "skip")[0]
    assert skips["chosen"] == {
        "costs_from": "2000-01-01",
        "before": "detail",
        "po_bills": "skip",
        "status": "approved",
    }
    assert (Decimal(skips["totals"]["after"]), skips["counted_twice"]) == (without_order_bills, "0.00")


def _one_total_and_back(here: Office) -> None:
    """The setting of the connection turns seven direct costs into one total and back, and the proof says 0.00."""
    for sink, deleted, written in (("direct_costs_total", 7, 1), ("direct_costs", 1, 7)):
        here.run("connection", "set", "Bluestone", "actuals_sink", sink)
        pushed = here.ask("push")[0]
        assert (pushed["deleted"], pushed["written"], pushed["problems"]) == (deleted, written, [])
        assert here.ask("reconcile")["difference"] == "0.00"
        assert here.ask("reconcile", "--as-of", "2026-03-09")["difference"] == "0.00"
    assert "direct_costs_total" in here.refused("connection", "set", "Bluestone", "actuals_sink", "elsewhere", code=2)


def _differences_are_explained(here: Office, folder: Path) -> None:
    """What somebody deletes in Procore is named in text, JSON and workbook, with the head above."""
    (project,) = here.bridge.projects("24-001")
    gone = here.bridge.procore.direct_costs(project)[0]
    here.bridge.procore.delete_direct_cost(project, gone.id)
    file = folder / "proof.xlsx"
    proof = here.ask("reconcile", "--xlsx", str(file), code=1)
    assert sum(abs(Decimal(row["difference"])) for row in proof["explained"]) == Decimal(proof["difference"]) > 0
    facts = [value for key, value in proof["explained"][0].items() if key not in {"quickbooks", "difference"}]
    assert facts[0] == "Bluestone"
    assert facts[-2:] == ["0.00", "missing in Procore: somebody deleted it in Procore"]
    (head,) = proof["head"]
    assert (head["company"], head["basis"], head["through"]) == (here.bridge.company.name, "accrual", False)
    told = here.run("reconcile", code=1).stdout
    assert told.splitlines()[1].split("  ", 1)[1].strip() == head["company"]
    assert "\nExplained, document by document:\n" in told
    assert file.read_bytes().startswith(b"PK")


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["account", "Job Expenses:Full", "01-500.O"], 1, "did you mean Job Expenses:Fuel?"),
        (["account", "Job Expenses:Fuel", "01-5.O"], 1, "Procore has no cost code 01-5"),
        (["account", "Job Expenses:Fuel", "01-500.X"], 1, "Procore has no cost type X; it has "),
        (["account", "Job Expenses:Fuel", "01-500"], 2, "01-500 names no cost type"),
        (["job", "Nobody:Nothing", "24-001"], 1, "24-001 Maple Clinic already: unlink it first with `review unlink "),
        (["job", "Nobody:Nothing", "99-001"], 1, "Procore offers no project 99-001"),
        (["vendor", "Nobody", "Delta Gradings"], 1, "did you mean Delta Grading?"),
    ],
)
def test_a_wrong_mapping_is_refused(here: Office, arguments: list[str], code: int, sentence: str) -> None:
    """A name that QuickBooks lacks, or a code that Procore lacks, is refused with the nearest known one."""
    kind, quickbooks, procore = arguments
    told = here.refused("map", "set", "--kind", kind, "--quickbooks", quickbooks, "--procore", procore, code=code)
    assert sentence in told


def test_ignored_costs_stand_apart(here: Office) -> None:
    """An ignored account is no longer unmapped, keeps its reason, and mapping it takes the decision back."""
    fuel = ("--kind", "account", "--quickbooks", "Job Expenses:Fuel")
    here.run("map", "ignore", *fuel, "--comment", " ", code=2)
    here.run("map", "ignore", *fuel, "--comment", "paid by the owner")
    assert here.ask("map", "list", "--unmapped") == []
    assert [row["account_or_item"] for row in here.ask("reconcile")["ignored"]] == ["Job Expenses:Fuel"]
    kept = [row for row in here.ask("map", "list", "--kind", "account") if row["ignored"]]
    assert [(row["quickbooks"], row["comment"]) for row in kept] == [("Job Expenses:Fuel", "paid by the owner")]
    here.run("map", "set", *fuel, "--procore", "01-500.O")
    assert [row["ignored"] for row in here.ask("map", "list", "--kind", "account")] == [False]


def test_maps_go_out_and_come_back(here: Office, tmp_path: Path) -> None:
    """What was exported is known at import; a new line is taken, a wrong one is told by its number and stops none."""
    text = here.run("map", "export").stdout
    file = tmp_path / "map.csv"
    file.write_text(text, encoding="utf-8")
    count = text.count("\n") - 1
    assert f"{count} lines read, {count} of them known already." in here.run("map", "import", str(file)).stderr
    file.write_text(text + "account,Nothing,01-500.O,,\nitem,09-250:M,09-250,,\n", encoding="utf-8")
    told = here.run("map", "import", str(file), code=1).stderr
    assert f"Line {count + 2}: QuickBooks has no account Nothing" in told
    assert any(row["procore"] == "09-250" for row in here.ask("map", "list", "--kind", "item"))
    file.write_text("a,b\n1,2\n", encoding="utf-8")
    assert "lacks one of the columns" in here.refused("map", "import", str(file), code=2)


def test_jobs_without_a_link_are_listed(here: Office) -> None:
    """Jobs and vendors that only QuickBooks knows are shown by --unmapped with their kind."""
    here.bridge.company.add_vendor("Only Here")
    here.bridge.clock.pass_time(minutes=16)
    here.run("refresh-costs", "Bluestone")
    here.bridge.visit()
    assert "Only Here" in {row["quickbooks"] for row in here.ask("map", "list", "--unmapped", "--kind", "vendor")}


def test_costs_of_a_project_without_a_job(here: Office, tmp_path: Path) -> None:
    """A project that QuickBooks does not know has no cost, which is said; a file that cannot be written is refused."""
    (other,) = [row["number"] for row in here.ask("project", "list") if row["number"] != "24-001"][:1]
    told = here.run("project", "costs", other, "--by", "document")
    assert f"The job of project {other} does not stand in QuickBooks yet" in told.stderr
    nowhere = str(tmp_path / "nowhere" / "costs.csv")
    assert "cannot be written" in here.refused("project", "costs", "24-001", "--csv", nowhere, code=2)
    assert "Procore shows no project 99-999" in here.refused("project", "costs", "99-999")


def test_unknown_connections_and_dates(here: Office) -> None:
    """A connection that does not exist fails, a date that is none is wrong usage."""
    for command in ("push", "reconcile", "refresh-costs", "pull"):
        assert "There is no connection Nobody" in here.refused(command, "Nobody")
    here.run("reconcile", "--as-of", "yesterday", code=2)
    here.run("project", "release", "24-001", "--costs-from", "2000-01-01", "--before", "detail", code=2)
