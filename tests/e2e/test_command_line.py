"""The real command on real photos: results on stdout, one clear line on stderr, exit codes as promised."""

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock
from PIL import Image

from e2e.conftest import HANGS_S, PHOTOS, Run
from twinlens.__main__ import main

COMMANDS = (
    "index",
    "search",
    "similar",
    "caption",
    "status",
    "train",
    "evaluate",
    "audit",
    "export",
    "doctor",
    "repair",
)


def only_line(result: "subprocess.CompletedProcess[str]") -> str:
    """The one line of an error; no traceback."""
    lines = result.stderr.strip().splitlines()
    assert "Traceback" not in result.stderr
    assert len(lines) == 1, result.stderr
    return lines[0]


def index(run: Run, library: Path, *arguments: object) -> dict[str, object]:
    result = run("index", library, "--json", *arguments)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_index_reports_what_it_did_and_a_second_run_reads_nothing(run: Run, library: Path) -> None:
    first = index(run, library)
    assert (first["added"], first["images"]) == (7, 7)
    reasons = {skipped["path"]: skipped["reason"] for skipped in first["skipped"]}
    assert set(reasons) == {"notes.txt", "work.xcf", "broken.jpg"}
    assert "not an image" in reasons["notes.txt"]
    assert "GIMP document" in reasons["work.xcf"]
    assert "truncated" in reasons["broken.jpg"]
    second = index(run, library)
    assert (second["added"], second["updated"], second["unchanged"], second["images"]) == (0, 0, 7, 7)
    assert second["skipped"] == first["skipped"]


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("a cat", "pets/cat.png"),
        ("a motorcycle", "street/motorcycle.png"),
        ("a man with a camera", "people/photographer.png"),
        ("a cup of coffee", "kitchen/"),
    ],
)
def test_search_indexes_a_new_folder_first_and_finds_the_photo(
    run: Run, library: Path, query: str, answer: str
) -> None:
    result = run("search", query, "--in", library, "-k", "3", "--all")
    assert result.returncode == 0, result.stderr
    lines = [line.split("\t") for line in result.stdout.splitlines()]
    assert [line[0] for line in lines] == ["1", "2", "3"]
    assert all(line[1] == "-" or 0 <= float(line[1]) <= 1 for line in lines)
    assert answer in lines[0][3]
    assert float(lines[0][2]) > float(lines[1][2])
    assert "indexing" in result.stderr


def test_a_date_filter_tells_once_how_many_photos_it_cannot_judge(run: Run, library: Path, tmp_path: Path) -> None:
    for photo in library.rglob("*.*"):  # one has a date of its own
        os.utime(photo, (0, 0))
    index(run, library)
    queries = tmp_path / "queries.txt"
    queries.write_text("a cat\na cup\n")
    for asked in (("a cat",), ("--queries", queries)):
        result = run("search", *asked, "--in", library, "--before", "2000", "--all")
        assert result.stderr.count("6 photos have no date, so the date filter leaves them out") == 1, result.stderr
    result = run("search", "a cat", "--in", library, "--before", "2000", "--json")
    assert (json.loads(result.stdout)["num_undated"], json.loads(result.stdout)["num_file_dated"]) == (6, 0)


def test_search_json_has_the_fields_that_others_rely_on(run: Run, indexed: Path) -> None:
    result = run("search", "a cat", "--in", indexed, "-k", "2", "--json", "--all")
    answer = json.loads(result.stdout)
    assert result.stderr == ""
    assert {key: answer[key] for key in ("query", "target", "num_results", "num_candidates")} == {
        "query": "a cat",
        "target": "image",
        "num_results": 2,
        "num_candidates": 7,
    }
    hit = answer["results"][0]
    assert (hit["rank"], hit["image_id"]) == (1, "pets/cat.png")
    assert (hit["probability"], hit["relevant"]) == (None, None) or hit["relevant"] in (True, False)
    assert Path(hit["image_path"]) == indexed / "pets/cat.png"
    assert answer["took_ms"] > 0
    assert len(answer["model"]) == 16


def test_search_without_in_is_limited_to_the_current_folder(run: Run, indexed: Path) -> None:
    everywhere = run("search", "anything", "--all", "--all-copies", cwd=indexed)
    here = run("search", "anything", "--all", cwd=indexed / "people")
    assert len(everywhere.stdout.splitlines()) == 7
    assert sorted(line.split("\t")[3] for line in here.stdout.splitlines()) == ["astronaut.png", "photographer.png"]
    assert not (indexed / "people" / ".twinlens").exists()


def test_similar_leaves_the_photo_itself_out_unless_asked(run: Run, indexed: Path) -> None:
    photo = indexed / "kitchen/coffee.png"
    others = run("similar", photo, "--in", indexed, "-k", "10")
    compared, grades = others.stderr.splitlines()
    assert compared == "photos are compared by their features"
    assert compared in run("status", "--in", indexed).stdout
    assert grades.endswith(" among 6 photos")
    assert len(others.stdout.splitlines()) == 6
    assert "phone.heic" in others.stdout.splitlines()[0]  # the same cup, as a phone keeps it
    assert "coffee.png" not in others.stdout
    itself = run("similar", photo, "--in", indexed, "-k", "1", "--include-self")
    assert "coffee.png" in itself.stdout
    outside = indexed.parent / "elsewhere.png"
    shutil.copyfile(photo, outside)
    assert "coffee.png" in run("search", str(outside), "--in", indexed, "-k", "2", "--all").stdout


def test_similar_marks_the_nearest_that_are_no_sure_match_and_exits_with_3_if_none_is(
    run: Run, indexed: Path, tmp_path: Path
) -> None:
    photo = indexed / "kitchen/coffee.png"
    some = run("similar", photo, "--in", indexed)
    assert some.returncode == 0
    first, *others = [line.split("\t")[4:] for line in some.stdout.splitlines()]
    assert "no sure match" not in first
    assert ["no sure match"] in others
    none = run("similar", photo, "--in", indexed, "--folder", "space", "--grid", tmp_path / "sheet.html")
    assert none.returncode == 3
    assert "no sure match among 1 photo; the closest:" in none.stderr.splitlines()
    (line,) = none.stdout.splitlines()
    assert line.split("\t")[3:] == ["library/space/rocket.jpg", "no sure match"]
    assert "coffee.png (no sure match; the closest)" in (tmp_path / "sheet.html").read_text()
    bare = run("similar", photo, "--in", indexed, "--folder", "space", "-0")
    assert (bare.returncode, bare.stdout) == (3, "library/space/rocket.jpg\0")


def test_the_only_photo_of_a_library_has_none_like_it(run: Run, library: Path) -> None:
    index(run, library / "space")
    result = run("similar", library / "space" / "rocket.jpg", "--in", library / "space")
    assert result.returncode == 3
    assert "nothing found: the library has no other photo" in result.stderr


def test_near_copies_are_one_hit_unless_asked(run: Run, indexed: Path) -> None:
    lines = run("search", "anything", "--all", "--in", indexed).stdout.splitlines()
    assert len(lines) == 6
    assert [line.split("\t")[4:] for line in lines if "kitchen" in line] == [["+1 alike"]]
    each = run("search", "anything", "--all", "--all-copies", "--in", indexed).stdout
    assert len(each.splitlines()) == 7
    assert "alike" not in each
    answer = json.loads(run("similar", indexed / "pets/cat.png", "--in", indexed, "--json").stdout)
    (cup,) = [hit for hit in answer["results"] if hit["num_alike"]]
    assert {cup["image_id"], *cup["alike"]} == {"kitchen/coffee.png", "kitchen/phone.heic"}
    assert (answer["space"], answer["num_entries"], answer["num_candidates"]) == ("likeness", 5, 6)


def test_contact_sheets_are_written(run: Run, library: Path, tmp_path: Path) -> None:
    for name in ("sheet.png", "sheet.html"):
        result = run("search", "a cat", "--in", library, "--all", "--all-copies", "--grid", tmp_path / name)
        assert result.returncode == 0, result.stderr
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width > 1000
    assert (tmp_path / "sheet.html").read_text().count("<figure>") == 7
    wrong = run("search", "a cat", "--in", library, "--grid", tmp_path / "sheet.xyz")
    assert wrong.returncode == 2
    assert "sheet.xyz" in wrong.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes on Linux only")
def test_a_name_that_is_no_unicode_or_has_several_lines_is_one_line_of_text(run: Run, library: Path) -> None:
    folder = library / os.fsdecode(b"d\xefr")
    folder.mkdir()
    shutil.move(library / "pets" / "cat.png", folder / os.fsdecode(b"caf\xe9\n\t.png"))
    index(run, library)
    cat = os.fspath(folder / os.fsdecode(b"caf\xe9\n\t.png"))
    for asked in (("search", "a cat"), ("search", cat, "--include-self"), ("similar", cat, "--include-self")):
        result = run(*asked, "--in", library, "-k", "1")
        assert result.returncode == 0, result.stderr
        (line,) = result.stdout.splitlines()
        assert line.split("\t")[3].endswith(r"d\xefr/caf\xe9\n\t.png")
        found = json.loads(run(*asked, "--in", library, "-k", "1", "--json").stdout)["results"][0]
        shown = "d\\xefr/caf\\xe9\n\t.png"
        assert (found["image_id"], found["image_path"]) == (shown, f"{library}/{shown}")
    for asked_folder in (r"d\xefr", os.fspath(folder), os.fsdecode(b"d\xefr")):
        narrowed = run("search", "a cat", "--in", library, "--folder", asked_folder, "--json")
        assert json.loads(narrowed.stdout)["num_candidates"] == 1
    here = json.loads(run("search", "a cat", "--in", folder, "--json").stdout)
    assert here["num_candidates"] == 1
    missing = run("search", "a cat", "--in", library, "--folder", os.fsdecode(b"n\xf6"))
    assert only_line(missing).startswith(r"error: the folder 'n\xf6' holds no indexed photos")
    words = run("search", os.fsdecode(b"caf\xe9"), "--in", library)
    assert "the query is not valid Unicode" in only_line(words)


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


def test_filters_that_leave_nothing_exit_with_3(run: Run, indexed: Path) -> None:
    result = run("search", "a cat", "--in", indexed, "--after", "2099")
    assert result.returncode == 3
    assert result.stdout == ""
    told = result.stderr.splitlines()
    assert told == [
        "no photo fits “taken 2099 or later”",
        "6 photos have only the date of the file, which may be that of a copy",
        "nothing found: 0 photos pass the filters; leave one out",
    ]


@pytest.mark.parametrize("arguments", [["-k", "0"], ["--sort", "best"], ["--offset", "-1"], ["--no-such-option"]])
def test_wrong_usage_exits_with_2(run: Run, indexed: Path, arguments: list[str]) -> None:
    result = run("search", "a cat", "--in", indexed, *arguments)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr


def test_an_empty_query_is_wrong_usage(run: Run, library: Path) -> None:
    result = run("search", "  ", "--in", library)
    assert result.returncode == 2
    assert "query is empty" in result.stderr


def test_a_very_long_query_says_what_was_cut(run: Run, indexed: Path) -> None:
    result = run("search", "cat " * 10_000, "--in", indexed, "-k", "1", "--all")
    assert result.returncode == 0
    assert "10,000 words, the model reads 62" in only_line(result)


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


def test_several_folders_need_a_place_and_get_ids_with_the_folder_in_front(
    run: Run, library: Path, tmp_path: Path
) -> None:
    folders = [library / "pets", library / "people"]
    assert run("index", *folders).returncode == 2
    result = run("index", *folders, "--collection", tmp_path / "both", "--json")
    assert json.loads(result.stdout)["images"] == 3
    answer = json.loads(run("search", "a cat", "--in", tmp_path / "both", "-k", "1", "--json").stdout)
    assert answer["results"][0]["image_id"] == "pets/cat.png"
    assert not (library / "pets" / ".twinlens").exists()


def test_renamed_photos_keep_their_vectors_and_deleted_ones_leave(run: Run, indexed: Path) -> None:
    (indexed / "pets/cat.png").rename(indexed / "people/tom.png")
    (indexed / "kitchen/coffee.png").unlink()
    report = index(run, indexed)
    assert (report["renamed"], report["removed"], report["added"], report["images"]) == (1, 1, 0, 6)
    assert "people/tom.png" in run("search", "a cat", "--in", indexed, "-k", "1").stdout


def test_a_photo_that_changed_without_a_trace_is_found_by_verifying(run: Run, indexed: Path) -> None:
    photo = indexed / "space/rocket.jpg"
    data, before = bytearray(photo.read_bytes()), photo.stat()
    data[-40:-30] = bytes(10)
    photo.write_bytes(data)
    os.utime(photo, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert index(run, indexed)["unchanged"] == 7
    result = run("index", indexed, "--verify", "--json")
    report = json.loads(result.stdout)
    assert {name: report[name] for name in ("verified", "changed", "updated", "unchanged")} == {
        "verified": 7,
        "changed": 1,
        "updated": 1,
        "unchanged": 6,
    }
    assert "7 photos were verified: 1 had changed without a new size or date" in result.stderr


def test_status_counts_and_lists_what_index_skipped(run: Run, library: Path) -> None:
    report = index(run, library)
    listed = run("status", "--in", library, "--skipped").stdout.splitlines()
    assert listed == [f"{file['path']}\t{file['reason']}" for file in report["skipped"]]
    status = json.loads(run("status", "--in", library, "--skipped", "--json").stdout)
    assert (status["images"], status["skipped"]) == (report["images"], len(report["skipped"]))
    assert status["skipped_files"] == report["skipped"]
    assert status["kinds_not_read"] == report["kinds_not_read"] == {".xcf": 1}
    text = run("status", "--in", library).stdout
    assert "photos      7 can be searched\n" in text
    assert "skipped     3 files; of kinds that are not read yet: 1 .xcf; --skipped lists them\n" in text


def test_a_folder_of_kinds_that_are_not_read_says_which(run: Run, tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    for number in range(5):
        (tmp_path / "raw" / f"{number}.{'XCF' if number < 3 else 'svg'}").write_bytes(b"raw")
    (tmp_path / "raw" / "notes.txt").touch()
    result = run("index", tmp_path / "raw", "--json")
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == (
        f"error: {tmp_path / 'raw'} contains no photos that can be read: 5 files of kinds that are not read yet: "
        "3 .xcf, 2 .svg, and 1 other file; save them as JPEG, or give a folder with photos"
    )
    report = json.loads(result.stdout)
    assert (report["images"], report["kinds_not_read"], len(report["skipped"])) == (0, {".xcf": 3, ".svg": 2}, 6)
    assert run("search", "a dog", "--in", tmp_path / "raw").returncode == 1
    assert not (tmp_path / "raw" / ".twinlens").exists()


def test_a_search_says_in_a_line_what_has_changed_since_the_last_index(run: Run, indexed: Path) -> None:
    quiet = run("search", "a cat", "--in", indexed, "--json")
    assert quiet.stderr == ""
    assert json.loads(quiet.stdout)["since_index"] == {"new": 0, "changed": 0, "gone": 0, "is_complete": True}
    shutil.copyfile(indexed / "pets/cat.png", indexed / "pets/another.png")
    shutil.copyfile(indexed / "pets/cat.png", indexed / "new.png")
    (indexed / "space/rocket.jpg").unlink()
    commands = (["search", "a cat"], ["similar", indexed / "pets/cat.png"])
    for command in commands:
        result = run(*command, "--in", indexed, "-k", "1")
        assert result.stderr.splitlines()[0] == "since the last index at least 2 new, 1 gone; run: twinlens index"
    assert run("index", indexed, "--forget-missing").returncode == 0
    assert "since" not in run("search", "a cat", "--in", indexed).stderr


def test_photos_that_were_deleted_since_are_marked_and_left_out_of_contact_sheets(
    run: Run, indexed: Path, tmp_path: Path
) -> None:
    (indexed / "pets/cat.png").unlink()
    asked = ("search", "a cat", "--in", indexed, "--all", "--all-copies", "-k", "3")
    result = run(*asked, "--grid", tmp_path / "cats.html")
    lines = [line.split("\t") for line in result.stdout.splitlines()]
    assert [(line[0], line[4:]) for line in lines] == [("1", ["file is gone", "by name"]), ("2", []), ("3", [])]
    assert result.stderr.count("gone; run: twinlens index") == result.stderr.count("run: twinlens index") == 1
    assert "cats.html (without 1 photo that is not there)" in result.stderr
    assert (tmp_path / "cats.html").read_text().count("<img") == 2
    answer = json.loads(run("similar", indexed / "people/astronaut.png", "--in", indexed, "-k", "9", "--json").stdout)
    assert [one["image_id"] for one in answer["results"] if one["missing"]] == ["pets/cat.png"]
    assert run("index", indexed).returncode == 1  # keeps it: pets is empty now
    again = run(*asked)
    assert again.stderr == "1 of these photos is gone since the last index; run: twinlens index\n"


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


def test_a_second_indexer_is_refused_and_searching_goes_on(run: Run, indexed: Path) -> None:
    with FileLock(indexed / ".twinlens" / "index.lock"):
        refused = run("index", indexed)
        assert refused.returncode == 1
        assert "another process is indexing" in refused.stderr.splitlines()[-1]
        assert run("search", "a cat", "--in", indexed).returncode == 0


@pytest.fixture
def many(library: Path, tmp_path: Path) -> Path:
    """150 photos: some seconds of indexing."""
    source, folder = Image.open(library / "space/rocket.jpg"), tmp_path / "many"
    folder.mkdir()
    for number in range(150):
        source.crop((number, 0, number + 400, 400)).save(folder / f"{number:03}.jpg")
    return folder


def indexing(photos: Path) -> "subprocess.Popen[str]":
    line = [sys.executable, "-m", "twinlens", "index", str(photos)]
    return subprocess.Popen(line, stderr=subprocess.PIPE, text=True)


def photos_in(run: Run, place: Path) -> int:
    """How many photos can be searched; 0 where there is no collection yet."""
    told = run("status", "--in", place, "--json")
    assert told.returncode == 0 or "there is no collection" in only_line(told)
    return json.loads(told.stdout)["images"] if told.stdout else 0


@pytest.mark.slow
def test_an_interrupt_keeps_what_was_done_and_the_next_run_goes_on(run: Run, run_here: Run, many: Path) -> None:
    process = indexing(many)
    while not photos_in(run_here, many) and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=HANGS_S)
    assert process.returncode == 130, said
    assert said.endswith("\ninterrupted; finished work is kept; the same command continues\n")
    before = json.loads(run("status", "--in", many, "--json").stdout)["images"]
    assert "\nindexed     not completely yet; twinlens index continues\n" in run("status", "--in", many).stdout
    report = index(run, many)
    assert "not completely" not in run("status", "--in", many).stdout
    assert 0 < before < 150
    assert (report["unchanged"], report["added"], report["images"]) == (before, 150 - before, 150)


def interrupt_plainly(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def interrupt_an_import(*_: object, **__: object) -> None:
    """What a compiled package makes of an interrupt while it is imported."""
    try:
        raise KeyboardInterrupt
    except KeyboardInterrupt as interrupt:
        raise ImportError("initialization failed") from interrupt


@pytest.mark.parametrize("interrupt", [interrupt_plainly, interrupt_an_import])
def test_an_interrupt_before_the_first_photo_promises_nothing(
    run_here: Run, many: Path, interrupt: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:

    with monkeypatch.context() as early:
        early.setattr("twinlens.collection.indexing.index.embed_batches", interrupt)
        stopped = run_here("index", many)
    assert stopped.returncode == 130
    assert stopped.stderr.endswith("\ninterrupted; no photo was indexed yet; the same command continues\n")
    told = run_here("status", "--in", many, "--json")
    assert (told.returncode, told.stdout) == (1, "")
    assert only_line(told) == (f"error: there is no collection at or above {many}; create one: twinlens index {many}")


@pytest.mark.slow
@pytest.mark.parametrize("delay_s", [0.0, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.5])
def test_after_an_interrupt_at_any_moment_the_next_run_goes_on(run_here: Run, many: Path, delay_s: float) -> None:
    process = indexing(many)
    assert process.stderr is not None
    assert process.stderr.readline() == f"collection: {many / '.twinlens'}\n"
    time.sleep(delay_s)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=HANGS_S)
    before = photos_in(run_here, many)
    # where the signal comes while Python makes a data class, it ends the process itself: also 130 in a shell
    assert process.returncode in (130, -signal.SIGINT), said
    assert said.splitlines()[-1] == (
        f"interrupted; {'finished work is kept' if before else 'no photo was indexed yet'}; the same command continues"
    )
    report = index(run_here, many)
    assert (report["unchanged"], report["added"], report["images"]) == (before, 150 - before, 150)


@pytest.mark.parametrize("place", ["twinlens.cli.main.main", "twinlens.cli.main.Commands._load"])
def test_an_interrupt_while_the_program_is_being_loaded_is_one_line(
    place: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(place, interrupt)
    monkeypatch.setattr(sys, "argv", ["twinlens", "status"])
    monkeypatch.setattr("twinlens.cli.main.prepare_streams", lambda: None)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 130
    assert capfd.readouterr() == ("", "interrupted\n")


def test_a_disk_that_fills_up_is_one_clear_line_and_what_was_done_is_kept(
    library: Path, tmp_path: Path, run: Run
) -> None:
    script = (
        "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (90_000, 90_000)); "
        "sys.argv = ['twinlens', 'index', sys.argv[1]]; runpy.run_module('twinlens', run_name='__main__')"
    )
    result = subprocess.run(
        [sys.executable, "-c", script, str(library)], capture_output=True, text=True, timeout=120, check=False
    )
    assert result.returncode == 1, result.stderr
    assert "Traceback" not in result.stderr
    assert "error:" in result.stderr.splitlines()[-1]
    assert index(run, library)["images"] == 7


def test_status_and_models_show_what_is_there(run: Run, indexed: Path) -> None:
    status = json.loads(run("status", "--in", indexed / "pets", "--json").stdout)
    assert (status["images"], status["skipped"], status["model"]) == (7, 3, "default")
    models = json.loads(run("models", "list", "--json").stdout)
    assert models[0]["name"] == "default"
    info = run("models", "info", "default")
    assert models[0]["fingerprint"] in info.stdout
    assert "Flickr8k" in info.stdout or "flickr8k" in info.stdout


def test_doctor_finds_nothing_wrong_with_a_fresh_collection(run: Run, indexed: Path) -> None:
    result = run("doctor", "--in", indexed)
    assert result.returncode == 0, result.stdout
    assert "FAIL" not in result.stdout
    assert result.stdout.splitlines()[-1] == "to do: nothing"
    assert all(finding["remedy"] is None for finding in json.loads(run("doctor", "--in", indexed, "--json").stdout))


def test_evaluate_prints_the_measures_both_ways(run: Run, library: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "images").mkdir(parents=True)
    captions = {
        "pets/cat.png": ["a cat looks into the camera", "a ginger cat"],
        "street/motorcycle.png": ["a motorcycle in a garage", "a parked motorbike"],
        "kitchen/coffee.png": ["a cup of coffee on a table"],
        "people/photographer.png": ["a man with a camera on a tripod"],
    }
    rows = []
    for photo, own in captions.items():
        name = Path(photo).name
        shutil.copyfile(library / photo, data / "images" / name)
        rows += [{"file_name": name, "caption": caption} for caption in own]
    (data / "captions.json").write_text(json.dumps(rows))
    result = run("evaluate", "--data", data, "--split", "all", "--json")
    report = json.loads(result.stdout)
    assert (report["n_images"], report["n_captions"]) == (4, 6)
    assert report["protocol"] == "data/all: whole gallery, any right caption counts, ties count against"
    for direction in ("text_to_image", "image_to_text"):
        assert {"R@1", "R@5", "R@10", "P@1", "P@5", "P@10", "MRR", "MedR", "MeanR"} <= set(report[direction])
        assert report[direction]["R@1"] >= 50  # chance is 25
        assert report[direction]["R@5"] == 100
    wrong = run("evaluate", "--data", data, "--split", "tset")
    assert wrong.returncode == 1
    assert "did you mean 'test'" in wrong.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command_ends_with_an_example(run: Run, command: str) -> None:
    result = run(command, "--help")
    assert result.returncode == 0
    assert f"Example: twinlens {command}" in " ".join(result.stdout.split())


def test_neither_import_nor_help_loads_torch() -> None:
    program = (
        "import sys; import twinlens; from twinlens.cli.main import Commands; list(Commands().values()); "
        "heavy = {'torch', 'transformers', 'onnxruntime', 'numpy'} & set(sys.modules); assert not heavy, heavy; "
        "import twinlens.api; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_output_that_is_cut_by_head_is_no_error(indexed: Path, run: Run) -> None:
    line = f"{sys.executable} -m twinlens search anything --all --in {indexed} | head -n 1"
    result = subprocess.run(line, shell=True, capture_output=True, text=True, timeout=60, check=False)
    assert result.stdout.startswith("1\t")
    assert result.stderr == ""


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_keeps_its_collection_elsewhere(
    run: Run, library: Path, own_home: Path
) -> None:
    library.chmod(0o555)
    try:
        result = run("search", "a cat", "--in", library, "-k", "1")
        assert "cat.png" in result.stdout
        assert (own_home / "collections").is_dir()
        assert not (library / ".twinlens").exists()
    finally:
        library.chmod(0o755)


def test_a_first_search_that_was_interrupted_goes_on_at_the_next(run: Run, library: Path) -> None:
    index(run, library / "people", "--collection", library / ".twinlens")  # a collection whose first run never ended
    catalog = library / ".twinlens" / "catalog.sqlite"
    with contextlib.closing(sqlite3.connect(catalog)) as connection, connection:
        connection.execute("UPDATE folders SET path = '..', name = 'library'")
        connection.execute("UPDATE photos SET path = 'people/' || path")
        connection.execute("DELETE FROM meta WHERE key = 'first_index'")
    result = run("search", "a cat", "--in", library, "-k", "1")
    assert result.returncode == 0, result.stderr
    assert "indexed; indexing first" in result.stderr
    assert "pets/cat.png" in result.stdout


def test_indexing_a_sub_folder_updates_the_collection_it_belongs_to(run: Run, indexed: Path) -> None:
    shutil.copyfile(indexed / "pets/cat.png", indexed / "people/tom.png")
    result = run("index", indexed / "people", "--json")
    assert json.loads(result.stdout)["images"] == 8
    assert "already belongs to a collection" in result.stderr
    assert not (indexed / "people" / ".twinlens").exists()


@pytest.mark.parametrize("arguments", [["--after", "someday"], ["--grid", "sheet.bmp"]])
def test_wrong_options_are_told_before_a_new_folder_is_indexed(run: Run, library: Path, arguments: list[str]) -> None:
    result = run("search", "a cat", "--in", library, *arguments)
    assert result.returncode == 2
    assert not (library / ".twinlens").exists()


def test_a_contact_sheet_never_replaces_a_photo(run: Run, library: Path) -> None:
    photo = library / "pets/cat.png"
    before = photo.read_bytes()
    result = run("search", "a cat", "--in", library, "--grid", photo)
    assert result.returncode == 2
    assert photo.read_bytes() == before


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


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes on Linux only")
def test_a_folder_whose_name_is_no_unicode_is_told_on_one_line_and_in_valid_json(library: Path, run: Run) -> None:
    odd = library / os.fsdecode(b"gr\xfc\xdf\ne")
    (library / "pets").rename(odd)
    index(run, odd)
    shown = rf"{library}/gr\xfc\xdf\ne"
    for command in (["status"], ["doctor"], ["repair"]):
        assert shown in run(*command, cwd=odd).stdout
        told = json.loads(run(*command, "--json", cwd=odd).stdout)
        assert shown in json.dumps(told).replace(r"\\x", r"\x")
    assert run("explain", odd / "cat.png", "a cat").stdout.endswith(f"\t{shown}/cat.png\n")
    explained = json.loads(run("explain", odd / "cat.png", "a cat", "--json").stdout)
    assert explained["image_path"] == shown.replace(r"\n", "\n") + "/cat.png"


def test_names_in_any_script_are_printed_whatever_the_encoding(library: Path, run: Run) -> None:
    names = ["写真.png", "Bildschirm\u202f9.41.png", "a\nb.png"]
    for name in names:
        shutil.copyfile(library / "pets/cat.png", library / name)
    index(run, library)
    options = ["--in", str(library), "-k", "4", "--all", "--all-copies"]
    line = [sys.executable, "-m", "twinlens", "search", "a cat", *options]
    result = subprocess.run(
        line, capture_output=True, env={**os.environ, "PYTHONIOENCODING": "cp1252"}, timeout=60, check=False
    )
    assert result.returncode == 0, result.stderr
    printed = result.stdout.decode("utf-8").splitlines()
    assert len(printed) == 4
    assert any("写真.png" in line for line in printed)
    assert any("\u202f9.41.png" in line for line in printed)
    assert any("a\\nb.png" in line for line in printed)
