"""The ids of a store on a server, kept in a file."""

import logging
import zipfile
import zlib
from pathlib import Path

import numpy as np

from twinlens.types import Ids
from twinlens.whole_file import whole_file

logger = logging.getLogger(__name__)
NAME = "ids.npz"


class KeptIds:
    """One list of ids, with a mark of the update that it belongs to.

    Args:
        folder: of the file.
        of: whose ids these are; those of another are not used.
    """

    def __init__(self, folder: Path, *, of: str) -> None:
        self._file, self._of = folder / NAME, of

    def keep(self, ids: Ids, *, mark: str) -> None:
        """Replaces the list; a folder that cannot be written is told in the log, and costs the next opening time."""
        content = ids.astype("<i8")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with whole_file(self._file) as place, place.open("wb") as file:
                np.savez(file, ids=content, head=np.array([self._of, mark, str(zlib.crc32(content.tobytes()))]))
        except OSError as error:
            logger.info("the ids are not kept in %s: %s", self._file, error)

    def of_mark(self, mark: str) -> Ids | None:
        """The ids of an update, ascending; None if another update's are kept, or what is kept is damaged."""
        try:
            with self._file.open("rb") as file, np.load(file, allow_pickle=False) as kept:
                ids, head = kept["ids"], kept["head"].tolist()
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            logger.warning("%s is damaged (%s); the server is asked", self._file, error)
            return None
        is_that = head == [self._of, mark, str(zlib.crc32(ids.tobytes()))]
        return ids.astype(np.int64) if is_that and ids.ndim == 1 else None
