"""Photos and videos in one store: the score of a video is that of its best moment."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinlens.protocols import Neighbours, ThresholdStore, VectorStore
from twinlens.types import Embeddings, Ids

FETCHED = 4  # moments for each video that is wanted, at first


@dataclass(frozen=True, eq=False)
class WithMoments(VectorStore):
    """A store of photos that finds videos by each of their moments; ids are those of photos.

    Attributes:
        photos: all photos, each video among them by the frame that stands for it.
        moments: of the videos.
        ids_of_moments: [M], ascending.
        videos: [M], the id of each moment's video.
    """

    photos: VectorStore
    moments: VectorStore
    ids_of_moments: Ids
    videos: Ids

    @property
    def generation(self) -> int:
        """Of both stores."""
        return self.photos.generation

    def __len__(self) -> int:
        return len(self.photos)

    def ids(self) -> Ids:
        """[N], of the photos."""
        return self.photos.ids()

    def refresh(self) -> None:
        """Loads what another process has written since."""
        self.photos.refresh()

    def clear(self) -> None:
        """Not done here: each store is derived by itself."""
        raise NotImplementedError("the stores of photos and of moments are cleared one by one")

    def update(self, added: Iterator[tuple[Ids, Embeddings]], removed: Ids, *, generation: int) -> None:
        """Not done here: each store is derived by itself."""
        raise NotImplementedError("the stores of photos and of moments are updated one by one")

    def differs(self, ids: Ids, vectors: Embeddings) -> bool:
        """Whether the vectors of photos differ from others."""
        return self.photos.differs(ids, vectors)

    def search(self, queries: Embeddings, k: int, *, among: Ids | None = None) -> Neighbours:
        """As ``VectorStore.search``; a video is as near as its nearest frame."""
        found = self.photos.search(queries, k, among=among)
        is_asked = np.ones(len(self.videos), dtype=np.bool_) if among is None else np.isin(self.videos, among)
        if not is_asked.any() or not found.ids.shape[1]:
            return found
        rows = [
            _merged((found.ids[row], found.scores[row]), self._best_videos(query, k, is_asked))
            for row, query in enumerate(queries)
        ]
        count = min(k, *(len(ids) for ids, _ in rows))
        return Neighbours(np.stack([ids[:count] for ids, _ in rows]), np.stack([scores[:count] for _, scores in rows]))

    def at_least(self, query: Embeddings, least: float, *, among: Ids | None = None) -> Ids | None:
        """As ``ThresholdStore.at_least``; None if the store of photos cannot tell."""
        if not (isinstance(self.photos, ThresholdStore) and isinstance(self.moments, ThresholdStore)):
            return None
        is_asked = np.ones(len(self.videos), dtype=np.bool_) if among is None else np.isin(self.videos, among)
        photos = self.photos.at_least(query, least, among=among)
        moments = self.moments.at_least(query, least, among=self.ids_of_moments[is_asked])
        if photos is None or moments is None:
            return None
        return np.union1d(photos, self.videos[np.searchsorted(self.ids_of_moments, moments)])

    def _best_videos(self, query: Embeddings, k: int, is_asked: NDArray[np.bool_]) -> tuple[Ids, NDArray[np.float32]]:
        """The k nearest videos, or all, and the scores of their best moments; those may come more than once."""
        among = None if is_asked.all() else self.ids_of_moments[is_asked]
        total, wanted = int(is_asked.sum()), min(k, len(np.unique(self.videos[is_asked])))
        fetched = min(total, FETCHED * wanted)
        while True:
            near = self.moments.search(query[None], fetched, among=among)
            videos = self.videos[np.searchsorted(self.ids_of_moments, near.ids[0])]
            if fetched == total or len(near.ids[0]) < fetched or len(np.unique(videos)) >= wanted:
                return videos, near.scores[0]
            fetched = min(total, FETCHED * fetched)


def _merged(
    *parts: tuple[Ids, NDArray[np.float32]],
) -> tuple[Ids, NDArray[np.float32]]:
    """Each id once, with its best score, best first; those of equal score by id."""
    ids = np.concatenate([part[0] for part in parts])
    scores = np.concatenate([part[1] for part in parts])
    order = np.lexsort((ids, -scores))
    _, firsts = np.unique(ids[order], return_index=True)
    kept = order[np.sort(firsts)]
    return ids[kept], scores[kept]
