"""A number with its noun, as people write it: "1 photo", "1,200 queries"."""


def counted(count: int, one: str, several: str | None = None) -> str:
    """A number with its noun, or with a phrase about it.

    Args:
        count: at least 0.
        one: the noun, or the phrase about one.
        several: the same for any other number; None = the regular plural.

    >>> counted(1, "photo"), counted(0, "match"), counted(1200, "query")
    ('1 photo', '0 matches', '1,200 queries')
    >>> counted(1, "file was skipped", "files were skipped")
    '1 file was skipped'
    """
    return f"{count:,} {one if count == 1 else several or _plural(one)}"


def _plural(noun: str) -> str:
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{noun}s"
