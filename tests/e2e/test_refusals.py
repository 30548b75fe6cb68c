"""Wrong usage, and what is missing or damaged, is one clear line."""

import json
import shutil
from pathlib import Path

import pytest

from e2e.command_line import index, only_line
from e2e.conftest import PHOTOS, Run


@pytest.mark.parametrize("asked", [("status",), ("caption", "a.jpg"), ("search", "a cat"), ("similar", "a.jpg")])
def test_a_collection_that_lost_its_catalog_is_sent_to_repair(run: Run, indexed: Path, asked: tuple[str, ...]) -> None:
    for file in (indexed / ".twinlens").glob("catalog.sqlite*"):
        file.unlink()
    for place in (indexed, indexed / "pets"):
        refused = run(*asked, "--in", place)
        assert refused.returncode == 1
        assert "it is missing, although photos were indexed here" in only_line(refused)
        assert f"twinlens repair --in {indexed / '.twinlens'}" in refused.stderr
    assert not (indexed / "pets" / ".twinlens").exists()
    found = run("doctor", "--in", indexed)
    assert "put catalog.sqlite back from a copy, or: twinlens repair" in found.stdout


@pytest.mark.parametrize("arguments", [["-k", "0"], ["--sort", "best"], ["--offset", "-1"], ["--no-such-option"]])
def test_wrong_usage_exits_with_2(run: Run, indexed: Path, arguments: list[str]) -> None:
    result = run("search", "a cat", "--in", indexed, *arguments)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr


def test_an_empty_query_is_wrong_usage(run: Run, library: Path) -> None:
    result = run("search", "  ", "--in", library)
    assert result.returncode == 2
    assert "query is empty" in result.stderr


def test_missing_and_empty_folders_are_one_clear_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for command in (["index", tmp_path / "nowhere"], ["search", "a cat", "--in", tmp_path / "nowhere"]):
        result = run(*command)
        assert result.returncode == 1
        assert "does not exist" in only_line(result)
    result = run("index", tmp_path / "empty")
    assert result.returncode == 1
    assert "contains no photos" in result.stderr.splitlines()[-1]
    file = tmp_path / "file.txt"
    file.write_text("x")
    assert "is a file" in only_line(run("index", file))
    assert "no collection" in only_line(run("status", "--in", tmp_path / "empty"))


def test_a_query_path_that_is_no_photo_is_one_clear_line(run: Run, indexed: Path) -> None:
    for path, why in ((indexed / "notes.txt", "not an image"), ("./missing.jpg", "gone")):
        result = run("search", path, "--in", indexed)
        assert result.returncode == 1
        assert why in only_line(result)


def test_a_library_that_is_not_there_is_named_once(run: Run, library: Path, tmp_path: Path) -> None:
    index(run, library, "--collection", tmp_path / "own")
    library.rename(tmp_path / "unmounted")
    asked = ("search", "a cat", "--in", tmp_path / "own", "--all", "--all-copies", "-k", "3")
    result = run(*asked, "--grid", tmp_path / "cats.png")
    assert result.returncode == 0
    assert all(line.split("\t")[4:] in ([], ["by name"]) for line in result.stdout.splitlines())
    assert result.stderr.splitlines() == [
        f"the photo folder {library} is missing or empty; is its disk mounted?",
        "no contact sheet: the photos are not there",
    ]


def test_a_damaged_catalog_is_named_and_photos_are_untouched(run: Run, indexed: Path) -> None:
    catalog = indexed / ".twinlens" / "catalog.sqlite"
    catalog.write_bytes(b"garbage" * 1000)
    for command in (["search", "a cat"], ["status"]):
        result = run(*command, "--in", indexed)
        assert result.returncode == 1
        assert "damaged" in only_line(result)
    doctor = run("doctor", "--in", indexed)
    assert doctor.returncode == 1
    assert "FAIL  collection" in doctor.stdout
    assert doctor.stdout.splitlines()[-1] == f"to do: twinlens repair --in {indexed}"
    report = json.loads(run("repair", "--in", indexed, "--json", "--index").stdout)
    assert Path(report["kept"]).read_bytes() == b"garbage" * 1000
    assert "pets/cat.png" in run("search", "a cat", "--in", indexed, "-k", "1").stdout
    assert "nothing to repair" in run("repair", "--in", indexed).stdout
    assert all((indexed / photo).is_file() for photo in PHOTOS)


def test_a_damaged_bundle_and_another_model_are_refused(run: Run, indexed: Path, tmp_path: Path) -> None:
    from twinlens.api.models import find_bundle

    other = tmp_path / "other"
    shutil.copytree(find_bundle("default"), other)
    manifest = json.loads((other / "model.json").read_text())
    manifest["image"]["preprocessing"]["resize_mode"] = "crop"
    (other / "model.json").write_text(json.dumps(manifest))
    mismatch = run("search", "a cat", "--in", indexed, "--model", other)
    assert mismatch.returncode == 1
    assert "was indexed with model default" in only_line(mismatch)
    with (other / "text.onnx").open("r+b") as file:
        file.truncate(1000)
    damaged = run("index", indexed / "pets", "--collection", tmp_path / "second", "--model", other)
    assert damaged.returncode == 1
    assert "Traceback" not in damaged.stderr
    assert "text.onnx is damaged" in damaged.stderr.splitlines()[-1]
    unknown = run("search", "a cat", "--in", indexed, "--model", "defualt")
    assert "did you mean 'default'" in only_line(unknown)


@pytest.mark.parametrize("arguments", [["--after", "someday"], ["--grid", "sheet.bmp"]])
def test_wrong_options_are_told_before_a_new_folder_is_indexed(run: Run, library: Path, arguments: list[str]) -> None:
    result = run("search", "a cat", "--in", library, *arguments)
    assert result.returncode == 2
    assert not (library / ".twinlens").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["search", "dog", "--in", "~nobody-of-that-name"],
        ["search", "~nobody-of-that-name/x.jpg"],
        ["similar", "loop.jpg"],
    ],
)
def test_odd_paths_are_one_clear_line(run: Run, indexed: Path, arguments: list[str]) -> None:
    (indexed / "loop.jpg").symlink_to("loop.jpg")
    result = run(*arguments, cwd=indexed)
    assert result.returncode == 1
    only_line(result)
