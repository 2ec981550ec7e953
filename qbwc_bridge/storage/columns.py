"""The few kinds of column that the tables are made of.

Times and decimals are kept as text, so that a time keeps its missing zone and a decimal every digit on each database.
"""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, LargeBinary, Text

TEXT = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that sorts by code point everywhere: PostgreSQL would otherwise sort by the server's language."""

WHOLE = BigInteger().with_variant(Integer(), "sqlite")
"""A whole number of 64 bits, as Procore's ids are; SQLite numbers rows by itself only in a column called INTEGER."""


def own_id() -> Column[Any]:
    """Give the column `id`, numbered by the database."""
    return Column("id", WHOLE, primary_key=True, autoincrement=True)


def text(*names: str, empty: bool = False) -> list[Column[Any]]:
    """Give columns of text: words, dates, times (ISO 8601) and decimals; `empty` allows NULL."""
    return [Column(name, TEXT, nullable=empty) for name in names]


def whole(*names: str, empty: bool = False) -> list[Column[Any]]:
    """Give columns of whole numbers; `empty` allows NULL."""
    return [Column(name, WHOLE, nullable=empty) for name in names]


def flag(*names: str, empty: bool = False) -> list[Column[Any]]:
    """Give columns of yes or no; `empty` allows NULL."""
    return [Column(name, Boolean(), nullable=empty) for name in names]


def blob(*names: str) -> list[Column[Any]]:
    """Give columns of bytes: encrypted or compressed values."""
    return [Column(name, LargeBinary(), nullable=False) for name in names]


def of_connection() -> Column[Any]:
    """Give `connection_id`: the row belongs to a connection and goes with it."""
    return Column("connection_id", WHOLE, ForeignKey("connection.id", ondelete="CASCADE"), nullable=False)


def part_of(name: str, table: str, *, empty: bool = False) -> Column[Any]:
    """Give a reference to a row that cannot go while this one stands."""
    return Column(name, WHOLE, ForeignKey(f"{table}.id"), nullable=empty)


def mention(name: str, table: str) -> Column[Any]:
    """Give a reference that becomes NULL when the other row goes."""
    return Column(name, WHOLE, ForeignKey(f"{table}.id", ondelete="SET NULL"), nullable=True)
