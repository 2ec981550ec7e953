"""What changes after the first export needs: what was exported and agreed, decisions on orders, whole readings.

`server_default` gives the rows that stand already what their record's field has by default; it stays in no column.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the columns."""
    _add(
        "connection",
        sa.Column("lists_whole_at", TEXT, nullable=True),
        sa.Column("list_deletions_seen", TEXT, nullable=True),
        sa.Column("order_deletions_seen", TEXT, nullable=True),
    )
    _add(
        "submission",
        sa.Column("exported", TEXT, nullable=False, server_default=""),
        sa.Column("agreed", TEXT, nullable=True),
        sa.Column("choice", TEXT, nullable=False, server_default=""),
    )
    _add("task", sa.Column("brings", TEXT, nullable=False, server_default="{}"))
    # What was queued before brings its own submission, but for the customer that is made above a job.
    op.execute(
        """UPDATE task SET brings = '{"' || CAST(submission_id AS TEXT) || '":""}'
        WHERE submission_id IS NOT NULL AND (kind LIKE '%Add' OR kind LIKE '%Mod')
        AND NOT (kind = 'CustomerAdd' AND request LIKE '%"parent"_null%')"""
    )
    _add(
        "list_record",
        sa.Column("gone", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("born", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("read_visit_id", WHOLE, nullable=True),
    )
    _add("transaction_record", sa.Column("gone", sa.Boolean(), nullable=False, server_default=sa.false()))
    _add("mapping", sa.Column("expense_account", TEXT, nullable=False, server_default=""))


def _add(table: str, *columns: sa.Column[Any]) -> None:
    with op.batch_alter_table(table) as change:
        for column in columns:
            change.add_column(column)
    with op.batch_alter_table(table) as change:
        for column in columns:
            if column.server_default is not None:
                change.alter_column(column.name, existing_type=column.type, server_default=None)
