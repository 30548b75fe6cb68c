"""A data set with one fault of each kind: every one of them is counted and named."""

import io
import tarfile
from pathlib import Path

import pytest
from PIL import Image

from data.conftest import JsonWriter
from twinlens.data.find import open_dataset
from twinlens.data.readers.captions_json import CaptionsJson
from twinlens.data.survey import Survey, survey

CAPTIONS = {
    "a.png": ["A red dog.", "the dog's ball"],
    "b.png": ["a blue kite"],
    "copy/a.png": ["A red dog."],
    "copy/b.png": ["one more kite, a blue one"],
    "broken.png": ["half a photo"],
    "gone.png": ["nothing"],
}
SPLITS = {"train": ["a.png", "b.png", "copy/b.png"], "test": ["copy/a.png", "broken.png", "gone.png"]}


@pytest.fixture
def data(tmp_path: Path, write_json: JsonWriter) -> Path:
    images = tmp_path / "images"
    (images / "copy").mkdir(parents=True)
    for name, colour in (("a.png", "red"), ("b.png", "blue"), ("extra.png", "green")):
        Image.new("RGB", (9, 9), colour).save(images / name)
    for name in ("a.png", "b.png"):
        (images / "copy" / name).write_bytes((images / name).read_bytes())
    (images / "broken.png").write_bytes((images / "a.png").read_bytes()[:45])
    (images / "notes.txt").write_text("no photo")
    rows = [{"file_name": name, "caption": text} for name, texts in CAPTIONS.items() for text in texts]
    write_json("captions.json", rows)
    write_json("splits.json", SPLITS)
    return tmp_path


@pytest.fixture
def found(data: Path) -> Survey:
    return survey(CaptionsJson(data), "captions-json")


def test_photos_captions_and_splits_are_counted(found: Survey) -> None:
    assert (found.n_images, found.n_captions) == (6, 7)
    assert (found.captions_per_image.min, found.captions_per_image.max) == (1, 2)
    assert found.captions_per_image.mean == pytest.approx(7 / 6)
    assert found.splits == {"train": 3, "test": 3}
    assert not found.dealt


def test_words_are_lower_cased_and_counted_without_marks(found: Survey) -> None:
    words = "a red dog the dog's ball a blue kite a red dog one more kite a blue one half a photo nothing".split()
    assert found.vocabulary == len(set(words))
    assert dict(found.frequent_words) == {word: words.count(word) for word in words}
    assert found.frequent_words[0] == ("a", 5)
    assert found.words_per_caption.max == 6
    assert found.words_per_caption.mean == pytest.approx(len(words) / 7)


def test_missing_broken_and_unnamed_photos_are_named(found: Survey) -> None:
    assert found.missing == ["gone.png"]
    assert found.uncaptioned == ["extra.png"]
    assert [photo["image_id"] for photo in found.broken or ()] == ["broken.png"]
    assert "broken.png: " in str(found)


def test_same_photo_across_splits_is_told_from_one_within_a_split(found: Survey) -> None:
    assert found.same_across_splits == [["a.png", "copy/a.png"]]
    assert found.same_within_split == [["b.png", "copy/b.png"]]
    assert "same photo in more than one split: 1 (a.png = copy/a.png)" in str(found)


def test_caption_that_stands_in_two_splits_is_found(found: Survey) -> None:
    assert found.captions_across_splits == ["A red dog."]


def test_quick_survey_reads_no_photo_and_says_so(data: Path) -> None:
    quick = survey(CaptionsJson(data), "captions-json", quick=True)
    assert (quick.broken, quick.same_across_splits, quick.same_within_split) == (None, None, None)
    assert quick.missing == ["gone.png"]
    assert "not checked (--quick)" in str(quick)


def test_progress_goes_to_the_end(data: Path) -> None:
    told: list[tuple[int, int]] = []
    survey(CaptionsJson(data), "captions-json", on_progress=lambda *done: told.append(done))
    assert told[-1] == (6, 6)


def test_random_splits_are_reported_as_random(data: Path) -> None:
    (data / "splits.json").unlink()
    assert "(random, by photo)" in str(survey(CaptionsJson(data), "captions-json", quick=True))


def test_json_has_plain_values(found: Survey) -> None:
    fields = found.to_json()
    assert fields["captions_per_image"] == {"min": 1, "mean": pytest.approx(7 / 6), "max": 2}
    assert fields["same_across_splits"] == [["a.png", "copy/a.png"]]
    assert fields["splits"] == {"train": 3, "test": 3}


def test_photos_in_archives_are_looked_at_too(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (9, 9), "red").save(buffer, "PNG")
    good, bad = buffer.getvalue(), buffer.getvalue()[:50]
    for split, photos in (("train", {"0.png": good, "1.png": bad}), ("test", {"2.png": good})):
        with tarfile.open(tmp_path / f"{split}.tar", "w") as archive:
            for name, data in photos.items():
                for member, content in ((name, data), (name.replace("png", "txt"), b"a dog")):
                    info = tarfile.TarInfo(member)
                    info.size = len(content)
                    archive.addfile(info, io.BytesIO(content))
    found = survey(open_dataset(tmp_path), "webdataset")
    assert found.same_across_splits == [["2.png", "0.png"]]  # shards in order of their names
    assert [photo["image_id"] for photo in found.broken or ()] == ["1.png"]
    assert found.captions_across_splits == ["a dog"]
    assert found.uncaptioned == []
