"""Between the records of the domain and the plain values of a table, derived from the record's field annotations.

- str, int, bool, bytes: as they are. Text loses NUL and lone surrogates, which PostgreSQL and UTF-8 cannot hold: each
  becomes U+FFFD.
- date, datetime: ISO 8601 text of fixed width. A time with a zone is turned to UTC and comes back in UTC; one without
  (QuickBooks' wall clock) comes back without.
- Decimal: its exact digits as text. StrEnum: its text.
- everything else (dataclass, list, dict, tuple, union): JSON text. `Annotated[..., "discriminator:kind"]` marks a union
  of dataclasses that are told apart by that field.
- the long texts named in COMPRESSED: zlib.
"""

import dataclasses
import datetime as dt
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cache, lru_cache
from itertools import compress, count
from operator import attrgetter, is_not
from types import NoneType, UnionType
from typing import Annotated, Any, Generic, Literal, Protocol, TypeVar, Union, get_args, get_origin, get_type_hints

from pydantic import Field, TypeAdapter

COMPRESSED = frozenset({"request_text", "reply_text", "content"})
"""qbXML kept for weeks, and cost answers of up to some MiB: they shrink to about a tenth."""

FAST = 1
"""zlib's level for them: a third of the usual level's time, in which the Web Connector waits, for two thirds more bytes
(measured on a real reply: 262,144 bytes to 24,159 in 0.7 ms, against 14,669 in 2.0 ms)."""

SMALL_WINDOW, SMALL_TABLES = 4096, 4
"""Bytes of a text for which so small a window, and zlib's `memLevel` 4, do: 11 µs instead of 65 µs for 1,400 bytes."""

REMEMBERED, SHORT = 64, 4096
"""Decoded values that are kept of each column whose values cannot change, and the longest text of them (characters)."""

_DISCRIMINATOR = "discriminator:"
_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")


class Record(Protocol):
    """Any class of `domain/records.py` and `domain/books.py` that has a table."""

    id: int


Row = TypeVar("Row", bound=Record)


@dataclass(frozen=True, slots=True)
class FieldCodec:
    """How one field goes into its column and comes back; None passes through both ways."""

    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]
    searchable: bool = True
    """Whether equal values are stored equally, so that a find may ask for them."""
    sortable: bool = True
    """Whether the stored values sort as the values do."""
    fixed: bool = True
    """Whether a value cannot change in itself: the same object then means the same content."""

    def stored(self, value: Any) -> Any:
        """Give what the column holds for a value."""
        return None if value is None else self.encode(value)


Known = tuple[Sequence[Any], Sequence[Any]]
"""What is known of a stored row: the values of its fields, and how its columns have them, both in their order."""


class RowCodec(Generic[Row]):
    """The codecs of all fields of one record class."""

    def __init__(self, record: type[Row]) -> None:
        self.record = record
        hints = get_type_hints(record, include_extras=True)
        self.columns = tuple(each.name for each in dataclasses.fields(record))  # type: ignore[arg-type]
        self.fields: Mapping[str, FieldCodec] = {
            name: _TEXT_COMPRESSED if name in COMPRESSED else field_codec(hints[name]) for name in self.columns
        }
        self._codecs = tuple(self.fields.items())
        # The innermost loops of every piece of work: what they need is laid ready, and only what has work to do.
        self._values: Callable[[Row], tuple[Any, ...]] = attrgetter(*self.columns)
        self._encoders = tuple((name, codec.encode) for name, codec in self._codecs if name != "id")
        places = tuple(enumerate(self.fields.values()))
        self._decoders = tuple((place, codec.decode) for place, codec in places if codec.decode is not _as_it_is)
        self._changing = frozenset(place for place, codec in places if not codec.fixed)

    def encode(self, row: Row) -> dict[str, Any]:
        """Give the column values of a row, without its id."""
        return {
            name: None if (value := getattr(row, name)) is None else encode(value) for name, encode in self._encoders
        }

    def decode(self, found: Sequence[Any]) -> tuple[Row, Known]:
        """Make the row of column values, which stand in the order of `columns`."""
        values = list(found)
        for place, decode in self._decoders:
            if values[place] is not None:
                values[place] = decode(values[place])
        return self.record(*values), (values, found)

    def changes(self, row: Row, known: Known | None) -> tuple[dict[str, Any], Known]:
        """Give the columns in which a row differs from what is known of it, and what is known of it then.

        Without knowledge everything counts as changed.
        """
        values = self._values(row)
        if known is None:
            encoded = self.encode(row)
            return encoded, (values, [encoded.get(name, row.id) for name in self.columns])
        before, columns = known
        replaced = compress(count(), map(is_not, values, before))
        changed: dict[str, Any] = {}
        after = list(columns)
        for place in sorted(self._changing.union(replaced)):
            name, codec = self._codecs[place]
            column = codec.stored(values[place])
            if column != after[place]:
                changed[name] = after[place] = column
        return changed, (values, after)


@cache
def _row_codec(record: Any) -> RowCodec[Any]:
    return RowCodec(record)


def row_codec(record: type[Row]) -> RowCodec[Row]:
    """Give the codec of a record class, made once."""
    return _row_codec(record)


def field_codec(annotation: Any) -> FieldCodec:
    """Give the codec for an annotation; `X | None` has the codec of `X`."""
    kind = _without_none(annotation)
    return _plain_codec(kind) or _json_codec(kind)


def _plain_codec(kind: Any) -> FieldCodec | None:
    if kind in _SIMPLE:
        return _SIMPLE[kind]
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        # A member is equal to its text and found by it; calling the class would take ten times as long.
        members = {str(member): member for member in kind}
        return FieldCodec(encode=lambda value: str(members[value]), decode=members.__getitem__)
    if get_origin(kind) is Literal and all(isinstance(word, str) for word in get_args(kind)):
        return _TEXT
    return None


def _json_codec(annotation: Any) -> FieldCodec:
    adapter: TypeAdapter[Any] = TypeAdapter(_with_discriminator(annotation))
    # The adapter's own methods cost more than what they call.
    dump, decode = adapter.serializer.to_json, adapter.validator.validate_json
    fixed, kind = _is_fixed(annotation), get_origin(annotation)
    if kind in {list, dict}:  # most of them are empty, and every call reads and writes some
        empty = dump(kind()).decode()
        return FieldCodec(
            encode=lambda value: dump(value).decode() if value else empty,
            decode=lambda text: kind() if text == empty else decode(text),
            searchable=False,
            sortable=False,
            fixed=False,
        )
    return FieldCodec(
        encode=lambda value: dump(value).decode(),
        decode=_remembered(decode) if fixed else decode,
        searchable=False,
        sortable=False,
        fixed=fixed,
    )


def _remembered(decode: Callable[[str], Any]) -> Callable[[str], Any]:
    """Decode short texts that come again soon only once: a task's request is read by each call that concerns it."""
    kept = lru_cache(maxsize=REMEMBERED)(decode)
    return lambda text: kept(text) if len(text) <= SHORT else decode(text)


def _is_fixed(annotation: Any) -> bool:
    """Whether values of this type cannot change in themselves, however deep."""
    kind = _without_none(annotation)
    if get_origin(kind) is Annotated:
        return _is_fixed(get_args(kind)[0])
    if get_origin(kind) in {Union, UnionType, tuple}:
        return all(part is Ellipsis or _is_fixed(part) for part in get_args(kind))
    if dataclasses.is_dataclass(kind):
        frozen: bool = vars(kind)["__dataclass_params__"].frozen
        return frozen and all(map(_is_fixed, get_type_hints(kind, include_extras=True).values()))
    return _plain_codec(kind) is not None


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) not in {Union, UnionType}:
        return annotation
    kinds = [kind for kind in get_args(annotation) if kind is not NoneType]
    return kinds[0] if len(kinds) == 1 else Union[tuple(kinds)]  # noqa: UP007 - `|` cannot join a list


def _with_discriminator(annotation: Any) -> Any:
    if get_origin(annotation) is not Annotated:
        return annotation
    base, *marks = get_args(annotation)
    for mark in marks:
        if isinstance(mark, str) and mark.startswith(_DISCRIMINATOR):
            return Annotated[base, Field(discriminator=mark.removeprefix(_DISCRIMINATOR))]
    return annotation


def _as_it_is(value: Any) -> Any:
    return value


def _encode_text(value: str) -> str:
    if value.isascii() and "\x00" not in value:
        return value
    return _NOT_STORABLE.sub("\ufffd", value)


def moment_text(value: dt.datetime) -> str:
    """Give a moment as it is stored: texts of moments with a zone sort as the moments do."""
    moment = value if value.tzinfo is None or value.tzinfo is dt.UTC else value.astimezone(dt.UTC)
    return moment.isoformat(timespec="microseconds")


def _decode_time(value: str) -> dt.datetime:
    # What is stored with a zone is stored in UTC.
    return dt.datetime.fromisoformat(value)


def _compress(value: str) -> bytes:
    if not value:
        return b""
    text = _encode_text(value).encode()
    if len(text) > SMALL_WINDOW:
        return zlib.compress(text, FAST)
    # zlib's usual tables are a quarter of a MiB, and to clear them takes longer than to compress a short text.
    small = zlib.compressobj(FAST, wbits=SMALL_WINDOW.bit_length() - 1, memLevel=SMALL_TABLES)
    return small.compress(text) + small.flush()


def _decompress(value: bytes) -> str:
    return zlib.decompress(value).decode() if value else ""


_TEXT = FieldCodec(encode=_encode_text, decode=_as_it_is)
_TEXT_COMPRESSED = FieldCodec(encode=_compress, decode=_decompress, searchable=False, sortable=False)
_SIMPLE: Mapping[Any, FieldCodec] = {
    str: _TEXT,
    int: FieldCodec(encode=int, decode=_as_it_is),
    bool: FieldCodec(encode=bool, decode=bool),
    bytes: FieldCodec(encode=_as_it_is, decode=bytes, sortable=False),
    Decimal: FieldCodec(encode=str, decode=Decimal, sortable=False),
    dt.date: FieldCodec(encode=dt.date.isoformat, decode=dt.date.fromisoformat),
    dt.datetime: FieldCodec(encode=moment_text, decode=_decode_time),
}
