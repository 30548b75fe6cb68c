from pathlib import Path

import pytest

from small_words import save_small_words
from twinlens.errors import BundleError
from twinlens.types import WordCheck
from twinlens.words.check import check_words
from twinlens.words.forms import is_compound
from twinlens.words.word_list import SIGNS, WordList


@pytest.fixture
def words(tmp_path: Path) -> WordList:
    return WordList(save_small_words(tmp_path))


@pytest.mark.parametrize(
    ("text", "unknown", "meant"),
    [
        ("a giraff on the grass", "giraff", "giraffe"),
        ("a bycicle", "bycicle", "bicycle"),
        ("a dgo on the beach", "dgo", "dog"),
        ("bananna", "bananna", "banana"),
        ("GIRAFF", "GIRAFF", "GIRAFFE"),
        ("Giraff", "Giraff", "Giraffe"),
        ("ein hnud am strand", "hnud", "hund"),
        ("un chein sur la plage", "chein", "chien"),
        ("ребенко на пляже", "ребенко", "ребенок"),
        ("qwrtzx", "qwrtzx", None),
    ],
)
def test_an_unknown_word_is_told_with_the_word_that_was_meant(
    words: WordList, text: str, unknown: str, meant: str | None
) -> None:
    check = check_words(text, words)
    assert check.unknown == (unknown,)
    assert dict(check.corrections) == ({} if meant is None else {unknown: meant})


@pytest.mark.parametrize(
    "text",
    [
        "the dog", "dogs", "puppies running", "hiking", "kite-surfing", "sandcastle",  # forms and compounds
        "elefant", "Strandkorb am Strand", "strasse", "STRASSE", "Mädchen", "madchen", "ein kind spielend",  # German
        "le garcon", "psi na plazi", "knihou", "köpekler", "evde", "собаки на пляже",
        "والكلب على الشاطئ", "लड़के",
        "海边的狗", "キリンが", "개를", "計程車上",  # no spaces, or particles
        "Thessaloniki", "in Qwrtzx", "Grasp with kite", "the kits",
        "iPhone", "IMG_2207", "b2b", "NASA", "xq", "1234", "c3po",  # names and codes
        "שלום", "ไทย", "the dog's",
    ],
)  # fmt: skip
def test_what_may_be_right_is_never_called_unknown(words: WordList, text: str) -> None:
    assert check_words(text, words) == WordCheck()


def test_signs_are_unknown_only_where_all_of_them_are(words: WordList) -> None:
    assert check_words("龘", words).unknown == ("龘",)
    assert check_words("龘狗", words).unknown == ()


def test_a_query_of_unknown_words_says_so(words: WordList) -> None:
    assert check_words("qwrtzx", words).no_word_known
    for word in ("γάτα", "กิน", "শিশু"):  # letters that the tower does not have
        assert check_words(word, words, is_readable=lambda _: False) == WordCheck((word,), no_word_known=True)
    assert all(check_words(signs, words) == WordCheck(no_word_known=True) for signs in ("🐶", "", "…"))
    assert check_words("the qwrtzx", words).no_word_known  # "the" says nothing about a photo
    assert not check_words("dog qwrtzx", words).no_word_known
    assert not check_words("the dog", words).no_word_known


def test_words_of_the_library_are_known(words: WordList) -> None:
    asked: list[str] = []

    def is_known_here(word: str) -> bool:
        asked.append(word)
        return word == "qwrtzx"

    assert check_words("the dog qwrtzx giraff", words, is_known_here=is_known_here).unknown == ("giraff",)
    assert asked == ["qwrtzx", "giraff"]  # the others need no look at the library


def test_the_language_of_the_other_words_decides(words: WordList) -> None:
    assert dict(check_words("the zerba on the grass", words).corrections) == {"zerba": "zebra"}
    assert check_words("zerba na pláž v knihou", words).unknown == ()


def test_of_a_single_word_the_language_is_not_known_so_fewer_claims_are_made(words: WordList) -> None:
    assert check_words("the grasp", words).unknown == ("grasp",)
    assert check_words("grasp", words).unknown == ()
    assert check_words("gräsp", words).unknown == ()
    assert check_words("elephent", words).unknown == ("elephent",)


def test_only_the_languages_that_are_asked_for_are_read(words: WordList) -> None:
    check_words("собака", words)
    assert words.lexicon.cache_info().currsize == 1
    check_words("a dog on the beach", words)
    assert words.lexicon.cache_info().currsize == 2  # English is asked first


@pytest.mark.parametrize("damage", [b"", b"PK no zip at all", b"PK\5\6" + bytes(18)])
def test_a_damaged_list_is_told(tmp_path: Path, damage: bytes) -> None:
    path = save_small_words(tmp_path)
    path.write_bytes(damage)
    with pytest.raises(BundleError, match=r"get the bundle again|word list"):
        WordList(path).lexicon("en")


def test_a_list_without_signs_judges_none(tmp_path: Path) -> None:
    import zipfile

    path = tmp_path / "few.zip"
    with zipfile.ZipFile(save_small_words(tmp_path)) as whole, zipfile.ZipFile(path, "w") as few:
        for name in whole.namelist():
            if name != f"{SIGNS}.txt":
                few.writestr(name, whole.read(name))
    assert check_words("龘", WordList(path)).unknown == ()


def test_a_word_longer_than_any_compound_is_not_taken_apart(words: WordList) -> None:
    lexicon = words.lexicon("de")
    assert is_compound("strandkorb", lexicon, "de")
    assert not is_compound("strand" * 20, lexicon, "de")
