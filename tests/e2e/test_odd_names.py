"""Names that are no Unicode, have several lines, or are in any script."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from e2e.command_line import index, only_line
from e2e.conftest import Run


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
