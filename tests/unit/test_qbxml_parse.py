"""The hardened parser: what it refuses, quickly, and what it makes of real text."""

# ruff: noqa: RUF001 - awkward characters are what is tested

import contextlib
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbwc_bridge.domain.quickbooks import Ref
from qbwc_bridge.domain.replies import ListRet
from qbwc_bridge.errors import QuickBooksError
from qbwc_bridge.qbxml import parse
from qbwc_bridge.qbxml.check import SchemaCheck
from qbwc_bridge.qbxml.company import parse_hcp
from qbwc_bridge.qbxml.parse import parse_tree
from qbwc_bridge.qbxml.responses import parse_reply
from tests.support import shared_dir

QUICK_SECONDS = 2.0
"""A refusal must not take longer, even on a loaded machine."""

LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "'
    + "&a;" * 1000
    + '"><!ENTITY c "'
    + "&b;" * 1000
    + '">]><QBXML>&c;</QBXML>'
)
BOMBS = {
    "laughs": LAUGHS,
    "outside entity": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><QBXML>&e;</QBXML>',
    "outside DTD": '<!DOCTYPE QBXML SYSTEM "http://127.0.0.1:9/x.dtd"><QBXML/>',
    "undeclared entity": "<QBXML>&e;</QBXML>",
    "deep": "<a>" * 200_000,
    "deep and closed": "<a>" * 5000 + "</a>" * 5000,
    "control": "<QBXML>\x01</QBXML>",
    "control reference": "<QBXML>&#1;</QBXML>",
    "half character": "<QBXML>\ud83d</QBXML>",
    "two roots": "<QBXML><QBXMLMsgsRs/></QBXML><QBXML/>",
    "unclosed": "<QBXML><QBXMLMsgsRs>",
    "nothing": "",
    "blank": " \n",
    "words": "Data for Point of Sale",
}


@pytest.mark.parametrize("read", [parse_tree, parse_reply])
@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused(name: str, read: Callable[[str], object]) -> None:
    """Document types, entities, depth, controls and broken text are refused in one short sentence, quickly."""
    started = time.perf_counter()
    with pytest.raises(QuickBooksError) as refusal:
        read(BOMBS[name])
    assert time.perf_counter() - started < QUICK_SECONDS
    assert len(str(refusal.value)) < 400
    assert "root:" not in str(refusal.value)


@pytest.mark.parametrize(("read", "bound"), [(parse_tree, "MAX_SHORT"), (parse_reply, "MAX_SIZE")])
def test_size_is_bounded(monkeypatch: pytest.MonkeyPatch, read: Callable[[str], object], bound: str) -> None:
    """A document over the bound is refused, counted in bytes."""
    form = "<QBXML><QBXMLMsgsRs>{}</QBXMLMsgsRs></QBXML>"
    monkeypatch.setattr(parse, bound, 1000)
    read(form.format("x" * 900))
    for text in ("x" * 1000, "é" * 600):
        with pytest.raises(QuickBooksError, match="larger than"):
            read(form.format(text))


@pytest.mark.parametrize("read", [parse_tree, parse_reply])
def test_refusals_never_spread_the_books(read: Callable[[str], object]) -> None:
    """A complaint about malformed text shows a short extract at most."""
    for text in (f"<QBXML><{'secret' * 200}></QBXML>", f"<{'secret' * 200}/>{'secret' * 200}"):
        with pytest.raises(QuickBooksError) as refusal:
            read(text)
        assert len(str(refusal.value)) < 250


def _read(name: str, *, head: str = "") -> ListRet:
    body = (
        f'<VendorAddRs statusCode="0" statusMessage="{name}"><VendorRet><Name>{name}</Name></VendorRet></VendorAddRs>'
    )
    (reply,) = parse_reply(f"{head}<QBXML><QBXMLMsgsRs>{body}</QBXMLMsgsRs></QBXML>").replies
    (vendor,) = reply.results
    assert isinstance(vendor, ListRet)
    assert reply.message == vendor.name
    return vendor


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("it&#146;s &#147;so&#148; &#150; 1&#153;", "it’s “so” – 1™"),
        ("it\u0092s", "it’s"),
        ("&#174;&#233; &#8217; &#128;", "®é ’ €"),
        ("&#129;", "\x81"),
        ("A&amp;B &lt;&gt; &quot;&apos;&#38;", "A&B <> \"'&"),
    ],
)
def test_references_of_the_code_page(sent: str, read: str) -> None:
    """References 128-159 are Windows-1252 code points, in text and attributes; others stay what they are."""
    assert _read(sent).name == read


def test_a_declared_encoding_is_overruled() -> None:
    """The text is Unicode already, whatever encoding its declaration names; a byte order mark is passed over."""
    for encoding in ("windows-1252", "utf-16", "us-ascii", "nonsense"):
        assert _read("é’", head=f'\ufeff<?xml version="1.0" encoding="{encoding}"?>').name == "é’"


def test_white_space_is_layout_only_between_elements() -> None:
    """Blanks between elements are dropped, those inside a text are kept; comments and instructions say nothing."""
    body = """<VendorAddRs statusCode="0"> <VendorRet>
      <Name> x

y </Name> <ParentRef> <!-- no --> <ListID>1</ListID><?no?> </ParentRef> </VendorRet> </VendorAddRs>"""
    (vendor,) = parse_reply(f"<QBXML> <QBXMLMsgsRs>{body}</QBXMLMsgsRs> </QBXML>").replies[0].results
    assert isinstance(vendor, ListRet)
    assert (vendor.name, vendor.parent) == (" x\n\ny ", Ref("1"))


def test_records_are_read_before_the_rest_has_come() -> None:
    """What is wrong with an early record is said although the end of the document is malformed."""
    early = "<BillRet><TxnID>7-7</TxnID><TxnDate>soon</TxnDate></BillRet>"
    filler = "<BillRet/>" * 20_000
    with pytest.raises(QuickBooksError, match="Bill 7-7"):
        parse_reply(f'<QBXML><QBXMLMsgsRs><BillQueryRs statusCode="0">{early}{filler}<broken')


@given(st.text(max_size=200) | st.text(alphabet="<>/&;QBXMLa \"'=!-[]?", max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Whatever comes instead of an answer, it is read or refused with a sentence; the first answer never raises."""
    with contextlib.suppress(QuickBooksError):
        parse_reply(text)
    assert len(parse_hcp(text)) == 4


# ---------------------------------------------------------------- the first answer of a session


def _first_answer() -> str:
    return shared_dir("samples", "rs_host_company_preferences.xml").read_text(encoding="utf-8")


def test_the_first_answer() -> None:
    """The real first answer gives all three parts without problems."""
    host, company, preferences, problems = parse_hcp(_first_answer())
    assert problems == []
    assert host is not None
    assert host.supported_versions[-1] == "11.0"
    assert company is not None
    assert company.file_id("87edaaf8-637e-4203-867f-4ba79c2f8998") == "{CA1C3EB8-1B61-4747-A743-8D5B438B83AC}"
    assert preferences is not None
    assert preferences.multi_currency is False


def _mutilations() -> dict[str, tuple[str, str]]:
    text = _first_answer()
    declared = text.partition("?>")[0] + "?>"
    parts = text.split("<CompanyQueryRs")
    return {
        "bare ampersand": (text.replace("Wholesale/Distributor", "A&B"), "A&B Sample File"),
        "HTML entity": (text.replace("Wholesale/Distributor", "A&nbsp;B"), "A&nbsp;B Sample File"),
        "control": (text.replace("Wholesale/Distributor", "A\x02B"), "AB Sample File"),
        "two documents": (text + text, "Wholesale/Distributor Sample File"),
        "three documents": (
            f"{parts[0]}</QBXMLMsgsRs></QBXML>{declared}<QBXML><QBXMLMsgsRs><CompanyQueryRs{parts[1]}",
            "Wholesale/Distributor Sample File",
        ),
    }


@pytest.mark.parametrize("name", ["bare ampersand", "HTML entity", "control", "two documents", "three documents"])
def test_a_malformed_first_answer_is_read_as_far_as_it_goes(name: str) -> None:
    """A malformed first answer gives what it holds, and says that it was malformed."""
    text, company_name = _mutilations()[name]
    host, company, preferences, problems = parse_hcp(text)
    assert host is not None
    assert company is not None
    assert company.company_name == company_name
    assert company.file_id("87edaaf8-637e-4203-867f-4ba79c2f8998") == "{CA1C3EB8-1B61-4747-A743-8D5B438B83AC}"
    assert preferences is not None
    assert len(problems) == 1


@pytest.mark.parametrize("text", ["", "Data for Point of Sale", "<QBXML/>", LAUGHS, "<a>" * 5000])
def test_a_first_answer_without_company(text: str) -> None:
    """An answer that holds nothing of QuickBooks gives nothing and says what is missing."""
    host, company, preferences, problems = parse_hcp(text)
    assert (host, company, preferences) == (None, None, None)
    assert sum("holds no" in problem for problem in problems) == 3


def test_a_refused_part_is_told() -> None:
    """A part that QuickBooks refused, or that holds an impossible value, is None with a sentence."""
    refused = _first_answer().replace('requestID="2" statusCode="0"', 'requestID="2" statusCode="3260"')
    assert any("status 3260" in problem for problem in parse_hcp(refused)[3])
    odd = _first_answer().replace("2016-11-30", "2016-13-30")
    _, company, preferences, problems = parse_hcp(odd)
    assert company is not None
    assert preferences is None
    assert "PreferencesRet" in problems[0]


@pytest.mark.parametrize("part", ["HostRet", "CompanyRet", "PreferencesRet"])
@pytest.mark.parametrize("rest", ["", " and on"])
def test_a_part_without_its_end_is_left_out(part: str, rest: str) -> None:
    """What was cut of it would count as not set: a company without its FileID, preferences without currencies."""
    before, end, after = _first_answer().partition(f"</{part}>")
    found = parse_hcp(before + after * bool(rest))
    told = dict(zip(("HostRet", "CompanyRet", "PreferencesRet"), found, strict=False))
    whole = {name for name, value in told.items() if value is not None}
    assert end
    assert whole == {name for name in told if f"</{name}>" in before + after * bool(rest)}
    assert found[3]


def test_the_schema_check_parses_by_the_same_rules(tmp_path: Path) -> None:
    """The schema check refuses a document type too."""
    (tmp_path / "qbxmlops160.xsd").write_text(
        '<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema"><xsd:element name="QBXML"/></xsd:schema>',
        encoding="utf-8",
    )
    check = SchemaCheck(tmp_path)
    assert check.problem("<QBXML/>") == ""
    assert "DOCTYPE" in check.problem("<!DOCTYPE QBXML><QBXML/>")
