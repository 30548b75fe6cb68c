"""Truth files of COCO in the layouts in which they are published."""

import json
from pathlib import Path

import pytest

from twinlens.errors import DataError
from twinlens.evaluation.truth.coco_truth import read_truth

HEADER = "caption,image,agg_score,sampling_method\n"
RATED = [
    "COCO_val2014:sentid:732091,COCO_val2014_000000365325.jpg,2.2,c2i_intrasim",
    "COCO_val2014:sentid:262300,COCO_val2014_000000369373.jpg,4.97,c2i_intrasim",
    "COCO_val2014:sentid:262300,COCO_val2014_000000463918.jpg,3.0,c2i_original",
    "COCO_val2014:sentid:38,COCO_val2014_000000179765.jpg,2.99,c2i_original",
]


def test_of_crisscrossed_captions_pairs_rated_3_or_more_are_right(tmp_path: Path) -> None:
    (tmp_path / "sits_test.csv").write_text(HEADER + "\n".join(RATED) + "\n")
    truth = read_truth(tmp_path / "sits_test.csv")
    assert truth.name == "sits_test.csv"
    assert truth.photos_of_caption == {262300: [369373, 463918]}
    assert truth.captions_of_photo == {369373: [262300], 463918: [262300]}


@pytest.mark.parametrize("named", ["eccv_image_to_caption.json", "eccv_caption_to_image.json"])
def test_eccv_caption_is_read_from_either_of_its_two_files(tmp_path: Path, named: str) -> None:
    (tmp_path / "eccv_image_to_caption.json").write_text(json.dumps({"373119": [560256, 646721]}))
    (tmp_path / "eccv_caption_to_image.json").write_text(json.dumps({"552666": [445512, 373119], "9": []}))
    truth = read_truth(tmp_path / named)
    assert truth.name == "eccv"
    assert truth.captions_of_photo == {373119: [560256, 646721]}
    assert truth.photos_of_caption == {552666: [445512, 373119], 9: []}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "sis_test.csv",
            "image1,image2,agg_score,sampling_method\n",
            "expected columns caption, image, agg_score",
        ),
        ("sits_test.csv", HEADER + "COCO_val2014:sentid:x,COCO_val2014_1.jpg,3,c2i\n", "line 2: expected a caption"),
        ("sits_test.csv", HEADER + RATED[1] + "\nCOCO_val2014:sentid:1,dog.jpg,3,c2i\n", "line 3: expected a caption"),
        ("sits_test.csv", HEADER + "COCO_val2014:sentid:1\n", "line 2: expected a caption, an image and a score"),
        ("sits_test.csv", HEADER + RATED[0] + "\n", "lists no right answers"),
        ("eccv.json", "{}", "the name must contain image_to_caption or caption_to_image"),
        ("eccv_image_to_caption.json", '{"1": [2]}', "eccv_caption_to_image.json is missing"),
        ("cxc_image_to_caption.json", '{"1": ["x"]}', "expected an object of id → list of ids"),
        ("cxc_image_to_caption.json", "[1]", "expected an object of id → list of ids"),
        ("truth.npz", "", "is no truth file"),
        ("sits_test.csv", None, "cannot be read"),
    ],
)
def test_other_files_are_refused_in_one_line(tmp_path: Path, name: str, content: str | None, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=message) as raised:
        read_truth(tmp_path / name)
    assert "\n" not in str(raised.value)
