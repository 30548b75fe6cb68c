"""The same random operations on two libraries: one with its vectors in files, one with them on a server."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from conftest import ColourEncoder
from twinlens.api.library import Collection
from twinlens.collection.catalog.rows import FileState, ModelRecord
from twinlens.collection.searching.filtering import Filters
from twinlens.collection.searching.query import Query, Term
from twinlens.collection.searching.query.vector import QueryVector
from twinlens.collection.searching.search import Page, Search, Target
from twinlens.data.exif import PhotoDetails
from twinlens.embedding.local import PhotoVector
from twinlens.errors import CollectionNotFoundError
from twinlens.types import Embeddings

ROUNDING = 4e-6  # scores that are nearer may stand in another order: the server sums in another one
MOST_PHOTOS = 600
WORD = "nowhere"  # written about no photo
FILTERS: tuple[dict[str, Any], ...] = (
    {},
    {},
    {"folder": "a"},
    {"favourites": True},
    {"rating": ">=4"},
    {"after": "2015", "before": "2018"},
    {"camera": "Canon"},
    {"name": "IMG_1"},
)
# how often each comes, in a hundred: some are slow on a server
WEIGHTS = {"add": 28, "overwrite": 8, "delete": 8, "give": 8, "caption": 7, "search": 37, "restart": 3, "switch": 1}


@dataclass
class Shared:
    """What both libraries have, by path.

    Attributes:
        dim: D of the vectors.
        photos: vectors of photos.
        captions: vectors of captions, by path and text.
        model: number of the current one.
    """

    dim: int
    photos: dict[str, Embeddings] = field(default_factory=dict)
    captions: dict[tuple[str, str], Embeddings] = field(default_factory=dict)
    model: int = 0

    @property
    def encoder(self) -> ColourEncoder:
        """Of the current model."""
        return ColourEncoder(fingerprint=f"colour{self.model:010}", dim=self.dim)


class Library:
    """One of the two.

    Args:
        place: an empty folder.
        shared: what both have.
        store: its vector store.
    """

    def __init__(self, place: Path, shared: Shared, store: str) -> None:
        self.place, self._shared = place, shared
        (place / "photos").mkdir(parents=True)
        (place / "photos" / "here.txt").touch()  # the folder is not empty, as where a disk is not mounted
        self.collection = Collection.create([place / "photos"], at=place / "c", model=shared.encoder, store=store)
        self.collection.catalog.remember_model(ModelRecord("colours", shared.encoder.fingerprint, shared.dim))
        self._folder = self.collection.catalog.folders()[0].id

    def put(self, path: str, number: int, vector: Embeddings) -> None:
        """Adds a photo, or another content at its path."""
        details = PhotoDetails(
            4000, 3000, taken_at=f"20{10 + number % 10}-06-01T12:00:00", camera=("Canon", "Nikon")[number % 2]
        )
        file = FileState(self._folder, path, 1000 + number, number, number.to_bytes(16, "big"))
        with self.collection.catalog.writing() as writer:
            writer.put_photo(file, details, PhotoVector(vector, None), reader_version=1)

    def remove(self, path: str) -> None:
        """Removes a photo, with its captions."""
        number = self._id(path)
        with self.collection.catalog.writing() as writer:
            writer.remove(number)

    def caption(self, path: str, text: str, vector: Embeddings) -> None:
        """Adds a caption."""
        number = self._id(path)
        with self.collection.catalog.writing() as writer:
            writer.put_caption(number, text, vector)

    def _id(self, path: str) -> int:
        number = self.collection.catalog.id_of(self._folder, path)
        assert number is not None
        return number

    def give(self, path: str, stars: int) -> None:
        """Stars, and the mark of a favourite for four or more."""
        number = self._id(path)
        self.collection.catalog.ratings.rate(stars, [number])
        self.collection.catalog.marks.mark([number], is_favourite=stars >= 4)

    def switch(self) -> None:
        """Changes to the shared current model, whose vectors are in ``shared``."""
        encoder, catalog = self._shared.encoder, self.collection.catalog
        record = ModelRecord("colours", encoder.fingerprint, encoder.dim)
        catalog.next.begin(record)
        for photo in catalog.next.photos_left():
            vector = PhotoVector(self._shared.photos[photo.file.path], None)
            catalog.next.put_photo(photo, photo.file.content_hash, vector)
        paths = {self._id(path): path for path in self._shared.photos}
        known = catalog.captions.known().items()
        captions = {number: (paths[photo], text) for photo, texts in known for text, number in texts.items()}
        if captions:
            vectors = np.stack([self._shared.captions[key] for key in captions.values()])
            catalog.next.put_captions(list(captions), vectors)
        with catalog.writing() as writer:
            writer.take_next_vectors(record)
        catalog.next.clear()
        self.restart()

    def restart(self) -> None:
        """Closes and opens it again, as another process would."""
        self.collection.close()
        self.collection = Collection(self.place / "c", model=self._shared.encoder)

    def found(self, search: Search) -> list[tuple[tuple[str, str], float]]:
        """Path and caption of each hit, and its score; nothing where there is nothing to search."""
        try:
            return [((hit.id, hit.caption or ""), hit.score) for hit in self.collection.answer(search).hits]
        except CollectionNotFoundError:
            return []


class Both:
    """Does the same to both, and compares what they find.

    Args:
        libraries: with the same content.
        shared: what they have.
        seed: of what is drawn.
    """

    def __init__(self, libraries: Sequence[Library], shared: Shared, *, seed: int) -> None:
        self._both, self._shared = libraries, shared
        self._dice = np.random.default_rng(seed)
        self._centres = self._unit(self._dice.standard_normal((6, shared.dim)))
        self.done: Counter[str] = Counter()
        self.overlaps: list[float] = []
        self._number = 0

    def run(self, operations: int, *, exact: bool) -> None:
        """Does so many; with ``exact``, what is found must be equal."""
        names, weights = list(WEIGHTS), np.array(list(WEIGHTS.values()), dtype=float)
        for _ in range(operations):
            name = str(self._dice.choice(names, p=weights / weights.sum()))
            if name in ("overwrite", "delete", "give", "caption") and not self._shared.photos:
                name = "add"
            if name == "add" and len(self._shared.photos) >= MOST_PHOTOS:
                name = "delete"
            self.done[name] += 1
            if name == "search":
                self.search(exact=exact)
            else:
                getattr(self, f"_{name}")()

    def _add(self) -> None:
        self._number += 1
        self._put(f"{'ab'[self._number % 2]}/IMG_{self._number}.jpg")

    def _overwrite(self) -> None:
        self._number += 1
        self._put(self._one())

    def _put(self, path: str) -> None:
        twin = self._dice.random() < 0.1 and self._shared.photos
        vector = self._shared.photos[self._one()] if twin else self._vector()
        self._shared.photos[path] = vector
        for library in self._both:
            library.put(path, self._number, vector)

    def _delete(self) -> None:
        path = self._one()
        del self._shared.photos[path]
        self._shared.captions = {key: row for key, row in self._shared.captions.items() if key[0] != path}
        for library in self._both:
            library.remove(path)

    def _give(self) -> None:
        path, stars = self._one(), int(self._dice.integers(1, 6))
        for library in self._both:
            library.give(path, stars)

    def _caption(self) -> None:
        path, text, vector = self._one(), f"text {self._dice.integers(3)}", self._vector()
        self._shared.captions[path, text] = vector
        for library in self._both:
            library.caption(path, text, vector)

    def _restart(self) -> None:
        for library in self._both:
            library.restart()

    def _switch(self) -> None:
        self._shared.model += 1
        self._shared.photos = {path: self._vector() for path in self._shared.photos}
        self._shared.captions = {key: self._vector() for key in self._shared.captions}
        for library in self._both:
            library.switch()

    def search(self, *, exact: bool) -> None:
        """Any page of a search with any filter finds the same in both."""
        vector = QueryVector(self._vector(), self._shared.encoder.fingerprint)
        target: Target = "caption" if self._dice.random() < 0.15 else "image"
        page = Page(k=int(self._dice.choice([1, 10, 50])), offset=int(self._dice.choice([0, 0, 10])))
        filters = FILTERS[self._dice.integers(len(FILTERS))]
        search = Search(Query((Term("words", WORD),), WORD, vector), Filters(**filters), page, target, show_all=True)
        one, other = (library.found(search) for library in self._both)
        told = f"after {sum(self.done.values())} operations: {filters} {page} {target}"
        assert len(one) == len(other), told
        if one:
            self.overlaps.append(len(dict(one).keys() & dict(other).keys()) / len(one))
        if exact:
            truth = self._shared.photos if target == "image" else self._shared.captions
            for (key, score), (other_key, other_score) in zip(one, other, strict=True):
                assert abs(score - other_score) <= ROUNDING, f"{told}: {key} {score}, {other_key} {other_score}"
                for found in (key, other_key):
                    known = truth[found[0]] if target == "image" else truth[found]  # type: ignore[index]
                    assert abs(float(known @ vector.embedding) - score) <= ROUNDING, (
                        f"{told}: {found} {score} {known @ vector.embedding}"
                    )

    def _one(self) -> str:
        return sorted(self._shared.photos)[self._dice.integers(len(self._shared.photos))]

    def _vector(self) -> Embeddings:
        centre = self._centres[self._dice.integers(len(self._centres))]
        return self._unit(centre + 0.5 * self._unit(self._dice.standard_normal(self._shared.dim)))

    @staticmethod
    def _unit(rows: np.ndarray) -> Embeddings:
        unit: Embeddings = (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)
        return unit
