"""Each format of captioned photos: the contract, three rows and more of it, its known oddities, its faults."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from contracts.dataset import DatasetContract
from twinlens.data import READERS
from twinlens.data.find import find_kind, kind_of_file, open_dataset
from twinlens.errors import DataError, UnknownPartError
from twinlens.protocols import Dataset

NAMES = [f"{number:02}.jpg" for number in range(12)]
PAIRS = [(name, f'a {word} "thing", number {name[:2]}') for name in NAMES for word in ("red", "small")]


def draw(folder: Path, names: list[str] = NAMES) -> None:
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4), (number * 9, 0, 0)).save(folder / name)


def write_csv(root: Path) -> None:
    draw(root / "Images")
    rows = ['{},"{}"'.format(name, caption.replace('"', '""')) for name, caption in PAIRS]
    (root / "captions.txt").write_text("\n".join(["image,caption", *rows]), encoding="utf-8")


def write_tsv(root: Path) -> None:
    draw(root / "images")
    rows = ['{}\t"{}"'.format(name, caption.replace('"', '""')) for name, caption in PAIRS]
    (root / "captions.tsv").write_text("\n".join(["file_name\tcaption", *rows]), encoding="utf-8")


def write_flickr30k_csv(root: Path) -> None:
    draw(root / "flickr30k_images" / "flickr30k_images")
    rows = [f"{name}| {number % 2}| {caption}" for number, (name, caption) in enumerate(PAIRS)]
    rows[3] = rows[3].replace("| 1| ", "| 1   ")  # the one row of the published file whose bar is missing
    (root / "results.csv").write_text("\n".join(["image_name| comment_number| comment", *rows]), encoding="utf-8")


def write_jsonl(root: Path) -> None:
    draw(root / "images")
    rows = [json.dumps({"image": name, "caption": caption}) for name, caption in PAIRS]
    (root / "captions.jsonl").write_text("\n".join(rows), encoding="utf-8")


def write_tokens(root: Path) -> None:
    draw(root / "Flicker8k_Dataset")
    rows = [f"{name}#{number % 2}\t{caption}" for number, (name, caption) in enumerate(PAIRS)]
    rows.append("gone.jpg.1#0\ta photo that was never published")
    (root / "Flickr8k.token.txt").write_text("\n".join(rows), encoding="utf-8")
    for split, names in (("train", [*NAMES[:8], "gone.jpg"]), ("dev", NAMES[8:10]), ("test", NAMES[10:])):
        (root / f"Flickr_8k.{split}Images.txt").write_text("\n".join(names), encoding="utf-8")


def write_coco(root: Path) -> None:
    (root / "annotations").mkdir(parents=True)
    for split, names in (("train2017", NAMES[:8]), ("val2017", NAMES[8:])):
        draw(root / split, names)
        images = [{"id": 7 * number, "file_name": name} for number, name in enumerate(names)]
        ids = {image["file_name"]: image["id"] for image in images}
        rows = [{"image_id": ids[name], "caption": caption} for name, caption in PAIRS if name in ids]
        file = root / "annotations" / f"captions_{split}.json"
        file.write_text(json.dumps({"images": images, "annotations": rows}), encoding="utf-8")


def write_karpathy(root: Path) -> None:
    names = [f"val2014/{name}" for name in NAMES]
    draw(root / "images", names)
    splits = ["train"] * 5 + ["restval"] * 3 + ["val"] * 2 + ["test"] * 2
    entries = [
        {
            "filename": name,
            "filepath": "val2014",
            "split": split,
            "sentences": [{"raw": caption} for photo, caption in PAIRS if photo == name],
        }
        for name, split in zip(NAMES, splits, strict=True)
    ]
    (root / "dataset_coco.json").write_text(json.dumps({"images": entries}), encoding="utf-8")


def write_sidecars(root: Path) -> None:
    draw(root, [f"year/{name}" for name in NAMES])
    draw(root, ["without.jpg"])
    for name in NAMES:
        text = "\n\n".join(caption for photo, caption in PAIRS if photo == name)
        (root / "year" / name).with_suffix(".txt").write_text(text, encoding="utf-8")


FORMATS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "Kaggle's Flickr8k": ("table", write_csv),
    "tabs": ("table", write_tsv),
    "Flickr30k's table": ("table", write_flickr30k_csv),
    "JSON lines": ("table", write_jsonl),
    "token file": ("flickr", write_tokens),
    "COCO": ("coco", write_coco),
    "Karpathy": ("karpathy", write_karpathy),
    "sidecars": ("sidecars", write_sidecars),
}


@pytest.mark.parametrize("layout", FORMATS)
class TestFormats(DatasetContract):
    @pytest.fixture
    def images_folder(self, tmp_path: Path) -> Path:
        return tmp_path / "data"

    @pytest.fixture
    def open_dataset(self, images_folder: Path, layout: str) -> Callable[[], Dataset]:
        images_folder.mkdir()
        FORMATS[layout][1](images_folder)
        return lambda: open_dataset(images_folder)

    def test_the_kind_is_found_out_by_looking(self, open_dataset, images_folder: Path, layout: str) -> None:
        assert find_kind(images_folder) == FORMATS[layout][0]

    def test_each_photo_has_its_two_captions_to_the_letter(self, open_dataset) -> None:
        photos = open_dataset().split("all")
        assert sorted(photo.path.name for photo in photos) == NAMES
        for photo in photos:
            assert list(photo.captions) == [caption for name, caption in PAIRS if name == photo.path.name]


def test_given_splits_are_used(tmp_path: Path) -> None:
    for name, write in (("flickr", write_tokens), ("karpathy", write_karpathy)):
        root = tmp_path / name
        root.mkdir()
        write(root)
        dataset = open_dataset(root)
        assert {split: len(dataset.split(split)) for split in dataset.splits()} == {"train": 8, "val": 2, "test": 2}
    root = tmp_path / "coco"
    root.mkdir()
    write_coco(root)
    assert [len(open_dataset(root).split(split)) for split in ("train", "val")] == [8, 4]


def test_one_file_of_coco_is_dealt_by_photo(tmp_path: Path) -> None:
    write_coco(tmp_path)
    (tmp_path / "annotations" / "captions_val2017.json").unlink()
    assert open_dataset(tmp_path).splits() == ("train", "val", "test")


@pytest.mark.parametrize(
    ("name", "start", "kind"),
    [
        ("a.json", "[{", "captions-json"),
        ("a.json", '{"images": [{"sentences": []}]}', "karpathy"),
        ("a.json", '{"annotations": []}', "coco"),
        ("a.token", "x.jpg#0\ta dog", "flickr"),
        ("a.txt", "image,caption", "table"),
        ("a.jsonl", '{"image": 1}', "table"),
    ],
)
def test_the_kind_of_a_file_is_told_from_its_first_lines(tmp_path: Path, name: str, start: str, kind: str) -> None:
    (tmp_path / name).write_text(start, encoding="utf-8")
    assert kind_of_file(tmp_path / name) == kind


def test_captions_and_photos_may_lie_apart(tmp_path: Path) -> None:
    write_csv(tmp_path)
    (tmp_path / "Images").rename(tmp_path / "elsewhere")
    captions = (tmp_path / "captions.txt").rename(tmp_path / "mine.csv")
    dataset = open_dataset(tmp_path, file=captions, images=tmp_path / "elsewhere")
    assert all(photo.path.is_file() for photo in dataset.split("all"))


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("captions.txt", "image,caption\na.jpg,a dog\nb.jpg\n", r"captions\.txt, line 3: .*'b\.jpg'"),
        ("captions.txt", "image,caption\n../a.jpg,a dog\n", r"captions\.txt, line 2: .*not below"),
        ("captions.jsonl", '{"image": "a.jpg", "caption": "x"}\n{"image": 3}\n', r"captions\.jsonl, line 2"),
        ("Flickr8k.token.txt", "a.jpg#0\ta dog\nb.jpg a cat\n", r"token\.txt, line 2"),
        ("captions_train2017.json", '{"images": [{"id": 1}], "annotations": []}', r"entry 0 of images"),
        (
            "captions_train2017.json",
            '{"images": [], "annotations": [{"image_id": 9, "caption": "x"}]}',
            r"entry 0 of annot",
        ),
        ("captions_train2017.json", '{"images": []}', "a list 'annotations' was expected"),
        ("dataset_x.json", '{"images": [{"filename": "a.jpg", "split": "none", "sentences": []}]}', r"entry 0.*none"),
        ("dataset_x.json", "[]", "a list 'images' was expected"),
    ],
)
def test_a_fault_names_file_and_line(tmp_path: Path, file: str, content: str, message: str) -> None:
    draw(tmp_path / "images", ["a.jpg"])
    (tmp_path / file).write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        open_dataset(tmp_path).split("all")


def test_a_folder_that_no_reader_knows_is_told_with_the_kinds(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="captions-json, karpathy, coco, flickr, table, sidecars"):
        open_dataset(tmp_path)
    with pytest.raises(UnknownPartError, match="did you mean 'karpathy'"):
        open_dataset(tmp_path, kind="karpathi")


def test_every_reader_says_what_is_missing_in_an_empty_folder(tmp_path: Path) -> None:
    for kind in READERS:
        with pytest.raises(DataError):
            open_dataset(tmp_path, kind=kind)


def test_photos_without_a_folder_are_told(tmp_path: Path) -> None:
    write_csv(tmp_path)
    (tmp_path / "Images").rename(tmp_path / "elsewhere")
    with pytest.raises(DataError, match="no folder of photos; expected images/"):
        open_dataset(tmp_path)
