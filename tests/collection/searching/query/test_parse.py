from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import ColourEncoder, PhotoMaker
from twinlens.collection.searching.fields import Field
from twinlens.collection.searching.query import embed_query, parse_query, photo_query, words_query
from twinlens.collection.searching.query import vector as query_module
from twinlens.collection.searching.query.where import All, AnyOf, Not, Phrase
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
        "what? #1 'quoted' 5\" wide",
        "dog +",
        "+ dog",
        "OR",
        "dog OR",
        "(a",
        "a) b",
        "f(x) photo(1)",
        "()",
        "at 12:30",
        "below -5",
        "this and that AND NOT OR",
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
        ("dog - 1.0 night", [(1, "words", "dog"), (-1, "words", "night")]),
        ("dog + 0.5 beach", [(1, "words", "dog"), (0.5, "words", "beach")]),
        ("0.25 dog + .5 beach", [(0.25, "words", "dog"), (0.5, "words", "beach")]),
        ("dog - 1.5 the night sky", [(1, "words", "dog"), (-1.5, "words", "the night sky")]),
        ("dog + 2 cats", [(1, "words", "dog"), (1, "words", "2 cats")]),
        ("a + c - .5 d", [(1, "words", "a"), (1, "words", "c"), (-0.5, "words", "d")]),
        ("mother-in-law + 0.5 t-shirt", [(1, "words", "mother-in-law"), (0.5, "words", "t-shirt")]),
        ("dog   +\tbeach", [(1, "words", "dog"), (1, "words", "beach")]),
        ("dog + 0.0 cat", [(1, "words", "dog"), (0, "words", "cat")]),
    ],
)
def test_operators_between_spaces_make_a_sum(text: str, expected: list[tuple[float, str, str]]) -> None:
    assert terms(text) == expected


@pytest.mark.parametrize(
    ("text", "kept", "left_out"),
    [
        ("dog - cat", ["dog"], ["cat"]),
        ("dog -cat", ["dog"], ["cat"]),
        ("dog -cat on grass", ["dog on grass"], ["cat"]),
        ("dog - cat on grass", ["dog"], ["cat on grass"]),
        ("a - b + c - d", ["a", "c"], ["b", "d"]),
        ("- night", [], ["night"]),
        ("dog -(cat OR bird)", ["dog"], ["cat", "bird"]),
        ("dog -(cat bird)", ["dog"], ["cat bird"]),
        ("dog --cat", ["dog --cat"], []),
        ("a dog without a cat", ["a dog"], ["cat"]),
        ("no people", [], ["people"]),
        ("a beach, no people and no dogs", ["a beach"], ["people", "dogs"]),
        ("ein Strand ohne Menschen", ["ein Strand"], ["Menschen"]),
        ("une plage sans personne", ["une plage"], ["personne"]),
        ("海滩没有人", ["海滩"], ["人"]),
        ("a no parking sign", ["a no parking sign"], []),
        ("sin city", ["sin city"], []),
        ("sans serif letters", ["sans serif letters"], []),
        ("nobody knows", ["nobody knows"], []),
        ("bus no 5", ["bus no 5"], []),
        ("dog without a", ["dog without a"], []),
        ("dog ohne eine", ["dog ohne eine"], []),
        ("🐶 -🐱", ["🐶"], ["cat face"]),
        ("-🐱", [], ["cat face"]),
        ("a dog -5", ["a dog -5"], []),
        ("photos without people", [], ["people"]),
        ("Fotos ohne Menschen", [], ["Menschen"]),
        ("all my pictures -dog", [], ["dog"]),
        ("photos", ["photos"], []),
        ("photos of dogs -cat", ["photos of dogs"], ["cat"]),
    ],
)
def test_a_minus_without_a_number_leaves_out(text: str, kept: list[str], left_out: list[str]) -> None:
    query = parse_query(text)
    assert [term.value for term in query.terms] == kept
    assert [one.left_out().strip("“”") for one in query.without] == left_out


@pytest.mark.parametrize(
    ("text", "understood"),
    [
        ("dog NOT cat", "“dog”, without “cat”"),
        ("dog NOT black cat year:2023", "“dog”, taken 2023, without “black cat”"),
        ("NOT (cat OR bird) dog", "“dog”, without “cat”, without “bird”"),
        ("dog AND NOT cat", "“dog”, without “cat”"),
        ("dog AND year:2023 AND width>9", "“dog”, taken 2023, width >9"),
        ("dog AND cat", "“dog AND cat”"),
        ("dog NOT NASA", "“dog”, without “NASA”"),
        ("DO NOT ENTER sign", "“DO NOT ENTER sign”"),
        ("NOT A DRILL", "“NOT A DRILL”"),
        ("dog NOT", "“dog NOT”"),
        ("AND dog", "“AND dog”"),
        ("dog | cat", "“dog” or “cat”"),
        ("dog || cat", "“dog” or “cat”"),
        ("dog |", "“dog |”"),
    ],
)
def test_operators_in_words_and_signs_are_those_that_people_know(text: str, understood: str) -> None:
    assert parse_query(text).understood() == understood


@pytest.mark.parametrize(
    "text",
    [
        "dog –cat",
        "dog —cat",
        "dog \u2212cat",
        "dog \u2212 cat",
        "\u200f-cat dog",
        "-\u200fcat dog",
        "dog \u2066-cat\u2069",
    ],
)
def test_a_minus_is_a_minus_however_a_keyboard_writes_it(text: str) -> None:
    assert parse_query(text).understood() == "“dog”, without “cat”"


@pytest.mark.parametrize("text", ["Paris – Rome", "Paris — Rome", "below –5 degrees", "well–known", "2019–2021 trip"])
def test_dashes_elsewhere_are_words(text: str) -> None:
    assert not parse_query(text).without


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("before:last summer beach", 'before:"last summer" beach'),
        ("(dog after:june 2021) OR cat", '(dog after:"june 2021") OR cat'),
        ("after:3 years ago", 'after:"3 years ago"'),
        ("date:5 May 2021 folder:x", 'date:"5 May 2021" folder:x'),
        ("year:2021 june", 'year:"2021" june'),
        ("after:2021-06 beach", "after:2021-06 beach"),
    ],
)
def test_a_date_in_a_field_needs_no_quotes(text: str, same: str) -> None:
    one, other = parse_query(text), parse_query(same)
    assert one.understood() == other.understood()


def test_a_date_that_does_not_exist_is_told() -> None:
    query = parse_query("beach 31 february 2023")
    assert query.terms[0].value == "beach 31 february 2023"
    assert query.notes == (
        "“31 february 2023” is no date (February 2023 has the days 1 to 28), so it was read as words",
    )
    assert "two ways" in parse_query("beach 05/06/2021").notes[0]
    with pytest.raises(QueryError, match=r"date must be a date that exists, got '31 february 2023'"):
        parse_query("date:31 february 2023 beach")


def test_without_words_any_photo_is_understood() -> None:
    assert parse_query("photos folder:trip").understood() == "any photo, in trip"
    assert parse_query("-cat").understood() == "any photo, without “cat”"


def test_a_phrase_is_a_condition_and_so_is_one_that_is_left_out() -> None:
    query = parse_query('dog "my big cat" -"a bird"')
    assert [term.value for term in query.terms] == ["dog"]
    assert query.where == All((Phrase("my big cat"), Not(Phrase("a bird"))))
    assert parse_query("„ein Hund“").where == parse_query("«ein Hund»").where == Phrase("ein Hund")


def test_fields_are_conditions() -> None:
    query = parse_query('dog camera:"Canon EOS" -folder:trips on grass favourite:no AFTER:2023')
    assert [term.value for term in query.terms] == ["dog on grass"]
    assert query.where == All(
        (
            Field("camera", "Canon EOS"),
            Not(Field("folder", "trips")),
            Field("favourites", True, is_without=True),
            Field("after", "2023"),
        )
    )


def test_what_stands_behind_alternatives_of_fields_is_of_all() -> None:
    query = parse_query("camera:a OR camera:b a dog")
    assert query.understood() == "“a dog”, camera a or camera b"
    assert parse_query("camera:a OR camera:b folder:x").where == All(
        (AnyOf((Field("camera", "a"), Field("camera", "b"))), Field("folder", "x"))
    )


def test_a_field_whose_quotes_are_not_closed_yet_has_the_rest_as_its_value() -> None:
    assert parse_query('dog folder:"My Tr').where == Field("folder", "My Tr")
    assert parse_query('folder:"').kind() == "text"
    assert parse_query('name:a"b dog').where == Field("name", 'a"b')


def test_alternatives_of_conditions_are_one_condition() -> None:
    query = parse_query("dog (folder:a OR (folder:b -camera:x))")
    assert not query.either
    assert query.where == AnyOf((Field("folder", "a"), All((Field("folder", "b"), Not(Field("camera", "x"))))))


@pytest.mark.parametrize(
    ("text", "understood"),
    [
        ("beach OR lake", ["“beach”", "“lake”"]),
        ("(dog OR cat) on grass", ["“dog on grass”", "“cat on grass”"]),
        ("a (b OR c) (d OR e)", ["“a b d”", "“a b e”", "“a c d”", "“a c e”"]),
        ("dog OR folder:x", ["“dog”", "any photo, in x"]),
        ("beach OR lake folder:x -people", ["“beach”, in x, without “people”", "“lake”, in x, without “people”"]),
        ("folder:x beach OR lake", ["“beach”, in x", "“lake”, in x"]),
        ("folder:x beach OR folder:y lake", ["“beach”, in x", "“lake”, in y"]),
        ("bird OR dog -cat OR cow", ["“bird”", "“dog”, without “cat”", "“cow”"]),
        ("dog -cat OR bird", ["“dog”, without “cat”", "“bird”"]),
        ("(((dog)) OR cat)", ["“dog”", "“cat”"]),
        ("a + b OR c", ["“a” + “b”", "“c”"]),
    ],
)
def test_alternatives(text: str, understood: list[str]) -> None:
    assert [one.understood() for one in parse_query(text).either] == understood


def test_what_looks_like_a_field_but_is_none_is_words_and_is_told() -> None:
    assert words_query("foldr:x snow").notes == (
        "there is no field “foldr:” (did you mean “folder:”?), so it was read as words",
    )
    assert words_query("Re: x 12:30 https://example.org").notes == ()
    assert words_query("foldr:x snow").terms[0].value == "foldr:x snow"


def test_a_value_that_cannot_be_is_refused() -> None:
    with pytest.raises(QueryError, match="after must be a date"):
        words_query("dog after:2023-13")
    with pytest.raises(QueryError, match="favourite must be yes or no"):
        words_query("favourite:perhaps")


def test_strangers_name_no_places() -> None:
    assert words_query("./beach.jpg").kind() == "text"
    for folder in ("/etc", "~/x", "C:\\x"):
        with pytest.raises(QueryError, match="no indexed photo is in that folder"):
            words_query(f"folder:{folder}")


def test_too_many_alternatives_and_parentheses_are_refused_at_once() -> None:
    with pytest.raises(QueryError, match="more than 16 alternatives"):
        words_query("(a OR b) " * 2000)
    with pytest.raises(QueryError, match="nested deeper than 20"):
        words_query("(" * 5000 + "a" + ")" * 5000)
    for text in ('"' * 20_000, "“" * 20_000, "(" * 20_000, "a:" * 9000, "no " * 9000, "- " * 9000):
        words_query(text)


@pytest.mark.parametrize("part", ["-b ", '"b" ', '"b" OR "c" ', "year:2020 ", "-(", '-(b "c") ', "without b, "])
def test_more_parts_than_can_be_searched_are_refused_at_once(part: str) -> None:
    words_query('"dog" ' + part * 15)
    with pytest.raises(QueryError, match="things to leave out; at most 100 can be searched"):
        words_query('"dog" ' + part * 300)


@given(st.text(alphabet='ab cat dog()"“”-+:ORfoldercamera.05<> \n', min_size=1, max_size=60))
def test_whatever_is_typed_is_understood_or_refused_in_our_words(text: str) -> None:
    try:
        query = words_query(text)
    except QueryError:
        return
    assert query.alternatives()
    assert query.understood()
    assert len(query.reworded([term.value for term in query.every_term()])) == len(query.text)


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
    assert terms("a dog + 0.5 ./my beach.jpg - 1.0 night") == [
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


@pytest.mark.parametrize("text", ["red - 1.0 red", "0.5 red + 0.5 blue - 0.5 blue - 0.5 red", "0.0 red + 0.0 blue"])
def test_terms_that_cancel_each_other_are_refused(encoder: ColourEncoder, text: str) -> None:
    with pytest.raises(QueryError, match="cancel each other out"):
        embed_query(parse_query(text), encoder)


@pytest.mark.parametrize(("text", "todo"), [("year:2023", "add words"), ("red OR blue", "one alternative at a time")])
def test_what_has_no_single_embedding_is_refused_with_what_to_do(encoder: ColourEncoder, text: str, todo: str) -> None:
    with pytest.raises(QueryError, match=f"a photo cannot be compared with this query: .*; .*{todo}"):
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
