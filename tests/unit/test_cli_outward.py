"""`review` and `push` for what goes to Procore, in an office whose QuickBooks got a job and two vendors of its own."""

from collections.abc import Iterator

import pytest

from tests.unit.cli_office import Office, office


@pytest.fixture(name="here", scope="module")
def _here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An office with one project on, and a job and two vendors that were born in QuickBooks."""
    with office(tmp_path_factory.mktemp("office")) as made:
        made.run("pull")
        made.run("project", "on", "24-001", "--create-customer")
        company = made.bridge.company
        company.add_customer("Acme")
        company.add_customer("26-001 Library", parent="Acme")
        company.add_vendor("Zoning & Co")
        company.add_vendor("Paving Works")
        made.bridge.visit()
        with made.bridge.app.kit.work() as uow:
            for row in uow.lists.find(name=["26-001 Library", "Zoning & Co", "Paving Works"]):
                row.born = True
                uow.lists.save(row)
        made.run("pull")
        yield made


def test_a_preview_shows_what_procore_would_get(here: Office) -> None:
    """Number and name stand field by field, with the keys that every preview has and no qbXML."""
    number = str(here.submission("new_project", "26-001")["id"])
    found = here.ask("review", "preview", number)
    assert (found["request"], found["nothing"], found["qbxml"]) == ("create project", "", "")
    assert [(each["field"], each["writes"]) for each in found["fields"]] == [
        ("project_number", "26-001"),
        ("name", "Library"),
    ]
    text = here.run("review", "preview", number).stdout
    assert "Procore gets a new project" in text
    assert "It stands in QuickBooks as Acme:26-001 Library." in text


def test_links_are_named_on_the_right_side(here: Office) -> None:
    """`--quickbooks` does not fit what was born there, nor `--procore` what comes from Procore; nor has it a field."""
    born, theirs = here.submission("new_vendor", "Zoning & Co"), here.submission("cost_code", "03-300")
    assert "link it with --procore" in here.refused("review", "link", str(born["id"]), "--quickbooks", "x", code=2)
    assert "link it with --quickbooks" in here.refused("review", "link", str(theirs["id"]), "--procore", "x", code=2)
    assert "neither --name nor" in here.refused("review", "set", str(born["id"]), "--name", "x", code=2)
    assert "Give one of" in here.refused("review", "link", str(born["id"]), code=2)
    assert "Procore has no vendor Nobody" in here.refused("review", "link", str(born["id"]), "--procore", "Nobody")


def test_accepted_ones_are_made_by_a_push(here: Office) -> None:
    """`--kind` narrows; a dry run counts and makes nothing; the push tells how many, and the records are synced."""
    assert "1 accepted" in here.run("review", "accept", "--all", "--kind", "new_project").stdout
    assert "1 accepted" in here.run("review", "accept", str(here.submission("new_vendor", "Zoning & Co")["id"])).stdout
    dry = here.run("push", "--dry-run").stdout
    assert "Bluestone: 2 projects and vendors would be made in Procore." in dry
    assert here.submission("new_project", "26-001")["state"] == "accepted"

    assert here.ask("push")[0]["made"] == 2
    assert here.submission("new_project", "26-001")["state"] == "synced"
    number = str(here.submission("new_vendor", "Zoning & Co")["id"])
    assert "it stands in Procore" in here.run("review", "preview", number).stdout
    assert "would be made" not in here.run("push", "--dry-run").stdout
    assert next(row for row in here.ask("project", "list") if row["number"] == "26-001")["customer"] == "Acme"


def test_a_link_is_told(here: Office) -> None:
    """A vendor that Procore has under another name is linked by that name."""
    number = str(here.submission("new_vendor", "Paving Works")["id"])
    assert "is synced" in here.run("review", "link", number, "--procore", "pacific drywall").stdout
    found = here.ask("review", "preview", number)
    assert [each["there"] for each in found["fields"]] == ["Pacific Drywall"]
