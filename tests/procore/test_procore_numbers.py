"""Numbers and ids survive the way through JSON exactly, in both directions."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbwc_bridge.domain.money import cents
from qbwc_bridge.errors import ProcoreError
from qbwc_bridge.procore.jsontext import read_json, write_json
from qbwc_bridge.procore.payloads import AdjustmentRow, LineRow, parse, plain

amounts = st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**20), max_value=10**20)
numbers = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**40), max_value=10**40)
reckonable = st.builds(
    lambda digits, places: Decimal(digits).scaleb(-places),
    st.integers(-(10**13) + 1, 10**13 - 1),
    st.integers(0, 40),
)


@given(reckonable)
def test_amounts_are_read_exactly_as_text_and_as_number(value: Decimal) -> None:
    """An amount has the same value whether it comes as a text or as a JSON number, whatever its digits."""
    for written in (f'"{value:f}"', f"{value:f}"):
        row = read_json(f'{{"id": 1, "amount": {written}}}')
        assert parse(LineRow, row, "line").amount == value
        assert parse(AdjustmentRow, row, "adjustment").amount == value


@given(numbers)
def test_amounts_are_written_exactly(value: Decimal) -> None:
    """What is written is read back as the same number, and is a JSON number."""
    text = write_json({"updates": [{"amount": value}]})
    assert read_json(text)["updates"][0]["amount"] == value
    assert not isinstance(json.loads(text)["updates"][0]["amount"], str)


@given(numbers)
def test_the_plain_form_keeps_the_value_and_is_the_only_one(value: Decimal) -> None:
    """A number written with more or fewer zeros has one plain form of the same value, with two decimals or more."""
    form = plain(value)
    assert form == value
    assert str(plain(Decimal(f"{value:f}" + ("000" if "." in f"{value:f}" else ".000")))) == str(form)
    assert len(f"{form:f}".partition(".")[2]) >= 2


@given(amounts)
def test_amounts_in_cents_show_two_decimals(value: Decimal) -> None:
    """An amount of whole cents has exactly two decimals."""
    assert str(plain(value)) == f"{value or Decimal(0):.2f}"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda s: st.lists(s) | st.dictionaries(st.text(), s)
    )
)
def test_everything_else_is_written_as_json(value: object) -> None:
    """Texts, whole numbers, lists and objects are written so that any JSON reader gives them back."""
    assert json.loads(write_json(value)) == value


@given(st.integers(min_value=2**31, max_value=2**63 - 1))
def test_ids_beyond_32_bits_survive(number: int) -> None:
    """An id of 64 bits is kept to its last digit, as a number and as a text."""
    assert parse(LineRow, read_json(f'{{"id": {number}}}'), "line").id == number
    assert parse(LineRow, read_json(f'{{"id": "{number}"}}'), "line").id == number
    assert read_json(write_json({"id": number})) == {"id": number}


@pytest.mark.parametrize("value", [1.5, {1: object()}, Decimal("NaN"), Decimal("Infinity"), {1, 2}])
def test_inexact_things_are_not_written(value: object) -> None:
    """A binary float, a number that is none, and foreign objects are refused instead of written somehow."""
    with pytest.raises((TypeError, ValueError)):
        write_json(value)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "{", ""])
def test_what_is_no_json_is_not_read(text: str) -> None:
    """Words that only some writers know are no JSON."""
    with pytest.raises(ValueError, match=r".*"):
        read_json(text)


UNRECKONABLE = [
    "1e13",
    '"-10000000000000.00"',
    "1e30",
    '"1e400"',
    "1e-41",
    '"1e-999999999"',
    "0e-999999999",
    '"1e9999999"',
]
"""Numbers with more digits before the point than can be added up, or more behind it than can be written out."""


@pytest.mark.parametrize("amount", ['"twelve"', "true", '"NaN"', "[]", '""', "null", *UNRECKONABLE])
def test_an_amount_that_is_none_is_refused(amount: str) -> None:
    """A needed amount that is no number is an error with the record's name."""
    with pytest.raises(ProcoreError, match="adjustment 7 cannot be used, its field amount"):
        parse(AdjustmentRow, read_json(f'{{"id": 7, "amount": {amount}}}'), "adjustment")


@pytest.mark.parametrize("amount", UNRECKONABLE)
def test_an_amount_that_may_be_missing_is_refused_where_nobody_can_reckon_with_it(amount: str) -> None:
    """Such a number is no missing one: the record with it is bad, and is never kept."""
    with pytest.raises(ProcoreError, match="line 7 cannot be used, its field quantity"):
        parse(LineRow, read_json(f'{{"id": 7, "quantity": {amount}}}'), "line")


def test_the_largest_amounts_keep_exact_cents_when_they_are_multiplied() -> None:
    """A quantity by a price, each as large as it may be, is still an amount."""
    row = parse(
        LineRow, read_json('{"id": 7, "quantity": "9999999999999.99", "unit_cost": "-9999999999999.99"}'), "line"
    )
    assert row.quantity is not None
    assert row.unit_cost is not None
    assert str(cents(row.quantity * row.unit_cost)) == "-99999999999999800000000000.00"


def test_half_a_character_does_not_stop_a_reading() -> None:
    """An escape that is half of a character, or NUL, which nothing can store, becomes U+FFFD; whole ones stay."""
    read = read_json('{"title": "a\\ud83d", "lines": [{"note": "\\udE00 b \\ud83d\\ude00"}], "\\ud83d": 1}')
    assert read == {"title": "a\ufffd", "lines": [{"note": "\ufffd b \U0001f600"}], "\ufffd": 1}
    assert read_json('{"code": "0\\u0000", "other": "\\\\u0000"}') == {"code": "0\ufffd", "other": "\\u0000"}
