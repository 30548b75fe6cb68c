"""A stack is one hit, the file of it that fits best; the others are opened on demand, and none is lost."""

from pathlib import Path

import pytest
from PIL import Image

from collection.conftest import OpenCollection
from conftest import PhotoMaker
from twinlens.collection.collection import Collection
from twinlens.collection.searching.answer import hit_json


def shot(path: Path, second: int, colour: tuple[int, int, int]) -> None:
    """A photo of a camera with a clock."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Maker", "Model"
    exif.get_ifd(0x8769)[0x9003] = f"2023:06:01 12:00:{second:02d}"
    Image.new("RGB", (48, 36), colour).save(path, exif=exif)


@pytest.fixture
def library(make_photo: PhotoMaker, photos: Path, open_collection: OpenCollection) -> Collection:
    make_photo("a.png", "red")
    make_photo("a-edited.png", "red", seed=5)
    make_photo("c.png", "green")
    shot(photos / "I1.jpg", 1, (30, 40, 200))
    shot(photos / "I2.jpg", 2, (40, 60, 220))
    shot(photos / "I3.jpg", 9, (30, 40, 180))
    collection = open_collection()
    collection.index()
    return collection


def stacked(collection: Collection, query: str, **options: object) -> dict[str, dict[str, str]]:
    hits = collection.search(query, k=10, group=True, **options)  # type: ignore[arg-type]
    return {hit.id: dict(zip(hit.alike, hit.alike_kinds, strict=True)) for hit in hits if hit.num_alike}


def test_an_edited_copy_and_a_burst_are_folded_and_every_photo_is_in_the_answer(library: Collection) -> None:
    answer = library.answer("blue", group=True)
    seen = [one for hit in answer.hits for one in (hit.id, *hit.alike)]
    assert sorted(seen) == ["I1.jpg", "I2.jpg", "I3.jpg", "a-edited.png", "a.png", "c.png"]
    assert [hit.num_alike for hit in library.answer("blue", k=10).hits] == [0] * 6
    told = hit_json(answer.hits[0], absolute_path=False)
    assert (told["num_alike"], len(told["alike_kinds"])) == (len(told["alike"]), len(told["alike"]))


def test_a_filter_leaves_nothing_of_a_stack_behind_that_it_excludes(library: Collection) -> None:
    assert stacked(library, "red", name="edited") == {}
    library.mark_favourites(["I2.jpg"])
    assert [hit.id for hit in library.search("blue", group=True, favourites=True)] == ["I2.jpg"]


def test_stacks_are_kept_in_a_file_and_found_again_when_it_is_damaged(
    library: Collection, open_collection: OpenCollection, make_photo: PhotoMaker
) -> None:
    before = stacked(library, "blue")
    file = library.path / "stacks.bin"
    content = bytearray(file.read_bytes())
    assert before
    content[-3] ^= 1
    file.write_bytes(content)
    assert stacked(open_collection(), "blue") == before
    make_photo("c-edited.png", "green", seed=2)
    library.index()
    assert "c-edited.png" in {one for hit, others in stacked(library, "green").items() for one in (hit, *others)}
