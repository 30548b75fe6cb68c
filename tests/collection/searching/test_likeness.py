"""Searches by photo compare features; near copies are one hit. A drawn model makes both easy to tell apart."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.embeddings.vectors import LIKENESS
from twinlens.collection.collection import Collection
from twinlens.collection.likeness import copies_file
from twinlens.collection.searching.search import SORTS
from twinlens.protocols import DualEncoder, EncodedImages
from twinlens.types import Embeddings, Pixels

AXES = np.eye(8, dtype=np.float32)
# a photo's grey tells its number; features and embeddings disagree about what is near photo 0
FEATURES = {0: AXES[0], 1: AXES[0] + AXES[1], 2: AXES[0] + 9 * AXES[2], 3: AXES[3], 4: AXES[0] + 0.01 * AXES[4]}
EMBEDDINGS = {0: AXES[0], 1: AXES[0] + 9 * AXES[1], 2: AXES[0] + AXES[2], 3: AXES[3], 4: AXES[0] + 0.1 * AXES[4]}


class Drawn(DualEncoder):
    """Knows five photos by their grey."""

    name, fingerprint, dim, features_dim, input_side = "drawn", "drawn00000000001", 8, 8, 8

    def __init__(self, *, features_dim: int = 8) -> None:
        self.features_dim = features_dim

    def prepare(self, image: Image.Image) -> Pixels:
        return np.asarray(image.resize((8, 8)))

    def encode_pixels(self, pixels: Pixels) -> EncodedImages:
        numbers = [round(float(one.mean()) / 40) for one in pixels]
        rows = np.stack([EMBEDDINGS[number] for number in numbers])
        features = np.stack([FEATURES[number] for number in numbers]) if self.features_dim else None
        return EncodedImages((rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32), features)

    def encode_image(self, images: Sequence[Image.Image]) -> Embeddings:
        return self.encode_pixels(np.stack([self.prepare(image) for image in images])).embeddings

    def encode_text(self, texts: Sequence[str]) -> Embeddings:
        return np.stack([AXES[int(text) if text.isdigit() else 0] for text in texts])


def draw(folder: Path, name: str, number: int, *, width: int = 9) -> Path:
    folder.mkdir(exist_ok=True)
    Image.new("RGB", (width, 9), (40 * number,) * 3).save(folder / name)
    return folder / name


@pytest.fixture
def library(tmp_path: Path) -> Path:
    for number in range(4):
        draw(tmp_path / "photos", f"{number}.png", number)
    return tmp_path / "photos"


@pytest.fixture
def collection(library: Path) -> Iterator[Collection]:
    with Collection.open(library, model=Drawn()) as opened:
        opened.index()
        yield opened


def test_a_photo_of_the_collection_finds_photos_by_their_features(collection: Collection, library: Path) -> None:
    answer = collection.answer(library / "0.png")
    assert [hit.id for hit in answer.hits] == ["1.png", "2.png", "3.png"]
    assert answer.space == "likeness"
    # square roots: cos² of (1, 1) is 1/2, of (1, 3) is 1/10
    np.testing.assert_allclose([hit.score for hit in answer.hits], [0.5**0.5, 0.1**0.5, 0], atol=1e-3)


def test_a_picture_from_elsewhere_finds_them_as_well(collection: Collection, tmp_path: Path) -> None:
    outside = draw(tmp_path / "elsewhere", "query.png", 0)
    for query in (outside, Image.open(outside)):
        hits = collection.search(query)
        assert [hit.id for hit in hits] == ["0.png", "1.png", "2.png", "3.png"]
        assert hits[0].score == pytest.approx(1.0, abs=1e-5)


def test_words_and_their_sums_with_photos_stay_in_the_shared_space(collection: Collection, library: Path) -> None:
    for query in ("0", f"0 + {library / '0.png'}"):
        answer = collection.answer(query, include_query_photo=True)
        assert [hit.id for hit in answer.hits] == ["0.png", "2.png", "1.png", "3.png"]
        assert answer.space == "shared"


def test_a_sum_of_photos_compares_features(collection: Collection, library: Path) -> None:
    answer = collection.answer(f"{library / '0.png'} + {library / '3.png'}")
    assert answer.space == "likeness"
    assert [hit.id for hit in answer.hits] == ["1.png", "2.png"]


def test_several_photos_find_the_like_of_their_mean_and_not_themselves(collection: Collection, library: Path) -> None:
    paths = [library / "0.png", library / "3.png"]
    assert [hit.id for hit in collection.similar(paths)] == ["1.png", "2.png"]
    by_sum = collection.answer(f"{paths[0]} + {paths[1]}").hits
    side_by_side = collection.answer(f"{paths[0]} {paths[1]}").hits
    assert [hit.score for hit in side_by_side] == [hit.score for hit in by_sum]


def test_a_photo_that_is_left_out_does_not_come_back(collection: Collection, library: Path) -> None:
    hits = collection.similar(library / "0.png", without=[library / "1.png"])
    assert "1.png" not in {hit.id for hit in hits}
    assert collection.answer(f"{library / '0.png'} -{library / '1.png'}").num_candidates == 2


def test_a_part_of_a_photo_does_not_find_that_photo(collection: Collection, library: Path) -> None:
    draw(library, "big.png", 1, width=40)
    collection.index()
    hits = collection.similar(library / "big.png", regions="0,0,0.5,1")
    assert hits[0].id == "1.png"
    assert "big.png" not in {hit.id for hit in hits}


def test_filters_come_before_the_best_are_taken(collection: Collection, library: Path) -> None:
    collection.mark_favourites(["3.png"])
    assert [hit.id for hit in collection.search(library / "0.png", k=1, favourites=True)] == ["3.png"]


def test_a_removed_photo_is_not_found_and_a_new_one_is(collection: Collection, library: Path) -> None:
    (library / "1.png").unlink()
    draw(library, "4.png", 4)
    collection.index()
    assert [hit.id for hit in collection.similar(library / "0.png")] == ["4.png", "2.png", "3.png"]


def test_a_model_without_features_compares_in_the_shared_space(library: Path) -> None:
    with Collection.open(library, model=Drawn(features_dim=0)) as collection:
        collection.index()
        answer = collection.answer(library / "0.png")
        assert ([hit.id for hit in answer.hits], answer.space) == (["2.png", "1.png", "3.png"], "shared")
        assert answer.compared == "photos are compared in the space that they share with texts"
        assert not (collection.path / LIKENESS).exists()


def test_one_photo_without_features_loses_no_photo(collection: Collection, library: Path) -> None:
    with collection.catalog.writing() as writer:
        writer._connection.execute("UPDATE vectors SET features = NULL WHERE photo_id = 2")
        writer._connection.execute("UPDATE photos SET generation = ? WHERE id = 2", (writer._generation,))
    answer = collection.answer(library / "0.png")
    assert (len(answer.hits), answer.space) == (3, "shared")
    assert (collection.map().space, collection.status()["photo_space"]) == ("shared", "shared")


def test_damaged_features_on_disk_are_built_again(collection: Collection, library: Path) -> None:
    before = [hit.id for hit in collection.similar(library / "0.png")]
    for file in (collection.path / LIKENESS).glob("vectors-*.f16"):
        file.write_bytes(b"\xff" * file.stat().st_size)
    with Collection.open(library, model=Drawn()) as again:
        assert [hit.id for hit in again.similar(library / "0.png")] == before
        assert again.faults() == []


def test_a_folder_of_features_that_is_gone_is_built_again(collection: Collection, library: Path) -> None:
    shutil.rmtree(collection.path / LIKENESS)
    with Collection.open(library, model=Drawn()) as again:
        answer = again.answer(library / "0.png")
        assert (answer.space, answer.hits[0].id) == ("likeness", "1.png")


# --- near copies -------------------------------------------------------------------------------


@pytest.fixture
def copied(library: Path) -> Iterator[Collection]:
    """Photo 0 three times, one of them nearly the same; photo 3 twice."""
    draw(library, "4.png", 4)
    draw(library, "0-again.png", 0, width=12)
    draw(library, "3-again.png", 3, width=12)
    with Collection.open(library, model=Drawn()) as opened:
        opened.index()
        yield opened


def test_near_copies_are_one_hit_that_lists_the_others(copied: Collection) -> None:
    answer = copied.answer("0", group=True)
    assert [(hit.rank, hit.id.removesuffix(".png"), hit.num_alike) for hit in answer.hits] == [
        (1, answer.hits[0].id.removesuffix(".png"), 2),
        (2, "2", 0),
        (3, "1", 0),
        (4, answer.hits[3].id.removesuffix(".png"), 1),
    ]
    together = {answer.hits[0].id, *answer.hits[0].alike}
    assert together == {"0.png", "0-again.png", "4.png"}
    assert (answer.num_entries, answer.num_candidates) == (4, 7)


def test_without_grouping_every_photo_is_a_hit(copied: Collection) -> None:
    answer = copied.answer("0")
    assert (len(answer.hits), answer.num_entries, answer.num_candidates) == (7, 7, 7)
    assert all(hit.num_alike == 0 for hit in answer.hits)


@pytest.mark.parametrize("sort", SORTS)
def test_pages_of_entries_lose_no_photo_and_repeat_none(copied: Collection, sort: str) -> None:
    seen = []
    for offset in range(5):
        for hit in copied.answer("0", k=1, offset=offset, sort=sort, group=True).hits:
            seen += [hit.id, *hit.alike]
    assert sorted(seen) == sorted(hit.id for hit in copied.answer("0").hits)


def test_a_filter_leaves_copies_out_before_they_are_counted(copied: Collection) -> None:
    copied.mark_favourites(["0-again.png", "4.png", "2.png"])
    answer = copied.answer("0", group=True, favourites=True)
    assert [(hit.num_alike) for hit in answer.hits] == [1, 0]
    assert answer.num_entries == 2


def test_the_query_photo_is_no_copy_of_its_own_hits(copied: Collection, library: Path) -> None:
    first = copied.answer(library / "0.png", group=True).hits[0]
    assert {first.id, *first.alike} == {"0-again.png", "4.png"}


def test_a_group_survives_the_loss_of_its_first_photo(copied: Collection, library: Path) -> None:
    for name in ("0.png", "0-again.png"):
        (library / name).unlink()
        copied.index(forget_missing=True)
        hit = copied.answer("0", group=True).hits[0]
        assert "4.png" in {hit.id, *hit.alike}
    assert hit.num_alike == 0


def test_a_photo_with_other_content_leaves_its_group(copied: Collection, library: Path) -> None:
    draw(library, "0-again.png", 1, width=30)
    copied.index()
    answer = copied.answer("0", group=True)
    assert {hit.id: hit.num_alike for hit in answer.hits if hit.num_alike} == {
        answer.hits[0].id: 1, **{hit.id: 1 for hit in answer.hits[1:] if hit.num_alike},
    }  # fmt: skip
    assert "0-again.png" not in {answer.hits[0].id, *answer.hits[0].alike}


def test_a_damaged_file_of_copies_is_written_again(copied: Collection, library: Path) -> None:
    before = [(hit.id, hit.alike) for hit in copied.answer("0", group=True).hits]
    file = copied.path / LIKENESS / "near-copies.bin"
    endless = file.read_bytes().replace(b'"generation": ', b'"generation": 1e999, "": ', 1)
    for content in (b"", b"{}\n", file.read_bytes()[:-9], b"[" * 100_000, endless):
        file.write_bytes(content)
        with Collection.open(library, model=Drawn()) as again:
            assert [(hit.id, hit.alike) for hit in again.answer("0", group=True).hits] == before


def test_a_file_of_copies_lacks_a_few_new_photos_that_others_then_compare(
    collection: Collection, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies_file, "SMALL", 0)  # a small library's file is always written
    file = library / ".twinlens" / LIKENESS / copies_file.FILE
    before = file.read_bytes()
    draw(library, "again.png", 1, width=20)
    collection.index()
    assert file.read_bytes() == before
    for opened in (collection, Collection.open(library, model=Drawn())):
        with opened:
            (hit,) = opened.search("1", k=1, group=True)
            assert {hit.id, *hit.alike} == {"1.png", "again.png"}
    monkeypatch.setattr(copies_file, "MOST_UNWRITTEN", 1)
    with Collection.open(library, model=Drawn()) as opened:
        draw(library, "third.png", 1, width=30)
        opened.index()
    assert file.read_bytes() != before


def test_equal_files_are_not_looked_for_where_there_are_no_videos(
    copied: Collection, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = [(hit.id, hit.alike) for hit in copied.answer("0", group=True).hits]
    monkeypatch.setattr(Catalog, "same_content", lambda _: pytest.fail("it looks at all photos"))
    with Collection.open(library, model=Drawn()) as again:
        assert [(hit.id, hit.alike) for hit in again.answer("0", group=True).hits] == before


def test_without_features_only_the_same_content_is_a_copy(library: Path) -> None:
    shutil.copy(library / "3.png", library / "3-again.png")
    draw(library, "0-again.png", 0, width=12)
    with Collection.open(library, model=Drawn(features_dim=0)) as collection:
        collection.index()
        hits = collection.answer("0", group=True).hits
        assert [hit.num_alike for hit in hits] == [0, 0, 0, 0, 1]
