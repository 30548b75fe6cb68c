"""A favourite belongs to a person, or to all who use the library."""

# a person is '' for all; the second index lists the marks of one, and has a copy of each row, as before
OWN_FAVOURITES = """
DROP INDEX IF EXISTS favourites_twice;
ALTER TABLE favourites RENAME TO shared_favourites;
CREATE TABLE favourites (
  photo_id INTEGER NOT NULL REFERENCES photos(id) ON DELETE CASCADE,
  person TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (photo_id, person)
) STRICT;
INSERT INTO favourites (photo_id, person) SELECT photo_id, '' FROM shared_favourites ORDER BY photo_id;
DROP TABLE shared_favourites;
CREATE INDEX favourites_twice ON favourites(person, photo_id);
"""
