"""The steps that the schema went through, for alembic; `storage/migrate.py` runs them."""
