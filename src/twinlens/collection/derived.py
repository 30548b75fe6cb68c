"""All that a collection derives from its catalog: vectors, near copies, stacks, and the index of texts."""

from pathlib import Path

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.columns.counts_file import LARGE
from twinlens.collection.catalog.embeddings.vectors import LIKENESS, derived_vectors, likeness_vectors, moment_vectors
from twinlens.collection.catalog.sqlite.check import vector_faults
from twinlens.collection.likeness.copies_file import DerivedCopies
from twinlens.collection.likeness.stacks_file import DerivedStacks
from twinlens.collection.texts.derived_texts import DerivedTexts


class Derived:
    """What is made again when it is missing, old or damaged; may be shared between threads.

    Args:
        place: the collection folder.
        catalog: the source of truth.
        engine: name of the store of its vectors.
        writable: whether what is derived may be kept in the collection folder.

    Attributes:
        vectors: of the photos.
        caption_vectors: of the captions.
        likeness: features of the photos.
        moments: of frames of videos, and their features.
        copies: near copies among the photos.
        stacks: files of one shot, and shots of one burst.
        texts: the index of what is written about the photos.
    """

    def __init__(self, place: Path, catalog: Catalog, *, engine: str, writable: bool) -> None:
        self.writable = writable
        self._place, self._catalog = place, catalog
        self.vectors, self.caption_vectors = derived_vectors(place, catalog, engine=engine, writable=writable)
        self.likeness = likeness_vectors(place, catalog, writable=writable)
        self.moments = moment_vectors(place, catalog, writable=writable)
        self.copies = DerivedCopies(catalog, place / LIKENESS, writable=writable)
        self.stacks = DerivedStacks(catalog, place, writable=writable)
        self.texts = DerivedTexts(catalog, place, writable=writable)

    def likely_copies(self) -> DerivedCopies:
        """Photos that may be copies, for a comparison of their pictures."""
        return DerivedCopies(self._catalog, self._place / LIKENESS, writable=self.writable, likely=True)

    def sync(self) -> None:
        """Brings all up to date; vectors of captions and of features only if there are, or were, any."""
        self.vectors.bring_up_to_date()
        if self.caption_vectors.folder.exists() or not self._catalog.captions.is_empty():
            self.caption_vectors.bring_up_to_date()
        if self.likeness.folder.exists() or self._catalog.features.dim(self._catalog.model()):
            self.likeness.bring_up_to_date()
            self.copies.synced(wait=True)
        if not self._catalog.moments.is_empty():
            for moments in self.moments:
                moments.bring_up_to_date()
        self.stacks.synced(wait=True)
        self.texts.synced()
        if self._catalog.count() >= LARGE:
            self._catalog.counts()  # for those who then look at the library

    def faults(self) -> list[str]:
        """Differences from the catalog, one sentence each; none where another process never lets it be looked at."""
        for _ in range(3):  # a running indexer commits between our reads
            generation = self._catalog.generation
            found = self._vector_faults()
            if generation == self._catalog.generation:
                return found + self.texts.faults()
        return []

    def close(self) -> None:
        """Releases the memory maps, and deletes what this process kept for itself."""
        self.texts.close()
        for vectors in (self.vectors, self.caption_vectors, self.likeness, *self.moments):
            vectors.close()

    def _vector_faults(self) -> list[str]:
        catalog, captions, likeness = self._catalog, self.caption_vectors, self.likeness
        faults = vector_faults(catalog, self.vectors.synced(), self.vectors.folder, items="photos")
        if captions.folder.exists() or not catalog.captions.is_empty():
            faults += vector_faults(catalog.captions, captions.synced(), captions.folder, items="captions")
        if likeness.folder.exists():
            faults += vector_faults(catalog.features, likeness.synced(), likeness.folder, items="features")
        for source, moments in zip((catalog.moments, catalog.moment_features), self.moments, strict=True):
            if moments.folder.exists():
                faults += vector_faults(source, moments.synced(), moments.folder, items="moments of videos")
        return faults
