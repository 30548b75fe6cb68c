"""FTS5 expressions made of terms only: nothing that people write is read as its syntax."""

from collections.abc import Iterable, Sequence

from twinlens.words.terms import is_sign


def phrase(terms: Sequence[str]) -> str:
    """Terms that follow each other; a lone sign at their end may be the first of a pair.

    >>> phrase(["in", "the", "snow"]), phrase(["狗"])
    ('"in the snow"', '"狗" *')
    """
    return f'"{" ".join(terms)}"' + (" *" if terms and is_sign(terms[-1]) else "")


def beginning(terms: Sequence[str]) -> str:
    """Terms that follow each other, the last of which may go on.

    >>> beginning(["a", "do"])
    '"a do" *'
    """
    return f'"{" ".join(terms)}" *'


def within(fields: Iterable[str], expression: str) -> str:
    """An expression that some fields alone must match.

    >>> within(["name", "caption"], '"snow"')
    '{name caption} : ("snow")'
    """
    return f"{{{' '.join(fields)}}} : ({expression})"


def any_of(expressions: Iterable[str]) -> str:
    """Matches what any of the expressions does."""
    return " OR ".join(f"({one})" for one in expressions)


def all_of(expressions: Iterable[str]) -> str:
    """Matches what all of the expressions do."""
    return " AND ".join(f"({one})" for one in expressions)
