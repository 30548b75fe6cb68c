"""The file with the groups of near copies alone: a search in a large library needs no more."""

import json
import logging
import zlib
from pathlib import Path

import numpy as np

from twinlens.collection.likeness.near_copies import Groups
from twinlens.whole_file import whole_file

logger = logging.getLogger(__name__)


class GroupsFile:
    """Groups at a generation of a catalog, with a checksum; replaced as a whole.

    Args:
        path: of the file; its folder is made with it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, owner: str, generation: int) -> Groups | None:
        """The groups of a catalog and a model at a generation; None if the file has others, or is damaged."""
        try:
            with self._path.open("rb") as file:
                told = json.loads(file.readline())
                if (told["owner"], told["generation"]) != (owner, generation):
                    return None
                body = file.read()
            if _checksum(owner, generation, body) != told["checksum"] or len(body) % 16:
                raise ValueError("its checksum is wrong")
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            logger.warning("%s is damaged (%s) and is written again", self._path, error)
            return None
        ids, leaders = np.frombuffer(body, dtype="<i8").reshape(2, -1)
        return Groups(ids, leaders)

    def write(self, owner: str, generation: int, groups: Groups) -> None:
        """Keeps groups; without them they are read where all that is known of near copies stands."""
        body = b"".join(part.astype("<i8").tobytes() for part in groups)
        told = {"owner": owner, "generation": generation, "checksum": _checksum(owner, generation, body)}
        try:
            self._path.parent.mkdir(exist_ok=True)
            with whole_file(self._path) as place:
                place.write_bytes(json.dumps(told).encode() + b"\n" + body)
        except OSError as error:
            logger.warning("%s cannot be written (%s)", self._path, error)


def _checksum(owner: str, generation: int, body: bytes) -> int:
    return zlib.crc32(body, zlib.crc32(f"{owner}/{generation}".encode()))
