"""The few statements of the generic store, each built once per shape: building one costs more than running it.

A shape is what a criterion looks like without its value; the values go in as parameters.
"""

from functools import cache
from typing import Any, Literal

from sqlalchemy import Delete, Insert, Select, Table, Update, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.sql import ColumnElement

Shape = tuple[tuple[str, Literal["none", "one", "some", "some_or_none", "up_to", "other"]], ...]
"""Columns and how each is compared, in the order given."""

ROW_ID, ROW_LIMIT = "row_id", "row_limit"
"""Parameters that are no columns."""


@cache
def find_rows(table: Table, columns: tuple[str, ...], shape: Shape, order: str, *, limited: bool) -> Select[Any]:
    """Give the query for rows, sorted by a column (`-name` for descending) and by id, empty values first."""
    column = table.c[order.removeprefix("-")]
    # The databases disagree about where NULL sorts, and about the order of equals.
    if order.startswith("-"):
        sorting = [column.desc().nulls_last(), table.c.id.desc()]
    else:
        sorting = [column.asc().nulls_first(), table.c.id.asc()]
    # The id alone needs neither a word on NULL nor a second column, which would keep some planners from its index.
    if column is table.c.id:
        sorting = sorting[1:]
    query = select(*(table.c[name] for name in columns)).where(*_conditions(table, shape)).order_by(*sorting)
    return query.limit(bindparam(ROW_LIMIT)) if limited else query


@cache
def count_rows(table: Table, shape: Shape) -> Select[Any]:
    """Give the query that counts rows."""
    return select(func.count()).select_from(table).where(*_conditions(table, shape))


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
    return [_condition(table.c[name], name, kind) for name, kind in shape]


def _condition(column: ColumnElement[Any], name: str, kind: str) -> ColumnElement[bool]:
    match kind:
        case "none":
            return column.is_(None)
        case "one":
            return column == bindparam(name)
        case "some":
            return column.in_(bindparam(name, expanding=True))
        case "some_or_none":
            return or_(column.in_(bindparam(name, expanding=True)), column.is_(None))
        case "up_to":
            return or_(column <= bindparam(name), column.is_(None))
        case _:
            return or_(column != bindparam(name), column.is_(None))
