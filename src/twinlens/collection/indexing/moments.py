"""Look at the videos that are new: frames at their times, those of one scene once."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.embeddings.features import likeness
from twinlens.collection.catalog.embeddings.moments import WaitingVideo
from twinlens.collection.indexing.scanning.scan import Scan
from twinlens.collection.indexing.telling.progress import IndexListener
from twinlens.collection.place.photo_folders import PhotoFolder
from twinlens.data.guarded.guard import Guard
from twinlens.data.guarded.photos import plain, read_moments
from twinlens.data.video.frames import looks_ms
from twinlens.data.video.names import can_read_videos
from twinlens.embedding.local import BATCH_SIZE, PhotoVector, embed_pixels, map_ahead
from twinlens.errors import PhotoError
from twinlens.protocols import DualEncoder
from twinlens.types import Embeddings, Pixels

logger = logging.getLogger(__name__)
LOOKS_AT_ONCE = 16  # for which one decoder has a minute; 3 MB of prepared frames
LOOKAHEAD = 6  # of such lots: of the next videos, too
# Two frames of one scene: alike as near copies nearly are, so that somebody who enters a room makes a new moment
SCENE_LIKENESS, SCENE_COSINE = 0.9, 0.97  # of features; of embeddings where a model gives no features


class _Looks(NamedTuple):
    """Some looks at one video."""

    video: WaitingVideo
    file: Path
    looks: Sequence[int]


class _Seen(NamedTuple):
    """What they have shown."""

    frames: list[tuple[int, Pixels]]
    fault: str | None = None


def look_at_videos(
    catalog: Catalog,
    encoder: DualEncoder | None,
    folders: Sequence[PhotoFolder],
    scans: Mapping[int, Scan],
    listener: IndexListener,
) -> int:
    """Finds the moments of all videos that have none yet; returns of how many.

    One transaction for each video, so that an interrupt loses at most one. A video that is damaged from some place on
    keeps what was seen before.

    Args:
        catalog: up to date with the folders; the caller holds the indexing lock.
        encoder: the model of record; None if it is not available: the videos then wait.
        folders: all folders of the collection.
        scans: what this run has found in each of them; a video that is not there now waits.
        listener: called after each one.
    """
    if encoder is None or not can_read_videos():
        return 0
    places = {folder.id: folder for folder in folders}
    waiting = _here(_copied(catalog), scans)
    if not waiting:
        return 0
    firsts = {video.content_hash: video for video in reversed(waiting)}
    new = sorted(firsts.values(), key=lambda video: (video.folder_id, video.path))
    guard, done = Guard(), 0
    lots = _lots(new, places)
    with closing(
        map_ahead(lambda lot: _look(lot, encoder, guard), lots, lookahead=LOOKAHEAD, on_stop=guard.close)
    ) as pending:
        for video, seen in groupby(pending, key=lambda one: one[0].video):
            scenes = _Scenes(encoder)
            for lot, shown in seen:
                scenes.add(shown.frames)
                if shown.fault:
                    logger.info("%s from %d s on: %s", lot.file, lot.looks[0] // 1000, shown.fault)
            _store(catalog, video, scenes.kept)
            done += 1
            listener.videos_advanced(done, len(new))
    _copied(catalog)
    return done


def _here(waiting: Sequence[WaitingVideo], scans: Mapping[int, Scan]) -> list[WaitingVideo]:
    """Those videos that were found by this run."""
    wanted = {(video.folder_id, video.path) for video in waiting}
    found = {
        (folder_id, file.path)
        for folder_id in {folder_id for folder_id, _ in wanted} & scans.keys()
        for file in scans[folder_id].photos
        if (folder_id, file.path) in wanted
    }
    return [video for video in waiting if (video.folder_id, video.path) in found]


def _copied(catalog: Catalog) -> list[WaitingVideo]:
    """The videos that still wait once those got moments whose content has some already."""
    waiting = catalog.moments.waiting()
    if not waiting or catalog.moments.is_empty():
        return waiting
    with catalog.writing() as writer:
        return [video for video in waiting if not writer.copy_moments(video)]


def _lots(videos: Sequence[WaitingVideo], places: Mapping[int, PhotoFolder]) -> Iterator[_Looks]:
    for video in videos:
        looks = looks_ms(video.duration_ms)
        for start in range(0, len(looks), LOOKS_AT_ONCE):
            file = places[video.folder_id].file(video.path)
            yield _Looks(video, file, looks[start : start + LOOKS_AT_ONCE])


def _look(lot: _Looks, encoder: DualEncoder, guard: Guard) -> _Seen:
    """Runs in the reading threads."""
    prepare: Callable[[Any], Any] = encoder.preparation or plain
    try:
        frames = read_moments(lot.file, lot.looks, prepare, min_side=encoder.input_side, guard=guard)
    except PhotoError as error:
        return _Seen([], str(error))
    if encoder.preparation is None:
        frames = [(at_ms, encoder.prepare(image)) for at_ms, image in frames]
    return _Seen(frames)


def _store(catalog: Catalog, video: WaitingVideo, moments: Sequence[tuple[int, PhotoVector]]) -> None:
    """Of a video of which nothing was seen, the frame that stands for it: else it would wait forever."""
    if not moments:
        known = catalog.vector_of_content(video.content_hash)
        moments = [(0, known.vector)] if known else []
    with catalog.writing() as writer:
        writer.put_moments(video.id, moments)


class _Scenes:
    """The frames of a video that show something new."""

    def __init__(self, encoder: DualEncoder) -> None:
        self._encoder = encoder
        self._last = -1
        self._compared: list[Embeddings] = []
        self.kept: list[tuple[int, PhotoVector]] = []

    def add(self, frames: Sequence[tuple[int, Pixels]]) -> None:
        """Embeds frames in the order of their times, and keeps those that are like none before."""
        new = [(at_ms, pixels) for at_ms, pixels in frames if at_ms > self._last]
        for start in range(0, len(new), BATCH_SIZE):
            part = new[start : start + BATCH_SIZE]
            vectors = embed_pixels([pixels for _, pixels in part], self._encoder)
            for (at_ms, _), vector in zip(part, vectors, strict=True):
                self._add(at_ms, vector)
        self._last = max([self._last, *(at_ms for at_ms, _ in new)])

    def _add(self, at_ms: int, vector: PhotoVector) -> None:
        has_features = vector.features is not None
        compared = vector.embedding if vector.features is None else likeness(vector.features)
        least = SCENE_LIKENESS if has_features else SCENE_COSINE
        if self._compared and float((np.stack(self._compared) @ compared).max()) >= least:
            return
        self._compared.append(compared)
        self.kept.append((at_ms, vector))
