"""`wip` and `wip close`: the schedule on the screen, as a table, as a workbook and as JSON."""

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from qbwc_bridge.files.wip import COLUMNS, FORMULAS
from qbwc_bridge.rehearsal.month import Site, post_month
from tests.unit.cli_office import Office, office
from tests.unit.test_files_workbook import cells, parts


@pytest.fixture(name="here", scope="module")
def _here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An office in April whose project 24-001 stands in QuickBooks with a month of costs and an invoice, all read."""
    with office(tmp_path_factory.mktemp("office")) as made:
        made.run("pull")
        made.run("project", "on", "24-001", "--create-customer")
        made.bridge.procore.add_prime_contract(
            made.bridge.projects("24-001")[0], "PC-1", "Clinic", Decimal("900000.00"), retainage_percent=Decimal(10)
        )
        made.run("pull")
        made.bridge.visit()
        assert "were not read whole yet" in made.refused_with_data("wip")
        made.run("review", "accept", "--all")
        made.bridge.visit()
        job = made.submission("job", "24-001")["quickbooks"]
        list(post_month(made.bridge.company, Site(job, "09-250:M", "01-310:L"), made.bridge.clock.now().date()))
        made.bridge.clock.pass_time(days=30)
        made.run("refresh-costs")
        made.bridge.visit()
        yield made


def test_the_schedule_is_the_same_in_every_form(here: Office, tmp_path: Path) -> None:
    """JSON, table and workbook have the same figures, which are QuickBooks' own; the screen has head and totals."""
    table, book = tmp_path / "wip.csv", tmp_path / "wip.xlsx"
    told = here.ask("wip", "Bluestone", "--csv", str(table), "--xlsx", str(book))
    (row,), (totals,) = told["rows"], told["totals"]
    spent = sum(here.bridge.company.job_costs().values(), Decimal(0))
    assert (Decimal(row["cost_to_date"]), row["revised_contract"]) == (spent, "900000.00")
    assert totals["cost_to_date"] == row["cost_to_date"]
    assert told["head"][0]["company"] == "Bluestone Development LLC"
    assert told["changed_after_close"] == []

    (line,) = csv.DictReader(io.StringIO(table.read_text("utf-8-sig")))
    assert {key: line[key] for key in COLUMNS} == {key: "" if row[key] is None else row[key] for key in COLUMNS}
    found, at = cells(book), "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[COLUMNS.index("cost_to_date")]
    assert found["B1"][0] == "Bluestone"
    assert found[f"{at}10"][0] == "Cost to date"
    assert found[f"{at}11"] == (spent, "")
    assert found[f"{at}12"] == (spent, f"SUM({at}11)")
    percent = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[COLUMNS.index("percent_complete")]
    assert found[f"{percent}11"] == (Decimal(row["percent_complete"]) / 100, "")
    assert f"{percent}12" not in found
    names = [each.get("name") for each in parts(book)["xl/workbook.xml"].iter() if each.tag.endswith("}sheet")]
    assert names == ["Work in progress", "Changed after close", "Sources and formulas"]
    assert len([key for key in cells(book, 3) if key.startswith("A")]) == len(FORMULAS) + 1

    screen = here.run("wip").stdout
    assert "Bluestone Development LLC" in screen
    assert screen.count("total") == 2
    assert f"{spent:,.2f}" in screen
    assert here.run("wip", "show", "Bluestone").stdout == screen


def test_a_month_is_closed_by_name(here: Office) -> None:
    """Closing says what it did, a second time is refused, and the closed month is the last one of a later schedule."""
    assert here.refused("wip", "close", "Bluestone", "2026-04").startswith("April 2026 is not over yet")
    assert "March 2026 of Bluestone is closed." in here.run("wip", "close", "bluestone", "2026-03").stderr
    assert "say that it shall be closed again" in here.refused("wip", "close", "Bluestone", "2026-03")
    (closed,) = here.ask("wip", "close", "Bluestone", "2026-03", "--again")["rows"]
    told = here.ask("wip")
    assert told["head"][0]["last_closed"] == "2026-03-31"
    assert told["rows"][0]["last_percent"] == closed["percent_complete"]
    assert here.ask("wip", "--as-of", "2026-03-01")["rows"][0]["cost_to_date"] == "0.00"


def test_what_names_nothing_is_one_sentence(here: Office, tmp_path: Path) -> None:
    """An unknown connection, a month that is none, a file that cannot be written."""
    assert "There is no connection Granite" in here.refused("wip", "Granite")
    here.run("wip", "close", "Bluestone", "2026-13", code=2)
    for option in ("--csv", "--xlsx"):
        told = here.refused("wip", option, str(tmp_path / "nowhere" / "file"), code=2)
        assert "cannot be written: No such file or directory." in told
