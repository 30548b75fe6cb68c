"""Words of one's own in texts: where they stand, and the text without them."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from twinlens.collection.teaching.subjects import folded

_LITTLE = frozenset(
    "a an the my our your his her their and with of at in on der die das ein eine mein meine unser unsere le la les "
    "un une mon ma mes notre el los las mi mis o os as meu minha il lo gli mio mia".split()
)


class Spoken(NamedTuple):
    """A text with words of one's own.

    Attributes:
        words: those in it, as they were taught.
        rest: the text without them; empty if nothing is left that says anything.
    """

    words: tuple[str, ...]
    rest: str


def spoken(text: str, words: Sequence[str]) -> Spoken:
    """Finds taught words in a text, whatever their case; longer ones first.

    >>> spoken("Rex on the beach", ["rex", "the cabin"])
    Spoken(words=('rex',), rest='on the beach')
    >>> spoken("the cabin", ["rex", "the cabin"]), spoken("my Rex", ["rex"]), spoken("T-Rexes", ["rex"])
    (Spoken(words=('the cabin',), rest=''), Spoken(words=('rex',), rest=''), Spoken(words=(), rest='T-Rexes'))
    """
    found, rest = [], text
    for word in sorted(words, key=lambda one: (-len(one), one)):
        spaced = r"\s+".join(map(re.escape, word.split()))
        rest, count = re.subn(rf"(?<!\w){spaced}(?!\w)", " ", rest, flags=re.IGNORECASE)
        if count:
            found.append(word)
    if not found:
        return Spoken((), text)
    rest = " ".join(rest.split()).strip(" ,;.")
    return Spoken(tuple(found), "" if set(folded(rest).split()) <= _LITTLE else rest)
