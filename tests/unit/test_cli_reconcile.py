"""What `reconcile` makes of proofs: the head in words, the sheets of its workbook, and one sentence for a bad file."""

import csv
import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qbwc_bridge.cli.reconcile import show
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.files.plain import write_file
from qbwc_bridge.files.proof import joined, proof_csv, sheets
from qbwc_bridge.files.workbook import workbook
from qbwc_bridge.flow.bill_comparison import FINDINGS, BillRow
from qbwc_bridge.flow.explained import Explained
from qbwc_bridge.flow.footing import Foot, Footing, FootingLine, ItemDifference
from qbwc_bridge.flow.pending import Pending
from qbwc_bridge.flow.procore_side import ProcoreSide
from qbwc_bridge.flow.proof import Proof, Row, Unmapped
from qbwc_bridge.flow.reconciling import CASH, Head, Reconciled, reconcile
from tests.unit.cli_office import Office, office
from tests.unit.documents import NOW, TODAY, cash
from tests.unit.factories import World
from tests.unit.test_files_workbook import cells

READ = dt.datetime(2026, 3, 10, 8, 0, tzinfo=dt.UTC)
HEAD = Head("Bluestone LLC", "C:\\Books\\Company.qbw", TODAY, through=False, costs_read_at=READ)


def proof(head: Head = HEAD) -> Reconciled:
    """A proof of two codes that differ both ways, with a cost of each list that stands apart."""
    rows = [
        Row("24-001", "03-300", "M", cash(10), cash(7), cash(1)),
        Row("24-001", "09-250", "L", cash(0), cash("0.50"), cash(0)),
    ]
    why = "changed: the amounts differ; not pushed yet"
    explained = [
        Explained("24-001", "03-300", "M", "Bill =A1+1 of 2026-03-10", cash(9), cash(7), cash(2), why),
        Explained("24-001", "03-300", "M", "Bill B-2 of 2026-03-10", cash(1), cash(0), cash(0), "before the cut-off"),
    ]
    apart = [Unmapped("24-001", f"Check {at}", "Fuel", cash(at), ignored=at > 1) for at in (1, 2)]
    return Reconciled(head, Proof(rows, apart), explained)


def connection(name: str = "Bluestone") -> Connection:
    """A connection."""
    return Connection(name, 1, "client", b"", "user", "", "{}", "abcd2345")


def test_the_workbook_has_the_whole_proof(tmp_path: Path) -> None:
    """Head, rows and their sums on the first sheet, then explanations, and what stands apart, each on its own."""
    file = tmp_path / "proof.xlsx"
    found = [(connection(), proof()), (connection("Granite"), proof(replace(HEAD, note=CASH)))]
    write_file(file, workbook(sheets(joined(found)), NOW))
    first, second, third, fourth = (cells(file, at) for at in (1, 4, 8, 9))

    assert [first[f"B{at}"][0] for at in range(1, 7)] == [
        "Bluestone",
        "Bluestone LLC",
        "C:\\Books\\Company.qbw",
        "accrual",
        f"of every date, on {TODAY}",
        "2026-03-10 08:00 UTC",
    ]
    assert first["B10"][0] == f"accrual. {CASH}"
    assert [first[f"{column}14"][0] for column in "AEFGH"] == [
        "Connection",
        "Quickbooks",
        "Procore",
        "Skipped",
        "Difference",
    ]
    assert first["H19"] == (Decimal("3.00"), "SUM(H15:H18)")
    assert first["H20"] == (Decimal("5.00"), "SUMPRODUCT(ABS(H15:H18))")
    assert second["E2"] == ("Bill =A1+1 of 2026-03-10", "")
    assert second["H6"] == (Decimal("4.00"), "SUM(H2:H5)")
    assert (third["C2"], fourth["C2"]) == (("Check 1", ""), ("Check 2", ""))
    assert third["E4"] == (Decimal("2.00"), "SUM(E2:E3)")


def head_of(world: World, as_of: dt.date | None = None, **company: Any) -> Head:
    """The head of a proof, after a visit of this company."""
    with world.unit() as (uow, known):
        known.company = replace(known.company, name="Bluestone", file_id="{1}", file_path="C:\\B.qbw", **company)
        known.bound_name, known.bound_file_id = "bluestone", "{1}"
        options = replace(world.options, time_zone="Pacific/Auckland")
        return reconcile(uow, known, options, ProcoreSide(), now=NOW, as_of=as_of).head


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A bridge that has read nothing from QuickBooks."""
    made = World(tmp_path)
    yield made
    made.close()


def test_the_head_says_what_the_proof_is_of(world: World) -> None:
    """The bound company and its file, the date asked for or the office's day, and cash basis where reports show it."""
    assert head_of(world) == Head("bluestone", "C:\\B.qbw", TODAY + dt.timedelta(days=1), False, None)
    assert head_of(world, TODAY, report_basis="Cash") == Head("bluestone", "C:\\B.qbw", TODAY, True, None, note=CASH)


def test_facts_of_another_company_are_not_told(world: World) -> None:
    """If another file was open at the last visit, its path and its basis are not the bound one's."""
    with world.unit() as (uow, known):
        known.company = replace(known.company, name="Other", file_path="C:\\O.qbw", report_basis="Cash")
        known.bound_name = "Bluestone"
        found = reconcile(uow, known, world.options, ProcoreSide(), now=NOW).head
    assert (found.company, found.file, found.note) == ("Bluestone", "", "")


@pytest.fixture(name="here")
def _here(tmp_path: Path) -> Iterator[Office]:
    """An office that has read nothing yet."""
    with office(tmp_path / "office") as made:
        yield made


def test_a_file_that_cannot_be_written_is_told(here: Office, tmp_path: Path) -> None:
    """One sentence and exit code 2, for a workbook as for a table."""
    for option in ("--xlsx", "--csv"):
        told = here.refused("reconcile", option, str(tmp_path / "nowhere" / "proof"), code=2)
        assert "cannot be written: No such file or directory." in told
    assert "Read from QuickBooks  not yet" in here.run("reconcile", "--xlsx", str(tmp_path / "proof.xlsx")).stdout
    assert cells(tmp_path / "proof.xlsx")["A8"][0] == "Connection"


def full_proof() -> Reconciled:
    """A proof with a project, a footing that lacks a dollar, an item, a bill, a pending cost and a note."""
    what = Foot("24-001", "Maple Clinic", True, cash(12), *map(cash, (11, 1, 1, 1, 7, 5, 3, 2, 2)))
    lines = [FootingLine("linked job", "Clients:24-001", "24-001", cash(12), cash(11))]
    lines.append(FootingLine("without a job", "", "", cash(4), None))
    rows = [replace(proof().proof.rows[0], pending=cash(2), invoices=cash(5), others=cash(3))]
    waiting = [Pending("24-001", "03-300", "M", "Bill P-1", "03-300:M", cash(2))]
    return replace(
        proof(),
        proof=Proof(rows, proof().proof.unmapped),
        projects=[what, replace(what, project="24-002", profit_and_loss=None)],
        footing=Footing(READ, lines, cash(17)),
        items=[ItemDifference("24-001", "Clients:24-001", "Tile", cash(3), cash(2), "Tile differs.")],
        bills=[
            BillRow("24-001", "no_invoice", "PO-1", "Bill A-3", "", cash(50), cash(0), "is draft"),
            BillRow("24-001", "agrees", "PO-1", "Bill A-1", "Invoice A-1", cash(4), cash(4)),
        ],
        pending=[*waiting, replace(waiting[0], cost_code="", cost_type="", amount=cash(6))],
        notes=[("24-001", "Procore does not show the subcontractor invoices of 24-001: off.")],
    )


def test_the_data_of_a_proof_has_its_foot_and_its_lists(tmp_path: Path) -> None:
    """Rows keep the promised keys first; projects, footing, jobs, items, bills, pending and notes stand beside."""
    result = joined([(connection(), full_proof())])
    assert list(result["rows"][0])[:8] == [
        *("connection", "project", "cost_code", "cost_type", "quickbooks", "procore", "skipped", "difference"),
    ]
    assert [row["books_difference"] for row in result["projects"]] == [cash(1), None]
    assert result["footing"][0]["difference"] == cash(1)
    assert [row["difference"] for row in result["jobs"]] == [cash(1), cash(0)]
    assert [row["finding"] for row in result["bills"]] == ["no_invoice", "agrees"]
    file = tmp_path / "proof.xlsx"
    write_file(file, workbook(sheets(result), NOW))
    assert "D2" in cells(file, 2)
    assert "D3" not in cells(file, 2), "an unknown total is no 0.00"
    assert cells(file, 6)["C2"][0] == FINDINGS["no_invoice"]
    assert cells(file, 1)["A7"][0] == "Project 24-001"


def test_no_amount_stands_twice_in_the_table() -> None:
    """Each column of the CSV file adds up to the proof's own figure."""
    result = joined([(connection(), full_proof())])
    lines = list(csv.DictReader(io.StringIO(proof_csv(result).decode("utf-8-sig"))))

    def added(column: str) -> Decimal:
        return sum((Decimal(line[column] or 0) for line in lines), Decimal(0))

    assert added("pending") == cash(8)
    assert added("unmapped") == added("ignored") / 2 == cash(1)
    assert added("profit_and_loss") == cash(12)
    assert added("quickbooks") == cash(10)


def test_what_is_shown_says_all_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    """The text has the foot, the lists in words and the notes; what agrees is counted."""
    show(joined([(connection(), full_proof())]))
    out, err = capsys.readouterr()
    for words in ("Cost accounts of Profit & Loss Standard", FINDINGS["no_invoice"], "Tile differs.", "Bill P-1"):
        assert words in out
    assert "Less all jobs and what has none" in out
    assert "Bills that agree with their invoices: 1" in err
    assert "Procore does not show the subcontractor invoices of 24-001: off." in err
