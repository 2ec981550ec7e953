"""The steps that the schema went through, for alembic; `storage/steps.py` runs them.

They lead up only, so none has a `downgrade`: the way back is the backup that is made before an upgrade.
"""
