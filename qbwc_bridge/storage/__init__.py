"""The database edge: one transaction per unit of work, on SQLite or PostgreSQL.

`open_database` gives the units of work that `ports.OpenWork` promises. Below it: `tables` is the schema, `rows` turns
records into columns, `repository` is the store of one table, `engine` opens the database and makes units of work take
turns, `migrate` creates and upgrades it. Beside it: `secrets` (key file, encryption, hashes).
"""

from qbwc_bridge.storage.database import Database, open_database
from qbwc_bridge.storage.secrets import Vault, check_password, hash_password, read_or_make_key

__all__ = [
    "Database",
    "Vault",
    "check_password",
    "hash_password",
    "open_database",
    "read_or_make_key",
]
