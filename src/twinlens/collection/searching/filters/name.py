"""Photos whose file's name holds a text, or is like a pattern, in any case and with or without accents."""

from twinlens.collection.catalog.condition import Condition, marked
from twinlens.collection.searching.filtering import Filter, FilterScope, found_by, parse_text
from twinlens.errors import QueryError


def parse_name(value: object) -> str | None:
    """The text without surrounding spaces; None if it is empty.

    Raises:
        QueryError: it is no text, or a path.
    """
    text = parse_text(value)
    if text and "/" in text:
        raise QueryError(f"must be a part of a file's name without '/', got {value!r}; the filter folder finds folders")
    return text


def is_named(name: str, _: FilterScope) -> Condition:
    """With ``*`` or ``?`` the whole name must be like it, with or without its ending."""
    return marked("files_like(?)" if "*" in name or "?" in name else "files_named(?)", name)


NAME = Filter(
    name="name",
    label="File name",
    help="Part of the file's name, or all of it with * and ?.",
    example="IMG_2207",
    max_length=255,
    parse=parse_name,
    condition=is_named,
    sources=found_by("name", is_named),
    phrase="named {}",
    has_input=False,
)
