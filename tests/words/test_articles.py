import pytest

from twinlens.words.articles import ARTICLES, without_articles
from twinlens.words.terms import terms_of


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("the Eiffel Tower", "eiffel tower"),
        ("der Dom zu Köln", "dom zu koln"),
        ("l'Arc de Triomphe", "arc triomphe"),
        ("vitamin A", "vitamin a"),
        ("the", "the"),
        ("A", "a"),
        ("La La Land", "land"),
    ],
)
def test_articles_in_front_of_a_word_go(words: str, kept: str) -> None:
    assert without_articles(terms_of(words)) == kept.split()


def test_they_are_written_as_terms_are() -> None:
    assert all(terms_of(article) == [article] for article in ARTICLES)
