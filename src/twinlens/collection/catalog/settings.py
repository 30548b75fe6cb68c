"""What a collection is: its model, its folders, and what its index runs go by."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from twinlens.collection.catalog.database import Database, damaged
from twinlens.collection.catalog.embeddings.next_vectors import model_meta
from twinlens.collection.catalog.rows import MOST_DIM, MOST_GENERATIONS, ModelRecord, is_number
from twinlens.errors import CatalogDamagedError

FOLLOW_LINKS = "follow_links"  # key in the table meta
ARCHIVES = "archives"  # another one
ONLY_KNOWN = "only_known"  # the same
EXCLUDED = "exclude"  # key of the patterns of files that are not indexed


@dataclass(frozen=True, slots=True)
class Folder:
    """A photo folder of the collection; ``path`` may be relative to the collection folder."""

    id: int
    name: str
    path: str


class Settings(Database):
    """The part of a catalog that says what the collection is."""

    def meta(self, key: str) -> str | None:
        """A stored value, such as ``fingerprint``."""
        rows = self.rows("SELECT value FROM meta WHERE key = ?", (key,))
        return rows[0][0] if rows else None

    def set_meta(self, values: Mapping[str, str]) -> None:
        """Stores values, all or none."""
        with self.transaction() as connection:
            connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(values.items()))

    def forget_meta(self, key: str) -> None:
        """Removes a stored value, if there is one."""
        with self.transaction() as connection:
            connection.execute("DELETE FROM meta WHERE key = ?", (key,))

    def model(self) -> ModelRecord | None:
        """The model of the vectors; None before the first run."""
        return self._model("")

    def next_model(self) -> ModelRecord | None:
        """The model that the collection is switching to; None if it is not."""
        return self._model("next_")

    def remember_model(self, model: ModelRecord) -> None:
        """Records the model of the vectors."""
        self.set_meta(model_meta(model))

    def _model(self, prefix: str) -> ModelRecord | None:
        keys = [prefix + key for key in ModelRecord._fields]
        found = dict(self.rows("SELECT key, value FROM meta WHERE key IN (?, ?, ?)", keys))
        if len(found) < len(keys):
            return None
        model, fingerprint, dim = (found[key] for key in keys)
        return ModelRecord(model, fingerprint, self._number(prefix + "dim", dim, most=MOST_DIM))

    def _number(self, key: str, value: object, *, most: int = MOST_GENERATIONS) -> int:
        if not isinstance(value, str) or not is_number(value, most=most):
            raise CatalogDamagedError(damaged(self.path, f"{key} is {str(value)[:40]!r}"))
        return int(value)

    @property
    def follows_links(self) -> bool:
        """Whether photos behind links that lead out of their folder are indexed and shown."""
        return self.meta(FOLLOW_LINKS) == "1"

    @property
    def opens_archives(self) -> bool:
        """Whether photos inside zip and tar files are indexed."""
        return self.meta(ARCHIVES) == "1"

    @property
    def has_only_known(self) -> bool:
        """Whether index runs add no photos: the collection was split from another by a search."""
        return self.meta(ONLY_KNOWN) == "1"

    @property
    def excluded(self) -> list[str]:
        """Patterns of files and folders that are not indexed, as gitignore has them; the last that matches decides."""
        try:
            found = json.loads(self.meta(EXCLUDED) or "[]")
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise CatalogDamagedError(
                f"the patterns of files to exclude cannot be read in {self.path}; "
                "give them again: twinlens index --exclude PATTERN"
            )
        return found

    def exclude(self, patterns: Sequence[str]) -> None:
        """Records the patterns in the place of earlier ones."""
        self.set_meta({EXCLUDED: json.dumps(list(patterns))})

    @property
    def identity(self) -> str:
        """A unique id of the catalog, stored in derived files."""
        return self.meta("identity") or ""

    @property
    def generation(self) -> int:
        """Increases with every commit that changes photos."""
        return self._number("generation", self.meta("generation") or "0")

    def folders(self) -> list[Folder]:
        """The photo folders, oldest first."""
        return [Folder(*row) for row in self.rows("SELECT id, name, path FROM folders ORDER BY id")]

    def add_folder(self, name: str, path: str) -> Folder:
        """Adds a photo folder."""
        with self.transaction() as connection:
            put = "INSERT INTO folders (name, path) VALUES (?, ?) RETURNING id"
            return Folder(int(connection.execute(put, (name, path)).fetchone()[0]), name, path)

    def move_folder(self, folder_id: int, path: str) -> None:
        """Changes where a photo folder is; its photos keep their ids and what they were given."""
        with self.transaction() as connection:
            connection.execute("UPDATE folders SET path = ? WHERE id = ?", (path, folder_id))
