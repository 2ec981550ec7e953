"""How far Procore was read: cursors of projects and of the company's lists, and what Procore said that it changed.

Nothing counts as read yet, so the next reading of Procore is whole.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the columns; `server_default` fills the rows that stand already, and stays in no column."""
    for table in ("connection", "project_choice"):
        with op.batch_alter_table(table) as change:
            change.add_column(sa.Column("touched_at", TEXT, nullable=True))
            change.add_column(sa.Column("reading", TEXT, nullable=False, server_default="{}"))
        with op.batch_alter_table(table) as change:
            change.alter_column("reading", existing_type=TEXT, server_default=None)
    with op.batch_alter_table("document") as change:
        change.add_column(sa.Column("stamp", TEXT, nullable=False, server_default=""))
    with op.batch_alter_table("document") as change:
        change.alter_column("stamp", existing_type=TEXT, server_default=None)
