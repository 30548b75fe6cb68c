"""What is left of a query's text when one of its parts is taken away, found by reading it again."""

from collections.abc import Callable, Iterator
from typing import Any

from twinlens.collection.searching.query.query import Query
from twinlens.collection.searching.query.tokens import Token, tokens_of
from twinlens.errors import QueryError

MOST_TOKENS = 16  # up to 136 pieces of a query of so many are tried, half a millisecond each


def texts_without(query: Query, parse: Callable[[str], Query]) -> list[str | None]:
    """For each part of ``query.to_json()`` the query's text without it; None for words and photos.

    None, too, where no piece of the text is just that part.

    A piece belongs to a part if the rest is understood as the other parts, so a "without a cat" is found like a field.

    Args:
        query: parsed from its text.
        parse: as it was.

    >>> from twinlens.collection.searching.query import words_query
    >>> texts_without(words_query("a dog without a cat year:2023"), words_query)
    [None, 'a dog without a cat', 'a dog year:2023']
    """
    parts = query.to_json()
    found: list[str | None] = [None] * len(parts)
    tokens = tokens_of(query.text)
    if not query.has_logic or query.either or len(tokens) > MOST_TOKENS:
        return found
    sought = {place for place, part in enumerate(parts) if part["kind"] in ("condition", "without")}
    for rest in _rests(query.text, tokens):
        if not sought:
            break
        left = _parts(rest, parse)
        for place in [place for place in sought if left == parts[:place] + parts[place + 1 :]]:
            found[place] = rest
            sought.remove(place)
    return found


def _rests(text: str, tokens: list[Token]) -> Iterator[str]:
    """The text without each of its pieces, the longest first: "a cat or" of "without a cat or people"."""
    for length in range(len(tokens), 0, -1):
        for first in range(len(tokens) - length + 1):
            front, back = text[: tokens[first].start], text[tokens[first + length - 1].end :]
            yield " ".join(f"{front.rstrip()} {back.lstrip()}".split())


def _parts(text: str, parse: Callable[[str], Query]) -> list[dict[str, Any]] | None:
    try:
        return parse(text).to_json() if text else []
    except QueryError:  # a piece such as a parenthesis was needed
        return None
