"""Alembic's entrance: runs the steps on the connection that `storage/steps.py` hands over, in its transaction."""

from alembic import context

from qbwc_bridge.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
