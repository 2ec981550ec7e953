"""The table of numbers: complete, in plain sentences, and forgiving in how a number is written."""

import re

import pytest

from qbwc_bridge.qbxml.connector_codes import CONNECTOR_CODES, HRESULTS
from qbwc_bridge.qbxml.status_codes import STATUS_CODES
from qbwc_bridge.qbxml.statuses import Meaning, Reaction, connector, hresult, meaning
from tests.support import shared_dir

ALL = [*STATUS_CODES.values(), *HRESULTS.values(), *CONNECTOR_CODES.values()]


@pytest.mark.parametrize("row", {(row.means, row.what_to_do): row for row in ALL}.values(), ids=lambda row: row.code)
def test_every_row_speaks_in_sentences(row: Meaning) -> None:
    """Each row says in whole sentences what happened and what to do, and who does it."""
    for sentence in (row.means, row.what_to_do):
        assert re.fullmatch(r"[A-Z].{3,}\.", sentence)
        assert "  " not in sentence
    assert (row.who == "nobody") <= (row.reaction not in (Reaction.PERSON, Reaction.FAULT))


def test_the_table_has_every_status_of_the_reference() -> None:
    """Every number in the first column of the reference's table of status codes is known."""
    text = shared_dir("reference", "qbxml.md").read_text(encoding="utf-8")
    section = text.partition("## 5. Status codes")[2].partition("## 6.")[0]
    wanted: set[int] = set()
    for cell in re.findall(r"^\| ([\d, -]+) \|", section, re.MULTILINE):
        for first, last in re.findall(r"(\d+)(?:-(\d+))?", cell):
            numbers = range(int(first), int(last or first) + 1)
            wanted.update(
                numbers if len(numbers) <= 100 and int(first) not in (2000, 3300) else [int(first), int(last)]
            )
    assert len(wanted) > 160
    assert {number for number in wanted if str(number) not in STATUS_CODES} == set()


def test_the_table_has_every_number_of_the_connector() -> None:
    """Every QBWC number and HRESULT of the protocol reference is known."""
    text = shared_dir("reference", "qbwc-protocol.md").read_text(encoding="utf-8")
    section = text.partition("### 1.11 Error numbers")[2].partition("### 1.12")[0]
    numbers, hresults = section.split("HRESULT from the request processor")
    wanted: set[str] = set()
    for cell in re.findall(r"^\| (\d[^|]*) \|", numbers, re.MULTILINE):
        for first, last in re.findall(r"(\d{4})(?:-(\d{4}))?", cell):
            wanted.update(str(number) for number in range(int(first), int(last or first) + 1))
    assert len(wanted) > 45
    assert wanted - CONNECTOR_CODES.keys() == set()
    for cell in re.findall(r"^\| (0x[^|]*) \|", hresults, re.MULTILINE):
        for code in re.findall(r"\b(?:0x)?([0-9A-F]{4,8})\b", cell):
            assert (code if len(code) == 8 else f"8004{code}") in HRESULTS


@pytest.mark.parametrize(
    ("status", "reaction"),
    [
        (0, Reaction.DONE),
        (1, Reaction.NOTHING_FOUND),
        (500, Reaction.DONE),
        (530, Reaction.DONE),
        (600, Reaction.LOOK_UP),
        (1000, Reaction.RETRY),
        (3100, Reaction.CONFLICT),
        (3171, Reaction.PERSON),
        (3175, Reaction.RETRY),
        (3176, Reaction.RETRY),
        (3180, Reaction.RETRY),
        (3200, Reaction.REFRESH),
        (3210, Reaction.PERSON),
        (3231, Reaction.RESEND),
        (3261, Reaction.PERSON),
        (9001, Reaction.LOOK_UP),
        (9002, Reaction.LOOK_UP),
        (9004, Reaction.FAULT),
        (9155, Reaction.FAULT),
        (777, Reaction.DONE),
        (42, Reaction.DONE),
        (4711, Reaction.PERSON),
        (-1, Reaction.PERSON),
    ],
)
def test_what_the_bridge_does(status: int, reaction: Reaction) -> None:
    """The decided reactions hold; unknown warnings count as done, all other unknown numbers are for a person."""
    told = meaning(status)
    assert told.reaction is reaction
    assert told.code == str(status)
    assert told.means
    assert told.what_to_do


@pytest.mark.parametrize("written", ["0x80040414", "0X80040414", "80040414", " 0x80040414 ", "-2147220460"])
def test_an_hresult_however_written(written: str) -> None:
    """An HRESULT is found in any case, with or without 0x, and as a signed number."""
    assert hresult(written) is HRESULTS["80040414"]


def test_letters_of_either_case() -> None:
    """Hexadecimal letters may be small."""
    assert hresult("0x8004041b") is HRESULTS["8004041B"]


def test_unknown_numbers() -> None:
    """An unknown HRESULT or QBWC number still gives a sentence, and doubts what was under way."""
    for told in (hresult("0xDEADBEEF"), hresult(""), connector("QBWC9999"), connector("")):
        assert told.reaction is Reaction.LOOK_UP
        assert told.means.endswith(".")
    assert connector("QBWC1039") is connector(" qbwc1039 ") is connector("1039") is CONNECTOR_CODES["1039"]


def test_every_reaction_is_used() -> None:
    """No reaction stands in the list for nothing."""
    assert {row.reaction for row in ALL} == set(Reaction)
