"""Find out what a sentence leaves out: "a dog without a cat", "no people"."""

import re

# "without" and "no" of the languages that put them in front
_WITHOUT = "without|with no|ohne|mit kein(?:e[nmrs]?)?|sans|sin|senza|sem|zonder|bez|без|không có|بدون|没有|沒有"
_NO = "no|kein(?:e[nmrs]?)?|geen"
_CLAUSE = re.compile(rf"(?:(?<=\s)|(?<=,)|^)(?:{_WITHOUT}|{_NO})\s+(?=\S)|(?:没有|沒有)(?=\S)", re.IGNORECASE)
# words of one language that mean something else in another: nothing but the rest of a sentence shows which
_NOT_FIRST = ("sin", "sans", "sem", "bez", "без")
_ARTICLE = re.compile(
    r"(?:an?|the|any|some|eine?[nmrs]?|une?|des?|du|un[ao]?|algun[ao]?s?|een)(?:\s+|$)", re.IGNORECASE
)
_AND = re.compile(
    r"\s*,\s*(?:(?:and|or|nor|und|oder|et|ou|y|o|e)\s+)?|\s+(?:and|or|nor|und|oder|et|ou|y)\s+", re.IGNORECASE
)
# what is shown by a "no", not left out; before a number it is short for "number"
_SHOWN = re.compile(
    r"(?:\d+|one|man'?s|entry|parking|smoking|exit|swimming|dogs? allowed|\w+ allowed|.*\bsigns?)\b", re.IGNORECASE
)


def split_negation(words: str) -> tuple[str, list[str]]:
    """The words without what they leave out, and that: one text for each thing.

    >>> split_negation("a dog without a cat or people")
    ('a dog', ['cat', 'people'])
    >>> split_negation("a dog without a")  # while someone types
    ('a dog without a', [])
    >>> split_negation("no people"), split_negation("a no parking sign"), split_negation("sin city")
    (('', ['people']), ('a no parking sign', []), ('sin city', []))
    """
    match = next((one for one in _CLAUSE.finditer(words) if _is_negation(words, one)), None)
    if match is None:
        return words, []
    kept = words[: match.start()].rstrip(" ,;")
    left_out: list[str] = []
    for part in _AND.split(_CLAUSE.sub(", ", words[match.end() :])):
        if bare := _ARTICLE.sub("", part.strip(" ,;."), count=1).strip():
            left_out.append(bare)
    return (kept, left_out) if left_out else (words, [])


def _is_negation(words: str, match: re.Match[str]) -> bool:
    said, rest = match[0].strip().lower(), words[match.end() :]
    if not words[: match.start()].strip() and said in _NOT_FIRST:
        return False
    return not (said == "no" and _SHOWN.match(rest))
