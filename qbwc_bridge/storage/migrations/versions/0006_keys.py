"""Keys of linked records in Procore, a connection that was detached, and what Procore does not show of a project.

`server_default` gives the rows that stand already what their record's field has by default; it stays in no column.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the columns and the table."""
    _add("connection", _text("keys_refused"), _empty("keys_checked_at"), _empty("detached_at"))
    _add("project_choice", _text("shown", "{}"))
    op.create_table(
        "procore_key",
        sa.Column("id", WHOLE, primary_key=True, autoincrement=True),
        sa.Column("connection_id", WHOLE, nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in ("kind", "name", "wanted", "written", "message")),
        *(sa.Column(name, WHOLE, nullable=False) for name in ("procore_id", "project_id")),
        _empty("tried_at"),
        sa.Column("in_flight", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name="fk_procore_key_connection_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("connection_id", "kind", "procore_id", name="uq_procore_key_record"),
        sqlite_autoincrement=True,
    )


def _text(name: str, default: str = "") -> sa.Column[Any]:
    return sa.Column(name, TEXT, nullable=False, server_default=default)


def _empty(name: str) -> sa.Column[Any]:
    return sa.Column(name, TEXT, nullable=True)


def _add(table: str, *columns: sa.Column[Any]) -> None:
    with op.batch_alter_table(table) as change:
        for column in columns:
            change.add_column(column)
    with op.batch_alter_table(table) as change:
        for column in columns:
            if column.server_default is not None:
                change.alter_column(column.name, existing_type=column.type, server_default=None)
