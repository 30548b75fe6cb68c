"""Check paths and names that users type into the page."""

from twinlens.errors import QueryError

LONGEST = 4096  # characters; no system supports more


def typed_place(text: str, *, otherwise: str = "") -> str:
    """The text without surrounding spaces, if it can be a path.

    Args:
        text: from an input on the page.
        otherwise: returned if the text is empty.

    Raises:
        QueryError: it is too long, or contains characters that no path can have.

    >>> typed_place("  ~/Pictures "), typed_place("", otherwise="runs")
    ('~/Pictures', 'runs')
    """
    place = text.strip() or otherwise
    if len(place) > LONGEST or any(letter < " " or "\ud800" <= letter <= "\udfff" for letter in place):
        raise QueryError(
            f"{place[:80]!r} cannot be a path: it is too long, or contains characters that no path can have"
        )
    return place
