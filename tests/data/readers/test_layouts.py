"""Folders as archives unpack and programs write them, through everything that takes captioned photos."""

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from conftest import COLOURS, draw_photo
from twinlens.cli.main import app
from twinlens.data.find import find_kind, known_kind, open_dataset
from twinlens.errors import DataError

CAPTIONS = {f"{name}.png": f"un café {name}, big" for name in COLOURS}
SPLIT_OF = dict(zip(CAPTIONS, ["train"] * 4 + ["val", "test"], strict=True))
Split = dict[str, list[str]]


def draw(folder: Path, names: list[str] | None = None) -> None:
    for name in names or CAPTIONS:
        draw_photo(folder / name, Path(name).stem.rpartition("_")[2])


def write(file: Path, text: str, encoding: str = "utf-8") -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode(encoding))


def table(delimiter: str = ",", columns: tuple[str, str] = ("image", "caption"), prefix: str = "") -> str:
    rows = [(f"{prefix}{name}", f'"{caption}"') for name, caption in CAPTIONS.items()]
    return "\r\n".join(delimiter.join(row) for row in (columns, *rows))


def encoded(name: str, text: str, encoding: str) -> Callable[[Path], None]:
    def lay(root: Path) -> None:
        draw(root / "images")
        write(root / name, text, encoding)

    return lay


def title_table(root: Path) -> None:
    draw(root / "pictures" / "all")
    write(root / "train_data.csv", table("\t", ("filepath", "title"), "pictures/all/"))


def kaggle(root: Path) -> None:
    draw(root / "flickr8k" / "Images")
    write(root / "flickr8k" / "captions.txt", table())
    (root / "__MACOSX").mkdir()


def kaggle_nested(root: Path) -> None:
    draw(root / "flickr30k" / "flickr30k_images" / "flickr30k_images")
    rows = [f"{name}| 0| {caption}" for name, caption in CAPTIONS.items()]
    write(
        root / "flickr30k" / "flickr30k_images" / "results.csv",
        "\n".join(["image_name| comment_number| comment", *rows]),
    )


def nested_images(root: Path) -> None:
    draw(root / "images" / "images")
    rows = [{"file_name": name, "caption": caption} for name, caption in CAPTIONS.items()]
    write(root / "captions.json", json.dumps(rows, ensure_ascii=False), "utf-16")


def coco_name(name: str) -> tuple[str, str]:
    part = "train2014" if SPLIT_OF[name] == "train" else "val2014"
    return part, f"COCO_{part}_{name}"


def coco(photos: str) -> Callable[[Path], None]:
    def lay(root: Path) -> None:
        for part in ("train2014", "val2014"):
            own = [name for name in CAPTIONS if coco_name(name)[0] == part]
            draw(root / photos.format(part=part), [coco_name(name)[1] for name in own])
            images = [{"id": number, "file_name": coco_name(name)[1]} for number, name in enumerate(own)]
            rows = [{"image_id": number, "caption": CAPTIONS[name] + "\n"} for number, name in enumerate(own)]
            rows.append({"image_id": 0, "caption": " "})
            write(root / "annotations" / f"captions_{part}.json", json.dumps({"images": images, "annotations": rows}))

    return lay


def karpathy(photos: str, *, filepath: bool = True) -> Callable[[Path], None]:
    def lay(root: Path) -> None:
        entries = []
        for name, caption in CAPTIONS.items():
            part, file_name = coco_name(name)
            draw(root / photos.format(part=part), [file_name])
            entry = {"filename": file_name, "split": SPLIT_OF[name], "sentences": [{"raw": caption}, {"raw": ""}]}
            entries.append(entry | ({"filepath": part} if filepath else {}))
        write(root / "dataset_coco.json", json.dumps({"images": entries}))

    return lay


def imagefolder(root: Path, *, base: str = "", suffix: str = "jsonl") -> None:
    for split, folder in (("train", "train"), ("val", "validation"), ("test", "test")):
        own = {name: caption for name, caption in CAPTIONS.items() if SPLIT_OF[name] == split}
        draw(root / base / folder, list(own))
        rows = (
            [json.dumps({"file_name": name, "text": caption}) for name, caption in own.items()]
            if suffix == "jsonl"
            else ["file_name,text", *(f'{name},"{caption}"' for name, caption in own.items())]
        )
        write(root / base / folder / f"metadata.{suffix}", "\n".join(rows))


def imagefolder_in_one(root: Path) -> None:
    folders = {name: {"val": "validation"}.get(split, split) for name, split in SPLIT_OF.items()}
    draw(root, [f"{folders[name]}/{name}" for name in CAPTIONS])
    rows = [{"file_name": f"{folders[name]}/{name}", "caption": caption} for name, caption in CAPTIONS.items()]
    write(root / "metadata.jsonl", "\n".join(json.dumps(row) for row in rows))


def table_a_split(root: Path) -> None:
    draw(root / "images")
    for split in ("train", "val", "test"):
        rows = [f'{name};"{caption}"' for name, caption in CAPTIONS.items() if SPLIT_OF[name] == split]
        write(root / f"{split}.csv", "\n".join(["image;caption", *rows]))


def sidecars(root: Path) -> None:
    draw(root)
    for name, caption in CAPTIONS.items():
        write((root / name).with_suffix(".txt"), caption, "cp1252")


def tokens(root: Path) -> None:
    draw(root / "Flicker8k_Dataset")
    rows = [f"{name}#0\t{caption}" for name, caption in CAPTIONS.items()]
    write(root / "Flickr8k.token.txt", "\n".join([*rows, "red.png#1\t "]), "cp1252")


LAYOUTS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "Windows-1252": ("table", encoded("captions.csv", table(), "cp1252")),
    "UTF-16": ("table", encoded("captions.csv", table(), "utf-16")),
    "UTF-16 without mark": ("table", encoded("captions.txt", table("\t"), "utf-16-be")),
    "JSON lines in Windows-1252": (
        "table",
        encoded(
            "captions.jsonl",
            "\n".join(
                json.dumps({"filename": name, "sentences": [own, "nan", None]}, ensure_ascii=False)
                for name, own in CAPTIONS.items()
            ),
            "cp1252",
        ),
    ),
    "semicolons": ("table", encoded("captions.csv", table(";"), "utf-8-sig")),
    "filepath and title": ("table", title_table),
    "Kaggle's outer folder": ("table", kaggle),
    "Kaggle's nested folders": ("table", kaggle_nested),
    "images/images/ and UTF-16": ("captions-json", nested_images),
    "COCO in two folders": ("coco", coco("{part}")),
    "COCO in folders twice": ("coco", coco("{part}/{part}")),
    "COCO in images/": ("coco", coco("images")),
    "Karpathy beside train2014/": ("karpathy", karpathy("{part}")),
    "Karpathy below images/": ("karpathy", karpathy("images/{part}")),
    "Karpathy in one folder": ("karpathy", karpathy("images")),
    "Karpathy without filepath": ("karpathy", karpathy("{part}", filepath=False)),
    "imagefolder": ("table", imagefolder),
    "imagefolder in data/": ("table", lambda root: imagefolder(root, base="data")),
    "imagefolder as CSV": ("table", lambda root: imagefolder(root, suffix="csv")),
    "imagefolder with one list": ("table", imagefolder_in_one),
    "a table for each split": ("table", table_a_split),
    "sidecars in Windows-1252": ("sidecars", sidecars),
    "tokens in Windows-1252": ("flickr", tokens),
}
WITH_SPLITS = [name for name in LAYOUTS if name.startswith(("Karpathy", "imagefolder", "a table"))]


@pytest.fixture
def data(tmp_path: Path, layout: str) -> Path:
    (tmp_path / "archive").mkdir()
    LAYOUTS[layout][1](tmp_path / "archive")
    return tmp_path / "archive"


@pytest.fixture
def run() -> Iterator[Callable[..., Result]]:
    log = logging.getLogger("twinlens")
    handlers, level = log.handlers[:], log.level
    yield lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])
    log.handlers[:] = handlers
    log.setLevel(level)


def short(image_id: str) -> str:
    return image_id.rpartition("/")[2].rpartition("_")[2]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_it_is_found_by_looking_with_every_caption_and_photo(data: Path, layout: str) -> None:
    assert find_kind(data) == known_kind(data) == LAYOUTS[layout][0]
    photos = open_dataset(data).split("all")
    assert {short(photo.image_id): photo.captions for photo in photos} == {
        name: (caption,) for name, caption in CAPTIONS.items()
    }
    assert all(photo.path.is_file() and short(photo.path.name) == short(photo.image_id) for photo in photos)


@pytest.mark.parametrize("layout", WITH_SPLITS)
def test_it_keeps_its_splits(data: Path) -> None:
    dataset = open_dataset(data)
    found = {short(photo.image_id): split for split in dataset.splits() for photo in dataset.split(split)}
    assert found == SPLIT_OF


@pytest.mark.parametrize("layout", LAYOUTS)
def test_datasets_info_counts_it(data: Path, run: Callable[..., Result]) -> None:
    result = run("datasets", "info", data, "--json")
    assert result.exit_code == 0, result.output
    fields = json.loads(result.stdout)
    assert (fields["n_images"], fields["n_captions"], fields["missing"], fields["uncaptioned"]) == (6, 6, [], [])


COMMANDS = [
    *("Windows-1252", "UTF-16", "semicolons", "filepath and title", "Kaggle's outer folder", "imagefolder"),
    *("COCO in two folders", "Karpathy beside train2014/"),
]


@pytest.mark.parametrize("layout", COMMANDS)
def test_evaluate_reads_it(data: Path, run: Callable[..., Result]) -> None:
    result = run("evaluate", "--data", data, "--split", "all", "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert (report["n_images"], report["n_captions"]) == (6, 6)


@pytest.mark.parametrize("layout", COMMANDS)
def test_index_learns_its_captions(data: Path, run: Callable[..., Result]) -> None:
    result = run("index", data, "--captions", data, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["captions_added"] == 6


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-16-le"])
def test_candidates_and_queries_may_be_in_any_encoding(
    tmp_path: Path, run: Callable[..., Result], encoding: str
) -> None:
    draw(tmp_path / "photos")
    write(tmp_path / "lines.txt", "un café crème\r\nein rotes Haus\r\n", encoding)
    write(tmp_path / "semicolons.txt", table(";"), encoding)
    photo = tmp_path / "photos" / "red.png"
    for file, captions in (("lines.txt", ["ein rotes Haus", "un café crème"]), ("semicolons.txt", CAPTIONS.values())):
        result = run("caption", photo, "--candidates", tmp_path / file, "--json")
        assert result.exit_code == 0, result.output
        assert all(caption in result.stdout for caption in captions)
    assert run("index", tmp_path / "photos").exit_code == 0
    result = run("search", "--queries", tmp_path / "lines.txt", "--in", tmp_path / "photos", "-k", "1", "--all")
    assert result.exit_code == 0, result.output
    assert [line.partition("\t")[0] for line in result.stdout.splitlines()] == ["un café crème", "ein rotes Haus"]


def test_a_photo_in_place_of_a_text_is_one_line(tmp_path: Path, run: Callable[..., Result]) -> None:
    draw(tmp_path / "photos")
    photo = tmp_path / "photos" / "red.png"
    assert run("index", tmp_path / "photos").exit_code == 0
    for arguments in (
        ("caption", photo, "--candidates", photo),
        ("search", "--queries", photo, "--in", tmp_path / "photos"),
        ("datasets", "info", tmp_path / "photos", "--captions", photo, "--quick"),
        ("evaluate", "--data", tmp_path / "photos", "--captions", photo),
        ("index", tmp_path / "photos", "--captions", photo),
    ):
        result = run(*arguments)
        assert (result.exit_code, result.stdout) == (1, ""), result.output
        (line,) = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
        assert "red.png cannot be read as text: it is a binary file" in line


def test_captions_of_somebody_s_choice_keep_the_splits_of_the_photos_they_are_about(tmp_path: Path) -> None:
    draw(tmp_path / "images")
    write(tmp_path / "splits.json", json.dumps({"train": ["red.png", "blue.png"], "val": ["green.png"]}))
    write(tmp_path / "mine.csv", "image;caption\nred.png;a\ngreen.png;b")
    write(
        tmp_path / "mine.json", '[{"file_name": "red.png", "caption": "a"}, {"file_name": "green.png", "caption": "b"}]'
    )
    for name in ("mine.csv", "mine.json"):
        dataset = open_dataset(tmp_path, file=tmp_path / name)
        assert [[photo.image_id for photo in dataset.split(split)] for split in ("train", "val")] == [
            ["red.png"],
            ["green.png"],
        ]


@pytest.mark.parametrize("layout", ["imagefolder"])
def test_one_list_of_an_imagefolder_may_be_named(data: Path, layout: str) -> None:
    photos = open_dataset(data, file=data / "train" / "metadata.jsonl").split("all")
    assert [photo.image_id for photo in photos] == list(CAPTIONS)[:4]
    assert all(photo.path.is_file() for photo in photos)


def test_captions_below_an_outer_folder_may_be_named(tmp_path: Path) -> None:
    kaggle(tmp_path)
    photos = open_dataset(tmp_path, file=tmp_path / "flickr8k" / "captions.txt").split("all")
    assert all(photo.path.is_file() for photo in photos)


def test_two_data_sets_in_one_folder_are_named_and_not_chosen_from(tmp_path: Path) -> None:
    for name in ("first", "second"):
        encoded("captions.csv", table(), "utf-8")(tmp_path / name)
    assert find_kind(tmp_path) is None
    with pytest.raises(DataError, match="holds 2 data sets, first, second; give the folder of one"):
        open_dataset(tmp_path)


def test_other_tables_of_a_photo_folder_are_no_captions(tmp_path: Path) -> None:
    draw(tmp_path)
    write(tmp_path / "prices.csv", "name;price\nred;3\n")
    write(tmp_path / "labels.jsonl", '{"file_name": "red.png", "label": 3}\n[1]\n')
    assert find_kind(tmp_path) is None


@pytest.mark.parametrize("value", ['""', '" nan "', "NaN"])
def test_entries_of_captions_json_without_caption_are_left_out(
    tmp_path: Path, value: str, caplog: pytest.LogCaptureFixture
) -> None:
    draw(tmp_path / "images")
    rows = f'[{{"file_name": "red.png", "caption": "a nan bread"}}, {{"file_name": "blue.png", "caption": {value}}}]'
    write(tmp_path / "captions.json", rows)
    write(tmp_path / "splits.json", '{"train": ["red.png", "blue.png"]}')
    (photo,) = open_dataset(tmp_path).split("train")
    assert photo.captions == ("a nan bread",)
    assert "captions.json: 1 without caption left out" in caplog.text
