"""A library of several, by name and place, as the command line gives it."""

import re
from dataclasses import dataclass
from typing import Self

from twinlens.errors import ConfigError
from twinlens.rest.settings import is_root_path

LONGEST = 40  # letters of a name
_NAME = re.compile(rf"[A-Za-z0-9][A-Za-z0-9_-]{{0,{LONGEST - 1}}}")


@dataclass(frozen=True, slots=True)
class NamedLibrary:
    """A library and the name that it is served below.

    Attributes:
        name: letters, digits, ``-`` and ``_``.
        place: photo folder or collection.
    """

    name: str
    place: str

    @classmethod
    def read(cls, text: str) -> Self:
        """From ``NAME=PATH``.

        Raises:
            ConfigError: it is not that.

        >>> NamedLibrary.read("home=~/Pictures")
        NamedLibrary(name='home', place='~/Pictures')
        """
        name, _, place = text.partition("=")
        if not place.strip() or not _NAME.fullmatch(name):
            raise ConfigError(
                f"--library must be NAME=PATH, such as home=~/Pictures, with a name of at most {LONGEST} "
                f"letters, digits, - and _; got {text!r}"
            )
        if not is_root_path(f"/{name}"):
            raise ConfigError(f"--library {text}: {name!r} is a path of the server's own; give another name")
        return cls(name, place.strip())


def read_named(texts: tuple[str, ...]) -> list[NamedLibrary]:
    """Several, each with a name of its own.

    Raises:
        ConfigError: one is not ``NAME=PATH``, or two have the same name.
    """
    named = [NamedLibrary.read(text) for text in texts]
    names = [one.name.lower() for one in named]  # some people would not tell them apart
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ConfigError(f"--library gives {twice[0]!r} twice; each library needs a name of its own")
    return named
