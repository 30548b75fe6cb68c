"""Hits are judged by the calibration of the model that made the collection's vectors, never by an earlier one's."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from conftest import PhotoMaker
from twinlens.collection.collection import Collection
from twinlens.model.bundle import MANIFEST, open_bundle
from twinlens.model.load import find_bundle
from twinlens.model.relevance_file import save_calibration
from twinlens.relevance.maps import Calibration, GradeThresholds, LogisticMap, RelevanceMap


def always(probability: float) -> RelevanceMap:
    """The same probability for all hits, but for the last digits."""
    same = LogisticMap(intercept=float(np.log(probability / (1 - probability))), weights={"z": 1e-9})
    return RelevanceMap(hit=same, grades=GradeThresholds(strong=0.85, likely=0.5, possible=0.1))


def make_model(folder: Path, *, max_tokens: int, probability: float | None, fitted_for: str | None = None) -> Path:
    """The default model with another text length, which makes it another model, and another calibration or none."""
    shutil.copytree(find_bundle("default"), folder)
    fields = json.loads((folder / MANIFEST).read_text())
    fields["text"]["max_tokens"] = max_tokens
    fields["calibration"] = None
    (folder / MANIFEST).write_text(json.dumps(fields))
    bundle = open_bundle(folder)
    if probability is not None:
        rows = np.eye(4, bundle.manifest.dim, dtype=np.float32)
        model, by = fitted_for or bundle.fingerprint, always(probability)
        save_calibration(bundle, Calibration(model=model, text=by, photo=by), rows)
    return folder


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """A model whose calibration gives every hit 0.9."""
    return make_model(tmp_path / "first", max_tokens=20, probability=0.9)


@pytest.fixture
def second(tmp_path: Path) -> Path:
    """Another model, whose calibration gives every hit 0.2."""
    return make_model(tmp_path / "second", max_tokens=21, probability=0.2)


@pytest.fixture
def collection(first: Path, photos: Path, make_photo: PhotoMaker) -> Iterator[Collection]:
    """Two photos indexed with the first model, and searched once."""
    for colour in ("red", "blue"):
        make_photo(f"{colour}.png", colour)
    with Collection.open(photos, model=first) as opened:
        opened.index()
        assert judged(opened) == [(0.9, "strong")] * 2
        yield opened


def judged(collection: Collection, query: str = "something red") -> list[tuple[float | None, str | None]]:
    """Probability and grade of every hit."""
    return [
        (None if hit.probability is None else round(hit.probability, 4), hit.grade) for hit in collection.search(query)
    ]


def test_after_a_model_change_probabilities_are_the_new_models(
    collection: Collection, first: Path, second: Path, photos: Path
) -> None:
    collection.reindex(second)
    assert judged(collection) == [(0.2, "possible")] * 2
    assert judged(collection, str(photos / "red.png")) == [(0.2, "possible")]
    collection.reindex(first)
    assert judged(collection) == [(0.9, "strong")] * 2


def test_after_a_change_to_a_model_without_calibration_the_library_itself_judges(
    collection: Collection, tmp_path: Path, photos: Path
) -> None:
    collection.reindex(make_model(tmp_path / "bare", max_tokens=22, probability=None))
    assert {probability for probability, _ in judged(collection)}.isdisjoint({None, 0.9})
    assert judged(collection, str(photos / "red.png")) == [(None, None)]  # two photos tell nothing of photos


def test_a_calibration_that_was_fitted_for_the_earlier_model_is_not_used(
    collection: Collection, first: Path, tmp_path: Path
) -> None:
    earlier = open_bundle(first).fingerprint
    collection.reindex(make_model(tmp_path / "copied", max_tokens=23, probability=0.3, fitted_for=earlier))
    assert {probability for probability, _ in judged(collection)}.isdisjoint({None, 0.9, 0.3})


def test_a_collection_that_was_open_meanwhile_judges_by_the_new_model_too(
    collection: Collection, second: Path, photos: Path
) -> None:
    with Collection.open(photos) as elsewhere:
        assert judged(elsewhere) == [(0.9, "strong")] * 2
        collection.reindex(second)
        # a photo of the collection first: its vector is known, and no encoder is asked for
        assert judged(elsewhere, str(photos / "red.png")) == [(0.2, "possible")]
        assert judged(elsewhere) == [(0.2, "possible")] * 2
