from pathlib import Path

import pytest
from PIL import Image

from contracts.dataset import DatasetContract
from twinlens.data.readers.captions_json import CaptionsJson
from twinlens.errors import DataError

NAMES = [f"{number:02}.png" for number in range(12)]
ROWS = [{"file_name": name, "caption": f"{word} {name}"} for word in ("first", "second") for name in NAMES]
SPLITS = {"train": NAMES[:6][::-1], "val": NAMES[6:8], "test": NAMES[8:10], "unused": NAMES[10:]}


@pytest.fixture
def images_folder(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    for number, name in enumerate(NAMES):
        Image.new("RGB", (4, 4), (number, 0, 0)).save(folder / name)
    return folder


class TestWithSplits(DatasetContract):
    @pytest.fixture
    def images_folder(self, images_folder):
        return images_folder

    @pytest.fixture
    def open_dataset(self, tmp_path, images_folder, write_json):
        write_json("captions.json", ROWS)
        write_json("splits.json", SPLITS)
        return lambda: CaptionsJson(tmp_path)

    def test_splits_are_those_of_the_file_in_its_order(self, open_dataset):
        dataset = open_dataset()
        assert dataset.splits() == ("train", "val", "test")
        for name in dataset.splits():
            assert [photo.image_id for photo in dataset.split(name)] == SPLITS[name]

    def test_photos_under_other_keys_belong_to_all_only(self, open_dataset):
        dataset = open_dataset()
        assert [photo.image_id for photo in dataset.split("all")] == NAMES
        with pytest.raises(DataError, match="unused"):
            dataset.split("unused")

    def test_photo_has_its_captions_in_file_order(self, open_dataset):
        assert open_dataset().split("val")[0].captions == ("first 06.png", "second 06.png")

    def test_name_is_that_of_the_folder(self, open_dataset, tmp_path, monkeypatch):
        assert open_dataset().name == tmp_path.name
        monkeypatch.chdir(tmp_path)
        assert CaptionsJson(Path()).name == tmp_path.name


class TestWithoutSplits(DatasetContract):
    @pytest.fixture
    def images_folder(self, images_folder):
        return images_folder

    @pytest.fixture
    def open_dataset(self, tmp_path, images_folder, write_json):
        write_json("captions.json", ROWS)
        return lambda: CaptionsJson(tmp_path)

    def test_photos_are_dealt_by_photo_and_not_by_caption(self, open_dataset):
        dataset = open_dataset()
        assert sum(len(dataset.split(name)) for name in dataset.splits()) == len(NAMES)
        assert all(len(photo.captions) == 2 for photo in dataset.split("all"))

    def test_order_of_the_rows_does_not_change_the_deal(self, open_dataset, tmp_path, write_json):
        before = open_dataset()
        write_json("captions.json", ROWS[::-1])
        after = open_dataset()
        for name in before.splits():
            assert [p.image_id for p in before.split(name)] == [p.image_id for p in after.split(name)]

    def test_another_seed_deals_otherwise(self, open_dataset, tmp_path):
        deals = {tuple(p.image_id for p in CaptionsJson(tmp_path, seed=seed).split("train")) for seed in range(5)}
        assert len(deals) > 1


class TestNestedImages(DatasetContract):
    """Archives that were unpacked into a folder of their own name."""

    @pytest.fixture
    def images_folder(self, images_folder):
        outer = images_folder.rename(images_folder.with_name("inner"))
        images_folder.mkdir()
        return outer.rename(images_folder / "images")

    @pytest.fixture
    def open_dataset(self, tmp_path, images_folder, write_json):
        write_json("captions.json", ROWS)
        write_json("splits.json", SPLITS)
        return lambda: CaptionsJson(tmp_path)


def test_captions_keep_their_letters(tmp_path, images_folder, write_json):
    write_json("captions.json", [{"file_name": "00.png", "caption": "Ein Fuß im Schnee ❄"}])
    (photo,) = CaptionsJson(tmp_path).split("all")
    assert photo.captions == ("Ein Fuß im Schnee ❄",)


def test_photos_in_subfolders_keep_their_path(tmp_path, images_folder, write_json):
    write_json("captions.json", [{"file_name": "2023/june/a.png", "caption": "a"}])
    (photo,) = CaptionsJson(tmp_path).split("all")
    assert photo.path == images_folder / "2023" / "june" / "a.png"


class TestFaults:
    def test_missing_images_folder_is_named(self, tmp_path, write_json):
        write_json("captions.json", ROWS)
        with pytest.raises(DataError, match="images/"):
            CaptionsJson(tmp_path)

    def test_missing_captions_file_is_named(self, tmp_path, images_folder):
        with pytest.raises(DataError, match=r"captions\.json is missing"):
            CaptionsJson(tmp_path)

    @pytest.mark.parametrize("content", [b"", b"[{", b"\xff\xfe\x00", b"file_name,caption\n"])
    def test_unreadable_captions_file_is_named(self, tmp_path, images_folder, content):
        (tmp_path / "captions.json").write_bytes(content)
        with pytest.raises(DataError, match=r"captions\.json is not readable JSON"):
            CaptionsJson(tmp_path)

    def test_captions_file_that_is_a_folder_is_named(self, tmp_path, images_folder):
        (tmp_path / "captions.json").mkdir()
        with pytest.raises(DataError, match=r"captions\.json is not readable"):
            CaptionsJson(tmp_path)

    @pytest.mark.parametrize("content", [{"images": []}, "text", 3, None])
    def test_captions_of_another_shape_say_what_came(self, tmp_path, images_folder, write_json, content):
        write_json("captions.json", content)
        with pytest.raises(DataError, match=f"got {type(content).__name__}"):
            CaptionsJson(tmp_path)

    def test_captions_file_without_captions_is_refused(self, tmp_path, images_folder, write_json):
        write_json("captions.json", [])
        with pytest.raises(DataError, match="contains no captions"):
            CaptionsJson(tmp_path)

    @pytest.mark.parametrize(
        "row",
        [
            {"file_name": "00.png"},
            {"caption": "a"},
            {"file_name": "00.png", "caption": None},
            {"file_name": None, "caption": "a"},
            {"file_name": "", "caption": "a"},
            ["00.png", "a"],
            "00.png",
            None,
        ],
    )
    def test_incomplete_entry_is_named_by_its_number(self, tmp_path, images_folder, write_json, row):
        write_json("captions.json", [*ROWS[:2], row])
        with pytest.raises(DataError, match="entry 2"):
            CaptionsJson(tmp_path)

    @pytest.mark.parametrize("name", ["../secret.png", "a/../../secret.png", "/etc/secret.png"])
    def test_photo_outside_the_images_folder_is_refused(self, tmp_path, images_folder, write_json, name):
        write_json("captions.json", [{"file_name": name, "caption": "a"}])
        with pytest.raises(DataError, match="below images/"):
            CaptionsJson(tmp_path)

    def test_photo_in_two_splits_is_refused_with_both_names(self, tmp_path, images_folder, write_json):
        write_json("captions.json", ROWS)
        write_json("splits.json", SPLITS | {"test": [NAMES[0]]})
        with pytest.raises(DataError) as error:
            CaptionsJson(tmp_path)
        assert all(part in str(error.value) for part in ("00.png", "train", "test"))

    def test_photo_that_is_in_an_unused_split_too_is_refused(self, tmp_path, images_folder, write_json):
        write_json("captions.json", ROWS)
        write_json("splits.json", SPLITS | {"unused": [NAMES[0]]})
        with pytest.raises(DataError, match="unused"):
            CaptionsJson(tmp_path)

    def test_photo_twice_in_one_split_is_refused(self, tmp_path, images_folder, write_json):
        write_json("captions.json", ROWS)
        write_json("splits.json", SPLITS | {"val": ["06.png", "07.png", "06.png"]})
        with pytest.raises(DataError, match=r"06\.png"):
            CaptionsJson(tmp_path)

    @pytest.mark.parametrize("splits", [["train"], {"train": "00.png"}, {"train": 3}, {"train": [["00.png"]]}, 7])
    def test_splits_of_another_shape_are_refused(self, tmp_path, images_folder, write_json, splits):
        write_json("captions.json", ROWS)
        write_json("splits.json", splits)
        with pytest.raises(DataError, match=r"splits\.json"):
            CaptionsJson(tmp_path)

    def test_split_that_lists_photos_without_captions_names_one(self, tmp_path, images_folder, write_json):
        write_json("captions.json", ROWS)
        write_json("splits.json", SPLITS | {"val": ["06.png", "lost.png", "gone.png"]})
        dataset = CaptionsJson(tmp_path)
        with pytest.raises(DataError, match=r"2 photos without captions, e\.g\. 'lost\.png'"):
            dataset.split("val")
        assert len(dataset.split("train")) == 6


def test_splits_without_any_known_name_are_refused(tmp_path, images_folder, write_json):
    write_json("captions.json", ROWS)
    write_json("splits.json", {"training": NAMES})
    with pytest.raises(DataError, match="none of train, val, test"):
        CaptionsJson(tmp_path)
