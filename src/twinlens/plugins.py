"""Find a part of a family by its name: "did you mean …?".

A family is a table of strings (name → "module:Class") in its ``__init__.py``.
Other packages add to a family with an entry point of the group
``twinlens.<family>``; nothing is imported before it is asked for.
"""

import difflib
from collections.abc import Iterable, Mapping
from importlib import import_module
from importlib.metadata import entry_points
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


def load_part(family: str, table: Mapping[str, str], name: str) -> Any:
    """The object that ``name`` stands for in ``family``.

    Args:
        family: what the parts are, as "store"; also the entry-point group's end.
        table: name → "module:attribute" of the built-in parts.
        name: the part wanted.

    Raises:
        UnknownPartError: neither the table nor an installed package knows it.
    """
    if name in table:
        module, _, attribute = table[name].partition(":")
        return getattr(import_module(module), attribute)
    offered = {entry.name: entry for entry in entry_points(group=f"twinlens.{family}")}
    if name in offered:
        return offered[name].load()
    known = sorted({*table, *offered})
    raise UnknownPartError(f"no {family} is called {name!r}; known: {', '.join(known)}{did_you_mean(name, known)}")
