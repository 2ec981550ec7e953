"""Webhooks: the secret and the address of a connection, when the last event came, and where a hook may stand.

`server_default` gives the rows that stand already what their record's field has by default; it stays in no column.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the columns."""
    # To SQLite '' is a text.
    nothing = "X''" if op.get_bind().dialect.name == "sqlite" else "''"
    _add(
        "connection",
        _empty("webhooks_since"),
        _empty("event_at"),
        sa.Column("webhook_secret", sa.LargeBinary(), nullable=False, server_default=sa.text(nothing)),
        sa.Column("webhook_url", TEXT, nullable=False, server_default=""),
    )
    _add("project_choice", sa.Column("hooked", sa.Boolean(), nullable=False, server_default=sa.false()))


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
