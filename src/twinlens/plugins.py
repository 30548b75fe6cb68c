"""Find a part of a family by its name: "did you mean …?".

A family is a table of strings (name → "module:Class") in its ``__init__.py``.
Other packages add to a family with an entry point of the group
``twinlens.<family>``; nothing is imported before it is asked for.
"""

import difflib
from collections.abc import Iterable, Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any

from twinlens.errors import UnknownPartError


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint such as ``; did you mean 'exact'?``, or nothing when no name is near.

    >>> did_you_mean("exakt", ["exact", "milvus"])
    "; did you mean 'exact'?"
    >>> did_you_mean("zzz", ["exact", "milvus"])
    ''
    """
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def part_names(family: str, table: Iterable[str]) -> list[str]:
    """All names of a family: the built-in ones in the table's order, then those of installed packages.

    Args:
        family: what the parts are, such as "store"; also the last part of the entry-point group.
        table: the built-in parts by name.

    >>> part_names("function", {"root": "math:sqrt", "absolute": "builtins:abs"})
    ['root', 'absolute']
    """
    built_in = list(table)
    return [*built_in, *sorted(_installed(family).keys() - set(built_in))]


def load_part(family: str, table: Mapping[str, str], name: str) -> Any:
    """The object that ``name`` stands for in ``family``.

    Args:
        family: what the parts are, such as "store"; also the last part of the entry-point group.
        table: name → "module:attribute" of the built-in parts.
        name: the part wanted.

    Raises:
        UnknownPartError: neither the table nor an installed package knows it.
    """
    return _find(family, table, name).load()


def load_part_module(family: str, table: Mapping[str, str], name: str) -> ModuleType:
    """The module that defines a part, for what it offers beside the part; arguments as for ``load_part``.

    Raises:
        UnknownPartError: neither the table nor an installed package knows it.
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
