"""What the status page reads of large tables: vendor and revised contract of submissions, indexes, and kept figures.

The first two are filled in from what Procore said last; review keeps them from then on.
"""

import json
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
PENDING = sa.text("pending")
REFUSED = sa.text("message <> ''")
DIFFERS = sa.text("state = 'synced' AND reasons <> '[]'")

_CONTRACTS = "SELECT connection_id, kind, key, document FROM document WHERE kind IN ('commitment', 'change_order')"
_TOLD = (
    "UPDATE submission SET party = :party, revised = :revised "
    "WHERE connection_id = :connection AND kind = :kind AND key = :key"
)
_CENT = Decimal("0.01")


def upgrade() -> None:
    """Add the columns and the indexes."""
    with op.batch_alter_table("submission") as change:
        change.add_column(sa.Column("party", TEXT, nullable=False, server_default=""))
        change.add_column(sa.Column("revised", TEXT, nullable=True))
    with op.batch_alter_table("submission") as change:
        change.alter_column("party", existing_type=TEXT, server_default=None)
    _fill()
    op.create_index(
        "ix_submission_listed", "submission", ["connection_id", "kind", "state", "update", "since", "amount", "revised"]
    )
    op.create_index("ix_submission_number", "submission", ["connection_id", "kind", "number"])
    op.create_index("ix_submission_quickbooks", "submission", ["connection_id", "quickbooks_id", "kind"])
    op.create_index(
        "ix_submission_differing",
        "submission",
        ["connection_id", "state", "kind"],
        sqlite_where=DIFFERS,
        postgresql_where=DIFFERS,
    )
    op.create_index(
        "ix_write_back_refused", "write_back", ["connection_id"], sqlite_where=REFUSED, postgresql_where=REFUSED
    )
    op.create_index(
        "ix_transaction_record_pending",
        "transaction_record",
        ["connection_id", "kind"],
        sqlite_where=PENDING,
        postgresql_where=PENDING,
    )
    op.create_index(
        "ix_transaction_record_standing", "transaction_record", ["connection_id", "kind", "gone", "txn_id", "total"]
    )
    op.create_index(
        "ix_cost_document_sums", "cost_document", ["connection_id", "deleted", "job_id", "txn_date", "cost_cents"]
    )
    op.create_index("ix_history_newest", "history", ["connection_id", "subject"])
    _table("ledger_mark", *_text("scope"), _whole("count"), unique=("uq_ledger_mark_scope", "connection_id", "scope"))
    _table(
        "kept_figures",
        _whole("project_id"),
        *_text("kind", "stamp"),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        unique=("uq_kept_figures_project", "connection_id", "kind", "project_id"),
    )


def _text(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, TEXT, nullable=False) for name in names]


def _whole(name: str) -> sa.Column[Any]:
    return sa.Column(name, WHOLE, nullable=False)


def _table(name: str, *columns: sa.Column[Any], unique: tuple[str, ...]) -> None:
    op.create_table(
        name,
        sa.Column("id", WHOLE, primary_key=True, autoincrement=True),
        _whole("connection_id"),
        *columns,
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=f"fk_{name}_connection_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint(*unique[1:], name=unique[0]),
        sqlite_autoincrement=True,
    )


def _fill() -> None:
    """Give every commitment its vendor and revised contract, and every change order the vendor of its commitment."""
    connection = op.get_bind()
    rows = [(*row[:3], json.loads(row[3])) for row in connection.execute(sa.text(_CONTRACTS))]
    vendors = {(row[0], row[3]["id"]): row[3]["vendor_name"] for row in rows if row[1] == "commitment"}
    for number, kind, key, found in rows:
        original = kind == "commitment"
        revised = Decimal(found["revised"]).quantize(_CENT, ROUND_HALF_UP) if original else None
        values = {
            "party": vendors.get((number, found["id"] if original else found["commitment_id"]), ""),
            "revised": None if revised is None else str(revised),
            "connection": number,
            "kind": kind,
            "key": key,
        }
        connection.execute(sa.text(_TOLD), values)
