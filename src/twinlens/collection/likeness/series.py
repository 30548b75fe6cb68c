"""Photos that one camera took with short breaks, by the moments of their shots; no photo is opened."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from twinlens.collection.catalog.files.file_facts import FileFacts

GAP_S = 3.0  # between two shots of a series
SERIES_S = 60.0  # the longest series; a time lapse becomes several
# Of everyday photos 99.99 % of all pairs are less alike, of shelves in a shop 99 %: docs/decisions/likeness.md.
SERIES_LIKENESS = 0.8
EDITED_LIKENESS = 0.7  # an original and its grey copy are above: 0.725 at the 5th percentile


def moments(photos: Sequence[FileFacts]) -> NDArray[np.float64]:
    """[N], when each photo was shot in seconds by the camera's own clock; NaN where only its file has a date."""
    start = datetime(1970, 1, 1)
    seconds = [
        (datetime.fromisoformat(photo.shot_at) - start).total_seconds() if photo.shot_at else np.nan for photo in photos
    ]
    return np.array(seconds, dtype=np.float64)


def series_keys(photos: Sequence[FileFacts], shot_s: NDArray[np.float64], *, gap_s: float = GAP_S) -> list[int | None]:
    """[N], equal for photos that one camera took with short breaks."""
    keys: list[int | None] = [None] * len(photos)
    by_camera = defaultdict(list)
    for place, photo in enumerate(photos):
        if photo.camera and not np.isnan(shot_s[place]):
            by_camera[photo.camera].append(place)
    for places in by_camera.values():
        places.sort(key=lambda place: shot_s[place])
        keys[places[0]] = places[0]
        for earlier, later in pairwise(places):
            keys[later] = keys[earlier] if shot_s[later] - shot_s[earlier] <= gap_s else later
    return keys
