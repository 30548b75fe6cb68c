"""``twinlens index``: what is new, has moved or changed, and where the collection lies."""

import json
import os
import shutil
from pathlib import Path

import pytest
from filelock import FileLock

from e2e.command_line import index
from e2e.conftest import Run


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


def test_a_second_indexer_is_refused_and_searching_goes_on(run: Run, indexed: Path) -> None:
    with FileLock(indexed / ".twinlens" / "index.lock"):
        refused = run("index", indexed)
        assert refused.returncode == 1
        assert "another process is indexing" in refused.stderr.splitlines()[-1]
        assert run("search", "a cat", "--in", indexed).returncode == 0


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


def test_indexing_a_sub_folder_updates_the_collection_it_belongs_to(run: Run, indexed: Path) -> None:
    shutil.copyfile(indexed / "pets/cat.png", indexed / "people/tom.png")
    result = run("index", indexed / "people", "--json")
    assert json.loads(result.stdout)["images"] == 8
    assert "already belongs to a collection" in result.stderr
    assert not (indexed / "people" / ".twinlens").exists()
