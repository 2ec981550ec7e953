"""The database edge: one transaction per unit of work, on SQLite or PostgreSQL.

`open_database` gives the units of work that `ports.OpenWork` promises. Below it: `tables` is the schema, `rows` turns
records into columns, `repository` is the store of one table, `engine` opens the database and makes units of work take
turns, `version` tells its schema, `migrate` creates and upgrades it by `steps`. Beside it: `secrets` (key file,
encryption, hashes); `backup` keeps, restores and moves it, by `copying` (all rows) and `sqlite_copy` (a file as a
whole).
"""

from qbwc_bridge.storage.database import Database, open_database
from qbwc_bridge.storage.secrets import Vault, add_key, check_password, hash_password, open_vault

__all__ = [
    "Database",
    "Vault",
    "add_key",
    "check_password",
    "hash_password",
    "open_database",
    "open_vault",
]
