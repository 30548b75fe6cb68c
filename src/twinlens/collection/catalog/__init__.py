"""The catalog: one SQLite file, a collection's source of truth, and all SQL that reads or writes it."""
