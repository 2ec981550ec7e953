"""What the database complains of, as one plain sentence each."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, Index, UniqueConstraint
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from qbwc_bridge.errors import BridgeError, StorageError
from qbwc_bridge.storage.tables import metadata

_POSTGRESQL_BUSY = "55P03"
"""lock_not_available: lock_timeout ran out."""

_TROUBLES = (
    (
        "database or disk is full",
        "53100",
        "has no room left: free space on its disk. What was not stored goes on then.",
    ),
    ("readonly database", "25006", "may only be read: let the bridge's account write to the file and to its folder."),
    ("disk I/O error", "58030", "cannot be read or written: look at its disk. Nothing that was stored is touched."),
    ("disk image is malformed", "XX001", "is damaged: stop the server and run `qbwc-bridge restore` with a backup."),
)
"""What SQLite says, PostgreSQL's SQLSTATE for the same, and what to do."""

_SQLITE_UNIQUE = "UNIQUE constraint failed: "


@contextmanager
def told_plainly(engine: Engine, other: Engine | None = None) -> Iterator[None]:
    """Turn every SQLAlchemyError inside the block into a BridgeError that names the database, never its password.

    Where rows go between it and an `other` kind of database, that one is named whose driver complains.
    """
    try:
        yield
    except SQLAlchemyError as error:
        if other and other.dialect.name != engine.dialect.name and _is_of(other, error):
            raise plainly(other, error) from error
        raise plainly(engine, error) from error


def _is_of(engine: Engine, error: SQLAlchemyError) -> bool:
    """Whether a database's driver raised an error."""
    return isinstance(getattr(error, "orig", None), engine.dialect.loaded_dbapi.Error)


def plainly(engine: Engine, error: SQLAlchemyError) -> BridgeError:
    """Give the one sentence for what the database complains of."""
    if isinstance(error, IntegrityError):
        return _broken_rule(error)
    return StorageError(engine.url.render_as_string(hide_password=True), _trouble(error))


def _broken_rule(error: IntegrityError) -> BridgeError:
    """Give the error for a row that a constraint refuses, named by table and columns where the rule is uniqueness."""
    columns = _sqlite_columns(error) or _postgresql_columns(error)
    if not columns:
        return BridgeError(f"The database refused a row that does not fit the others ({_first_line(error)}).")
    table = columns[0].partition(".")[0].replace("_", " ")
    names = [column.partition(".")[2].removesuffix("_id").replace("_", " ") for column in columns]
    return BridgeError(f"Another {table} has the same {' and '.join(names)} already; nothing was stored.")


def _sqlite_columns(error: IntegrityError) -> list[str]:
    message = str(error.orig)
    return message.removeprefix(_SQLITE_UNIQUE).split(", ") if message.startswith(_SQLITE_UNIQUE) else []


def _postgresql_columns(error: IntegrityError) -> list[str]:
    name = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    for table in metadata.tables.values():
        for rule in [*table.constraints, *table.indexes]:
            if isinstance(rule, UniqueConstraint | Index) and rule.name == name:
                return [f"{table.name}.{column.name}" for column in rule.columns]
    return []


def _trouble(error: SQLAlchemyError) -> str:
    if _is_busy(error):
        return "was busy for too long; try again, and look for a second program that keeps it open."
    cause = error.orig if isinstance(error, DBAPIError) else None
    for words, state, told in _TROUBLES:
        if words in str(cause) or getattr(cause, "sqlstate", None) == state:
            return told
    return f"failed: {_first_line(error)}."


def _is_busy(error: SQLAlchemyError) -> bool:
    cause = error.orig if isinstance(error, DBAPIError) else None
    return getattr(cause, "sqlstate", None) == _POSTGRESQL_BUSY or "database is locked" in str(cause)


def _first_line(error: SQLAlchemyError) -> str:
    # Only the first line: PostgreSQL's later lines quote the row.
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return (str(cause).strip() or type(cause).__name__).splitlines()[0].rstrip(".")
