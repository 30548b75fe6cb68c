from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from conftest import ColourEncoder, PhotoMaker
from twinlens.collection.collection import Collection
from twinlens.collection.searching.ranking import background
from twinlens.collection.searching.ranking.background import SAMPLE, sample
from twinlens.types import Embeddings

EVERYDAY = ("red", "green", "blue", "yellow", "red green", "blue yellow", "white", "black", "red blue", "green black")


@pytest.fixture
def indexed(make_photo: PhotoMaker, photos: Path, monkeypatch: pytest.MonkeyPatch) -> Collection:
    """A library of an encoder without relevance maps, and everyday texts that it knows."""
    monkeypatch.setattr(background, "everyday_texts", lambda: EVERYDAY)
    for number in range(9):
        make_photo(f"reds/{number}.png", "red")
        make_photo(f"blues/{number}.png", "blue")
        make_photo(f"{number}.png", "yellow")
    with Collection.open(photos, model=ColourEncoder()) as collection:
        collection.index()
        yield collection


def grades(collection: Collection, query: str, **options: object) -> dict[str, object]:
    return {hit.id: hit.grade for hit in collection.search(query, k=50, **options)}


def test_hits_of_a_model_without_maps_are_graded_by_the_library(indexed: Collection) -> None:
    found = grades(indexed, "red")
    assert {found[f"reds/{number}.png"] for number in range(9)} < {"strong", "likely", "possible"}
    assert found["blues/0.png"] is None
    for offset in (0, 100):  # behind the last page, too
        answer = indexed.answer("red", offset=offset)
        assert answer.matched == sum(answer.grades.values()) == 9


def test_a_grade_is_the_same_in_a_folder_and_on_another_page(indexed: Collection) -> None:
    everywhere = grades(indexed, "red")
    assert grades(indexed, "red", folder="reds").items() <= everywhere.items()
    assert grades(indexed, "red", offset=5).items() <= everywhere.items()


def test_the_texts_are_embedded_once_for_a_model_and_kept_on_the_disk(
    indexed: Collection, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = grades(indexed, "red")
    seen: list[int] = []
    encode: Callable[..., Embeddings] = ColourEncoder.encode_text

    def counted(self: ColourEncoder, texts: list[str]) -> Embeddings:
        seen.append(len(texts))
        return encode(self, texts)

    monkeypatch.setattr(ColourEncoder, "encode_text", counted)
    assert grades(indexed, "red") == before
    with Collection.open(photos, model=ColourEncoder()) as again:
        assert grades(again, "red") == before
    assert seen == [1]  # the query, in the second collection: the first one knows it


@pytest.mark.parametrize("content", [b"", b"no array", None])
def test_a_damaged_file_of_texts_is_written_anew(indexed: Collection, photos: Path, content: bytes | None) -> None:
    before = grades(indexed, "red")
    (file,) = indexed.path.glob("everyday-*.npy")
    if content is None:
        np.save(file, np.eye(3, dtype=np.float32))
    else:
        file.write_bytes(content)
    with Collection.open(photos, model=ColourEncoder()) as again:
        assert grades(again, "red") == before
    assert np.load(file).shape == (len(EVERYDAY), 8)


def test_a_sample_changes_little_as_photos_come() -> None:
    ids = np.arange(1, 5001)
    first, later = sample(ids), sample(np.arange(1, 5051))
    assert len(first) == SAMPLE
    assert len(np.intersect1d(first, later)) > 0.95 * SAMPLE
    assert (np.diff(first) > 0).all()
    np.testing.assert_array_equal(sample(ids[:40]), ids[:40])
