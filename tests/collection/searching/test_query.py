from pathlib import Path

import numpy as np
import pytest

from conftest import ColourEncoder, PhotoMaker
from twinlens.collection.searching import query as query_module
from twinlens.collection.searching.query import embed_query, parse_query, photo_query
from twinlens.errors import PhotoError, QueryError


def terms(text: str) -> list[tuple[float, str, str]]:
    return [(term.weight, term.kind, term.value) for term in parse_query(text).terms]


# --- words ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "a dog on a beach",
        "mother-in-law",
        "black-and-white photo",
        "and/or",
        "black/white cat",
        "A+ grade",
        "C++",
        "2+2",
        "5 dogs",
        "0.5 litres of milk",
        "well - known".replace(" - ", "-"),
        "Hund am Strand – Abend",
        "a photo.jpg",
        "犬",
        "what? #1 'quoted' \"twice\"",
    ],
)
def test_a_query_without_operators_is_words(text: str) -> None:
    assert terms(text) == [(1.0, "words", text)]


def test_space_around_a_query_does_not_count() -> None:
    assert terms("  a dog\n") == [(1.0, "words", "a dog")]


@pytest.mark.parametrize("text", ["", " ", "\t\n"])
def test_an_empty_query_is_refused(text: str) -> None:
    with pytest.raises(QueryError, match="the query is empty"):
        parse_query(text)


# --- sums -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dog + beach", [(1, "words", "dog"), (1, "words", "beach")]),
        ("dog - night", [(1, "words", "dog"), (-1, "words", "night")]),
        ("dog + 0.5 beach", [(1, "words", "dog"), (0.5, "words", "beach")]),
        ("0.25 dog + .5 beach", [(0.25, "words", "dog"), (0.5, "words", "beach")]),
        ("dog - 1.5 the night sky", [(1, "words", "dog"), (-1.5, "words", "the night sky")]),
        ("dog + 2 cats", [(1, "words", "dog"), (1, "words", "2 cats")]),
        ("a - b + c - d", [(1, "words", "a"), (-1, "words", "b"), (1, "words", "c"), (-1, "words", "d")]),
        ("mother-in-law + 0.5 t-shirt", [(1, "words", "mother-in-law"), (0.5, "words", "t-shirt")]),
        ("dog   +\tbeach", [(1, "words", "dog"), (1, "words", "beach")]),
        ("dog + 0.0 cat", [(1, "words", "dog"), (0, "words", "cat")]),
    ],
)
def test_operators_between_spaces_make_a_sum(text: str, expected: list[tuple[float, str, str]]) -> None:
    assert terms(text) == expected


@pytest.mark.parametrize("text", ["dog +", "dog -", "+ dog", "- night", "dog + + cat", "dog - - cat", "+", "-"])
def test_an_operator_with_nothing_beside_it_is_refused(text: str) -> None:
    with pytest.raises(QueryError, match="has no term next to it"):
        parse_query(text)


# --- photos -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["./beach.jpg", "../beach.jpg", "/photos/beach.jpg", "holiday/beach.JPG", "./no-such-photo", "/tmp/x y.png"],
)
def test_what_looks_like_a_path_is_a_photo(text: str) -> None:
    assert terms(text) == [(1.0, "photo", str(Path(text)))]


def test_the_home_folder_is_filled_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    assert terms("~/beach.jpg") == [(1.0, "photo", "/home/someone/beach.jpg")]
    assert photo_query(Path("~/beach.jpg")).photos() == [Path("/home/someone/beach.jpg")]


def test_an_existing_file_is_a_photo_whatever_its_ending(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert terms("folder/scan") == [(1.0, "words", "folder/scan")]
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "scan").touch()
    assert terms("folder/scan") == [(1.0, "photo", "folder/scan")]


def test_a_path_with_spaces_and_operators_is_one_photo_when_it_exists(
    make_photo: PhotoMaker, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_photo("Anna + Ben - June/at the sea.png")
    path = str(photos / "Anna + Ben - June" / "at the sea.png")
    assert terms(path) == [(1.0, "photo", path)]
    monkeypatch.chdir(photos)
    relative = "./Anna + Ben - June/at the sea.png"
    assert terms(relative) == [(1.0, "photo", str(Path(relative)))]


def test_a_sum_takes_words_and_paths_with_spaces() -> None:
    assert terms("a dog + 0.5 ./my beach.jpg - night") == [
        (1.0, "words", "a dog"),
        (0.5, "photo", "my beach.jpg"),
        (-1.0, "words", "night"),
    ]


@pytest.mark.parametrize("text", ["x" * 5000 + "/" + "y" * 5000, "zero\0byte/x", "~no-such-user-here/x"])
def test_what_can_be_no_path_is_words(text: str) -> None:
    assert terms(text)[0][1] == "words"


@pytest.mark.parametrize("text", ["https://example.org/a.jpg", "HTTP://example.org/a?b=c+d"])
def test_an_address_is_an_address(text: str) -> None:
    assert terms(text) == [(1.0, "url", text)]
    assert terms(f"dog - 0.5 {text}") == [(1.0, "words", "dog"), (-0.5, "url", text)]


def test_a_query_names_its_photos() -> None:
    assert parse_query("dog + ./a.jpg - 0.5 ./b.jpg").photos() == [Path("a.jpg"), Path("b.jpg")]


# --- embedding --------------------------------------------------------------------------------


def test_one_term_is_its_own_unit_vector(encoder: ColourEncoder, make_photo: PhotoMaker) -> None:
    np.testing.assert_allclose(embed_query(parse_query("red"), encoder), encoder.encode_text(["red"])[0], atol=1e-6)
    found = embed_query(photo_query(make_photo("a.png", "blue")), encoder)
    assert float(found @ encoder.encode_text(["blue"])[0]) > 0.99


def test_a_sum_is_the_weighted_sum_of_the_terms(encoder: ColourEncoder, make_photo: PhotoMaker) -> None:
    blue = make_photo("a.png", "blue")
    found = embed_query(parse_query(f"red + 0.5 {blue} - 0.25 white"), encoder)
    red, white = encoder.encode_text(["red", "white"])
    expected = red + 0.5 * embed_query(photo_query(blue), encoder) - 0.25 * white
    np.testing.assert_allclose(found, expected / np.linalg.norm(expected), atol=1e-6)
    assert np.linalg.norm(found) == pytest.approx(1.0, abs=1e-6)
    assert found.dtype == np.float32


def test_weights_are_shares_not_lengths(encoder: ColourEncoder) -> None:
    once = embed_query(parse_query("red + 0.5 blue"), encoder)
    twice = embed_query(parse_query("2.0 red + 1.0 blue"), encoder)
    np.testing.assert_allclose(once, twice, atol=1e-6)


@pytest.mark.parametrize("text", ["red - red", "0.5 red + 0.5 blue - 0.5 blue - 0.5 red", "0.0 red + 0.0 blue"])
def test_terms_that_cancel_each_other_are_refused(encoder: ColourEncoder, text: str) -> None:
    with pytest.raises(QueryError, match="cancel each other out"):
        embed_query(parse_query(text), encoder)


def test_a_query_photo_that_cannot_be_read_is_named(encoder: ColourEncoder, tmp_path: Path) -> None:
    with pytest.raises(QueryError, match=r"none\.jpg cannot be used: there is no such file"):
        embed_query(photo_query(tmp_path / "none.jpg"), encoder)
    (tmp_path / "empty.jpg").touch()
    with pytest.raises(QueryError, match=r"empty\.jpg cannot be used: empty file"):
        embed_query(photo_query(tmp_path / "empty.jpg"), encoder)


def test_a_picture_behind_an_address_is_embedded(
    encoder: ColourEncoder, make_photo: PhotoMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = {"https://example.org/a.png": make_photo("a.png", "green").read_bytes()}

    def fetch(url: str) -> bytes:
        if url not in sent:
            raise PhotoError("the server answered 404")
        return sent[url]

    monkeypatch.setattr(query_module, "fetch_photo_bytes", fetch)
    found = embed_query(parse_query("https://example.org/a.png"), encoder)
    assert float(found @ encoder.encode_text(["green"])[0]) > 0.99
    with pytest.raises(QueryError, match=r"example.org/b.png cannot be used: the server answered 404"):
        embed_query(parse_query("https://example.org/b.png"), encoder)
