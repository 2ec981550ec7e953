"""Job costs at scale: documents by job, readings of what changed, QuickBooks' own totals, closed months.

The ledger is emptied: it is read whole again at the next visit, and nothing of it is written before. `server_default`
gives the rows that stand already what their record's field has by default; it stays in no column.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add columns and tables; readings under way are dropped."""
    op.execute("DELETE FROM task WHERE reading_id IS NOT NULL")
    op.execute("DELETE FROM cost_answer")
    op.execute("DELETE FROM cost_document")
    op.execute("DELETE FROM cost_reading")
    op.execute("UPDATE connection SET costs_read_at = NULL, deletions_seen = NULL")
    with op.batch_alter_table("connection") as change:
        change.drop_column("bills_modified")
    _add(
        "connection",
        _empty("costs_whole_at"),
        _empty("payroll_seen"),
        _empty("controlled_at"),
        _text("costs_modified", "{}"),
        _text("doubted", "{}"),
        _text("names_gone", "[]"),
    )
    _add("cost_reading", _text("scope"), _text("stage"), _text("jobs", "[]"), _whole("portions"))
    _add(
        "transaction_record",
        _text("posted"),
        sa.Column("pending", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_index("ix_transaction_record_txn_id", "transaction_record", ["connection_id", "txn_id"])
    op.create_index("ix_transaction_record_modified", "transaction_record", ["connection_id", "kind", "time_modified"])
    _add(
        "cost_document",
        _text("job_id"),
        _empty("changed_at"),
        _whole("cost_cents"),
    )
    with op.batch_alter_table("cost_document") as change:
        change.drop_constraint("uq_cost_document_txn_id", type_="unique")
        change.create_unique_constraint("uq_cost_document_txn_id", ["connection_id", "txn_id", "job_id"])
    op.create_index("ix_cost_document_job", "cost_document", ["connection_id", "job_id"])
    op.create_index("ix_cost_document_type", "cost_document", ["connection_id", "txn_type", "txn_date"])
    op.create_table(
        "control",
        sa.Column("id", WHOLE, primary_key=True, autoincrement=True),
        sa.Column("connection_id", WHOLE, nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in _CONTROL),
        _empty("read_at"),
        _empty("through"),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name="fk_control_connection_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("connection_id", "through", name="uq_control_through"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "month_close",
        sa.Column("id", WHOLE, primary_key=True, autoincrement=True),
        sa.Column("connection_id", WHOLE, nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in ("month", "closed_at", "closed_by", "rows")),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name="fk_month_close_connection_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("connection_id", "month", name="uq_month_close_month"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "proof_kept",
        sa.Column("id", WHOLE, primary_key=True, autoincrement=True),
        sa.Column("connection_id", WHOLE, nullable=False),
        sa.Column("project_id", WHOLE, nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in ("read_at", "others", "notes")),
        _empty("invoices"),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name="fk_proof_kept_connection_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("connection_id", "project_id", name="uq_proof_kept_project"),
        sqlite_autoincrement=True,
    )


_CONTROL = ("jobs", "unknown", "all_costs", "without_job", "items")


def _text(name: str, default: str = "") -> sa.Column[Any]:
    return sa.Column(name, TEXT, nullable=False, server_default=default)


def _whole(name: str) -> sa.Column[Any]:
    return sa.Column(name, WHOLE, nullable=False, server_default="0")


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
