"""The catalog: one SQLite file, the single truth of a collection, and all SQL that reads or writes it."""
