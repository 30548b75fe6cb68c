"""Cache of open libraries, one for each place and model, shared by all sessions of the app."""

import threading

from twinlens.api.library import find_existing
from twinlens.apps.libraries.local.local_library import LocalLibrary

MOST_OPEN = 8  # each one has its model and vectors in memory


class OpenLibraries:
    """Opens collections on first use and keeps the most recent ones open."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str | None], LocalLibrary] = {}
        self._guard = threading.Lock()

    def get(self, place: str, *, model: str | None = None) -> LocalLibrary:
        """The library of a photo folder, a subfolder of one, or a collection.

        Raises:
            CollectionNotFoundError: there is no collection; it is not created.
            ModelMismatchError: the model is not the collection's.
        """
        with self._guard:
            library = self._open.pop((place, model), None)
            if library is not None and not library.collection.path.is_dir():  # deleted while it was open
                library.close()
                library = None
            if library is None:
                library = LocalLibrary(find_existing(place, model=model))
            self._open[place, model] = library
            while len(self._open) > MOST_OPEN:
                self._open.pop(next(iter(self._open))).close()
            return library

    def close(self) -> None:
        """Closes all."""
        with self._guard:
            while self._open:
                self._open.popitem()[1].close()


LIBRARIES = OpenLibraries()
"""The open libraries of this process."""
