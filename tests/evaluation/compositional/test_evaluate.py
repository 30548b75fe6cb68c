"""Winoground and SugarCrepe in their published layouts, with photos of one colour."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from conftest import ColourEncoder, PhotoMaker
from twinlens.api.evaluation import evaluate
from twinlens.errors import DataError
from twinlens.evaluation.compositional.evaluate import evaluate_compositional
from twinlens.evaluation.compositional.find import is_compositional, read_compositional
from twinlens.evaluation.compositional.report import CompositionalReport

COLOURS = ("red", "green", "blue", "yellow")


def write_winoground(root: Path, rows: list[dict[str, object]]) -> Path:
    (root / "data").mkdir(parents=True, exist_ok=True)
    (root / "data" / "examples.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n")
    return root


def example(number: int, photos: tuple[str, str], captions: tuple[str, str], tag: str = "Object") -> dict[str, object]:
    images = {f"image_{place}": f"ex_{photo}_img" for place, photo in enumerate(photos)}
    texts = {f"caption_{place}": caption for place, caption in enumerate(captions)}
    return {"id": number, **images, **texts, "tag": "x", "num_main_preds": 1, "collapsed_tag": tag}


@pytest.fixture
def winoground(make_photo: PhotoMaker, tmp_path: Path) -> Path:
    for colour in COLOURS:
        make_photo(f"data/images/ex_{colour}_img.png", colour)
    rows = [
        example(0, ("red", "blue"), ("a red wall", "a blue wall")),
        example(1, ("green", "yellow"), ("a yellow wall", "a green wall")),  # the wrong way round
        example(2, ("red", "blue"), ("a red wall", "something"), "Relation"),
    ]
    return write_winoground(tmp_path / "photos", rows)


@pytest.fixture
def sugarcrepe(make_photo: PhotoMaker, tmp_path: Path) -> Path:
    for number, colour in enumerate(COLOURS):
        make_photo(f"val2017/{number:012}.png", colour)
    own = [f"a {colour} wall" for colour in COLOURS]
    entries = {
        "swap_att": [(0, own[0], own[2]), (1, own[1], own[3]), (1, own[3], own[1])],
        "add_obj": [(2, own[2], own[0])],
    }
    for name, rows in entries.items():
        keys = ("filename", "caption", "negative_caption")
        content = {str(n): dict(zip(keys, (f"{row[0]:012}.png", *row[1:]), strict=True)) for n, row in enumerate(rows)}
        (tmp_path / "photos" / f"{name}.json").write_text(json.dumps(content))
    return tmp_path / "photos"


def test_winoground_is_measured_by_text_image_and_group_score(winoground: Path, encoder: ColourEncoder) -> None:
    told: list[tuple[int, int]] = []
    report = evaluate_compositional(
        encoder, read_compositional(winoground, None), on_progress=lambda *done: told.append(done)
    )
    assert told[-1] == (4, 4)  # each photo once
    by_tag = {own.category: (own.n_cases, dict(own.figures)) for own in report.categories}
    assert by_tag["Object"] == (2, {"text_score": 50.0, "image_score": 50.0, "group_score": 50.0})
    photos, texts = report_vectors(encoder, winoground)
    scores = photos @ texts.T
    text = bool(scores[0, 0] > scores[0, 1] and scores[1, 1] > scores[1, 0])
    image = bool(scores[0, 0] > scores[1, 0] and scores[1, 1] > scores[0, 1])
    assert by_tag["Relation"] == (
        1,
        {"text_score": 100.0 * text, "image_score": 100.0 * image, "group_score": 100.0 * (text and image)},
    )
    assert report.whole.n_cases == 3
    assert report.whole.figures["group_score"] == pytest.approx((100 + 100 * (text and image)) / 3, abs=1e-3)
    fields = json.loads(json.dumps(report.to_json()))["compositional"]
    assert (fields["kind"], fields["n_cases"], fields["n_images"]) == ("winoground", 3, 4)
    assert fields["chance"] == {"text_score": 25.0, "image_score": 25.0, "group_score": 16.6667}
    low, high = fields["ci95"]["group_score"]
    assert low <= fields["group_score"] <= high
    assert "photos: winoground, 3 cases, 4 photos" in str(report)


def report_vectors(encoder: ColourEncoder, root: Path) -> tuple[np.ndarray, np.ndarray]:
    from PIL import Image

    files = [root / "data" / "images" / f"ex_{colour}_img.png" for colour in ("red", "blue")]
    images = [Image.open(file).convert("RGB") for file in files]
    return encoder.encode_image(images), encoder.encode_text(["a red wall", "something"])


def test_sugarcrepe_is_measured_by_category(sugarcrepe: Path, encoder: ColourEncoder) -> None:
    report = evaluate_compositional(encoder, read_compositional(sugarcrepe, None))
    assert [(own.category, own.n_cases) for own in report.categories] == [("add_obj", 1), ("swap_att", 3)]
    assert [own.figures["accuracy"] for own in report.categories] == [100.0, pytest.approx(66.6667)]
    assert report.whole.figures == {"accuracy": 75.0}
    assert report.mean_of_categories["accuracy"] == pytest.approx(83.3333)
    assert report.n_images == 3
    lines = str(report).splitlines()
    assert any(line.split()[:3] == ["swap_att", "3", "66.7"] for line in lines)
    assert any(line.split() == ["chance", "50.0"] for line in lines)


def test_photos_may_be_elsewhere(sugarcrepe: Path, encoder: ColourEncoder, tmp_path: Path) -> None:
    shutil.move(sugarcrepe / "val2017", tmp_path / "coco")
    with pytest.raises(DataError, match="has no photos; give COCO's val2017 with --images DIR"):
        read_compositional(sugarcrepe, None)
    assert evaluate_compositional(encoder, read_compositional(sugarcrepe, tmp_path / "coco")).n_images == 3


def test_cases_with_a_photo_that_cannot_be_read_are_left_out_and_told(winoground: Path, encoder: ColourEncoder) -> None:
    (winoground / "data" / "images" / "ex_yellow_img.png").unlink()
    report = evaluate_compositional(encoder, read_compositional(winoground, None))
    assert report.whole.n_cases == 2
    assert "1 photo was left out with their cases" in str(report)
    (winoground / "data" / "images" / "ex_blue_img.png").write_bytes(b"")
    with pytest.raises(DataError, match="none of the 3 cases of photos has photos that can be read"):
        evaluate_compositional(encoder, read_compositional(winoground, None))


def test_zipped_photos_are_to_be_unpacked(winoground: Path) -> None:
    shutil.rmtree(winoground / "data" / "images")
    (winoground / "data" / "images.zip").touch()
    with pytest.raises(DataError, match=r"images does not exist; unpack .*images\.zip there"):
        read_compositional(winoground, None)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"image_0": "a", "caption_0": "x"}, "line 1: expected image_0, image_1, caption_0 and caption_1"),
        (example(0, ("../red", "blue"), ("x", "y")), "line 1: expected"),
        ([1], "line 1: expected"),
    ],
)
def test_a_malformed_example_is_told_with_its_line(winoground: Path, row: object, message: str) -> None:
    file = winoground / "data" / "examples.jsonl"
    file.write_text(f'{json.dumps(row)}\n{file.read_text()}"caption_0"')
    from twinlens.evaluation.compositional.winoground import read_winoground

    with pytest.raises(DataError, match=message) as raised:
        read_winoground(file, None)
    assert "\n" not in str(raised.value)


def test_a_malformed_pair_is_told_with_its_file_and_key(sugarcrepe: Path) -> None:
    (sugarcrepe / "swap_att.json").write_text(
        '{"7": {"filename": "../x.jpg", "caption": "a", "negative_caption": "b"}}'
    )
    with pytest.raises(DataError, match=r"swap_att\.json, entry '7': expected filename, caption"):
        read_compositional(sugarcrepe, None)
    (sugarcrepe / "swap_att.json").write_text("[]")
    with pytest.raises(DataError, match="expected an object of number"):
        read_compositional(sugarcrepe, None)


def test_a_truth_file_is_for_captioned_photos_only(sugarcrepe: Path) -> None:
    with pytest.raises(DataError, match="leave out the truth file"):
        evaluate(ColourEncoder(), sugarcrepe, truth="sits_test.csv")
    assert isinstance(evaluate(ColourEncoder(), sugarcrepe), CompositionalReport)


def test_other_folders_are_not_taken_for_one(tmp_path: Path) -> None:
    (tmp_path / "examples.jsonl").write_text('{"image": "a.jpg", "caption": "x"}\n')
    assert not is_compositional(tmp_path)
    with pytest.raises(DataError, match=r"expected Winoground's examples\.jsonl or SugarCrepe's add_att\.json"):
        read_compositional(tmp_path, None)
