"""Text, names and numbers: what QuickBooks can hold, and that what we send arrives as we said."""

# ruff: noqa: RUF001 - awkward characters are what is tested

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbwc_bridge.domain import quickbooks as qb
from qbwc_bridge.errors import QuickBooksError
from qbwc_bridge.qbxml import types
from qbwc_bridge.qbxml.elements import text_at
from qbwc_bridge.qbxml.escape import ascii_only, escape
from qbwc_bridge.qbxml.parse import Element, parse_tree
from qbwc_bridge.qbxml.plaintext import transliterate
from qbwc_bridge.qbxml.requests import message_set
from qbwc_bridge.qbxml.templates import Templates
from tests.unit.qbxml_examples import BY_ID, DAY

TEMPLATES = Templates()
ANY_TEXT = st.text(st.characters(), max_size=120)  # lone surrogates and controls included
KINDS: tuple[types.Kind, ...] = ("job", "customer", "vendor", "item")


def _sent(request: qb.Request) -> Element:
    text = message_set([("1", request)], version="13.0", stop_on_error=False, templates=TEMPLATES)
    assert text.isascii()
    return parse_tree(text)[0][0][0]


@pytest.mark.parametrize(
    ("given_text", "held"),
    [
        ("Smith & Sons <“Best”>", 'Smith & Sons <"Best">'),
        ("it’s 5″ – or 5′ — wide…", "it's 5\" - or 5' - wide..."),
        ("né à Málaga, Müller, 50 €, ½", "né à Málaga, Müller, 50 €, ½"),
        ("Łódź Ğ Ħ ﬁ ① ≤ →", "Lódz G H fi 1 <= ->"),
        ("crane 🏗️ crew 👷🏽\u200d♂️", "crane ? crew ??"),
        ("東京", "??"),
        ("a\u00a0b\u200bc\u202fd\ufeff", "a bc d"),
        ("e\u0301tage", "étage"),
        ("line\r\ntwo\rthree\u2028four", "line\ntwo\nthree\nfour"),
        ("  bell\x07 tab\tkept\x00 ", "bell tab\tkept"),
        ("\ud83d alone", "? alone"),
    ],
)
def test_plain(given_text: str, held: str) -> None:
    """Typographic characters become plain, accents stay, the unknown becomes a question mark, controls go."""
    assert types.plain(given_text) == held


@given(ANY_TEXT)
def test_plain_is_final(text: str) -> None:
    """Making text plain twice is making it plain once, and every character has its place in Windows-1252."""
    once = types.plain(text)
    assert types.plain(once) == once
    assert transliterate(once) == once
    once.encode("cp1252")


@given(ANY_TEXT, st.sampled_from(KINDS))
def test_names_are_final(text: str, kind: types.Kind) -> None:
    """A fitted name is within its limit, of one line, without a colon, trimmed, and fits again unchanged."""
    name = types.fit_name(kind, text)
    assert len(name) <= types.LIMITS[kind]
    assert not set(name) & set(":\t\n\r")
    assert name == name.strip() == types.fit_name(kind, name)


def test_names_at_their_limits() -> None:
    """A name of 60 characters is cut at its end to 41 for people and jobs, 31 for items; a cut leaves no blank."""
    long = "".join(chr(ord("a") + at % 26) for at in range(60))
    assert types.fit_name("vendor", long) == long[:41]
    assert types.fit_name("job", long) == types.fit_name("customer", long) == long[:41]
    assert types.fit_name("item", long) == long[:31]
    assert types.fit_name("item", "x" * 30 + " yz") == "x" * 30
    assert types.fit_name("job", "Tower: Phase\t2\uff1aB") == "Tower- Phase 2-B"


@given(ANY_TEXT)
def test_ref_numbers_keep_their_tail(text: str) -> None:
    """A RefNumber has at most 11 characters, the last ones, and fits again unchanged."""
    number = types.fit_ref_number(text)
    assert len(number) <= 11
    assert types.one_line(text).endswith(number)
    assert types.fit_ref_number(number) == number
    assert types.fit_ref_number("SC-24-001-PO-17") == "4-001-PO-17"


@given(st.text(max_size=30).map(lambda text: text * 300))
def test_a_memo_keeps_its_mark(text: str) -> None:
    """However long the memo, its last word, the bridge's mark, survives the cut to 4095 characters."""
    memo = types.fit_memo(f"{text} [qb:K7Q2MA]")
    assert len(memo) <= 4095
    assert memo.endswith("[qb:K7Q2MA]")
    assert types.fit_memo(memo) == memo


def test_a_memo_of_one_word_is_cut() -> None:
    """A single word longer than a memo is cut at its end."""
    assert types.fit_memo("x" * 5000) == "x" * 4095


@given(ANY_TEXT, ANY_TEXT)
def test_any_text_arrives_as_said(name: str, memo: str) -> None:
    """Whatever the text, the request is ASCII and well-formed, and what QuickBooks reads is what was announced."""
    line = qb.PurchaseOrderLine(description=memo, customer=BY_ID)
    order = _sent(qb.PurchaseOrderAdd(BY_ID, DAY, name, memo, (line,)))
    assert text_at(order, "Memo") == types.fit_memo(memo)
    assert text_at(order, "RefNumber") == types.fit_ref_number(name)
    assert text_at(order, "PurchaseOrderLineAdd/Desc") == types.fit_description(memo)
    if types.fit_name("vendor", name):
        vendor = _sent(qb.VendorAdd(name, company_name=memo))
        assert text_at(vendor, "Name") == types.fit_name("vendor", name)
        assert text_at(vendor, "CompanyName") == types.one_line(memo, 41)


@given(ANY_TEXT.filter(lambda text: not any("\ud800" <= character <= "\udfff" for character in text)))
def test_the_escaper(text: str) -> None:
    """Escaped text is ASCII without markup, and plain ASCII without markup passes as it is."""
    escaped = escape(text)
    assert escaped.isascii()
    assert not set(escaped) & set("<>\"'")
    assert ascii_only(escaped) == escaped
    assert escape("a&b<c>\"d'é") == "a&amp;b&lt;c&gt;&quot;d&apos;&#233;"


# ---------------------------------------------------------------- numbers and times

CENTS = st.integers(-(10**15) + 1, 10**15 - 1).map(lambda number: Decimal(number).scaleb(-2))
FIVE = st.integers(-(10**15) + 1, 10**15 - 1).map(lambda number: Decimal(number).scaleb(-5))


@given(CENTS)
def test_amounts_round_trip(value: Decimal) -> None:
    """An amount is written with exactly two decimals and read back equal; there is no negative zero."""
    text = types.amount(value)
    assert text[-3] == "."
    assert "E" not in text
    assert text != "-0.00"
    assert types.read_amount(text) == value


@given(FIVE)
def test_quantities_round_trip(value: Decimal) -> None:
    """Quantities and rates are written shortly, without exponent, and read back equal."""
    for text in (types.quantity(value), types.price(value)):
        assert types.read_number(text) == value
        assert "E" not in text
        assert not text.endswith(".")
        assert text != "-0"


@pytest.mark.parametrize("value", ["0.001", "1E+13", "-10000000000000", "NaN", "Infinity"])
def test_amounts_that_have_no_form_are_refused(value: str) -> None:
    """More than two decimals or 13 digits, or no number, is refused with a sentence, never rounded."""
    with pytest.raises(QuickBooksError, match=r"The amount .* QuickBooks"):
        types.amount(Decimal(value))


@pytest.mark.parametrize("value", ["0.000001", "1E+10", "sNaN"])
def test_quantities_that_have_no_form_are_refused(value: str) -> None:
    """More than five decimals or ten digits, or no number, is refused with a sentence."""
    with pytest.raises(QuickBooksError):
        types.quantity(Decimal(value))
    with pytest.raises(QuickBooksError):
        types.price(Decimal(value))


def test_exponents_are_written_out() -> None:
    """Decimals with exponents and trailing zeros are written as QuickBooks wants them."""
    assert types.amount(Decimal("1E+3")) == "1000.00"
    assert types.amount(Decimal(891)) == "891.00"
    assert types.quantity(Decimal("1E+3")) == "1000"
    assert types.price(Decimal("12.50000")) == "12.5"
    assert types.price(Decimal("0.00000")) == "0"


def test_documented_variations_of_replies_are_read() -> None:
    """Amounts without decimals, empty fields, signs and blanks around are read; anything else is refused."""
    assert types.read_amount("891") == Decimal("891.00")
    assert types.read_amount(" -12.30 ") == Decimal("-12.30")
    assert types.read_amount("") is None
    assert types.read_number("") is None
    assert types.read_flag("") is None
    assert types.read_flag("1") is True
    assert types.read_flag("false") is False
    assert types.read_count("") == 0
    for text in ("1,000.00", "12.5", "$5.00", "1e3", "１"):
        with pytest.raises(QuickBooksError, match="an amount must stand"):
            types.read_amount(text)
    with pytest.raises(QuickBooksError):
        types.read_flag("TRUE")
    with pytest.raises(QuickBooksError):
        types.read_count("many")


def test_times_are_the_wall_clock() -> None:
    """The offset that QuickBooks prints is dropped; dates and times without seconds are read; nonsense is refused."""
    summer = types.read_moment("2023-07-16T00:06:42-05:00")
    assert summer is not None
    assert summer.isoformat() == "2023-07-16T00:06:42"
    assert types.moment(summer) == "2023-07-16T00:06:42"
    assert str(types.read_moment("2023-7-6T5:04")) == "2023-07-06 05:04:00"
    assert str(types.read_moment("2023-07-16")) == "2023-07-16 00:00:00"
    assert types.read_moment("") is None
    assert types.read_date("2010-09-27") == dt.date(2010, 9, 27)
    assert types.read_date("") is None
    for text in ("2023-02-30", "yesterday", "2023-07-16T25:00:00", "2023-07-16 00:06:42"):
        with pytest.raises(QuickBooksError, match="must stand"):
            types.read_moment(text)
    with pytest.raises(QuickBooksError, match="a date must stand"):
        types.read_date("2023-07-16T00:06:42")


def test_times_with_an_offset_are_not_sent() -> None:
    """A time with an offset is refused: QuickBooks would take its clock part for its own."""
    with pytest.raises(QuickBooksError, match="without offset"):
        types.moment(dt.datetime(2026, 1, 1, tzinfo=dt.UTC))


def test_ids_are_never_cut() -> None:
    """An id that is empty, too long or not plain ASCII is refused; a GUID gets its braces."""
    for text in ("", "x" * 37, "a b", "é"):
        with pytest.raises(QuickBooksError, match="not a TxnID"):
            types.identifier("TxnID", text)
    assert types.identifier("TxnID", "30-1285640333") == "30-1285640333"
    bare = "87edaaf8-637e-4203-867f-4ba79c2f8998"
    assert types.guid(bare) == types.guid(f"{{{bare}}}") == f"{{{bare}}}"
    assert types.guid("0") == "0"
    with pytest.raises(QuickBooksError, match="not a GUID"):
        types.guid("{nonsense}")
