"""SQL conditions on the catalog's photos."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from twinlens.data.file_names import same_form


class Condition(NamedTuple):
    """An SQL expression on a row of ``photos``, and its parameters."""

    sql: str
    parameters: tuple[Any, ...] = ()


ANY = Condition("1")
"""True for every photo."""

NONE = Condition("0")
"""True for no photo."""


def all_of(conditions: Iterable[Condition]) -> Condition:
    """True if all conditions are; without conditions always true.

    >>> all_of([Condition("width > ?", (10,)), Condition("camera IS NULL")])
    Condition(sql='(width > ?) AND (camera IS NULL)', parameters=(10,))
    """
    return _joined(conditions, " AND ", otherwise=ANY)


def any_of(conditions: Iterable[Condition]) -> Condition:
    """True if any condition is; without conditions never true."""
    return _joined(conditions, " OR ", otherwise=NONE)


def below_folder(folder_id: int, path: str) -> Condition:
    """True for photos in a subfolder of a photo folder, whatever the Unicode form of its name.

    Args:
        folder_id: of the photo folder.
        path: of the subfolder, without "/" at its end.
    """
    # "0" is the character after "/"
    return _in_any_form(folder_id, path, "{0} >= ? AND {0} < ?", (same_form(path) + "/", same_form(path) + "0"))


def _in_any_form(folder_id: int, path: str, sql: str, values: tuple[str, ...]) -> Condition:
    if path.isascii():
        return Condition(f"folder_id = ? AND {sql.format('path')}", (folder_id, *values))
    # an index finds the few paths with the same start, which is the same in every form up to the first other letter
    letters = enumerate(same_form(path))
    start = next((same_form(path)[:place] for place, letter in letters if not letter.isascii()), "")
    return Condition(
        f"folder_id = ? AND path >= ? AND path < ? AND {sql.format('same_form(path)')}",
        (folder_id, start, start + "\U0010ffff", *values),
    )


def _joined(conditions: Iterable[Condition], word: str, *, otherwise: Condition) -> Condition:
    parts = list(conditions)
    if not parts:
        return otherwise
    if len(parts) == 1:
        return parts[0]
    sql = word.join(f"({part.sql})" for part in parts)
    return Condition(sql, tuple(value for part in parts for value in part.parameters))
