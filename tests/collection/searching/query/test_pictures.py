"""Queries by several pictures, by parts of them, and without what is like others."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from conftest import ColourEncoder, PhotoMaker
from twinlens.collection.searching.query import embed_query, parse_query, similar_query, words_query
from twinlens.errors import QueryError


def terms(text: str) -> list[tuple[str, str]]:
    return [(term.kind, term.value) for term in parse_query(text).terms]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("./a.jpg ./b.jpg", [("photo", "a.jpg"), ("photo", "b.jpg")]),
        ("./my a.jpg ../b.jpg", [("photo", "my a.jpg"), ("photo", "../b.jpg")]),
        ("dog ./a.jpg", [("words", "dog"), ("photo", "a.jpg")]),
        ("./a.jpg in the snow", [("photo", "a.jpg"), ("words", "in the snow")]),
        ("http://x.org/a b", [("url", "http://x.org/a"), ("words", "b")]),
        ("dog 1/2 a.jpg", [("photo", "dog 1/2 a.jpg")]),
        ("see /etc/passwd", [("words", "see /etc/passwd")]),
        ('"./my a.jpg" "./b c.jpg"', [("photo", "my a.jpg"), ("photo", "b c.jpg")]),
    ],
)
def test_pictures_and_words_next_to_each_other_are_a_sum(text: str, expected: list[tuple[str, str]]) -> None:
    assert terms(text) == expected
    assert {term.weight for term in parse_query(text).terms} == {1.0}


@pytest.mark.parametrize(
    "text", ["./a.jpg -./b.jpg", './a.jpg -"./b.jpg"', "./a.jpg - ./b.jpg", "./a.jpg NOT ./b.jpg", "./a.jpg −./b.jpg"]
)
def test_a_minus_before_a_picture_leaves_out_its_like(text: str) -> None:
    query = parse_query(text)
    assert query.understood() == "a.jpg, without b.jpg"
    assert query.kind() == query.without[0].kind() == "photo"


def test_pictures_that_are_left_out_are_left_out_one_by_one() -> None:
    assert [one.text for one in parse_query("dog - ./a.jpg ./b.jpg").without] == ["a.jpg", "b.jpg"]


def test_an_existing_file_is_one_photo_whatever_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.jpg .").mkdir()
    (tmp_path / "a.jpg ." / "b.jpg").touch()
    assert terms("./a.jpg ./b.jpg") == [("photo", "a.jpg ./b.jpg")]


def test_strangers_name_no_files_however_they_are_written() -> None:
    for text in ("./a.jpg ./b.jpg", '"./a.jpg"', "dog -./b.jpg", "dog NOT ~/b.jpg"):
        query = words_query(text)
        assert {term.kind for term in query.every_term()} <= {"words"}


def test_several_pictures_are_their_mean(encoder: ColourEncoder, make_photo: PhotoMaker) -> None:
    red, blue = make_photo("a b.png", "red"), Image.new("RGB", (9, 9), "blue")
    both = embed_query(similar_query([red, blue]), encoder)
    parts = [embed_query(similar_query(one), encoder) for one in (red, blue)]
    assert np.allclose(both, sum(parts) / np.linalg.norm(sum(parts)), atol=1e-6)


def test_a_region_is_cut_from_the_upright_photo(encoder: ColourEncoder, tmp_path: Path) -> None:
    photo = Image.new("RGB", (400, 200), "blue")
    photo.paste("red", (0, 0, 200, 200))  # on the left as stored; at the top once it is turned
    exif = Image.Exif()
    exif[0x0112] = 6
    photo.save(tmp_path / "turned.jpg", exif=exif, quality=95)
    red, blue = (encoder.encode_image([Image.new("RGB", (9, 9), colour)])[0] for colour in ("red", "blue"))
    for region, colour in (("0,0,1,0.45", red), ("0%,55%,100%,45%", blue), ("50,220,100,150", blue)):
        found = embed_query(similar_query(tmp_path / "turned.jpg", regions=region), encoder)
        assert found @ colour > 0.99, region


def test_bad_pictures_and_regions_are_one_clear_line(encoder: ColourEncoder, make_photo: PhotoMaker) -> None:
    photo = make_photo("a.png", "red", size=(40, 30))
    with pytest.raises(QueryError, match="no picture to search by"):
        similar_query([])
    with pytest.raises(QueryError, match="2 regions for 1 pictures"):
        similar_query(photo, regions=["", "0,0,1,1"])
    with pytest.raises(QueryError, match="at most 32 pictures"):
        similar_query([photo] * 20, without=[photo] * 13)
    with pytest.raises(QueryError, match=r"a\.png cannot be used: the region 30,0,40,20 ends outside"):
        embed_query(similar_query(photo, regions="30,0,40,20"), encoder)
