"""How the words of a query were read: emoji by name, unknown words, and what was probably meant."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from twinlens.collection.searching.query import Query
from twinlens.protocols import DualEncoder


@dataclass(frozen=True, slots=True)
class Wording:
    """What people should know about the words of their query; nothing if all are known.

    Attributes:
        read_as: the query as it was understood, emoji as words; None if it is nothing but words, or a sum.
        unknown_words: as they were typed; empty if the model cannot tell.
        did_you_mean: the query with the most probable corrections; None if there are none.
        no_word_known: no word of the query says anything to the model.
        notes: about the syntax, such as of a field that does not exist; a sentence each.
    """

    read_as: str | None = None
    unknown_words: tuple[str, ...] = ()
    did_you_mean: str | None = None
    no_word_known: bool = False
    notes: tuple[str, ...] = ()

    @property
    def note(self) -> str | None:
        """All of it in a sentence; None if there is nothing to tell.

        >>> Wording(unknown_words=("giraff",), did_you_mean="a giraffe").note
        'unknown word: “giraff”; did you mean: a giraffe'
        >>> Wording(no_word_known=True).note
        'there is no word in this query'
        """
        parts = [*self.notes, *([] if self.read_as is None else [f"the query was read as {self.read_as}"])]
        if self.unknown_words:
            unknown = ", ".join(f"“{word}”" for word in self.unknown_words)
            if self.no_word_known:
                parts.append(f"no word of this query is known: {unknown}")
            else:
                parts.append(f"unknown {'word' if len(self.unknown_words) == 1 else 'words'}: {unknown}")
        elif self.no_word_known:
            parts.append("there is no word in this query")
        if self.did_you_mean is not None:
            parts.append(f"did you mean: {self.did_you_mean}")
        return "; ".join(parts) or None

    def with_notes(self, notes: Sequence[str]) -> Self:
        """The same, with more notes."""
        return replace(self, notes=(*self.notes, *notes)) if notes else self

    def to_json(self) -> dict[str, Any]:
        """Fields of ``Answer.to_json``."""
        return {
            "read_as": self.read_as,
            "unknown_words": list(self.unknown_words),
            "did_you_mean": self.did_you_mean,
            "no_word_known": self.no_word_known,
            "notes": list(self.notes),
        }


def wording_of(query: Query, encoder: Callable[[], DualEncoder], is_known_here: Callable[[str], bool]) -> Wording:
    """Looks at the words of a query; the words of the library are known, too.

    Args:
        query: of any kind.
        encoder: gives the model, asked for words only: a photo of the library needs no model to be searched with.
        is_known_here: whether the library knows a word.

    Raises:
        BundleError: the model's word list is damaged.
    """
    terms = query.every_term()
    texts = [term for term in terms if term.kind == "words"]
    is_plain = not query.has_logic and all(term.read == term.value for term in texts)
    read_as = None if is_plain else query.understood()
    unknown: list[str] = []
    meant: list[str] = []
    none_known = len(texts) == len(terms)
    for term in terms:
        if term.kind != "words":
            meant.append("")
            continue
        check = encoder().check_words(term.read, is_known_here=is_known_here)
        if check is None:
            return Wording(read_as, notes=query.notes)
        unknown += check.unknown
        none_known &= check.no_word_known
        meant.append(_corrected(term.value, check.corrections))
    did_you_mean = query.reworded(meant)
    return Wording(
        read_as,
        tuple(dict.fromkeys(unknown)),
        did_you_mean=None if did_you_mean == query.text else did_you_mean,
        no_word_known=bool(terms) and none_known,
        notes=query.notes,
    )


def _corrected(text: str, corrections: tuple[tuple[str, str], ...]) -> str:
    for typed, meant in corrections:
        text = re.sub(rf"(?<!\w){re.escape(typed)}(?!\w)", meant, text)  # a word has no backslash
    return text
