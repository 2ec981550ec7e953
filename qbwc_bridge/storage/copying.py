"""All rows of one database into another one, whichever of the two each is, and the proof that they are the same."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, Table, create_engine, func, insert, inspect, select, text
from sqlalchemy.pool import NullPool

from qbwc_bridge.errors import BridgeError
from qbwc_bridge.storage.tables import metadata

TOGETHER = 500
"""Rows in memory at once: the longest hold qbXML of some MiB."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a table holds: how many rows, a checksum of all their values, and the last number that was given out."""

    rows: int
    checksum: str
    last_id: int


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """Give a connection that sees one committed state of the database, and holds nobody up on PostgreSQL.

    On SQLite writers wait meanwhile; its files are copied by `sqlite_copy` where they should not.
    """
    if engine.dialect.name == "sqlite":
        with engine.begin() as connection:
            yield connection
        return
    # An engine of its own: on the other one each transaction would wait for its turn, and keep all others from theirs.
    own = create_engine(engine.url, poolclass=NullPool, hide_parameters=True)
    try:
        with own.connect() as connection:
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield connection
    finally:
        own.dispose()


def schema_of(connection: Connection) -> MetaData:
    """Give our tables as a database has them: those of an older version are not the declared ones."""
    found = MetaData()
    found.reflect(connection)
    found.remove(found.tables["alembic_version"])
    return found


def copy_rows(source: Connection, target: Connection, schema: MetaData = metadata) -> Mapping[str, int]:
    """Copy every row into tables that are empty, with its number, and prove it; gives how many by table.

    Both have the tables of `schema`. Numbers that were given out once are not given out again. Raises BridgeError where
    a table differs afterwards.
    """
    for table in schema.sorted_tables:
        for rows in _portions(source, table):
            target.execute(insert(table), rows)
    here = contents(source, schema)
    _set_last_ids(target, {name: each.last_id for name, each in here.items()})
    there = contents(target, schema)
    differing = sorted(name for name in here if here[name] != there[name])
    if differing:
        raise BridgeError(f"The copy differs in {', '.join(differing)}, so it is given up; nothing was changed.")
    return {name: each.rows for name, each in here.items()}


def is_empty(connection: Connection) -> bool:
    """Whether no table of ours has a row, or there is none."""
    there = set(inspect(connection).get_table_names())
    ours = [table for name, table in metadata.tables.items() if name in there]
    return not any(connection.execute(select(table.c.id).limit(1)).first() for table in ours)


def clear(connection: Connection) -> None:
    """Take every row out of every table."""
    for table in reversed(metadata.sorted_tables):
        connection.execute(table.delete())


def contents(connection: Connection, schema: MetaData = metadata) -> Mapping[str, Content]:
    """Give what each table of `schema` holds."""
    last = _last_ids(connection, schema)
    found = {}
    for name, table in schema.tables.items():
        count = connection.execute(select(func.count()).select_from(table)).scalar_one()
        found[name] = Content(count, _checksum(connection, table), last[name])
    return found


def _portions(connection: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    """Rows in the order of their numbers: one that mentions another of its own table comes after it."""
    query = select(table).order_by(table.c.id).execution_options(yield_per=TOGETHER)
    for portion in connection.execute(query).partitions():
        yield [dict(row._mapping) for row in portion]  # noqa: SLF001 - the public name of a row's values by column


def _checksum(connection: Connection, table: Table) -> str:
    """SHA-256 over all values in their order; numbers, texts, bytes and flags are written alike from both databases."""
    digest = hashlib.sha256()
    for rows in _portions(connection, table):
        for row in rows:
            digest.update(repr(list(row.values())).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _last_ids(connection: Connection, schema: MetaData) -> Mapping[str, int]:
    if connection.dialect.name == "sqlite":
        known = {row.name: int(row.seq) for row in connection.execute(text("SELECT name, seq FROM sqlite_sequence"))}
        return {name: known.get(name, 0) for name in schema.tables}
    found = {}
    for name in schema.tables:
        query = f"SELECT last_value, is_called FROM {_sequence(connection, name)}"  # noqa: S608 - a name of our own
        value, used = connection.execute(text(query)).one()
        found[name] = value if used else 0
    return found


def _set_last_ids(connection: Connection, last: Mapping[str, int]) -> None:
    for name, number in last.items():
        if connection.dialect.name == "sqlite":
            connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": name})
            if number:
                connection.execute(
                    text("INSERT INTO sqlite_sequence VALUES (:name, :last)"), {"name": name, "last": number}
                )
        else:
            values = {"name": _sequence(connection, name), "last": max(number, 1), "used": number > 0}
            connection.execute(text("SELECT setval(:name, :last, :used)"), values)


def _sequence(connection: Connection, table: str) -> str:
    """The name of the sequence that numbers a table's rows, quoted."""
    name = connection.execute(text("SELECT pg_get_serial_sequence(:name, 'id')"), {"name": f'"{table}"'}).scalar_one()
    return str(name)
