from pathlib import Path

import numpy as np

from twinlens.collection.catalog.rows import PhotoRecord
from twinlens.collection.place.photo_folders import PhotoFolder
from twinlens.collection.searching.hits import as_hits, mark_missing
from twinlens.collection.searching.ranking.ranked import RankedPhoto
from twinlens.types import Grade, Hit

FOLDERS = [PhotoFolder(1, Path("/one"), "one/"), PhotoFolder(2, Path("/two"), "two/")]
RANKED = [
    RankedPhoto(PhotoRecord(7, 2, "a/b.jpg", "2023-01-01T00:00:00", 30, 20, True), 0.5),
    RankedPhoto(PhotoRecord(8, 1, "c.jpg", None, caption="a sea"), 0.25),
]


class Halves:
    """Says of each score that it is its own probability, and likely from a half on."""

    def probability(self, scores: list[float]) -> np.ndarray:
        return np.array(scores)

    def grades(self, scores: list[float]) -> list[Grade | None]:
        return ["likely" if score >= 0.5 else None for score in scores]


def test_hits_have_ids_paths_and_what_the_catalog_knows() -> None:
    first, second = as_hits(RANKED, None, FOLDERS, first_rank=11)
    assert (first.rank, first.id, first.path) == (11, "two/a/b.jpg", Path("/two/a/b.jpg"))
    assert (first.width, first.height, first.taken_at, first.is_favourite) == (30, 20, "2023-01-01T00:00:00", True)
    assert (second.rank, second.id, second.caption, second.is_favourite) == (12, "one/c.jpg", "a sea", False)
    assert first.probability is first.relevant is first.grade is None


def test_what_the_model_says_goes_to_its_hit() -> None:
    hits = as_hits(RANKED, Halves(), FOLDERS, first_rank=1)
    assert [(hit.probability, hit.grade, hit.relevant) for hit in hits] == [(0.5, "likely", True), (0.25, None, False)]


def test_no_photos_are_no_hits() -> None:
    assert as_hits([], Halves(), FOLDERS, first_rank=1) == []


def test_a_hit_whose_file_is_gone_is_marked(tmp_path: Path) -> None:
    folder = PhotoFolder(1, tmp_path, "")
    (tmp_path / "here.jpg").touch()
    hits = [Hit(1, "here.jpg", tmp_path / "here.jpg", 0.5), Hit(2, "gone.jpg", tmp_path / "gone.jpg", 0.4)]
    marked, absent = mark_missing(hits, [folder])
    assert [hit.is_missing for hit in marked] == [False, True]
    assert absent == {}


def test_a_folder_that_is_not_there_is_named_once(tmp_path: Path) -> None:
    folders = [PhotoFolder(1, tmp_path / "one", "one/"), PhotoFolder(2, tmp_path / "two", "two/")]
    hits = [Hit(rank, f"two/{rank}.jpg", tmp_path / "two" / f"{rank}.jpg", 0.5) for rank in (1, 2)]
    marked, absent = mark_missing(hits, folders)
    assert [hit.is_missing for hit in marked] == [True, True]
    assert absent == {"two/": str(tmp_path / "two")}
