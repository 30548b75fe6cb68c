"""Load parts by name, built in or from installed packages.

A family is a table of strings (name → "module:Class") in its ``__init__.py``.
Other packages add to a family with an entry point in the group
``twinlens.<family>``; a part is imported only when it is used.
"""

import difflib
from collections.abc import Iterable, Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any

from twinlens.errors import UnknownPartError


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint such as ``; did you mean 'exact'?``, or nothing if no name is close.

    >>> did_you_mean("exakt", ["exact", "milvus"])
    "; did you mean 'exact'?"
    >>> did_you_mean("zzz", ["exact", "milvus"])
    ''
    """
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def part_names(family: str, table: Iterable[str]) -> list[str]:
    """All names of a family: built-in ones in table order, then those of installed packages.

    Args:
        family: kind of part, such as "store"; also the last part of the entry-point group.
        table: the built-in parts by name.

    >>> part_names("function", {"root": "math:sqrt", "absolute": "builtins:abs"})
    ['root', 'absolute']
    """
    built_in = list(table)
    return [*built_in, *sorted(_installed(family).keys() - set(built_in))]


def load_part(family: str, table: Mapping[str, str], name: str) -> Any:
    """The part called ``name`` in ``family``.

    Args:
        family: kind of part, such as "store"; also the last part of the entry-point group.
        table: name → "module:attribute" of the built-in parts.
        name: name of the part.

    Raises:
        UnknownPartError: neither the table nor an installed package has it, or that package fails.
    """
    entry = _find(family, table, name)
    if name in table:
        return entry.load()
    try:
        return entry.load()
    except (Exception, SystemExit) as error:  # another package's code may raise anything
        raise UnknownPartError(
            f"the {family} {name!r} cannot be loaded: {error!r}; reinstall or remove its package"
        ) from error


def load_part_module(family: str, table: Mapping[str, str], name: str) -> ModuleType:
    """The module that defines a part; arguments as in ``load_part``.

    Raises:
        UnknownPartError: neither the table nor an installed package has it.
    """
    return import_module(_find(family, table, name).module)


def _find(family: str, table: Mapping[str, str], name: str) -> EntryPoint:
    if name in table:
        return EntryPoint(name, table[name], f"twinlens.{family}")
    if entry := _installed(family).get(name):
        return entry
    known = sorted(part_names(family, table))
    raise UnknownPartError(f"no {family} is called {name!r}; known: {', '.join(known)}{did_you_mean(name, known)}")


def _installed(family: str) -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=f"twinlens.{family}")}
