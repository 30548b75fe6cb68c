"""Captions by the real command: learned, found by words and by photo, ranked from a file."""

import json
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from e2e.conftest import Run
from twinlens.collection.collection import Collection
from twinlens.errors import ModelMismatchError

CAPTIONS = {
    "pets/cat.png": ["a ginger cat looks into the camera", "the face of a cat"],
    "street/motorcycle.png": ["a motorcycle stands in a garage"],
    "kitchen/coffee.png": ["a cup of coffee on a table"],
    "people/photographer.png": ["a man with a camera on a tripod"],
}


def table(captions: dict[str, list[str]]) -> str:
    return "image,caption\n" + "".join(f"{name},{text}\n" for name, own in captions.items() for text in own)


def rows() -> list[tuple[str, str]]:
    return [(name, text) for name, own in CAPTIONS.items() for text in own]


FORMATS = {
    "captions.csv": table(CAPTIONS),
    "captions.json": json.dumps([{"file_name": name, "caption": text} for name, text in rows()]),
    "captions_train2017.json": json.dumps(
        {
            "images": [{"id": number, "file_name": name} for number, name in enumerate(CAPTIONS)],
            "annotations": [
                {"image_id": number, "caption": text} for number, own in enumerate(CAPTIONS.values()) for text in own
            ],
        }
    ),
    "dataset_library.json": json.dumps(
        {
            "images": [
                {"filename": name, "split": "train", "sentences": [{"raw": text} for text in own]}
                for name, own in CAPTIONS.items()
            ]
        }
    ),
    "library.token.txt": "".join(f"{name}#{number}\t{text}\n" for number, (name, text) in enumerate(rows())),
    "captions.jsonl": "".join(json.dumps({"image": name, "caption": text}) + "\n" for name, text in rows()),
}


def only_line(result: "subprocess.CompletedProcess[str]") -> str:
    """The one line of an error; no traceback."""
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    return lines[0]


def fields(result: "subprocess.CompletedProcess[str]") -> list[list[str]]:
    assert result.returncode == 0, result.stderr
    return [line.split("\t") for line in result.stdout.splitlines()]


@pytest.fixture
def captioned(run: Run, indexed: Path, tmp_path: Path) -> Path:
    """The library with its captions learned."""
    (tmp_path / "captions.csv").write_text(FORMATS["captions.csv"])
    result = run("index", indexed, "--captions", tmp_path / "captions.csv")
    assert result.returncode == 0, result.stderr
    return indexed


@pytest.mark.parametrize("name", FORMATS)
def test_captions_of_any_kind_are_learned(run: Run, indexed: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(FORMATS[name])
    report = json.loads(run("index", indexed, "--captions", tmp_path / name, "--json").stdout)
    assert (report["images"], report["captions"], report["captions_added"]) == (7, 5, 5)
    assert (report["captions_unmatched"], report["captions_unmatched_photos"]) == (0, [])


def test_a_second_run_learns_only_what_is_new(run: Run, captioned: Path, tmp_path: Path) -> None:
    changed = {"pets/cat.png": ["the face of a cat", "whiskers"], "no/such.jpg": ["x", "y"]}
    (tmp_path / "more.csv").write_text(table(changed))
    result = run("index", captioned, "--captions", tmp_path / "more.csv", "--json")
    report = json.loads(result.stdout)
    counts = {name: report[f"captions_{name}"] for name in ("added", "removed", "unchanged", "unmatched")}
    assert counts == {"added": 1, "removed": 1, "unchanged": 1, "unmatched": 2}
    assert [photo["path"] for photo in report["captions_unmatched_photos"]] == ["no/such.jpg"]
    assert "2 captions belong to 1 photo that is not in the collection" in result.stderr
    assert (report["unchanged"], report["captions"]) == (7, 5)


def test_a_photo_finds_the_captions_that_fit_it(run: Run, captioned: Path, tmp_path: Path) -> None:
    """Photos of the collection, and one from elsewhere: the right caption first."""
    for name in ("street/motorcycle.png", "kitchen/coffee.png", "people/photographer.png"):
        lines = fields(run("caption", captioned / name, "--in", captioned, "-k", "3"))
        assert [line[0] for line in lines] == ["1", "2", "3"]
        assert [line[1] for line in lines] == ["-"] * 3
        assert lines[0][3] == CAPTIONS[name][0]
        assert float(lines[0][2]) > float(lines[1][2])
    shutil.copyfile(captioned / "pets/cat.png", tmp_path / "elsewhere.png")
    (line,) = fields(run("caption", tmp_path / "elsewhere.png", "--in", captioned, "-k", "1"))
    assert line[3] in CAPTIONS["pets/cat.png"]


def test_captions_indexed_with_the_model_before_are_changed_over_first(run: Run, captioned: Path) -> None:
    photo = captioned / "pets" / "cat.png"
    before = fields(run("caption", photo, "--in", captioned, "-k", "3"))
    with Collection.open(captioned) as collection:
        collection.catalog.set_meta({"fingerprint": collection.encoder.same_features[-1]})
    assert "no photo is to be read again; run twinlens index" in run("status", "--in", captioned).stdout
    remedy = r"reads no photo again.*complete_change\(\)"
    with Collection.open(captioned) as collection, pytest.raises(ModelMismatchError, match=remedy):
        collection.search("a cat")
    first = run("caption", photo, "--in", captioned, "-k", "3")
    assert "changed since the photos were indexed; changing the collection first, which reads no photo" in first.stderr
    assert [line[3] for line in fields(first)] == [line[3] for line in before]
    assert "has changed" not in run("caption", photo, "--in", captioned).stderr


def test_the_json_has_the_shape_of_a_search(run: Run, captioned: Path) -> None:
    photo = captioned / "kitchen/coffee.png"
    by_photo = json.loads(run("caption", photo, "--in", captioned, "-k", "2", "--json").stdout)
    by_search = json.loads(run("search", photo, "--target", "caption", "--in", captioned, "-k", "2", "--json").stdout)
    assert by_photo | {"took_ms": 0} == by_search | {"took_ms": 0}
    assert (by_photo["target"], by_photo["num_results"], by_photo["num_candidates"]) == ("caption", 2, 5)
    hit = by_photo["results"][0]
    assert (hit["rank"], hit["image_id"], hit["caption"]) == (1, "kitchen/coffee.png", "a cup of coffee on a table")
    assert (hit["image_path"], hit["probability"], hit["relevant"]) == (str(photo), None, None)


def test_words_find_captions_and_filters_are_on_their_photo(run: Run, captioned: Path) -> None:
    search = ("search", "a motorbike", "--in", captioned, "--target", "caption")
    assert fields(run(*search, "-k", "1"))[0][3] == "a motorcycle stands in a garage"
    pets = fields(run(*search, "--folder", "pets"))
    assert {line[3] for line in pets} == set(CAPTIONS["pets/cat.png"])
    nothing = run(*search, "--after", "2099")
    assert (nothing.returncode, nothing.stdout) == (3, "")
    assert "0 captions pass the filters" in nothing.stderr.splitlines()[-1]
    here = fields(run("caption", "cat.png", cwd=captioned / "pets"))
    assert {line[3] for line in here} == set(CAPTIONS["pets/cat.png"])


def test_photos_are_found_as_before(run: Run, captioned: Path) -> None:
    (hit,) = json.loads(run("search", "a motorbike", "--in", captioned, "-k", "1", "--json").stdout)["results"]
    assert (hit["image_id"], hit["caption"]) == ("street/motorcycle.png", None)
    assert len(fields(run("similar", captioned / "kitchen/coffee.png", "--in", captioned))) == 6


def test_candidates_of_a_file_are_ranked_without_a_collection(run: Run, library: Path, tmp_path: Path) -> None:
    (tmp_path / "candidates.txt").write_text("a motorcycle, parked\na cup of coffee\n\na rocket on its pad\n")
    (tmp_path / "captions.csv").write_text(FORMATS["captions.csv"])
    photo = library / "space/rocket.jpg"
    lines = fields(run("caption", photo, "--candidates", tmp_path / "candidates.txt", "-k", "2"))
    assert [line[0] for line in lines] == ["1", "2"]
    assert lines[0][3] == "a rocket on its pad"
    answer = json.loads(run("caption", photo, "--candidates", tmp_path / "candidates.txt", "--json").stdout)
    assert (answer["target"], answer["num_results"], answer["num_candidates"]) == ("caption", 3, 3)
    assert answer["results"][0]["caption"] == "a rocket on its pad"
    assert {hit["image_id"] for hit in answer["results"]} == {hit["image_path"] for hit in answer["results"]} == {None}
    photo = library / "street/motorcycle.png"
    assert "motorcycle" in fields(run("caption", photo, "--candidates", tmp_path / "captions.csv"))[0][3]
    assert not (library / ".twinlens").exists()


def test_what_is_missing_is_one_clear_line(run: Run, library: Path, tmp_path: Path) -> None:
    photo = library / "pets/cat.png"
    no_collection = run("caption", photo, "--in", library)
    assert no_collection.returncode == 1
    assert "there is no collection" in only_line(no_collection)
    assert run("index", library).returncode == 0
    unknown = run("search", "a cat", "--target", "caption", "--in", library)
    assert unknown.returncode == 1
    assert "no captions are known" in only_line(unknown)
    assert "twinlens index PHOTOS --captions FILE" in only_line(unknown)
    (tmp_path / "others.csv").write_text(table({"x/1.jpg": ["a"]}))
    none = run("index", library, "--captions", tmp_path / "others.csv")
    assert none.returncode == 1
    assert "by path or file name, for example 'x/1.jpg'" in none.stderr.splitlines()[-1]


def test_candidates_that_cannot_be_used_are_one_clear_line(run: Run, library: Path, tmp_path: Path) -> None:
    photo = library / "pets/cat.png"
    (tmp_path / "empty.txt").write_text("\n")
    (tmp_path / "words.txt").write_text("a cat\n")
    for arguments, why in (
        ([photo, "--candidates", tmp_path / "none.txt"], "cannot be read"),
        ([photo, "--candidates", tmp_path / "empty.txt"], "contains no captions"),
        ([library / "notes.txt", "--candidates", tmp_path / "words.txt"], "not an image"),
    ):
        result = run("caption", *arguments)
        assert result.returncode == 1
        assert why in only_line(result)


@pytest.mark.parametrize(
    "arguments", [["-k", "0"], ["--in", ".", "--candidates", "x.txt"], ["--no-such-option"], ["--target", "image"]]
)
def test_wrong_usage_exits_with_2(run: Run, library: Path, arguments: list[str]) -> None:
    result = run("caption", library / "pets/cat.png", *arguments)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr


def test_status_and_doctor_know_of_captions(run: Run, captioned: Path) -> None:
    assert json.loads(run("status", "--in", captioned, "--json").stdout)["captions"] == 5
    assert "captions    5" in run("status", "--in", captioned).stdout
    doctor = run("doctor", "--in", captioned)
    assert (doctor.returncode, "5 captions" in doctor.stdout) == (0, True)
    with closing(sqlite3.connect(captioned / ".twinlens" / "catalog.sqlite")) as connection, connection:
        connection.execute("UPDATE captions SET embedding = (SELECT embedding FROM captions WHERE id = 2) WHERE id = 1")
    doctor = run("doctor", "--in", captioned)
    assert (doctor.returncode, "the vector files of captions differ" in doctor.stdout) == (1, True)


def test_a_caption_is_printed_on_one_line_whatever_it_holds(run: Run, indexed: Path, tmp_path: Path) -> None:
    (tmp_path / "captions.json").write_text(
        json.dumps([{"file_name": "pets/cat.png", "caption": "a cat\n\tand \u2028 a\x1b[31m tail"}])
    )
    run("index", indexed, "--captions", tmp_path / "captions.json")
    (line,) = fields(run("caption", indexed / "pets/cat.png", "--in", indexed))
    assert line[3:] == ["a cat and a\\x1b[31m tail"]


def test_help_ends_with_an_example(run: Run) -> None:
    result = run("caption", "--help")
    assert result.returncode == 0
    assert "Example: twinlens caption" in " ".join(result.stdout.split())
