"""`map` for classes and transaction types, its effect before it is kept, and the lists of what stands apart."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from qbwc_bridge.rehearsal.quickbooks import Line
from tests.unit.cli_office import Office, office

FUEL = ("--kind", "account", "--quickbooks", "Job Expenses:Fuel")


@pytest.fixture(name="here")
def _here(tmp_path: Path) -> Iterator[Office]:
    """An office whose project has a job in QuickBooks, with costs of three kinds and a job that nobody linked."""
    with office(tmp_path) as made:
        company = made.bridge.company
        made.run("pull")
        made.run("project", "on", "24-001", "--create-customer")
        made.run("pull")
        made.bridge.visit()
        made.run("review", "accept", "--all")
        made.bridge.visit()
        (job,) = [each.full_name for each in company.jobs()]
        company.add_class("Site work")
        company.add_customer("Shop")
        today = made.bridge.clock.now().date()
        vendor = "Smith & Sons"
        company.add_one_sided_item("Framing", account="Job Expenses")
        of_class = Line(Decimal("40.00"), account="Job Expenses:Fuel", job=job, class_name="Site work")
        company.enter_bill(vendor, [of_class], txn_date=today)
        company.enter_bill(vendor, [Line(Decimal("60.00"), account="Job Expenses:Fuel", job=job)], txn_date=today)
        company.enter_bill(vendor, [Line(Decimal("5.00"), item="Framing", job=job)], txn_date=today)
        company.enter_bill(vendor, [Line(Decimal("7.00"), account="Job Expenses", job="Shop")], txn_date=today)
        company.enter_bill(vendor, [Line(Decimal("500.00"), account="Retainage Receivable", job=job)], txn_date=today)
        made.run("refresh-costs")
        made.bridge.visit()
        yield made


def unmapped(here: Office, *kind: str) -> list[tuple[str, str]]:
    """What is not in the Procore budget, by account or item and amount."""
    return [(row["account_or_item"], row["amount"]) for row in here.ask("map", "list", "--unmapped", *kind)]


def test_a_dry_run_shows_what_setting_then_does(here: Office) -> None:
    """The same effect before and after: only the second is kept."""
    fuel = ("map", "set", *FUEL, "--procore", "01-500.O")
    before = here.ask(*fuel, "--dry-run")
    assert here.ask("map", "list", "--kind", "account") == []
    assert before["moves"] == [
        {"project": "24-001", "before": "unmapped", "after": "01-500.O", "amount": "100.00", "documents": 2}
    ]
    assert [row["amount"] for row in before["documents"]] == ["40.00", "60.00"]
    assert (before["new_codes"], before["procore_changes"]) == ([{"project": "24-001", "code": "01-500.O"}], [])

    told = here.run(*fuel, "--dry-run").stdout
    assert before["whole"] is ("more may move" not in told)
    assert "would be mapped to 01-500.O. Nothing is kept." in told
    done = here.ask(*fuel)
    assert done == {**before, "kept": True}
    assert unmapped(here) == [("Framing", "5.00")]
    assert "No cost that was read so far changes its place" in here.run(*fuel).stdout


def test_ignoring_is_shown_before_and_taken_back(here: Office) -> None:
    """A dry run keeps nothing; what is ignored is open again once it is taken back, and history tells both."""
    ignore = ("map", "ignore", *FUEL, "--comment", "Paid by the owner")
    assert here.ask(*ignore, "--dry-run")["moves"][0]["after"] == "ignored"
    assert len(unmapped(here)) == 3
    assert "account Job Expenses:Fuel is ignored." in here.run(*ignore).stdout
    assert unmapped(here) == [("Framing", "5.00")]
    assert here.ask("map", "take-back", *FUEL, "--dry-run")["amount"] == "100.00"
    assert "is open again" in here.run("map", "take-back", *FUEL).stdout
    assert len(unmapped(here)) == 3
    assert "Nothing is decided about account" in here.refused("map", "take-back", *FUEL)
    with here.bridge.app.kit.work() as uow:
        assert [row.after for row in uow.history.find(subject="map")] == ["ignored", ""]


def test_a_class_and_a_transaction_type_are_mapped(here: Office, tmp_path: Path) -> None:
    """A class gives what no account gives, a type completes a cost code; export and import carry both."""
    here.run("map", "set", "--kind", "class", "--quickbooks", "site work", "--procore", "09-250")
    assert unmapped(here, "--kind", "type") == [("Job Expenses:Fuel", "40.00")]
    assert unmapped(here, "--kind", "class") == [("Job Expenses:Fuel", "40.00")]
    assert unmapped(here, "--kind", "item") == [("Framing", "5.00")]
    found = here.ask("map", "set", "--kind", "type", "--quickbooks", "bills", "--procore", ".L")
    assert (found["quickbooks"], found["procore"], found["moves"][0]["after"]) == ("Bill", "L", "09-250.L")
    assert ("Job Expenses:Fuel", "40.00") not in unmapped(here)

    text = here.run("map", "export").stdout
    assert "class,Site work,09-250,,,\n" in text
    assert "type,Bill,L,,,\n" in text
    for kind, name in (("class", "Site work"), ("type", "bill")):
        here.run("map", "take-back", "--kind", kind, "--quickbooks", name)
    file = tmp_path / "map.csv"
    file.write_text(text + 'type,general journal,,yes,"No journals",\n', encoding="utf-8")
    here.run("map", "import", str(file))
    (ignored,) = [row for row in here.ask("map", "list", "--kind", "type") if row["ignored"]]
    assert (ignored["quickbooks"], ignored["comment"]) == ("JournalEntry", "No journals")
    assert "type,Bill,L,,,\n" in here.run("map", "export").stdout


def test_an_account_or_class_may_name_a_type_alone(here: Office) -> None:
    """The cost code comes from the item, the type from the account that it posted to."""
    here.run("map", "set", "--kind", "item", "--quickbooks", "Framing", "--procore", "09-250")
    assert ("Framing", "5.00") in unmapped(here)
    found = here.ask("map", "set", "--kind", "account", "--quickbooks", "Job Expenses", "--procore", ".M")
    assert [move["after"] for move in found["moves"]] == ["09-250.M"]
    assert ("Framing", "5.00") not in unmapped(here)


@pytest.mark.parametrize(
    ("wrong", "code", "sentence"),
    [
        (("class", "Site", "01-500.L"), 1, "QuickBooks has no class Site, as far as it was read"),
        (("type", "Purchase order", "L"), 1, "QuickBooks has no transaction type Purchase order; it has bill, "),
        (("type", "Bill", "01-500.L"), 2, "A transaction type gives a cost type alone"),
        (("type", "Bill", "X"), 1, "Procore has no cost type X; it has "),
        (("account", "Job Expenses", ".X"), 1, "Procore has no cost type X; it has "),
        (("item", "Framing", ".M"), 2, "An item names a cost code"),
        (("job", "Shop", "24-001"), 2, "--dry-run and --json show where costs go"),
    ],
)
def test_what_makes_no_sense_is_refused(here: Office, wrong: tuple[str, str, str], code: int, sentence: str) -> None:
    """Unknown names, types and codes are told with what is known; an item needs a code, a type has none."""
    kind, quickbooks, procore = wrong
    words = ("--kind", kind, "--quickbooks", quickbooks, "--procore", procore, "--dry-run")
    assert sentence in here.refused("map", "set", *words, code=code)


def test_what_stands_apart_is_listed(here: Office) -> None:
    """Lines that are no cost by project and account, costs of unlinked jobs by job; each list by itself."""
    (line,) = [row for row in here.ask("map", "list", "--not-cost") if row["account"] == "Retainage Receivable"]
    assert (line["project"], line["account_type"], line["amount"]) == ("24-001", "OtherCurrentAsset", "500.00")
    assert [each["amount"] for each in line["documents"]] == ["500.00"]
    assert here.ask("map", "list", "--unlinked-costs") == [
        {"connection": "Bluestone", "job": "Shop", "amount": "7.00", "ignored": ""}
    ]
    here.run("map", "ignore", "--kind", "job", "--quickbooks", "Shop", "--comment", "Overhead")
    assert here.ask("map", "list", "--unlinked-costs")[0]["ignored"] == "Overhead"
    assert "Retainage Receivable" in here.run("map", "list", "--not-cost").stdout
    assert "Ask for one list" in here.refused("map", "list", "--not-cost", "--unmapped", code=2)
    assert "Ask for one list" in here.refused("map", "list", "--not-cost", "--kind", "item", code=2)


def test_classes_are_suggested(here: Office) -> None:
    """A class that is called as a cost code is, with the types of the project's budget."""
    company = here.bridge.company
    company.add_class("09-250 Drywall")
    (job,) = [each.full_name for each in company.jobs() if each.full_name.startswith("Bluestone")]
    line = Line(Decimal("9.00"), account="Job Expenses:Fuel", job=job, class_name="09-250 Drywall")
    company.enter_bill("Smith & Sons", [line], txn_date=here.bridge.clock.now().date())
    here.run("refresh-costs")
    here.bridge.visit()
    (row,) = [row for row in here.ask("map", "suggest") if row["kind"] == "class"]
    assert row["quickbooks"] == "09-250 Drywall"
    assert row["procore"][0] == "09-250"
    assert row["procore"][1].startswith("09-250.")
