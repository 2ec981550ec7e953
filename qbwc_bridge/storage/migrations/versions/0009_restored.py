"""What a restored database must look up: that it was restored, and of which projects the costs are unsure."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the columns; no database was restored so far."""
    with op.batch_alter_table("connection") as change:
        change.add_column(sa.Column("restored_at", TEXT, nullable=True))
    with op.batch_alter_table("project_choice") as change:
        change.add_column(sa.Column("unsure", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("project_choice") as change:
        change.alter_column("unsure", existing_type=sa.Boolean(), server_default=None)
