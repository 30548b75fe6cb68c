"""``twinlens datasets`` as users run it."""

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from e2e.conftest import Run


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Six drawn photos in a table; one lies there twice, and the deal of ratios 50/50 is by seed 0."""
    folder = tmp_path / "drawn"
    (folder / "images").mkdir(parents=True)
    for number in range(6):
        Image.new("RGB", (8, 8), (40 * number, 0, 0)).save(folder / "images" / f"{number}.png")
    rows = [f"{number}.png,a {word} square {number}" for number in range(6) for word in ("red", "dark")]
    (folder / "captions.csv").write_text("\n".join(["image,caption", *rows]), encoding="utf-8")
    return folder


def test_info_counts_a_folder_on_stdout_and_shows_progress_on_stderr(run: Run, data: Path) -> None:
    result = run("datasets", "info", data)
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0] == "drawn (table)"
    assert "photos: 6" in lines
    assert "captions: 12, 2 to 2 per photo, mean 2.0" in lines
    assert "broken photos: 0" in lines
    assert "opening photos" in result.stderr


def test_info_as_json_with_ratios_of_the_deal(run: Run, data: Path) -> None:
    result = run("datasets", "info", data, "--ratios", "50/50", "--quick", "--json")
    fields = json.loads(result.stdout)
    assert result.stderr == ""
    assert fields["splits"] == {"train": 3, "val": 3}
    assert fields["dealt"] is True
    assert fields["kind"] == "table"
    assert ["a", 12] in fields["frequent_words"]


def test_info_warns_of_a_photo_in_two_splits(run: Run, data: Path) -> None:
    shutil.copyfile(data / "images" / "1.png", data / "images" / "5.png")
    splits = {"train": ["0.png", "1.png"], "test": ["4.png", "5.png"]}
    (data / "splits.json").write_text(json.dumps(splits), encoding="utf-8")
    result = run("datasets", "info", data, "--json")
    assert result.returncode == 0
    assert json.loads(result.stdout)["same_across_splits"] == [["1.png", "5.png"]]
    assert result.stderr.splitlines()[-1] == (
        "warning: 1 photo is in more than one split under different names, for example 1.png = 5.png"
    )


def test_info_of_captions_and_photos_that_lie_apart(run: Run, data: Path, tmp_path: Path) -> None:
    captions = (data / "captions.csv").rename(tmp_path / "mine.csv")
    result = run("datasets", "info", "--captions", captions, "--images", data / "images", "--quick")
    assert result.returncode == 0, result.stderr
    assert "photos: 6" in result.stdout


def test_info_of_a_published_name_says_where_it_is(run: Run) -> None:
    result = run("datasets", "info", "coco")
    assert result.returncode == 0
    assert "https://cocodataset.org" in result.stdout
    assert "licence:" in result.stdout
    assert json.loads(run("datasets", "info", "flickr8k", "--json").stdout)["images"] == 8091


def test_folder_of_a_published_name_is_looked_into(run: Run, data: Path) -> None:
    data.rename(data.with_name("coco"))
    result = run("datasets", "info", "coco", "--quick")
    assert result.stdout.startswith("coco (table)")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["info", "flickr8"], 1, "did you mean 'flickr8k'?"),
        (["info"], 2, "no data set given"),
        (["info", "drawn/images", "--quick"], 1, "holds no data set in a recognized format"),
        (["info", "drawn", "--ratios", "80/30"], 1, "sum to 110, not to 100"),
        (["info", "drawn", "--format", "tabel"], 1, "did you mean 'table'?"),
        (["convert", "drawn", "--to", "parket", "--out", "x"], 1, "did you mean 'parquet'?"),
        (["convert", "drawn", "--to", "jsonl", "--out", "drawn/x"], 1, "is inside the data"),
        (["convert", "drawn", "--to", "jsonl", "--out", "."], 1, "exists and is not an empty folder"),
        (["convert", "drawn", "--to", "jsonl"], 2, "--out"),
        (["convert", "gone", "--to", "jsonl", "--out", "x"], 1, "does not exist"),
    ],
)
def test_mistakes_are_one_line_and_make_nothing(
    run: Run, data: Path, tmp_path: Path, arguments: list[str], code: int, message: str
) -> None:
    before = sorted(tmp_path.rglob("*"))
    result = run("datasets", *arguments)
    assert result.returncode == code
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert sorted(tmp_path.rglob("*")) == before


def test_convert_writes_what_info_reads(run: Run, data: Path, tmp_path: Path) -> None:
    line = ("datasets", "convert", data, "--to", "webdataset", "--out", tmp_path / "shards", "--ratios", "70/15/15")
    result = run(*line, "--shard-size", "2")
    assert result.returncode == 0, result.stderr
    path, photos, captions, splits = result.stdout.strip().split("\t")
    assert (path, photos, captions) == (str(tmp_path / "shards"), "6 photos", "12 captions")
    assert splits == "train 4, val 1, test 1"
    shards = sorted(file.name for file in (tmp_path / "shards").iterdir())
    assert shards == ["test-000000.tar", "train-000000.tar", "train-000001.tar", "val-000000.tar"]
    fields = json.loads(run("datasets", "info", tmp_path / "shards", "--json").stdout)
    assert fields["splits"] == {"train": 4, "val": 1, "test": 1}
    assert (fields["dealt"], fields["broken"]) == (False, [])


def test_convert_as_json_names_photos_that_were_left_out(run: Run, data: Path, tmp_path: Path) -> None:
    (data / "images" / "3.png").unlink()
    result = run("datasets", "convert", data, "--to", "captions-json", "--out", tmp_path / "out", "--link", "--json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["left_out"] == [{"image_id": "3.png", "reason": "file is gone"}]
    assert result.stderr.splitlines()[-1] == "warning: 1 photo was left out, for example 3.png: file is gone"
    assert (tmp_path / "out" / "images" / "2.png").samefile(data / "images" / "2.png")


def test_evaluation_reads_photos_out_of_shards(run: Run, data: Path, tmp_path: Path) -> None:
    assert run("datasets", "convert", data, "--to", "parquet", "--out", tmp_path / "tables").returncode == 0
    result = run("evaluate", "--data", tmp_path / "tables", "--split", "all", "--json")
    assert result.returncode == 0, result.stderr
    fields = json.loads(result.stdout)
    assert (fields["n_images"], fields["n_captions"]) == (6, 12)
