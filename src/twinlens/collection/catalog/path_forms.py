"""How the catalog writes a path that somebody gives in another Unicode form."""

from typing import NamedTuple

from twinlens.collection.catalog.database import Database, FileId
from twinlens.data.file_names import same_form


class _Known(NamedTuple):
    """The paths with other letters than ASCII, at one state of the catalog."""

    file_id: FileId | None
    generation: str
    paths: dict[tuple[int, str], str]  # by folder and path in one form


class PathForms:
    """Finds paths in any Unicode form; may be shared between threads.

    The paths that have several forms are read once for each state of the catalog, and only when one
    is not found as given: thousands of unknown ids in a request must not read them thousands of times.

    Args:
        database: the catalog.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known = _Known(None, "", {})

    def as_written(self, folder_id: int, path: str) -> str:
        """The path of a searchable photo as the catalog writes it; as given if there is none."""
        if path.isascii() or self._is_written_so(folder_id, path):
            return path
        return self._paths().get((folder_id, same_form(path)), path)

    def _is_written_so(self, folder_id: int, path: str) -> bool:
        sql = "SELECT 1 FROM photos WHERE folder_id = ? AND path = ? AND skip_reason IS NULL"
        return bool(self._database.rows(sql, (folder_id, path)))

    def _paths(self) -> dict[tuple[int, str], str]:
        generation = self._database.rows("SELECT value FROM meta WHERE key = 'generation'")
        state = self._database.file_id, str(generation)
        if (self._known.file_id, self._known.generation) != state:
            paths: dict[tuple[int, str], str] = {}
            for folder_id, path in self._database.rows(
                "SELECT folder_id, path FROM photos WHERE skip_reason IS NULL AND path GLOB '*[^ -~]*' ORDER BY path"
            ):
                paths.setdefault((folder_id, same_form(path)), path)
            self._known = _Known(*state, paths)
        return self._known.paths
