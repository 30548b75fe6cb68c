"""Tags that the everyday descriptions suggest: words and phrases, and which descriptions show them."""

import re
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np

from twinlens.everyday.agreement import SAYS_NOTHING
from twinlens.everyday.descriptions import descriptions, list_file
from twinlens.everyday.languages import ENGLISH, LANGUAGES, Language
from twinlens.relevance.maps import Floats


class EverydayTags:
    """Sums up how probable the descriptions are that show each tag.

    Args:
        lines: as in ``tags.txt``: a tag, phrases that descriptions of it have, after "-" such as they must not have.
        texts: the descriptions.

    Attributes:
        names: [L], the tags.
    """

    def __init__(self, lines: Sequence[str], texts: Sequence[str]) -> None:
        plain = [_plain(text) for text in texts]
        rows = [[part.strip() for part in line.split(",")] for line in lines if line.strip()]
        self.names = tuple(row[0] for row in rows)
        shown = [_shown(row[1:], plain) for row in rows]
        self._rows = np.array([row for rows in shown for row in rows], dtype=np.intp)
        self._starts = np.concatenate([[0], np.cumsum([len(rows) for rows in shown])[:-1]]).astype(np.intp)

    def probabilities(self, shares: Floats) -> Floats:
        """[L], how probable each tag is.

        Args:
            shares: [T], how probable each description is.
        """
        return np.add.reduceat(shares[self._rows], self._starts)


@cache
def everyday_tags() -> EverydayTags:
    """The tags of the built-in list."""
    return EverydayTags(list_file("tags.txt").splitlines(), descriptions())


def tag_in(language: Language, name: str) -> str:
    """The name of a built-in tag in a language, by its English one; that itself if it is not on the list.

    >>> tag_in("de", "hot-air balloon")
    'Heißluftballon'
    """
    return _translations(language).get(name, name)


@cache
def names_of_tag(name: str) -> frozenset[str]:
    """All names of a built-in tag, by its English one."""
    return frozenset(tag_in(language, name) for language in LANGUAGES)


@cache
def _translations(language: Language) -> Mapping[str, str]:
    if language == ENGLISH:
        return {}
    lines = (line.partition(" = ") for line in list_file("tags.txt", language).splitlines() if line)
    return {english: name for english, _, name in lines}


def _shown(phrases: Sequence[str], texts: Sequence[str]) -> list[int]:
    wanted = [_plain(phrase) for phrase in phrases if not phrase.startswith("-")]
    unwanted = [_plain(phrase) for phrase in phrases if phrase.startswith("-")]
    found = [
        row
        for row, text in enumerate(texts)
        if any(one in text for one in wanted) and not any(one in text for one in unwanted)
    ]
    if not found:
        raise ValueError(f"no description has any of the phrases {phrases}")
    return found


def _plain(text: str) -> str:
    """The words that say something, between spaces."""
    words = (word for word in re.findall(r"\w+", text.lower()) if word not in SAYS_NOTHING)
    return f" {' '.join(words)} "
