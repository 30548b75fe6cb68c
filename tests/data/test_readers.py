"""Each format of captioned photos: the contract, three rows and more of it, its known oddities, its faults."""

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path, PurePath

import pytest
from PIL import Image

from contracts.dataset import DatasetContract
from twinlens.data import READERS
from twinlens.data.find import find_kind, kind_of_file, open_dataset
from twinlens.data.images import open_photo
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


def write_visual_genome(root: Path) -> None:
    folders = {name: "VG_100K" if number % 2 else "VG_100K_2" for number, name in enumerate(NAMES)}
    for number, name in enumerate(NAMES):
        (root / folders[name]).mkdir(exist_ok=True)
        Image.new("RGB", (4, 4), (number * 9, 0, 0)).save(root / folders[name] / name)
    images = [
        {
            "image_id": number,
            "url": f"https://example.org/people/rak248/{folders[name]}/{name}",
            "width": 4,
            "height": 4,
        }
        for number, name in enumerate(NAMES)
    ]
    regions = [
        {"id": number, "regions": [{"region_id": 1, "image_id": number, "phrase": own, "x": 0} for own in phrases]}
        for number, phrases in (
            (number, [*_captions(name), _captions(name)[0], " "]) for number, name in enumerate(NAMES)
        )
    ]
    (root / "image_data.json").write_text(json.dumps([*images, images[0] | {"image_id": 99}]), encoding="utf-8")
    (root / "region_descriptions.json").write_text(json.dumps([*regions, {"id": 99, "regions": []}]), encoding="utf-8")


def _captions(name: str) -> list[str]:
    return [caption for photo, caption in PAIRS if photo == name]


def picture(number: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4), (number * 9, 0, 0)).save(buffer, "JPEG")
    return buffer.getvalue()


def write_tar(path: Path, members: dict[str, bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as archive:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


def write_shards(root: Path) -> None:
    for shard, numbers in (("cc-train-0001", range(8)), ("cc-val-0001", range(8, 10)), ("cc-test-0001", range(10, 12))):
        members: dict[str, bytes] = {}
        for number in numbers:
            name = NAMES[number]
            members[f"./{name}"] = picture(number)
            members[f"./{name[:2]}.seg.png"] = b"a picture besides the photo"
            if number % 2:
                members[f"./{name[:2]}.txt"] = "\n".join(_captions(name)).encode()
            else:
                members[f"./{name[:2]}.txt"] = b"not this one"
                members[f"./{name[:2]}.json"] = json.dumps({"captions": _captions(name), "width": 4}).encode()
        members |= {"silent.jpg": picture(1), "unseen.txt": b"a caption without a photo", "._00.jpg": b"\0"}
        write_tar(root / f"{shard}.tar", members)


def write_img2dataset(root: Path) -> None:
    """Shards in numbers with tables of their own beside them, one caption in text and JSON, split at random."""
    for shard, numbers in (("00000", range(8)), ("00001", range(8, 12))):
        members = {}
        for number in numbers:
            first, second = _captions(NAMES[number])
            members[NAMES[number]] = picture(number)
            members[f"{number:02}.txt"] = f"{first}\n\n{second}\n".encode()
            members[f"{number:02}.json"] = b'{"key": "00", "caption": null}'
        write_tar(root / f"{shard}.tar", members)
        (root / f"{shard}.parquet").write_bytes(b"not looked into")


def write_table_of_parquet(path: Path, rows: list[dict[str, object]], *, group: int = 3) -> None:
    import pyarrow
    import pyarrow.parquet

    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path, row_group_size=group)


def write_parquet_bytes(root: Path) -> None:
    """As the hub stores it: image is a struct of bytes and path, captions a list."""
    splits = (
        ("train-00000-of-00001", range(8)),
        ("validation-00000-of-00001", range(8, 10)),
        ("test-0", range(10, 12)),
    )
    for file, numbers in splits:
        rows = [
            {
                "image": {"bytes": picture(number), "path": NAMES[number]},
                "caption": _captions(NAMES[number]),
                "filename": NAMES[number],
            }
            for number in numbers
        ]
        write_table_of_parquet(root / "data" / f"{file}.parquet", rows)


def write_parquet_paths(root: Path) -> None:
    """One row a caption, the split in a column, photos below images/."""
    draw(root / "images")
    split_of = {name: "restval" if number < 8 else "val" for number, name in enumerate(NAMES)}
    rows = [{"image": name, "text": caption, "split": split_of[name]} for name, caption in PAIRS]
    write_table_of_parquet(root / "table.parquet", [*rows, {"image": None, "text": "x", "split": "val"}])


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
    "Visual Genome": ("visual-genome", write_visual_genome),
    "webdataset": ("webdataset", write_shards),
    "img2dataset's shards": ("webdataset", write_img2dataset),
    "Parquet with paths": ("parquet", write_parquet_paths),
    "Parquet with bytes": ("parquet", write_parquet_bytes),
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

    def test_the_kind_is_recognized(self, open_dataset, images_folder: Path, layout: str) -> None:
        assert find_kind(images_folder) == FORMATS[layout][0]

    def test_each_photo_has_its_two_captions_to_the_letter(self, open_dataset) -> None:
        photos = open_dataset().split("all")
        assert sorted(PurePath(photo.image_id).name for photo in photos) == NAMES
        for photo in photos:
            assert list(photo.captions) == _captions(PurePath(photo.image_id).name)

    def test_each_photo_is_its_own_picture(self, open_dataset, layout: str) -> None:
        for photo in open_dataset().split("all"):
            red, *_ = open_photo(photo.path).image.getpixel((0, 0))
            number = NAMES.index(PurePath(photo.image_id).name)
            if layout != "COCO":  # whose photos are drawn from 0 in each folder
                assert abs(red - 9 * number) <= 3


def test_given_splits_are_used(tmp_path: Path) -> None:
    writers = (write_tokens, write_karpathy, write_shards, write_parquet_bytes)
    for name, write in ((write.__name__, write) for write in writers):
        root = tmp_path / name
        root.mkdir()
        write(root)
        dataset = open_dataset(root)
        assert {split: len(dataset.split(split)) for split in dataset.splits()} == {"train": 8, "val": 2, "test": 2}
    root = tmp_path / "coco"
    root.mkdir()
    write_coco(root)
    assert [len(open_dataset(root).split(split)) for split in ("train", "val")] == [8, 4]


def test_one_file_of_coco_is_split_at_random(tmp_path: Path) -> None:
    write_coco(tmp_path)
    (tmp_path / "annotations" / "captions_val2017.json").unlink()
    assert open_dataset(tmp_path).splits() == ("train", "val", "test")


@pytest.mark.parametrize(
    ("name", "start", "kind"),
    [
        ("a.json", "[{", "captions-json"),
        ("a.json", '[{"id": 1, "regions": [{"phrase": "x"', "visual-genome"),
        ("a.tar", "", "webdataset"),
        ("a.parquet", "PAR1", "parquet"),
        ("a.json", '{"images": [{"sentences": []}]}', "karpathy"),
        ("a.json", '{"annotations": []}', "coco"),
        ("a.token", "x.jpg#0\ta dog", "flickr"),
        ("a.txt", "image,caption", "table"),
        ("a.jsonl", '{"image": 1}', "table"),
    ],
)
def test_the_kind_of_a_file_is_recognized_from_its_first_lines(
    tmp_path: Path, name: str, start: str, kind: str
) -> None:
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
        ("captions_train2017.json", '{"images": []}', "expected a list 'annotations'"),
        ("dataset_x.json", '{"images": [{"filename": "a.jpg", "split": "none", "sentences": []}]}', r"entry 0.*none"),
        ("dataset_x.json", "[]", "expected a list 'images'"),
        ("region_descriptions.json", '[{"id": 7, "regions": []}]', r"descriptions\.json, entry 0: KeyError\(7\)"),
        ("region_descriptions.json", '[{"id": 1, "regions": [{"x": 0}]}]', r"descriptions\.json, entry 0"),
        ("region_descriptions.json", '{"id": 1}', "expected a list"),
    ],
)
def test_a_fault_names_file_and_line(tmp_path: Path, file: str, content: str, message: str) -> None:
    draw(tmp_path / "images", ["a.jpg"])
    (tmp_path / "image_data.json").write_text('[{"image_id": 1, "url": "https://example.org/VG_100K/1.jpg"}]')
    (tmp_path / file).write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        open_dataset(tmp_path).split("all")


def test_a_folder_that_no_reader_recognizes_lists_the_kinds(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=", ".join(READERS)):
        open_dataset(tmp_path)
    with pytest.raises(UnknownPartError, match="did you mean 'karpathy'"):
        open_dataset(tmp_path, kind="karpathi")


def test_every_reader_says_what_is_missing_in_an_empty_folder(tmp_path: Path) -> None:
    for kind in READERS:
        with pytest.raises(DataError):
            open_dataset(tmp_path, kind=kind)


def test_missing_folder_of_photos_is_named(tmp_path: Path) -> None:
    write_csv(tmp_path)
    (tmp_path / "Images").rename(tmp_path / "elsewhere")
    with pytest.raises(DataError, match="no folder of photos; expected images/"):
        open_dataset(tmp_path)


def test_ratios_apply_to_every_kind_of_data_without_splits(tmp_path: Path) -> None:
    writers = (write_csv, write_jsonl, write_sidecars, write_visual_genome, write_img2dataset)
    for write in writers:
        root = tmp_path / write.__name__
        root.mkdir()
        write(root)
        dataset = open_dataset(root, ratios={"train": 0.5, "val": 0.5})
        assert {split: len(dataset.split(split)) for split in dataset.splits()} == {"train": 6, "val": 6}


def test_given_splits_win_over_ratios(tmp_path: Path) -> None:
    write_tokens(tmp_path)
    dataset = open_dataset(tmp_path, ratios={"train": 0.5, "val": 0.5})
    assert {split: len(dataset.split(split)) for split in dataset.splits()} == {"train": 8, "val": 2, "test": 2}


def test_table_takes_the_splits_of_a_file_beside_it(tmp_path: Path) -> None:
    write_jsonl(tmp_path)
    splits = {"train": NAMES[3:], "test": NAMES[:2]}
    (tmp_path / "splits.json").write_text(json.dumps(splits), encoding="utf-8")
    dataset = open_dataset(tmp_path)
    assert {split: [photo.image_id for photo in dataset.split(split)] for split in dataset.splits()} == splits


def test_split_without_photos_says_so_when_asked_for(tmp_path: Path) -> None:
    draw(tmp_path / "images", NAMES[:2])
    (tmp_path / "captions.csv").write_text(f"image,caption\n{NAMES[0]},a\n{NAMES[1]},b\n", encoding="utf-8")
    dataset = open_dataset(tmp_path)
    assert dataset.splits() == ("train",)
    with pytest.raises(DataError, match=r"split 'test' of .* is empty: 2 photos were split at random; use train, all"):
        dataset.split("test")
    (tmp_path / "splits.json").write_text(json.dumps({"train": NAMES[:2], "val": []}), encoding="utf-8")
    with pytest.raises(DataError, match=r"split 'val' of .* is empty: its list has no photos; use train, all"):
        open_dataset(tmp_path).split("val")


@pytest.mark.parametrize("layout", ["images/VG_100K", "images", "photos/VG_100K", "photos"])
def test_photos_of_visual_genome_may_lie_in_other_folders(tmp_path: Path, layout: str) -> None:
    draw(tmp_path / layout, ["1.jpg"])
    (tmp_path / "image_data.json").write_text('[{"image_id": 1, "url": "https://example.org/VG_100K/1.jpg"}]')
    (tmp_path / "region_descriptions.json").write_text('[{"id": 1, "regions": [{"phrase": " the sky "}]}]')
    images = tmp_path / "photos" if layout.startswith("photos") else None
    (photo,) = open_dataset(tmp_path, images=images).split("all")
    assert (photo.image_id, photo.captions) == ("VG_100K/1.jpg", ("the sky",))
    assert photo.path.is_file()


def test_visual_genome_without_its_image_data_says_so(tmp_path: Path) -> None:
    (tmp_path / "region_descriptions.json").write_text("[]")
    with pytest.raises(DataError, match=r"image_data\.json is missing"):
        open_dataset(tmp_path)


def test_single_shard_or_table_may_be_named_as_the_captions(tmp_path: Path) -> None:
    write_shards(tmp_path / "tar")
    write_parquet_bytes(tmp_path / "parquet")
    for file in (
        tmp_path / "tar" / "cc-val-0001.tar",
        tmp_path / "parquet" / "data" / "validation-00000-of-00001.parquet",
    ):
        dataset = open_dataset(file.parent, file=file)
        assert {split: len(dataset.split(split)) for split in dataset.splits()} == {"val": 2}
