"""The few statements of the generic store, each built once per shape: building one costs more than running it.

A shape is what a criterion looks like without its value; the values go in as parameters.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, Literal

from sqlalchemy import (
    Delete,
    Insert,
    Select,
    Table,
    Update,
    bindparam,
    delete,
    false,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy import text as sql
from sqlalchemy.sql.elements import BindParameter, ColumnElement

Shape = tuple[tuple[str, int, Literal["none", "one", "some", "some_or_none", "up_to", "other", "filled"]], ...]
"""Columns with the number of values that each is compared with, and how, in the order given."""

ROW_ID, ROW_LIMIT = "row_id", "row_limit"
"""Parameters that are no columns."""


@cache
def find_rows(table: Table, columns: tuple[str, ...], shape: Shape, order: str, *, limited: bool) -> Select[Any]:
    """Give the query for rows, sorted by a column (`-name` for descending) and by id, empty values first."""
    column = table.c[order.removeprefix("-")]
    # The databases disagree about where NULL sorts, and about the order of equals. Where neither can be, a word on it
    # would keep some planners from an index.
    sorting = [column.desc(), table.c.id.desc()] if order.startswith("-") else [column.asc(), table.c.id.asc()]
    if column.nullable:
        sorting[0] = sorting[0].nulls_last() if order.startswith("-") else sorting[0].nulls_first()
    if column is table.c.id:
        sorting = sorting[1:]
    query = select(*(table.c[name] for name in columns)).where(*_conditions(table, shape)).order_by(*sorting)
    return query.limit(bindparam(ROW_LIMIT)) if limited else query


@cache
def count_rows(table: Table, shape: Shape) -> Select[Any]:
    """Give the query that counts rows."""
    return select(func.count()).select_from(table).where(*_conditions(table, shape))


@cache
def sum_rows(table: Table, column: str, by: str, shape: Shape) -> Select[Any]:
    """Give the query that adds up a column of whole numbers for each value of another."""
    group = table.c[by]
    return select(group, func.sum(table.c[column])).where(*_conditions(table, shape)).group_by(group)


@cache
def any_row(table: Table, shape: Shape) -> Select[Any]:
    """Give the query that finds one row, whichever, and nothing of it."""
    return select(literal_column("1")).select_from(table).where(*_conditions(table, shape)).limit(1)


@cache
def add_row(table: Table) -> Insert:
    """Give the insertion of one row that tells its id."""
    return insert(table).returning(table.c.id)


@cache
def add_rows(table: Table) -> Insert:
    """Give the insertion of rows whose ids nobody needs."""
    return insert(table)


@cache
def save_row(table: Table) -> Update:
    """Give the update of a row by its id."""
    return update(table).where(table.c.id == bindparam(ROW_ID))


@cache
def remove_row(table: Table) -> Delete:
    """Give the deletion of a row by its id."""
    return delete(table).where(table.c.id == bindparam(ROW_ID))


def _conditions(table: Table, shape: Shape) -> list[ColumnElement[bool]]:
    return [_condition(table.c[name], name, count, kind) for name, count, kind in shape]


def places(values: Sequence[Any]) -> int:
    """Give how many places a list of values takes: the next power of two, so that few statements serve all lengths."""
    return 1 << (len(values) - 1).bit_length() if values else 0


def numbered(name: str, values: Sequence[Any]) -> dict[str, Any]:
    """Give the parameters for a list of values; the last one is repeated in the places that are left."""
    return {f"{name}_{place}": values[min(place, len(values) - 1)] for place in range(places(values))}


def _condition(  # noqa: PLR0911 - one way out for each kind
    column: ColumnElement[Any], name: str, count: int, kind: str
) -> ColumnElement[bool]:
    several: list[BindParameter[Any]] = [bindparam(f"{name}_{place}") for place in range(count)]
    match kind:
        case "none":
            return column.is_(None)
        case "one":
            return column == bindparam(name)
        case "some":
            return column.in_(several) if several else false()
        case "some_or_none":
            return or_(column.in_(several), column.is_(None)) if several else column.is_(None)
        case "filled":
            return column != sql("''")
        case "up_to":
            return or_(column <= bindparam(name), column.is_(None))
        case _:
            return or_(column != bindparam(name), column.is_(None))
