"""What tests of a change of model share."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from conftest import ColourEncoder, PhotoMaker
from twinlens.collection.collection import Collection
from twinlens.collection.indexing.telling.progress import ModelChangeProgress, SilentListener
from twinlens.errors import UnknownPartError
from twinlens.protocols import EncodedImages
from twinlens.types import Embeddings, Pixels

OpenCollection = Callable[..., Collection]
QUERIES = ("red", "green yellow", "blue + 0.5 white", "black - 1.0 red")
OLD, NEW = "colour0000000001", "colour0000000003"
OLD, NEW = "colour0000000001", "colour0000000003"


class TurnedEncoder(ColourEncoder):
    """Sees colours too, along other axes: a vector of one model among those of another is found by its score."""

    def __init__(self) -> None:
        super().__init__(fingerprint=NEW, dim=12)
        self.photos = self.texts = 0

    def encode_pixels(self, pixels: Pixels) -> EncodedImages:
        self.photos += len(pixels)
        return super().encode_pixels(pixels)

    def encode_text(self, texts: list[str]) -> Embeddings:
        self.texts += len(texts)
        return super().encode_text(texts)

    def _embed(self, colours: np.ndarray) -> Embeddings:
        return np.roll(super()._embed(colours), 6, axis=1)


class Interrupted(SilentListener):
    """Ctrl-C after so many steps of a change."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def change_advanced(self, progress: ModelChangeProgress) -> None:
        self.steps -= 1
        if self.steps <= 0:
            raise KeyboardInterrupt


def answers(collection: Collection) -> list[list[tuple[str, float]]]:
    """Every photo with its score, for several queries."""
    return [sorted((hit.id, round(hit.score, 5)) for hit in collection.search(query, k=1000)) for query in QUERIES]


def caption_answers(collection: Collection) -> list[list[tuple[str, str | None, float]]]:
    return [
        sorted((hit.id, hit.caption, round(hit.score, 5)) for hit in collection.search(query, target="caption", k=1000))
        for query in QUERIES
    ]


def contents(collection: Collection) -> list[tuple]:
    """All that a catalog says of photos and captions, whatever their ids."""
    collection.catalog.checkpoint()
    with closing(sqlite3.connect(collection.catalog.path)) as connection:
        return connection.execute(
            "SELECT path, content_hash, skip_reason, vectors.embedding, features, text, captions.embedding "
            "FROM photos LEFT JOIN vectors ON vectors.photo_id = photos.id "
            "LEFT JOIN captions ON captions.photo_id = photos.id ORDER BY path, text"
        ).fetchall()


@pytest.fixture
def models(models: dict[str, ColourEncoder], monkeypatch: pytest.MonkeyPatch) -> dict[str, ColourEncoder]:
    """Models by name; one that was taken out of the table is unknown."""
    models["turned"] = TurnedEncoder()

    def load(source: str | Path) -> ColourEncoder:
        if str(source) not in models:
            raise UnknownPartError(f"no model is called {source}")
        return models[str(source)]

    monkeypatch.setattr("twinlens.collection.indexing.models.model_of_record.load_model", load)
    return models


@pytest.fixture
def turned(models: dict[str, ColourEncoder]) -> TurnedEncoder:
    encoder = models["turned"]
    assert isinstance(encoder, TurnedEncoder)
    return encoder


@pytest.fixture
def library(make_photo: PhotoMaker, open_collection: OpenCollection, tmp_path: Path) -> Collection:
    """70 photos, 60 of them red and yellow ones that differ a little, with captions of three."""
    for colour in ("red", "green", "blue", "yellow", "white", "black"):
        make_photo(f"{colour}.png", colour)
    for number in range(60):
        make_photo(f"many/{number:02}.png", ("red", "yellow")[number % 2], seed=number + 1)
    for number in range(4):
        shutil.copyfile(tmp_path / "photos" / "blue.png", tmp_path / "photos" / f"copy{number}.png")
    collection = open_collection()
    captions = tmp_path / "captions.csv"
    captions.write_text("image,caption\nred.png,a red thing\nred.png,red again\ngreen.png,something green\n")
    collection.index(captions=captions)
    return collection


@pytest.fixture
def fresh(library: Collection, models: dict, tmp_path: Path) -> Callable[[], Collection]:
    """The same photos and captions indexed by a model from the start."""
    opened: list[Collection] = []

    def make(model: str = "turned") -> Collection:
        opened.append(Collection.create([tmp_path / "photos"], at=tmp_path / "fresh", model=model))
        opened[-1].index(captions=tmp_path / "captions.csv")
        return opened[-1]

    yield make
    for collection in opened:
        collection.close()
