"""How the words of a query were read: emoji by name, unknown words, and what was probably meant."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.reading import has_word
from twinlens.collection.searching.query import Query
from twinlens.protocols import DualEncoder


@dataclass(frozen=True, slots=True)
class Wording:
    """What people should know about the words of their query; nothing if all are known.

    Attributes:
        read_as: the query with emoji as words; None if it has none.
        unknown_words: as they were typed; empty if the model cannot tell.
        did_you_mean: the query with the most probable corrections; None if there are none.
        no_word_known: no word of the query says anything to the model.
    """

    read_as: str | None = None
    unknown_words: tuple[str, ...] = ()
    did_you_mean: str | None = None
    no_word_known: bool = False

    @property
    def note(self) -> str | None:
        """All of it in a sentence; None if there is nothing to tell.

        >>> Wording(unknown_words=("giraff",), did_you_mean="a giraffe").note
        'unknown word: “giraff”; did you mean: a giraffe'
        """
        parts = [] if self.read_as is None else [f"the query was read as {self.read_as}"]
        if self.unknown_words:
            unknown = ", ".join(f"“{word}”" for word in self.unknown_words)
            if self.no_word_known:
                parts.append(f"no word of this query is known: {unknown}")
            else:
                parts.append(f"unknown {'word' if len(self.unknown_words) == 1 else 'words'}: {unknown}")
        if self.did_you_mean is not None:
            parts.append(f"did you mean: {self.did_you_mean}")
        return "; ".join(parts) or None

    def to_json(self) -> dict[str, Any]:
        """Fields of ``Answer.to_json``."""
        return {
            "read_as": self.read_as,
            "unknown_words": list(self.unknown_words),
            "did_you_mean": self.did_you_mean,
            "no_word_known": self.no_word_known,
        }


def wording_of(query: Query, encoder: Callable[[], DualEncoder], catalog: Catalog) -> Wording:
    """Looks at the words of a query; the words of the library are known, too.

    Args:
        query: of any kind.
        encoder: gives the model, asked for words only: a photo of the library needs no model to be searched with.
        catalog: of the library.

    Raises:
        BundleError: the model's word list is damaged.
    """
    texts = [term for term in query.terms if term.kind == "words"]
    read_as = query.understood() if any(term.read != term.value for term in texts) else None
    unknown: list[str] = []
    meant: list[str] = []
    none_known = len(texts) == len(query.terms)
    for term in query.terms:
        if term.kind != "words":
            meant.append("")
            continue
        check = encoder().check_words(term.read, is_known_here=lambda word: has_word(catalog, word))
        if check is None:
            return Wording(read_as)
        unknown += check.unknown
        none_known &= check.no_word_known
        meant.append(_corrected(term.value, check.corrections))
    did_you_mean = query.reworded(meant)
    return Wording(
        read_as,
        tuple(dict.fromkeys(unknown)),
        did_you_mean=None if did_you_mean == query.text else did_you_mean,
        no_word_known=bool(unknown) and none_known,
    )


def _corrected(text: str, corrections: tuple[tuple[str, str], ...]) -> str:
    for typed, meant in corrections:
        text = re.sub(rf"(?<!\w){re.escape(typed)}(?!\w)", meant, text)  # a word has no backslash
    return text
