"""Photos that are worth comparing, by what the catalog knows; no photo is opened."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from twinlens.collection.catalog.files.file_facts import FileFacts
from twinlens.collection.likeness.names import numbered_key

Places: TypeAlias = NDArray[np.int64]
"""[M], places in the list of photos, ascending."""


class Buckets:
    """Photos with the same key, found by any one of them.

    Args:
        keys: [N], one a photo; None for those that belong to no other.
    """

    def __init__(self, keys: Iterable[Hashable | None]) -> None:
        found: dict[Hashable, list[int]] = defaultdict(list)
        for place, key in enumerate(keys):
            if key is not None:
                found[key].append(place)
        self.all = [np.array(places) for places in found.values() if len(places) > 1]
        self._of = {int(place): bucket for bucket in self.all for place in bucket}

    def of(self, place: int) -> Places:
        """The photos with the same key as this one, itself among them; none if it is alone."""
        return self._of.get(place, np.empty(0, dtype=np.int64))

    def members(self) -> set[int]:
        """All photos that share their key with others."""
        return set(self._of)


def rolls(photos: Sequence[FileFacts]) -> NDArray[np.int64]:
    """[N], equal for files that one camera may have numbered: names of one pattern, pictures of one size."""
    known: dict[Hashable, int] = {}
    found = []
    for place, photo in enumerate(photos):
        key = numbered_key(photo.path)
        roll = key and photo.shot_at and (photo.folder_id, key, photo.width, photo.height)
        found.append(known.setdefault(roll or place, len(known)))
    return np.array(found, dtype=np.int64)
