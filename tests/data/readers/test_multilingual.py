"""XTD, Multi30k and Crossmodal-3600 as they are given out: a photo's captions and their languages."""

import gzip
import json
from pathlib import Path

import pytest
from PIL import Image

from contracts.dataset import DatasetContract, OpenDataset
from twinlens.data.find import find_kind, kind_of_file, open_dataset
from twinlens.errors import DataError
from twinlens.types import CaptionedImage

COCO = ["COCO_val2014_000000000042.jpg", "COCO_train2014_000000000049.jpg", "COCO_val2014_000000000073.jpg"]


def draw(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (4, 4), (len(file.name), 90, 90)).save(file)


def write(file: Path, lines: list[str]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{line}\n" for line in lines).encode()
    file.write_bytes(gzip.compress(text) if file.suffix == ".gz" else text)


def captions(photos: list[CaptionedImage]) -> dict[str, list[tuple[str, str]]]:
    return {own.image_id: list(zip(own.languages, own.captions, strict=True)) for own in photos}


@pytest.fixture
def xtd(tmp_path: Path) -> Path:
    """As its repository has them, with COCO's photos below images/."""
    write(tmp_path / "XTD10" / "test_image_names.txt", COCO)
    write(tmp_path / "XTD10" / "test_1kcaptions_it.txt", ["un cane", "un gatto", "una nave"])
    write(tmp_path / "MIC" / "test_1kcaptions_de.txt", ["ein Hund", "", "ein Schiff"])
    write(tmp_path / "STAIR" / "test_1kcaptions_jp.txt", ["犬", "猫", "船"])
    for name in COCO:
        draw(tmp_path / "images" / name.split("_")[1] / name)
    return tmp_path


def test_xtd_has_a_caption_a_language_and_photos_in_both_parts_of_coco(xtd: Path) -> None:
    assert find_kind(xtd) == "xtd"
    data = open_dataset(xtd)
    assert data.splits() == ("test",)
    photos = data.split("test")
    assert captions(photos) == {
        COCO[0]: [("de", "ein Hund"), ("it", "un cane"), ("ja", "犬")],
        COCO[1]: [("it", "un gatto"), ("ja", "猫")],
        COCO[2]: [("de", "ein Schiff"), ("it", "una nave"), ("ja", "船")],
    }
    assert all(photo.path.is_file() for photo in photos)


@pytest.mark.parametrize("folders", [("val2014", "train2014"), ("images", "images")])
def test_xtd_finds_photos_beside_its_lists_and_in_the_folder_that_is_named(
    folders: tuple[str, str], xtd: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("coco")
    for name in COCO:
        draw(elsewhere / (folders[0] if "val2014" in name else folders[1]) / name)
    images = elsewhere / "images" if folders[0] == "images" else elsewhere
    data = open_dataset(xtd, images=images)
    assert all(photo.path.is_file() and elsewhere in photo.path.parents for photo in data.split("all"))


def test_a_list_of_another_length_is_named(xtd: Path) -> None:
    write(xtd / "XTD10" / "test_1kcaptions_it.txt", ["un cane", "un gatto"])
    with pytest.raises(DataError, match=r"test_1kcaptions_it\.txt has 2 captions, but .*names\.txt lists 3 photos"):
        open_dataset(xtd)


@pytest.fixture
def multi30k(tmp_path: Path) -> Path:
    """Its repository's first task, packed as it is there."""
    raw, lists = tmp_path / "data" / "task1" / "raw", tmp_path / "data" / "task1" / "image_splits"
    for part, names in {"val": ["1.jpg", "2.jpg"], "test_2016_flickr": ["3.jpg", "4.jpg"]}.items():
        write(lists / f"{part}.txt", names)
        for language, a in (("en", "a"), ("de", "ein"), ("cs", "jeden")):
            write(raw / f"{part}.{language}.gz", [f"{a} {name}" for name in names])
    write(raw / "val.de", ["ein 1.jpg", "ein 2.jpg"])  # unpacked, with the packed file still beside it
    write(lists / "test_2017_mscoco.txt", ["COCO_val2014_5.jpg#7"])
    write(raw / "test_2017_mscoco.de.gz", ["ein Pferd"])
    for number in range(1, 5):
        draw(tmp_path / "flickr30k-images" / f"{number}.jpg")
    draw(tmp_path / "images" / "test_2017_mscoco" / "COCO_val2014_5.jpg")
    return tmp_path


class TestMulti30k(DatasetContract):
    @pytest.fixture
    def images_folder(self, multi30k: Path) -> Path:
        return multi30k

    @pytest.fixture
    def open_dataset(self, multi30k: Path) -> OpenDataset:
        return lambda: open_dataset(multi30k)


def test_multi30k_has_its_splits_and_the_later_tests_by_their_names(multi30k: Path) -> None:
    assert find_kind(multi30k) == "multi30k"
    data = open_dataset(multi30k)
    assert set(data.splits()) == {"val", "test", "test_2017_mscoco"}
    assert captions(data.split("test")) == {
        "3.jpg": [("cs", "jeden 3.jpg"), ("de", "ein 3.jpg"), ("en", "a 3.jpg")],
        "4.jpg": [("cs", "jeden 4.jpg"), ("de", "ein 4.jpg"), ("en", "a 4.jpg")],
    }
    assert data.split("val")[0].captions == ("jeden 1.jpg", "ein 1.jpg", "a 1.jpg")
    (later,) = data.split("test_2017_mscoco")
    assert (later.image_id, later.captions, later.path.is_file()) == ("COCO_val2014_5.jpg", ("ein Pferd",), True)


def test_multi30k_of_the_second_task_has_several_captions_a_language(tmp_path: Path) -> None:
    write(tmp_path / "test_2016_images.txt", ["3.jpg"])
    for number in (1, 2):
        write(tmp_path / f"test_2016.{number}.en", [f"dog {number}"])
    draw(tmp_path / "images" / "3.jpg")
    assert captions(open_dataset(tmp_path).split("test")) == {"3.jpg": [("en", "dog 1"), ("en", "dog 2")]}


def test_multi30k_leaves_out_what_has_no_list_of_photos_and_names_a_broken_file(
    multi30k: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lists = multi30k / "data" / "task1" / "image_splits"
    (lists / "val.txt").unlink()
    assert set(open_dataset(multi30k).splits()) == {"test", "test_2017_mscoco"}
    assert "has captions of val, but no val.txt lists its photos; left out" in caplog.text
    broken = multi30k / "data" / "task1" / "raw" / "test_2016_flickr.de.gz"
    packed = broken.read_bytes()
    broken.write_bytes(b"no gzip")
    with pytest.raises(DataError, match=r"test_2016_flickr\.de\.gz cannot be read: Not a gzipped file"):
        open_dataset(multi30k)
    broken.write_bytes(packed)
    for file in lists.iterdir():
        file.unlink()
    with pytest.raises(DataError, match=r"no lists of their photos, such as test_2016_flickr\.txt beside them"):
        open_dataset(multi30k)


@pytest.fixture
def crossmodal(tmp_path: Path) -> Path:
    lines = [
        {
            "image/key": key,
            "image/locale": "fi",
            "de": {"caption": [f"ein {key}"], "caption/tokenized": [["ein", key]]},
            "fil": {"caption": [f"isang {key}", f"ang {key}"]},
        }
        for key in ("00a1", "00b2")
    ]
    write(tmp_path / "captions.jsonl", [json.dumps(line) for line in lines])
    for key in ("00a1", "00b2"):
        draw(tmp_path / "images" / f"{key}.jpg")
    return tmp_path


def test_crossmodal_has_captions_by_locale(crossmodal: Path) -> None:
    assert (find_kind(crossmodal), kind_of_file(crossmodal / "captions.jsonl")) == ("crossmodal-3600",) * 2
    data = open_dataset(crossmodal)
    assert captions(data.split("test"))["00b2.jpg"] == [("de", "ein 00b2"), ("fil", "isang 00b2"), ("fil", "ang 00b2")]
    assert all(photo.path.is_file() for photo in data.split("test"))


def test_a_malformed_line_of_crossmodal_is_named(crossmodal: Path) -> None:
    with (crossmodal / "captions.jsonl").open("a") as file:
        file.write('{"image/key": "00c3", "de": {"captions": []}}\n')
    with pytest.raises(DataError, match=r'captions\.jsonl, line 3: expected "image/key" and languages'):
        open_dataset(crossmodal)
    write(crossmodal / "captions.jsonl", ['{"image/key": "../x", "de": {"caption": ["ein Hund"]}}'])
    with pytest.raises(DataError, match="not below the folder of photos"):
        open_dataset(crossmodal)
