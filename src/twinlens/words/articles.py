"""Articles: words in front of another that a name may lack, as in "the Eiffel Tower" and ``eiffel-tower.jpg``."""

from collections.abc import Sequence

ARTICLES = frozenset(
    (
        "a an the "
        "der die das den dem des ein eine einen einem einer eines "
        "le la les l un une du "
        "el los las una unos unas "
        "il lo i gli uno "
        "o os as um uma uns umas "
        "de het een "
        "en ett al"
    ).split()
)
"""Of English, German, French, Spanish, Italian, Portuguese, Dutch, Swedish, and Arabic in Latin letters."""


def without_articles(terms: Sequence[str]) -> list[str]:
    """Terms without the articles that another term follows: the last of "plan a" is none.

    >>> without_articles(["the", "eiffel", "tower"]), without_articles(["plan", "a"]), without_articles(["the"])
    (['eiffel', 'tower'], ['plan', 'a'], ['the'])
    """
    return [term for place, term in enumerate(terms) if term not in ARTICLES or place == len(terms) - 1]
