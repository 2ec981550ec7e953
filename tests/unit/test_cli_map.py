"""`map set --expense-account` and `map suggest`: accounts of items to come, and what is nearly the same."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from qbwc_bridge.rehearsal.quickbooks import Line
from tests.unit.cli_office import Office, office

ITEM = ("--kind", "item", "--quickbooks")


@pytest.fixture(name="here")
def _here(tmp_path: Path) -> Iterator[Office]:
    """An office that has read Procore, with its project on, and QuickBooks' lists."""
    with office(tmp_path) as made:
        made.run("pull")
        made.run("project", "on", "24-001", "--create-customer")
        made.run("pull")
        made.bridge.visit()
        yield made


def account_of(here: Office, full_name: str) -> str:
    """The expense account that an item got in QuickBooks."""
    (item,) = [item for item in here.bridge.company.items() if item.full_name == full_name]
    return item.expense_account or ""


def test_new_items_get_the_account_chosen_for_them_or_above_them(here: Office) -> None:
    """The one chosen for the code counts for its types too; all others get the connection's."""
    here.run("map", "set", *ITEM, "09-250", "--expense-account", "job expenses:materials")
    here.run("map", "set", *ITEM, "09-250:S", "--expense-account", "Job Expenses:Subcontractors")
    here.run("review", "accept", "--all")
    here.bridge.visit()
    made = {item.full_name: account_of(here, item.full_name) for item in here.bridge.company.items()}

    assert made["09-250"] == made["09-250:M"] == "Job Expenses:Materials"
    assert {account for name, account in made.items() if not name.startswith("09-250")} == {"Job Expenses"}
    assert made.get("09-250:S", "Job Expenses:Subcontractors") == "Job Expenses:Subcontractors"


def test_an_account_must_exist_and_a_weak_one_is_told(here: Office) -> None:
    """An unknown account is refused with a hint; one that job cost reports leave out is taken with a word."""
    told = here.refused("map", "set", *ITEM, "09-250", "--expense-account", "Job Expenses:Material")
    assert "did you mean Job Expenses:Materials" in told
    assert "no cost of goods sold" in here.run("map", "set", *ITEM, "09-250", "--expense-account", "Fuel").stderr
    (row,) = here.ask("map", "list", "--kind", "item")
    assert (row["quickbooks"], row["expense_account"], row["procore"]) == ("09-250", "Fuel", "")

    here.run("map", "set", *ITEM, "09-250", "--expense-account", "")
    assert here.ask("map", "list", "--kind", "item") == []


@pytest.mark.parametrize(
    "words",
    [
        (*ITEM, "09-250"),
        (*ITEM, "09-250", "--procore", "09-250", "--expense-account", "Fuel"),
        ("--kind", "account", "--quickbooks", "Fuel", "--expense-account", "Fuel"),
    ],
)
def test_one_thing_is_set_at_a_time(here: Office, words: tuple[str, ...]) -> None:
    """Neither, both, or an account for what is no item is wrong usage."""
    assert "--expense-account" in here.refused("map", "set", *words, code=2)


def test_a_mapping_and_an_account_of_one_item_live_side_by_side(here: Office, tmp_path: Path) -> None:
    """Setting the one keeps the other, and an export brings both back."""
    here.bridge.company.add_one_sided_item("Old framing", account="Job Expenses")
    here.run("refresh-costs")
    here.bridge.visit()
    here.run("map", "set", *ITEM, "Old framing", "--expense-account", "Job Expenses:Materials")
    here.run("map", "set", *ITEM, "old framing", "--procore", "09-250.M")
    kept = here.run("map", "export").stdout
    assert "item,Old framing,09-250.M,,,Job Expenses:Materials" in kept

    file = tmp_path / "map.csv"
    file.write_text(kept.replace("09-250.M,,,Job Expenses:Materials", "09-250.L,,,Job Expenses:Permits"))
    here.run("map", "import", str(file))
    assert "item,Old framing,09-250.L,,,Job Expenses:Permits" in here.run("map", "export").stdout


def test_what_is_nearly_the_same_is_suggested(here: Office) -> None:
    """A vendor and a job with a slip in the name, and an item with cost that begins with a code."""
    company = here.bridge.company
    here.run("review", "accept", "--all", "--kind", "job")
    here.bridge.visit()
    company.add_vendor("Pacific Drywal Inc.")
    company.add_one_sided_item("Taping 09-250", account="Job Expenses")
    company.add_one_sided_item("09-250 Taping", account="Job Expenses")
    lines = [Line(Decimal(5), item="09-250 Taping", job=company.jobs()[0].full_name)]
    company.enter_bill("Smith & Sons", lines, txn_date=here.bridge.clock.now().date())
    here.run("refresh-costs")
    here.bridge.visit()

    rows = {(row["kind"], row["quickbooks"]): row["procore"] for row in here.ask("map", "suggest")}
    assert rows["vendor", "Pacific Drywal Inc."] == ["Pacific Drywall"]
    assert rows["item", "09-250 Taping"][0] == "09-250"
    assert "Pacific Drywall" in here.run("map", "suggest").stdout
