"""Cut a query into words, phrases, fields, operators and parentheses; whatever is no syntax is words."""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

from twinlens.collection.searching.dates import is_date
from twinlens.collection.searching.fields import filter_of
from twinlens.words.emoji import is_emoji

Kind: TypeAlias = Literal["word", "phrase", "field", "or", "open", "close", "not", "plus", "minus"]

QUOTES = {'"': '"', "“": "”", "„": "“”", "«": "»"}
COMPARED = ("width", "height", "size", "rating")
MINUSES = "-\u2212\uff0d\ufe63"
"""Hyphen and minus signs; in front of a word also the dashes that programs for writing put in their place."""
DASHES = MINUSES + "\u2010\u2011\u2013\u2014"
MOST_DATE_WORDS = 6  # "from 3 May to 5 June 2021" is quoted
_FIELD = re.compile(r"([^\W\d_]\w*):(?=\S)")
_COMPARISON = re.compile(rf"({'|'.join(COMPARED)})(<=|>=|<|>|=)(?=\S)", re.IGNORECASE)
_VALUE = re.compile(r'"([^"]*)(?:"(?=[\s)]|$)|$)|[^\s]+')  # a quote that is not closed yet goes to the end
_SPACE = re.compile(r"\s*")
_WORD = re.compile(r"\S+")
_PLACE = re.compile(r"(?:\.{1,2}|~|[A-Za-z]:)?[/\\]")
_EXACT_DATE = re.compile(r"[<>=≤≥.]*\d{4}")


class Token(NamedTuple):
    """One token.

    Attributes:
        kind: "not" is a minus in front of something, "minus" and "plus" stand between spaces.
        start: of the text in the query.
        end: behind its last character.
        name: of a field, as it was typed, in small letters.
        value: of a field, or the text of a word or phrase.
    """

    kind: Kind
    start: int
    end: int
    name: str = ""
    value: str = ""


def tokens_of(text: str) -> list[Token]:
    """All tokens, in order; parentheses without a partner are words.

    >>> [(token.kind, token.value) for token in tokens_of('dog -"big cat" OR (a b) year:2023')]
    [('word', 'dog'), ('not', ''), ('phrase', 'big cat'), ('or', ''), ('open', ''), ('word', 'a'), ('word', 'b'), \
('close', ''), ('field', '2023')]
    """
    found: list[Token] = []
    opened: list[int] = []
    for token in _scan(text):
        if token.kind == "open":
            opened.append(len(found))
        elif token.kind == "close":
            if not opened:
                token = _word(text, token.start, token.end)
            else:
                opened.pop()
        found.append(token)
    for place in opened:
        found[place] = _word(text, found[place].start, found[place].end)
    return _with_neighbours(text, _spelled_out(found))


def _spelled_out(tokens: list[Token]) -> list[Token]:
    """NOT as a minus, and no AND where something else than a word stands beside it: all parts must hold anyway.

    Among words in capitals they are words, as in "DO NOT ENTER".
    """
    before = [None, *tokens[:-1]]
    after = [*tokens[1:], None]
    read = [
        token._replace(kind="minus") if token.value == "NOT" and _parts(left, right) else token
        for left, token, right in zip(before, tokens, after, strict=True)
    ]
    pairs = zip([None, *read[:-1]], read, [*read[1:], None], strict=True)
    return [token for left, token, right in pairs if not (token.value == "AND" and _joins(left, right))]


def _parts(left: Token | None, right: Token | None) -> bool:
    """Whether a NOT between them leaves out what stands on its right."""
    return right is not None and not (_is_loud(right) and (left is None or _is_loud(left)))


def _joins(left: Token | None, right: Token | None) -> bool:
    """Whether an AND between them is no word of a text."""
    return left is not None and right is not None and not (left.kind == right.kind == "word")


def _is_loud(token: Token) -> bool:
    return token.kind == "word" and token.value.isupper()


def _with_neighbours(text: str, tokens: list[Token]) -> list[Token]:
    """Operators with nothing to join, as in "dog +" while someone types, become words."""
    kept: list[Token] = []
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        starts = not kept or kept[-1].kind in ("open", "or", "plus", "minus")
        ends = following is None or following.kind in ("close", "or", "plus", "minus")
        is_idle = (token.kind in ("plus", "or") and (starts or ends)) or (token.kind == "minus" and ends)
        kept.append(_word(text, token.start, token.end) if is_idle else token)
    return kept


def _scan(text: str) -> Iterator[Token]:
    place, depth = 0, 0
    while (place := _end(_SPACE, text, place)) < len(text):
        for token in _next(text, place, depth):
            depth += (token.kind == "open") - (token.kind == "close" and depth > 0)
            place = token.end
            yield token


def _next(text: str, place: int, depth: int) -> list[Token]:
    """The tokens up to the next space, or the next one of them."""
    letter, following = text[place], text[place + 1 : place + 2]
    if letter == "(":
        return [Token("open", place, place + 1)]
    if letter == ")":
        return [Token("close", place, place + 1)]
    if letter in "+" + MINUSES and (not following or following.isspace()):
        return [Token("plus" if letter == "+" else "minus", place, place + 1)]
    if letter in DASHES and _may_be_left_out(text, place + 1):
        return [Token("not", place, place + 1)]
    if (phrase := _phrase(text, place)) is not None:
        return [phrase]
    if (field := _field(text, place)) is not None:
        return [field]
    end = _end(_WORD, text, place)
    if text[place:end] in ("OR", "|", "||"):
        return [Token("or", place, end)]
    closing = min(len(text[place:end]) - len(text[place:end].rstrip(")")), depth)
    if unmatched := text[place : end - closing].count("(") - text[place : end - closing].count(")"):
        closing -= min(closing, max(0, unmatched))  # those that belong to the word, as in "photo(1)"
    word = end - closing
    return [_word(text, place, word), *(Token("close", at, at + 1) for at in range(word, end))]


def _may_be_left_out(text: str, place: int) -> bool:
    """Whether something begins there that a minus leaves out: not a number."""
    letter = text[place : place + 1]
    is_text = letter.isalpha() or letter in QUOTES or letter == "(" or is_emoji(letter)
    return bool(letter) and (is_text or _PLACE.match(text, place) is not None)


def _phrase(text: str, place: int) -> Token | None:
    closers = QUOTES.get(text[place])
    if closers is None:
        return None
    ends = [at for closer in closers if (at := text.find(closer, place + 1)) > 0]
    end = min(ends, default=0)
    if not end or not (value := text[place + 1 : end].strip()):
        return None
    if text[end + 1 : end + 2] and not (text[end + 1].isspace() or text[end + 1] == ")"):
        return None
    return Token("phrase", place, end + 1, value=value)


def _field(text: str, place: int) -> Token | None:
    if match := _COMPARISON.match(text, place):
        name, operator = match[1].lower(), match[2]
    elif match := _FIELD.match(text, place):
        name, operator = match[1].lower(), ""
    else:
        return None
    one = filter_of(name)
    if one is None:
        return None
    value = _VALUE.match(text, match.end())
    assert value is not None, "something follows that is no space"
    given, end = value[0], value.end()
    if value[1] is not None:
        given = value[1]
    else:
        if one.kind == "date" and not _EXACT_DATE.match(given):
            end = _end_of_date(text, match.end(), end)
        given, end = _without_closing(text[match.end() : end], end)
    return Token("field", place, end, name=name, value=operator + given) if given.strip() else None


def _end_of_date(text: str, start: int, end: int) -> int:
    """Where the longest date ends that begins there, as in ``before:last summer``; the given end if none is longer."""
    ends = [end]
    for word in _WORD.finditer(text, end):
        if len(ends) == MOST_DATE_WORDS or _field(text, word.start()) is not None:
            break
        ends.append(word.end())
    longer = (one for one in reversed(ends[1:]) if is_date(_without_closing(text[start:one], one)[0]))
    return next(longer, end)


def _without_closing(value: str, end: int) -> tuple[str, int]:
    """A value without the parentheses at its end that close a group, and its end."""
    extra = value.count(")") - value.count("(")
    return (value[:-extra], end - extra) if extra > 0 and value.endswith(")" * extra) else (value, end)


def _word(text: str, start: int, end: int) -> Token:
    return Token("word", start, end, value=text[start:end])


def _end(pattern: re.Pattern[str], text: str, place: int) -> int:
    match = pattern.match(text, place)
    assert match is not None
    return match.end()
