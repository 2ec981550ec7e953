"""The stations: each reads rows in one state and writes rows in the next; the database is their only hand-over."""
