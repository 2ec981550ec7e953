import datetime as dt
from decimal import Decimal
from typing import Annotated, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qbwc_bridge.domain import books, people, records
from qbwc_bridge.domain.procore import Document, Vendor
from qbwc_bridge.storage.rows import field_codec, row_codec
from tests.storage import samples
from tests.support import DEEP

sampled = settings() if DEEP else settings(max_examples=15)
"""To draw a row of a large kind takes some 20 ms: few of each outside CI."""
PLAIN = (str, int, bool, bytes, type(None))


@pytest.mark.parametrize("record", samples.RECORDS, ids=lambda record: record.__name__)
@sampled
@given(data=st.data())
def test_every_record_survives_its_columns(record: type[Any], data: st.DataObject) -> None:
    """Any row is equal after a journey through the column values; equality asks for the same class, also in unions."""
    row = data.draw(samples.rows_of(record))
    codec = row_codec(record)
    values = codec.encode(row)
    again, _ = codec.decode([{**values, "id": row.id}[name] for name in codec.columns])
    assert again == row
    assert repr(codec.encode(again)) == repr(values)
    assert all(isinstance(value, PLAIN) for value in values.values())


@given(amount=st.decimals(allow_nan=False, allow_infinity=False))
def test_decimals_keep_every_digit(amount: Decimal) -> None:
    """An amount comes back with the same digits and exponent: 1.50 does not become 1.5."""
    codec = field_codec(Decimal | None)
    assert repr(codec.decode(codec.encode(amount))) == repr(amount)


@given(one=samples.values_of(dt.datetime), two=samples.values_of(dt.datetime))
def test_times_of_one_kind_sort_as_text(one: dt.datetime, two: dt.datetime) -> None:
    """The order of stored times is the order of time, for aware ones and for QuickBooks' own."""
    if (one.tzinfo is None) == (two.tzinfo is None):
        encode = field_codec(dt.datetime).encode
        assert (encode(one) < encode(two)) == (one < two)


def test_a_wall_clock_time_gets_no_zone() -> None:
    """QuickBooks' own times come back without a zone, ours in UTC."""
    codec = field_codec(dt.datetime | None)
    wall = dt.datetime(2026, 11, 1, 1, 30)  # noqa: DTZ001 - that is the case
    ours = dt.datetime(2026, 11, 1, 1, 30, tzinfo=dt.timezone(dt.timedelta(hours=-5)))
    assert codec.decode(codec.encode(wall)).tzinfo is None
    assert codec.decode(codec.encode(ours)).tzinfo is dt.UTC
    assert codec.decode(codec.encode(ours)) == ours


def test_what_no_database_can_hold_is_replaced() -> None:
    """NUL and a lone surrogate in a name become U+FFFD instead of stopping a whole pull."""
    row = samples.person("a\x00b\ud800c")
    assert row_codec(people.Person).encode(row)["name"] == "a\ufffdb\ufffdc"


@pytest.mark.parametrize("record", samples.RECORDS, ids=lambda record: record.__name__)
@sampled
@given(data=st.data())
def test_what_counts_as_fixed_cannot_change_in_itself(record: type[Any], data: st.DataObject) -> None:
    """Only values that can be hashed, however deep, are taken as unchanged by their being the same object."""
    row = data.draw(samples.rows_of(record))
    fixed = [name for name, codec in row_codec(record).fields.items() if codec.fixed]
    assert [hash(getattr(row, name)) for name in fixed]


@pytest.mark.parametrize("length", [1, 4095, 4096, 4097, 70_000])
def test_a_compressed_text_comes_back_whatever_its_length(length: int) -> None:
    """Below, at and above the length for which the window is small, the text is the same again."""
    text = "".join(chr(33 + number * number % 90) for number in range(length))
    codec = row_codec(records.MessageSet).fields["request_text"]
    assert codec.decode(codec.encode(text)) == text


def test_long_texts_are_compressed() -> None:
    """The qbXML of a message set takes a fraction of its length."""
    row = samples.write_set(1, 1, "s", reply_text="<ItemServiceRet/>" * 1000)
    values = row_codec(records.MessageSet).encode(row)
    assert len(values["reply_text"]) < 200
    assert values["request_text"] != row.request_text.encode()


def test_json_of_an_older_program_lacks_new_fields() -> None:
    """A value that was stored before a field with a default existed is still read."""
    codec = field_codec(Annotated[Document, "discriminator:kind"])
    assert codec.decode('{"kind": "vendor", "id": 7, "name": "Acme"}') == Vendor(id=7, name="Acme")


def test_a_direct_cost_may_be_absent() -> None:
    """An optional nested value is NULL when it is None."""
    row = books.WriteBack(connection_id=1, project_id=2, origin_id="qbd:x")
    assert row_codec(books.WriteBack).encode(row)["wanted"] is None
