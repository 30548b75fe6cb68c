"""A folder, a file or a model as somebody typed it into the page."""

from twinlens.errors import QueryError

LONGEST = 4096  # letters; no system takes more


def typed_place(text: str, *, otherwise: str = "") -> str:
    """The text without spaces around it, where it can name something on a disk.

    Args:
        text: of a box on the page.
        otherwise: given where nothing was typed.

    Raises:
        QueryError: it is too long, or holds letters that no name has.

    >>> typed_place("  ~/Pictures "), typed_place("", otherwise="runs")
    ('~/Pictures', 'runs')
    """
    place = text.strip() or otherwise
    if len(place) > LONGEST or any(letter < " " or "\ud800" <= letter <= "\udfff" for letter in place):
        raise QueryError(f"{place[:80]!r} names no folder: it is too long, or holds letters that no path has")
    return place
