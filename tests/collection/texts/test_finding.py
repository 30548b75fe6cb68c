"""Words and phrases in the text index."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinlens.collection.catalog.texts.text_index import Stamp, TextIndex
from twinlens.collection.catalog.texts.written import WrittenPhoto
from twinlens.collection.texts.fields import COLUMNS, field_values
from twinlens.collection.texts.finding import Finder
from twinlens.words.terms import humps_apart
from written_photos import holds

PIECES = (
    "snow Snow snöw img IMG 2207 07 2 a in the кот Кот коты café cafe Straße strasse सर्दी हिन्दी हिन्द 黑 狗 黑狗 雪地里 "
    "สุนัข นัข 犬 🐶 ＩＭＧ ٢٢٠٧ ﬁsh fish مُدُن مدن"
).split()
TEXTS = st.lists(st.sampled_from([*PIECES, " ", " ", "_", "-", ".", "'", '"', "*"]), max_size=6).map("".join)


def finder_of(photos: Sequence[tuple[str, Sequence[str]]]) -> Finder:
    """Of photos with paths and captions; their ids count from 1."""
    index = TextIndex(None, COLUMNS)
    written = (WrittenPhoto(number, path, {"caption": list(texts)}) for number, (path, texts) in enumerate(photos, 1))
    index.write_anew(Stamp("", 0), ((photo.id, field_values(photo)) for photo in written))
    return Finder(index)


def found(finder: Finder, words: str) -> list[int]:
    return finder.found(words).ids.tolist()


@settings(max_examples=200, deadline=None)
@given(photos=st.lists(st.tuples(TEXTS, st.lists(TEXTS, max_size=2)), min_size=1, max_size=4), phrase=TEXTS)
def test_a_phrase_is_held_by_the_photos_that_have_it_in_one_text(
    photos: list[tuple[str, list[str]]], phrase: str
) -> None:
    texts = [(name, humps_apart(name), *captions) for name, captions in photos]
    expected = [number for number, some in enumerate(texts, 1) if any(holds(text, phrase) for text in some)]
    assert finder_of(photos).holding(phrase).tolist() == expected


@settings(max_examples=100, deadline=None)
@given(words=st.text(max_size=40))
def test_anything_typed_is_only_words(words: str) -> None:
    finder = finder_of([("dog.jpg", [words])])
    finder.found(words)
    assert finder.holding(words).tolist() in ([], [1])


@pytest.mark.parametrize(
    "words",
    ['"', "*", "NEAR(dog cat)", "dog AND", "-dog", "{name}:dog", "^dog", "\0", "dog\0", "(" * 9000, "a " * 5000],
)
def test_syntax_of_the_index_has_no_meaning(words: str) -> None:
    finder = finder_of([("near dog cat.jpg", []), ("name.jpg", [])])
    finder.found(words)
    finder.holding(words)


@pytest.mark.parametrize(
    "typed", ["IMG_2207.jpg", "IMG_2207", "img 2207", "img2207", "2207", "ＩＭＧ＿２２０７", "٢٢٠٧"]
)
def test_a_file_is_found_by_its_name_however_it_is_typed(typed: str) -> None:
    finder = finder_of([("Italy/IMG_2206.jpg", []), ("Italy/IMG_2207.jpg", []), ("Italy/IMG_22071.jpg", [])])
    assert found(finder, typed)[0] == 2
    assert finder.found(typed).ranks.tolist().count(1) == 1


@pytest.mark.parametrize("typed", ["beach party", "BeachParty", "beachparty2019", "party", "Beach_Party 2019.JPG"])
def test_words_in_camel_case_are_found_together_and_apart(typed: str) -> None:
    assert found(finder_of([("other.jpg", []), ("BeachParty2019.jpg", [])]), typed) == [2]


def test_a_word_is_no_part_of_another() -> None:
    finder = finder_of([("location.jpg", ["concatenated"]), ("my-cat.jpg", [])])
    assert found(finder, "cat") == [2]


@pytest.mark.parametrize(
    ("caption", "typed"),
    [
        ("Ein Mädchen auf der Straße", "MADCHEN STRASSE"),
        ("Un chien à la plage", "chién"),
        ("En sød hund i Łódź", "sod lodz"),
        ("一只黑狗在雪地里跑", "黑狗"),
        ("一只黑狗在雪地里跑", "狗"),
        ("雪の上を走る犬", "走る"),
        ("สุนัขวิ่งบนหิมะ", "หิมะ"),
        ("눈 위의 개가 달린다", "개"),
        ("बर्फ़ में कुत्ता", "कुत्ता"),
        ("كَلْب في الثلج", "كلب"),
        ("Собака бежит", "собака"),
        ("Σκύλος στο χιόνι", "ΣΚΥΛΟΣ"),
        ("so happy 🐶", "🐶"),
    ],
)
def test_words_of_a_caption_in_any_language_find_its_photo(caption: str, typed: str) -> None:
    finder = finder_of(
        [("1.jpg", [caption]), ("2.jpg", ["kitten sur un tapis 猫 แมว 고양이 बिल्ली кошка"]), ("3.jpg", [])]
    )
    matches = finder.found(typed)
    assert matches.ids.tolist() == [1]
    assert matches.fields_of(0) == ("caption",)


def test_signs_that_make_other_words_in_hindi_and_thai_are_kept() -> None:
    finder = finder_of([("1.jpg", ["दिन"]), ("2.jpg", ["दीन"])])
    assert found(finder, "दिन") == [1]


def test_exact_names_and_phrases_come_first_then_photos_with_all_words() -> None:
    others = [(f"{number}.jpg", []) for number in range(20)]
    finder = finder_of(
        [*others, ("x.jpg", ["snow"]), ("y.jpg", ["white snow", "dog"]), ("z.jpg", ["a dog in white snow"])]
    )
    matches = finder.found("white snow")
    assert matches.ids.tolist() == [22, 23, 21]
    assert matches.ranks.tolist() == [1, 1, 3]
    assert matches.is_exact.tolist() == [True, True, False]
    assert finder.found("dog white").is_exact.tolist() == [False, False]
    assert finder.found("dog white").is_complete.tolist() == [True, True]
    assert finder.found("7.jpg").is_exact.tolist() == [True]


def test_a_whole_path_is_an_exact_name() -> None:
    finder = finder_of([("Rome/IMG_1.jpg", []), ("Italy/2019/IMG_1.jpg", [])])
    matches = finder.found("Italy/2019/IMG_1.jpg")
    assert (matches.ids.tolist(), matches.is_exact.tolist()) == ([2], [True])


def test_a_name_with_the_end_of_another_type_of_photo_finds_the_photo_that_is_there() -> None:
    finder = finder_of([("IMG_1.jpg", []), ("IMG_2.jpg", []), ("IMG_2.png", []), ("a/IMG_3.jpg", []), ("v1.jpg", [])])
    for typed, ids in {
        "IMG_1.png": [1],
        "img_1.CR2": [1],
        "IMG_2.png": [3],
        "IMG_2.gif": [2, 3],
        "a/IMG_3.JPEG": [4],
        "v1.2": [],
    }.items():
        matches = finder.found(typed)
        assert sorted(matches.ids[matches.is_exact].tolist()) == ids, typed


def test_a_phrase_does_not_go_from_one_text_to_the_next() -> None:
    finder = finder_of([("white.jpg", ["a dog", "in snow"])])
    assert finder.holding("dog in").tolist() == []
    assert finder.holding("in snow").tolist() == [1]


def test_a_phrase_may_be_asked_of_one_field() -> None:
    finder = finder_of([("snow/dog.jpg", ["a cat"]), ("cat/1.jpg", ["a dog"])])
    assert finder.holding("dog", ["name"]).tolist() == [1]
    assert finder.holding("dog", ["caption"]).tolist() == [2]
    assert finder.holding("cat", ["folder", "caption"]).tolist() == [1, 2]
    assert finder.holding("dog", ["title"]).tolist() == []


def test_words_of_most_photos_make_no_match_alone() -> None:
    finder = finder_of(
        [(f"{number}.jpg", ["a man in the street"]) for number in range(40)] + [("b.jpg", ["a red bus"])]
    )
    assert found(finder, "a red bus in the street") == [41]
    assert found(finder, "a unicorn") == []
    assert len(found(finder, "street")) == 40


def test_the_rest_of_a_long_phrase_counts() -> None:
    long = " ".join(f"w{number}" for number in range(300))
    finder = finder_of([("1.jpg", [long]), ("2.jpg", [long.replace("w299", "other")])])
    assert finder.holding(long).tolist() == [1]


def test_articles_do_not_count_in_names() -> None:
    finder = finder_of([("eiffel-tower.jpg", ()), ("the-tower.jpg", ()), ("plan-b.jpg", ()), ("the-hague.jpg", ())])
    for words in ("the Eiffel Tower", "Eiffel the tower", "la eiffel tower"):
        matches = finder.found(words)
        assert matches.ids[0] == 1
        assert matches.is_complete[0]
    assert not finder.found("plan a").is_complete.any()
    assert finder.found("the Hague").is_exact[0]


@pytest.mark.parametrize(
    ("asked", "lacking", "phrase"),
    [
        ("Ana Silva in Nice", "Nice/Ana Silva.jpg", "Ana Silva in Nice, at noon"),
        ("Rex am Strand", "Strand/rex.jpg", "heute: Rex am Strand"),
        ("photo de Paris", "IMG_7 Paris.jpg", "une photo de Paris"),
        ("Ana y Luis en Sevilla", "Sevilla, Luis, Ana.jpg", "Ana y Luis en Sevilla"),
        ("安娜在尼斯", "尼斯/安娜.jpg", "安娜在尼斯的照片"),
    ],
)
def test_words_that_connect_names_may_be_missing_and_the_phrase_comes_first(
    asked: str, lacking: str, phrase: str
) -> None:
    finder = finder_of(
        [(f"{number}.jpg", ["in am de y en"]) for number in range(20)] + [(lacking, ()), ("x", [phrase])]
    )
    matches = finder.found(asked)
    assert (matches.ids.tolist(), matches.ranks.tolist()) == ([22, 21], [1, 2])
    assert matches.is_complete.all()
    assert matches.is_exact.tolist() == [True, False]


def test_what_is_remembered_of_a_word_changes_no_answer() -> None:
    finder = finder_of([("dog/snow.jpg", ()), ("dog.jpg", ["snow"]), ("x.jpg", ["a dog in white snow"])] * 5)
    for words in ("dog", "white snow", "snow", "dog snow"):
        first, again = finder.found(words), finder.found(words)
        assert len(first)
        for name in ("ids", "ranks", "is_exact", "is_complete", "in_fields"):
            assert getattr(first, name).tolist() == getattr(again, name).tolist()
