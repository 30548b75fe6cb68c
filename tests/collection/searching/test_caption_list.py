from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from conftest import ColourEncoder, PhotoMaker
from twinlens.collection.searching.caption_list import rank_captions, read_captions
from twinlens.collection.searching.query import photo_query
from twinlens.errors import DataError, QueryError


def test_a_text_holds_one_caption_a_line_each_once(tmp_path: Path) -> None:
    file = tmp_path / "captions.txt"
    file.write_text("\ufeffa red, hot thing\n\n  a  blue thing \na red, hot thing\n", encoding="utf-8")
    assert read_captions(file) == ["a red, hot thing", "a blue thing"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "image,caption\nx.jpg,red\ny.jpg,blue\nz.jpg,red\n"),
        ("captions.txt", "image,caption\nx.jpg,red\nx.jpg,blue\n"),
        ("results.csv", "image_name| comment_number| comment\nx.jpg| 0| red\nx.jpg| 1| blue\n"),
        ("x.token.txt", "x.jpg#0\tred\nx.jpg#1\tblue\n"),
        ("captions.json", '[{"file_name": "x.jpg", "caption": "red"}, {"file_name": "y.jpg", "caption": "blue"}]'),
        ("a.jsonl", '{"image": "x.jpg", "caption": "red"}\n{"image": "x.jpg", "caption": "blue"}\n'),
    ],
)
def test_any_file_of_captions_gives_its_captions(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "x.jpg").touch()  # a token file is read for the photos that are there
    (tmp_path / name).write_text(text)
    assert read_captions(tmp_path / name) == ["red", "blue"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.txt", b"\n \n", "contains no captions; write one per line"),
        ("none.txt", None, "cannot be read"),
        ("bad.txt", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "cannot be read as text: it is a binary file"),
        ("bad.csv", b"a red thing\n", "expected columns image and caption"),
        ("bad.json", b"{", "bad.json"),
    ],
)
def test_a_file_that_holds_none_is_one_clear_line(
    tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_captions(tmp_path / name)


def test_a_folder_is_no_file_of_candidates(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is a folder"):
        read_captions(tmp_path)


def test_captions_are_ranked_as_a_plain_loop_ranks_them(encoder: ColourEncoder, make_photo: PhotoMaker) -> None:
    photo = make_photo("a.png", "yellow")
    captions = ["blue", "red", "yellow", "green yellow", "white", "nothing"]
    with Image.open(photo) as image:
        vector = encoder.encode_image([image])[0]
    truth = sorted(captions, key=lambda text: -sum(map(float, vector * encoder.encode_text([text])[0])))
    ranked = rank_captions(photo_query(photo), captions, encoder, k=4)
    assert [found.caption for found in ranked] == truth[:4]
    assert [found.rank for found in ranked] == [1, 2, 3, 4]
    scores = [float(np.dot(vector, encoder.encode_text([text])[0])) for text in truth[:4]]
    np.testing.assert_allclose([found.score for found in ranked], scores, atol=1e-6)
    assert truth[0] == "yellow"


def test_equal_captions_stand_in_the_order_given(encoder: ColourEncoder, make_photo: PhotoMaker) -> None:
    captions = [f"a red thing {number}" for number in range(40)]
    ranked = rank_captions(photo_query(make_photo("a.png", "red")), captions, encoder, k=100)
    assert [found.caption for found in ranked] == captions


def test_wrong_questions_are_refused(encoder: ColourEncoder, make_photo: PhotoMaker, tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="k must be at least 1"):
        rank_captions(photo_query(make_photo("a.png")), ["red"], encoder, k=0)
    with pytest.raises(QueryError, match="cannot be used"):
        rank_captions(photo_query(tmp_path / "missing.png"), ["red"], encoder)
