import dataclasses
import datetime as dt
import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_type_hints

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, MetaData, inspect, select, text

from qbwc_bridge.errors import BridgeError, Refused
from qbwc_bridge.storage import backup, migrate, open_database, tables, version
from qbwc_bridge.storage.engine import open_engine
from qbwc_bridge.storage.unit_of_work import open_work
from tests.storage import samples
from tests.support import DEEP

NOW = dt.datetime(2026, 3, 2, 8, 30, tzinfo=dt.UTC)
BRIEFLY = 0.5
"""Seconds for what must not come."""
NEWEST, NEXT = version.head(), "9000"
"""The newest step, and the step of tomorrow that follows it."""


def _shape(engine: Engine) -> dict[str, Any]:
    """Give all that the database knows of its tables, in an order that does not matter."""
    inspector = inspect(engine)
    return {
        name: {
            "columns": {
                each["name"]: (str(each["type"]), getattr(each["type"], "collation", None), each["nullable"])
                for each in inspector.get_columns(name)
            },
            "key": inspector.get_pk_constraint(name),
            "references": sorted(inspector.get_foreign_keys(name), key=repr),
            "unique": sorted(inspector.get_unique_constraints(name), key=repr),
            "indexes": sorted(
                (each["name"] or "", each["column_names"], each["unique"], _options(each))
                for each in inspector.get_indexes(name)
            ),
        }
        for name in inspector.get_table_names()
        if name != "alembic_version"
    }


def _options(index: Any) -> list[tuple[str, str]]:
    """Give what a partial index is limited to, as text."""
    return sorted((name, str(value)) for name, value in index.get("dialect_options", {}).items())


def _set_version(engine: Engine, version: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})


def test_migrations_make_the_declared_schema(empty_url: str) -> None:
    """The steps lead to exactly the tables, constraints and indexes that `tables` declares."""
    engine = open_engine(empty_url)
    migrate.upgrade(engine)
    migrated = _shape(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")
        tables.metadata.drop_all(connection)
        tables.metadata.create_all(connection)
    assert migrated == _shape(engine)
    assert set(migrated) == set(tables.metadata.tables)
    engine.dispose()


@pytest.mark.parametrize("record", samples.RECORDS, ids=lambda record: record.__name__)
def test_every_field_has_its_column(record: type[Any]) -> None:
    """A table has a column for each field of its record and no other; it may be empty where the field may be None."""
    hints = get_type_hints(record)
    fields = {each.name: NoneType in get_args(hints[each.name]) for each in dataclasses.fields(record)}
    assert {column.name: column.nullable for column in samples.RECORDS[record].columns} == fields


def test_every_table_has_its_record() -> None:
    """No table is forgotten by the tests."""
    assert set(samples.RECORDS.values()) == set(tables.metadata.tables.values())


def test_a_new_database_is_made_ready(empty_url: str) -> None:
    """An empty database gets the newest schema, once."""
    engine = open_engine(empty_url)
    assert not version.current(engine)
    assert not version.needs_upgrade(engine)
    for _ in range(2):
        migrate.prepare(engine)
        assert version.current(engine) == version.head()
    engine.dispose()


def test_a_newer_database_is_refused(empty_url: str) -> None:
    """A database of a program that came later is left alone."""
    database = open_database(empty_url)
    _set_version(database.engine, "9999")
    attempts: list[Callable[[Engine], object]] = [migrate.prepare, migrate.upgrade, version.needs_upgrade]
    for attempt in attempts:
        with pytest.raises(Refused, match="newer than this program"):
            attempt(database.engine)
    database.close()
    with pytest.raises(Refused, match="newer"):
        open_database(empty_url)


def test_a_database_of_something_else_is_refused(empty_url: str) -> None:
    """Tables of another program stay alone."""
    engine = open_engine(empty_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE recipe (id INTEGER)")
    attempts: list[Callable[[Engine], object]] = [migrate.prepare, migrate.upgrade]
    for attempt in attempts:
        with pytest.raises(Refused, match="tables of another program"):
            attempt(engine)
    assert inspect(engine).get_table_names() == ["recipe"]
    engine.dispose()


@pytest.fixture
def next_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the program of tomorrow: one step more, whose text the test writes."""
    later = tmp_path / "later"
    later.mkdir()
    monkeypatch.setattr(version, "FOLDERS", [*version.FOLDERS, later])
    return later / f"{NEXT}_next.py"


GOOD_STEP = f"""
import sqlalchemy as sa
from alembic import op

revision, down_revision = "{NEXT}", "{NEWEST}"

def upgrade():
    with op.batch_alter_table("person", recreate="auto") as table:
        table.add_column(sa.Column("nick", sa.Text(), nullable=False, server_default=""))
        table.alter_column("role", new_column_name="part")
    with op.batch_alter_table("connection", recreate="auto") as table:
        table.drop_column("brake")
"""
BAD_STEP = GOOD_STEP + "    op.drop_column('submission', 'colour')\n"


def test_an_older_database_is_refused_then_upgraded(empty_url: str, next_step: Path) -> None:
    """Opening asks for `db upgrade`; the upgrade keeps every row, also those that refer to a table made anew."""
    next_step.write_text(GOOD_STEP)
    engine = _older(empty_url)
    assert version.needs_upgrade(engine)
    with pytest.raises(Refused, match="`qbwc-bridge db upgrade`"):
        migrate.prepare(engine)
    migrate.upgrade(engine)
    assert version.current(engine) == NEXT
    with engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT count(nick) FROM person").scalar() == 1
        assert connection.exec_driver_sql("SELECT count(*) FROM submission").scalar() == 1
        if engine.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    engine.dispose()


def test_a_failed_upgrade_changes_nothing(empty_url: str, next_step: Path) -> None:
    """When a step fails in its middle, the database is as before."""
    next_step.write_text(BAD_STEP)
    engine = _older(empty_url)
    before = _shape(engine)
    with pytest.raises(Exception, match="colour"):
        migrate.upgrade(engine)
    assert version.current(engine) == NEWEST
    assert _shape(engine) == before
    engine.dispose()


def test_an_upgrade_keeps_a_dated_copy(empty_url: str, tmp_path: Path, next_step: Path) -> None:
    """The copy is made before the upgrade, whole, for its owner only, and never written over."""
    next_step.write_text(GOOD_STEP)
    _older(empty_url).dispose()
    kept = backup.upgrade(empty_url, tmp_path / "backups", NOW)
    assert kept is not None
    assert kept.name == f"before-{NEXT}-20260302T083000Z.db"
    assert os.name != "posix" or kept.stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(kept)) as copy:
        assert copy.execute("SELECT version_num FROM alembic_version").fetchall() == [(NEWEST,)]
        assert copy.execute("SELECT name, role FROM person").fetchall() == [("ann", "viewer")]
        assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert backup.upgrade(empty_url, tmp_path / "backups", NOW) is None
    engine = open_engine(empty_url)
    _set_version(engine, NEWEST)
    with pytest.raises(Refused, match="exists already"):
        backup.upgrade(empty_url, tmp_path / "backups", NOW)
    assert version.current(engine) == NEWEST
    engine.dispose()


def test_the_steps_are_told_by_their_files() -> None:
    """The versions that file names tell are those that Alembic finds, in its order, each with one before it."""
    script = ScriptDirectory(str(version.SCRIPTS))
    assert version.versions() == [step.revision for step in reversed(list(script.walk_revisions()))]
    assert version.head() == script.get_current_head()


def test_a_failed_upgrade_leaves_no_copy(empty_url: str, tmp_path: Path, next_step: Path) -> None:
    """However often it is tried, the disk does not fill; what a killed one left unfinished goes too."""
    next_step.write_text(BAD_STEP)
    _older(empty_url).dispose()
    (tmp_path / f"before-{NEXT}-20260301T000000Z.db.unfinished-wal").write_bytes(b"half")
    with pytest.raises(Exception, match="colour"):
        backup.upgrade(empty_url, tmp_path, NOW)
    assert not list(tmp_path.glob("before-*"))
    next_step.write_text(GOOD_STEP)
    assert backup.upgrade(empty_url, tmp_path, NOW) is not None


def test_nobody_writes_between_the_copy_and_the_upgrade(
    empty_url: str, tmp_path: Path, next_step: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the copy lacks the upgraded database lacks too: a program that wants to write waits for both."""
    next_step.write_text(GOOD_STEP)
    _older(empty_url).dispose()
    whole, writers = backup._write, list[threading.Thread]()

    def write() -> None:
        engine = open_engine(empty_url)
        with suppress(BridgeError), closing(open_work(engine)) as work, work() as uow:
            uow.people.add(samples.person("in between"))
        engine.dispose()

    def kept(engine: Engine, target: Path) -> None:
        whole(engine, target)
        writers.append(threading.Thread(target=write))
        writers[0].start()
        writers[0].join(BRIEFLY)

    monkeypatch.setattr(backup, "_write", kept)
    assert backup.upgrade(empty_url, tmp_path, NOW) is not None
    writers[0].join()
    engine = open_engine(empty_url)
    with engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT name FROM person").fetchall() == [("ann",)]
    engine.dispose()


def _older(url: str) -> Engine:
    """Give a database of the newest released step, with a person and a submission."""
    engine = open_engine(url)
    migrate.upgrade(engine, NEWEST)
    with closing(open_work(engine)) as work, work() as uow:
        uow.people.add(samples.person())
        uow.submissions.add(samples.submission(samples.stored_connection(uow)))
    return engine


STEPS = version.versions()


@pytest.mark.parametrize("before", STEPS[:-1] if DEEP else [STEPS[0], STEPS[-2]])
def test_every_version_is_upgraded_with_its_rows(empty_url: str, before: str) -> None:
    """Whatever the tables of an older version hold is there after the upgrade, and refers to what it referred to."""
    engine = open_engine(empty_url)
    migrate.upgrade(engine, before)
    samples.fill(engine)
    held = _rows(engine)
    migrate.upgrade(engine)
    after = _rows(engine)
    assert held
    for table, rows in held.items():
        if not after[table] and table in READ_ANEW:
            continue
        assert [row["id"] for row in after[table]] == [row["id"] for row in rows], table
        kept = rows[0].keys() & after[table][0].keys() & KEPT
        assert [[row[name] for name in kept] for row in after[table]] == [[row[name] for name in kept] for row in rows]
    engine.dispose()


KEPT = {"connection_id", "name", "key", "kind", "state", "procore_secret", "request_text", "reply_text", "who", "why"}
"""Columns whose values no step changes."""
READ_ANEW = {"cost_document", "cost_reading", "cost_answer", "task"}
"""What step 0003 leaves out, since QuickBooks is asked for all of it again: these tasks are of a reading."""


def _rows(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """Give every row of every table."""
    there = MetaData()
    there.reflect(engine)
    with engine.begin() as connection:
        return {
            table.name: [dict(row._mapping) for row in connection.execute(select(table).order_by(table.c.id))]
            for table in there.sorted_tables
            if table.name != "alembic_version"
        }


def test_what_the_first_version_held_is_kept(empty_url: str) -> None:
    """Rows of the first version are whole after the upgrade, and new fields have what a new record has."""
    engine = open_engine(empty_url)
    migrate.upgrade(engine, "0001")
    with engine.begin() as connection:
        for table, columns in FIRST_ROWS.items():
            names, values = ", ".join(f'"{name}"' for name in columns), ", ".join(f":{name}" for name in columns)
            connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), columns)  # noqa: S608
    migrate.upgrade(engine)
    with closing(open_work(engine)) as work, work() as uow:
        row = uow.submissions.get(1)
        assert row == samples.submission(1, id=1)
        assert uow.connections.get(1) == samples.connection(id=1)
    engine.dispose()


_NOW = "2026-03-02T08:30:00.000000+00:00"
FIRST_ROWS: dict[str, dict[str, Any]] = {
    "connection": {
        **dict.fromkeys(("password_hash", "company_name", "bound_name", "bound_file_id", "alarm", "brake"), ""),
        **dict.fromkeys(("newest_write", "procore_down"), ""),
        "id": 1,
        "name": "Main Street",
        "user_name": "bridge-Main Street",
        "procore_client_id": "client",
        "file_id": "{0}",
        "key": "abcdefgh",
        "procore_company_id": 4711,
        "procore_secret": b"sealed",
        "settings": "{}",
        "company": "{}",
        "unsettled": "lists",
        "costs_wanted": False,
    },
    "submission": {
        **dict.fromkeys(("comment", "mark", "accepted_version", "accepted_by", "exported_version", "link_to"), ""),
        **dict.fromkeys(("name", "quickbooks_id", "quickbooks_name"), ""),
        "id": 1,
        "connection_id": 1,
        "kind": "commitment",
        "key": "1",
        "number": "PO-1",
        "title": "Concrete",
        "state": "blocked",
        "version": "v1",
        "created_at": _NOW,
        "since": _NOW,
        "project_id": 0,
        "update": False,
        "reasons": "[]",
        "waits_for": "[]",
        "notes": "[]",
        "line_ids": "{}",
    },
}
