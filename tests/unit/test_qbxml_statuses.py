"""The table of numbers: complete, in plain sentences, and forgiving in how a number is written."""

import re
from collections.abc import Iterator

import pytest

from qbwc_bridge.qbxml.connector_codes import CONNECTOR_CODES, HRESULTS
from qbwc_bridge.qbxml.meanings import WHO, Who
from qbwc_bridge.qbxml.status_codes import STATUS_CODES
from qbwc_bridge.qbxml.statuses import Meaning, Reaction, connector, hresult, meaning
from tests.support import shared_dir

ALL = [*STATUS_CODES.values(), *HRESULTS.values(), *CONNECTOR_CODES.values()]


@pytest.mark.parametrize("row", {(row.means, row.what_to_do): row for row in ALL}.values(), ids=lambda row: row.code)
def test_every_row_speaks_in_sentences(row: Meaning) -> None:
    """Each row says in whole sentences what happened, what to do and what the bridge does, and who must act."""
    for sentence in (row.means, row.what_to_do, row.by_itself):
        assert re.fullmatch(r"[A-Z].{3,}\.", sentence)
        assert "  " not in sentence
    assert row.who in WHO
    assert (row.who == "nobody") <= (row.reaction not in (Reaction.PERSON, Reaction.FAULT))


def _rows(file: str, start: str, end: str) -> Iterator[list[str]]:
    """Give the cells of each row of the reference's tables between two headings."""
    section = shared_dir("reference", file).read_text(encoding="utf-8").partition(start)[2].partition(end)[0]
    assert section
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and re.match(r"\d", cells[0]):
            yield cells


def _numbers(cell: str) -> list[str]:
    """Give every number of a cell such as `1005, 1006` or `9100-9199`; of other long ranges only the ends exist."""
    found: list[str] = []
    for first, last in re.findall(r"(\d+)(?:-(\d+))?", cell):
        whole = not last or int(last) - int(first) < 10 or first == "9100"
        found += [str(each) for each in range(int(first), int(last or first) + 1)] if whole else [first, last]
    return found


def _hresults(cell: str) -> list[str]:
    """Give every HRESULT of a cell such as `0x80040416, 0417`."""
    return [code if len(code) == 8 else f"8004{code}" for code in re.findall(r"\b(?:0x)?([0-9A-F]{4,8})\b", cell)]


STATUS_ROWS = ("qbxml.md", "## 5. Status codes", "## 6.")
NUMBER_ROWS = ("qbwc-protocol.md", "### 1.11 Error numbers", "### 1.12")


def test_the_table_has_every_status_of_the_reference() -> None:
    """Every number in the first column of the reference's table of status codes is known, and no other one."""
    wanted = {number for cells in _rows(*STATUS_ROWS) for number in _numbers(cells[0])}
    between = {"2010", "2020", "2030", "3310", "3320", "3330"}
    assert set(STATUS_CODES) - between == wanted


def test_statuses_told_in_passing_are_known() -> None:
    """The protocol reference names status codes in a sentence; each has its row."""
    text = shared_dir("reference", "qbwc-protocol.md").read_text(encoding="utf-8")
    sentence = text.partition("statusCode inside answers:")[2].partition("Retry only")[0]
    wanted = set(re.findall(r"\b\d{1,4}\b", sentence))
    assert len(wanted) >= 20
    assert wanted - STATUS_CODES.keys() == set()


WORDS_OF_REACTIONS = {
    r"retry": Reaction.RETRY,
    r"re-query": Reaction.REFRESH,
    r"person": Reaction.PERSON,
    r"builder fault(?!.*missing data)": Reaction.FAULT,
    r"query that name": Reaction.CONFLICT,
    r"resend|put back": Reaction.RESEND,
    r"never retry": Reaction.PERSON,
    r"go on|use the rest|treat as written|written|log|document saved": Reaction.DONE,
    r"normal": Reaction.NOTHING_FOUND,
}
"""How the reference's last column begins, and what that is here."""

DECIDED = {
    "600 9001 9002": Reaction.LOOK_UP,  # set never ran, says the reference; the house says look up before a repeat
    "3000": Reaction.PERSON,  # a lost id: a wrong link by name would be worse than a question
    "3262": Reaction.PERSON,  # costs without payroll would be wrong in silence
}
"""Where the design differs from the reference's words, and why."""


def test_the_reaction_is_the_references() -> None:
    """What the bridge does by itself agrees with the words of the reference's last column, or was decided otherwise."""
    decided = {code: reaction for codes, reaction in DECIDED.items() for code in codes.split()}
    compared = 0
    for cells in _rows(*STATUS_ROWS):
        warned = cells[2] == "Warn"  # then QuickBooks did it, whatever is to mend
        for code in _numbers(cells[0]):
            begins = (reaction for words, reaction in WORDS_OF_REACTIONS.items() if re.match(words, cells[4]))
            wanted = decided.get(code) or (Reaction.DONE if warned else next(begins, None))
            if wanted is not None and code in STATUS_CODES:
                assert STATUS_CODES[code].reaction is wanted, (code, cells[4])
                compared += 1
    assert compared > 80


def test_the_table_has_every_number_of_the_connector() -> None:
    """Every QBWC number of the protocol reference is known, and no other one."""
    wanted = {number for cells in _rows(*NUMBER_ROWS) if "0x" not in cells[0] for number in _numbers(cells[0])}
    assert len(wanted) > 45
    assert set(CONNECTOR_CODES) == wanted


SEEN_IN_THE_FIELD = ("80040423", "80040404", "80040405", "80040407", "80040409", "8004041B", "8004041C", "8004041E")
"""HRESULTs that the reference's table lacks."""

ACTORS: dict[str, Who] = {"us": "us", "PC": "pc", "admin": "admin", "bookkeeper": "bookkeeper", "retry": "nobody"}
"""The first word of the reference's column of who acts."""


def test_the_table_has_every_hresult_with_who_acts() -> None:
    """Every HRESULT of the reference is known with the same person to act; the others known were seen in the field."""
    found: set[str] = set()
    for cells in _rows(*NUMBER_ROWS):
        for code in _hresults(cells[0]) if cells[0].startswith("0x") else ():
            assert HRESULTS[code].who == ACTORS[re.split(r"\W", cells[2])[0]], code
            found.add(code)
    assert len(found) >= 24
    assert set(HRESULTS) == found | set(SEEN_IN_THE_FIELD)


def test_what_did_nothing_is_told_apart() -> None:
    """Of all HRESULTs two are sure to have run nothing: an unreadable request, and an unsupported version of qbXML."""
    sure = {code for code, row in HRESULTS.items() if row.reaction in (Reaction.SPLIT, Reaction.RENEGOTIATE)}
    assert sure == {"80040400", "80040423"}
    assert HRESULTS["80040423"].reaction is Reaction.RENEGOTIATE


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        ("3161 3171", r"closed period.*closing date.*never moves a date"),
        ("3175 3176", r"open in QuickBooks.*tries again"),
        ("3180 8004041B", r"(same list|locked).*tries again"),
        ("3162 80040422", r"single-user mode"),
        ("3220 3260 3261 80040418 8004041A 8004041D 8004041E 80040420", r"(permission|may not|let|allow|right|denied)"),
        ("80040418 8004041A 8004041D 8004041E 80040420", r"administrator.*Integrated Applications"),
    ],
)
def test_periods_locks_and_permissions_are_named(codes: str, words: str) -> None:
    """A closed period, a lock or a lacking permission is called so, with what ends it."""
    for code in codes.split():
        row = STATUS_CODES.get(code) or HRESULTS[code]
        assert re.search(words, f"{row.means} {row.what_to_do}"), code


def test_a_person_reads_what_who_and_how_with_the_number() -> None:
    """One text says what happened, who can mend it and how, QuickBooks' own words and the number."""
    assert meaning(3175).told("PO is locked.", "3175") == (
        "Somebody has the record open in QuickBooks. For the bookkeeper: close its window in QuickBooks; the bridge "
        'tries again by itself. QuickBooks said: "PO is locked." (3175)'
    )
    assert meaning(3231).told("", "3231") == (
        "It was not tried because an earlier record of the set was refused. Nothing to do: it is sent again. (3231)"
    )


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
        (3120, Reaction.REFRESH),
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
    assert told.by_itself


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
        assert told.by_itself.endswith(".")
    assert connector("QBWC1039") is connector(" qbwc1039 ") is connector("1039") is CONNECTOR_CODES["1039"]


def test_every_reaction_is_used() -> None:
    """No reaction stands in the list for nothing."""
    assert {row.reaction for row in ALL} == set(Reaction)
