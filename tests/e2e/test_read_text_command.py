"""``twinlens read-text``, and what ``search`` and ``status`` make of it."""

import json
import sys
from pathlib import Path

import pytest
from PIL import Image

from e2e.conftest import Run
from twinlens.collection import collection as collection_module
from twinlens.errors import TextRecognizerError
from twinlens.types import TextPiece


class SizeReader:
    """Reads in each picture its size; fails on the rocket."""

    def read(self, image: Image.Image) -> list[TextPiece]:
        if image.size == (640, 427):
            raise TextRecognizerError("out of letters")
        return [TextPiece(f"Gate {image.width} à Nîmes", 0.9)]


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collection_module, "RapidRecognizer", SizeReader)


def test_text_is_read_told_and_found(run_here: Run, indexed: Path, reader: None) -> None:
    assert "text  " not in run_here("status", "--in", indexed).stdout
    done = run_here("read-text", "--all", "--in", indexed, "--folder", "space")
    assert (done.returncode, done.stdout) == (0, "")
    assert "0 photos read, 0 with text" in done.stderr
    assert "1 photo could not be read; the next run tries again:" in done.stderr
    assert "1 × out of letters, for example space/rocket.jpg" in done.stderr
    told = json.loads(run_here("read-text", "--all", "--json", "--in", indexed).stdout)
    assert (told["read"], told["with_text"], told["unlikely"], told["waiting"]) == (6, 6, 0, 1)
    assert told["failed"] == [{"path": "space/rocket.jpg", "reason": "out of letters"}]
    found = run_here("search", "text:nimes gate 451", "--in", indexed, "-k", "1")
    assert "pets/cat.png" in found.stdout
    assert "by text in the picture" in found.stdout
    found = run_here("search", "a cat", "--text", "GATE 451", "--json", "--in", indexed)
    assert [hit["image_id"] for hit in json.loads(found.stdout)["results"]] == ["pets/cat.png"]
    assert (
        "6 photos read, 6 with text; 1 to be read by twinlens read-text" in run_here("status", "--in", indexed).stdout
    )


def test_only_likely_photos_are_read(run_here: Run, indexed: Path, reader: None) -> None:
    done = run_here("read-text", "--in", indexed)
    assert "left out: nothing in them looks like writing; --all reads them, too" in done.stderr
    told = json.loads(run_here("status", "--json", "--in", indexed).stdout)["texts"]
    assert told["unlikely"] > 0
    assert told["read"] + told["unlikely"] + told["waiting"] == 7
    done = run_here("read-text", "--in", indexed, "--folder", "pets")
    assert "no photo is to be read: all were looked at before; see twinlens status" in done.stderr


def test_without_the_extra_or_a_collection_one_line_says_what_to_do(
    run_here: Run, indexed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "rapidocr", None)
    done = run_here("read-text", "--in", indexed)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert "pip install 'twinlens[ocr]'" in done.stderr
    (tmp_path / "empty").mkdir()
    assert run_here("read-text", "--in", tmp_path / "empty").returncode == 1


def test_an_interrupt_says_that_what_was_read_is_kept(
    run_here: Run, indexed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(self: SizeReader, image: Image.Image) -> list[TextPiece]:
        raise KeyboardInterrupt

    monkeypatch.setattr(SizeReader, "read", stop)
    monkeypatch.setattr(collection_module, "RapidRecognizer", SizeReader)
    done = run_here("read-text", "--all", "--in", indexed)
    assert done.returncode == 130
    assert "interrupted; what was read is kept; the same command continues" in done.stderr
