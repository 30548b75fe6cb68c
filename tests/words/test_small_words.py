import pytest

from twinlens.words.small_words import ARTICLES, CONNECTING, without_small_words
from twinlens.words.terms import pairs_of_signs, terms_of


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("the Eiffel Tower", "eiffel tower"),
        ("der Dom zu Köln", "dom koln"),
        ("l'Arc de Triomphe", "arc triomphe"),
        ("vitamin A", "vitamin a"),
        ("the", "the"),
        ("A", "a"),
        ("in", "in"),
        ("what for", "what for"),
        ("La La Land", "land"),
        ("Ana Silva in Nice", "ana silva nice"),
        ("Rex am Strand", "rex strand"),
        ("une photo de Paris", "paris"),
        ("Bilder vom Strand", "strand"),
        ("Ana y Luis en la playa", "ana luis playa"),
        ("Аня в Москве", "аня москве"),
        ("Аня й Оля", "аня оля"),
        ("آنا في باريس", "انا باريس"),
        ("Ana ở Huế", "ana hue"),
        ("photo", "photo"),
        ("picture of", "picture of"),
        ("安娜在尼斯", "安娜 尼斯"),
        ("犬と猫", "犬 猫"),
        ("公園での花見", "公園 花見"),
        ("の", "の"),
    ],
)
def test_small_words_in_front_of_another_go(words: str, kept: str) -> None:
    assert without_small_words(pairs_of_signs(terms_of(words))) == kept.split()


def test_they_are_written_as_terms_are() -> None:
    assert all(terms_of(word) == [word] for word in ARTICLES | CONNECTING)
