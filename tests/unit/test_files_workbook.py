"""Excel workbooks, read back as Excel would: cells, formulas with their values, what is frozen and printed."""

import os
import re
import zipfile
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qbwc_bridge.domain.money import total
from qbwc_bridge.errors import WrongUsage
from qbwc_bridge.files import workbook
from qbwc_bridge.files.plain import printable, write_file
from qbwc_bridge.files.workbook import LONGEST, Sheet
from tests.unit.documents import NOW

MAIN = {"": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
AMOUNTS = st.decimals(-(10**9), 10**9, places=2)
TEXTS = st.text(st.characters(), max_size=20) | st.sampled_from(
    ["=1+1", "+1", "-1", "@SUM(A1)", "{=1}", "http://example.com", "mailto:a@example.com", "\t=1", "12.50", "_x0041_"]
)


def parts(file: Path) -> dict[str, ET.Element]:
    """The parts of a workbook, by name."""
    with zipfile.ZipFile(file) as book:
        return {name: ET.fromstring(book.read(name)) for name in book.namelist() if name.endswith(".xml")}  # noqa: S314 - ours


def cells(file: Path, number: int = 1) -> dict[str, tuple[Any, str]]:
    """Each cell of a sheet: its text or amount, and its formula."""
    found = parts(file)
    shared = [
        "".join(text.text or "" for text in each.iterfind(".//t", MAIN))
        for each in found["xl/sharedStrings.xml"].iterfind("si", MAIN)
    ]
    read: dict[str, tuple[Any, str]] = {}
    for cell in found[f"xl/worksheets/sheet{number}.xml"].iterfind(".//c", MAIN):
        value, formula = cell.findtext("v", "", MAIN), cell.findtext("f", "", MAIN)
        if value or formula:
            read[cell.get("r", "")] = (shared[int(value)] if cell.get("t") == "s" else Decimal(value), formula)
    return read


def unescaped(text: str) -> str:
    """A text as Excel shows it: what looks like its _xHHHH_ is written with an escape of its own."""
    return re.sub("_x([0-9A-F]{4})_", lambda found: chr(int(found[1], 16)), text)


def sheet(*rows: tuple[str, Any], **more: Any) -> Sheet:
    """A sheet of a text and an amount."""
    lines = [{"account_or_item": text, "amount": Decimal(amount)} for text, amount in rows]
    return Sheet("Proof", ("account_or_item", "amount"), ("amount",), lines, **more)


def test_a_sheet_has_head_table_and_sums(tmp_path: Path) -> None:
    """Facts above, names of columns, amounts as numbers, sums as formulas that hold their values."""
    file = tmp_path / "proof.xlsx"
    made = sheet(("Fuel", "10.25"), ("Tile", "-0.75"), head=[("Basis", "accrual")], absolute="amount")
    write_file(file, workbook.workbook([made, replace(sheet(), name="Ignored")], NOW))

    assert cells(file, 2) == {"A1": ("Account or item", ""), "B1": ("Amount", "")}
    assert cells(file) == {
        "A1": ("Basis", ""),
        "B1": ("accrual", ""),
        "A3": ("Account or item", ""),
        "B3": ("Amount", ""),
        "A4": ("Fuel", ""),
        "B4": (Decimal("10.25"), ""),
        "A5": ("Tile", ""),
        "B5": (Decimal("-0.75"), ""),
        "A6": ("Total", ""),
        "B6": (Decimal("9.50"), "SUM(B4:B5)"),
        "A7": ("Amount, without signs", ""),
        "B7": (Decimal("11.00"), "SUMPRODUCT(ABS(B4:B5))"),
    }
    assert [path.name for path in tmp_path.iterdir()] == ["proof.xlsx"]


def test_a_sheet_can_be_read_and_printed(tmp_path: Path) -> None:
    """The names of columns stay in view and stand on each printed page; amounts have the form of money."""
    file = tmp_path / "proof.xlsx"
    write_file(
        file, workbook.workbook([sheet(("A long name of an account", "1234567.89"), head=[("Basis", "accrual")])], NOW)
    )
    found = parts(file)
    page = found["xl/worksheets/sheet1.xml"]
    pane, titles = page.find(".//pane", MAIN), found["xl/workbook.xml"].find(".//definedName", MAIN)
    widths = [float(each.get("width", 0)) for each in page.iterfind(".//col", MAIN)]
    formats = [each.get("formatCode") for each in found["xl/styles.xml"].iterfind(".//numFmt", MAIN)]

    assert pane is not None
    assert titles is not None
    assert (pane.get("ySplit"), pane.get("state")) == ("3", "frozen")
    assert (titles.get("name"), titles.text) == ("_xlnm.Print_Titles", "Proof!$3:$3")
    assert formats == [workbook.MONEY]
    assert widths[0] > len("A long name of an account")
    assert widths[1] > len("(1,234,567.89)")
    created = found["docProps/core.xml"].find("{http://purl.org/dc/terms/}created")
    assert created is not None
    assert created.text == f"{NOW:%Y-%m-%dT%H:%M:%SZ}"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(TEXTS, AMOUNTS), min_size=1, max_size=5), TEXTS)
def test_texts_stay_texts_and_amounts_exact(tmp_path: Path, rows: list[tuple[str, Decimal]], fact: str) -> None:
    """Whatever a name looks like, it is no formula, link or number; amounts and sums are exact to the cent."""
    file = tmp_path / "proof.xlsx"
    write_file(file, workbook.workbook([sheet(*rows, head=[("Company", fact)])], NOW))
    read = cells(file)

    cells_of = f"B4:B{3 + len(rows)}" if len(rows) > 1 else "B4"
    shown = [read.get(f"A{at}", ("", "")) for at in range(4, 4 + len(rows))]
    assert [formula for _, formula in [*shown, read.get("B1", ("", ""))] if formula] == []
    assert [unescaped(text) for text, _ in shown] == [printable(text) for text, _ in rows]
    assert [read[f"B{at}"][0] for at in range(4, 4 + len(rows))] == [amount for _, amount in rows]
    assert read[f"B{4 + len(rows)}"] == (total(amount for _, amount in rows), f"SUM({cells_of})")
    with zipfile.ZipFile(file) as book:
        assert not [name for name in book.namelist() if "rels" in name and b"example.com" in book.read(name)]


def test_a_text_that_excel_cannot_hold_is_cut(tmp_path: Path) -> None:
    """A cell holds so many characters and no more; a longer text is cut, not lost."""
    file = tmp_path / "proof.xlsx"
    write_file(file, workbook.workbook([sheet(("x" * (LONGEST + 5), "1.00"))], NOW))
    assert cells(file)["A2"] == ("x" * LONGEST, "")


def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No folder, no ordinary file, more rows than Excel holds: one sentence each, and nothing is left behind."""
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    kept = tmp_path / "kept.xlsx"
    kept.write_text("old")
    for file in (tmp_path / "nowhere" / "proof.xlsx", tmp_path / "folder", tmp_path / "pipe"):
        with pytest.raises(WrongUsage, match=re.escape(str(file))):
            write_file(file, workbook.workbook([sheet(("Fuel", "1.00"))], NOW))
    with monkeypatch.context() as patch:

        def refuse(*_: object) -> None:
            raise PermissionError(13, "Permission denied")

        patch.setattr(Path, "replace", refuse)
        with pytest.raises(WrongUsage, match=r"cannot be written: Permission denied\. .* closed in Excel\?"):
            write_file(kept, workbook.workbook([sheet(("Fuel", "1.00"))], NOW))
    monkeypatch.setattr(workbook, "MOST_ROWS", 1)
    with pytest.raises(WrongUsage, match="2 rows, more than Excel holds"):
        write_file(kept, workbook.workbook([sheet(("Fuel", "1.00"), ("Tile", "1.00"))], NOW))

    assert kept.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "kept.xlsx", "pipe"]
    assert (tmp_path / "pipe").is_fifo()
