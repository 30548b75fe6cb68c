"""The file that keeps the map of what looks alike, so that it is there at once after a restart."""

import json
import logging
import zlib
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twinlens.collection.showing.maps.groups import MapGroup
from twinlens.types import Ids
from twinlens.whole_file import whole_file

logger = logging.getLogger(__name__)
FILE = "map.bin"
VERSION = 1  # increased when maps are made differently


class KeptLayout(NamedTuple):
    """A finished map.

    Attributes:
        generation: of the catalog for which it is known to be right.
        made_of: the digest of what it was made of, see ``digest_of``.
        numbers: [N], ids of the photos in the catalog, ascending.
        places: [N, 2], in [0, 1].
        groups: of photos that lie close together.
    """

    generation: int
    made_of: str
    numbers: Ids
    places: NDArray[np.float32]
    groups: tuple[MapGroup, ...]


def digest_of(vectors: NDArray[np.float16]) -> str:
    """Tells vectors [N, D] apart from others."""
    return blake2b(
        np.ascontiguousarray(vectors).tobytes(), digest_size=16, person=str(vectors.shape).encode()
    ).hexdigest()


class LayoutFile:
    """Keeps one map; a file that is missing, damaged or of another collection is none.

    Args:
        folder: of the collection.
        owner: the collection's identity.
        writable: False keeps nothing.
    """

    def __init__(self, folder: Path, *, owner: str, writable: bool) -> None:
        self._file, self._owner, self._writable = folder / FILE, f"{owner}/{VERSION}", writable

    def read(self) -> KeptLayout | None:
        """The map that was kept last."""
        try:
            head, _, body = self._file.read_bytes().partition(b"\n")
            told = json.loads(head)
            if told["owner"] != self._owner:
                return None
            if told["checksum"] != _checksum(told["of"], body):
                raise ValueError("its checksum is wrong")
            return _layout(told["of"], body)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            logger.warning("%s is damaged (%s); the map is made again", self._file, error)
            return None

    def write(self, layout: KeptLayout) -> None:
        """Keeps a map in the place of the one before."""
        if not self._writable:
            return
        groups = [{"label": one.label, "x": one.x, "y": one.y, "count": len(one.rows)} for one in layout.groups]
        of = {
            "generation": layout.generation,
            "made_of": layout.made_of,
            "count": len(layout.numbers),
            "groups": groups,
        }
        rows = [group.rows for group in layout.groups]
        body = b"".join(
            [
                layout.numbers.astype("<i8").tobytes(),
                layout.places.astype("<f4").tobytes(),
                *(one.astype("<i8").tobytes() for one in rows),
            ]
        )
        head = json.dumps({"owner": self._owner, "checksum": _checksum(of, body), "of": of}).encode()
        try:
            with whole_file(self._file) as place:
                place.write_bytes(head + b"\n" + body)
        except OSError as error:
            logger.warning("%s cannot be written (%s); the map is made again after a restart", self._file, error)


def _checksum(of: object, body: bytes) -> int:
    return zlib.crc32(body, zlib.crc32(json.dumps(of).encode()))


def _layout(of: dict[str, Any], body: bytes) -> KeptLayout:
    count, groups = int(of["count"]), of["groups"]
    numbers = np.frombuffer(body, dtype="<i8", count=count).astype(np.int64)
    places = np.frombuffer(body, dtype="<f4", count=2 * count, offset=8 * count).astype(np.float32).reshape(-1, 2)
    rows = np.frombuffer(body, dtype="<i8", offset=16 * count).astype(np.int64)
    ends = np.cumsum([one["count"] for one in groups])
    parts = np.split(rows, ends[:-1]) if groups else []
    found = [MapGroup(part, one["x"], one["y"], label=one["label"]) for part, one in zip(parts, groups, strict=True)]
    return KeptLayout(of["generation"], of["made_of"], numbers, places, tuple(found))
