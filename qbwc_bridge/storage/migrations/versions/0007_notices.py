"""The outbox of mail, and the day for which a daily summary was last looked at."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXTS = ("kind", "key", "decided_at", "letter", "receivers", "lost", "mark", "subjects", "state", "message")


def upgrade() -> None:
    """Add the column and the table."""
    with op.batch_alter_table("connection") as change:
        change.add_column(_empty("summed_up_on"))
    op.create_table(
        "notice",
        sa.Column("id", WHOLE, primary_key=True, autoincrement=True),
        sa.Column("connection_id", WHOLE, nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in TEXTS),
        sa.Column("attempts", WHOLE, nullable=False),
        *(_empty(name) for name in ("not_before", "sent_at")),
        sa.Column("holds", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name="fk_notice_connection_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("connection_id", "key", name="uq_notice_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_notice_state", "notice", ["connection_id", "state"])
    op.create_index("ix_notice_kind", "notice", ["connection_id", "kind", "decided_at"])


def _empty(name: str) -> sa.Column[Any]:
    return sa.Column(name, TEXT, nullable=True)
