"""Patterns of files and folders to leave out, with the rules of gitignore.

Of several patterns that match, the last one decides. Those of a ``.twinlensignore`` hold for its folder and below, and
come after those of the folders around it; those of ``--exclude`` hold for a photo folder and come last. What lies in a
folder that is left out is left out with it.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple, Self

from twinlens.collection.indexing.excluding.names import IGNORE_FILE
from twinlens.data.file_names import same_form
from twinlens.errors import ConfigError

MOST_BYTES = 1_000_000  # of an ignore file
_INSIDE = "ps_d"  # pathspec's group for the end of a folder that matches, with what lies inside it


class Rule(NamedTuple):
    """One pattern.

    Attributes:
        pattern: as it was written.
        source: the ignore file that has it, by its path in the photo folder; "" = ``--exclude``.
        below: the folder that it holds for, with its "/"; "" = the photo folder.
        regex: what matches, relative to that folder.
        excludes: False for a pattern with "!", which takes back what others leave out.
        is_of_names: whether it has no "/" inside, and so matches names in all folders.
        is_of_folders: whether it matches folders only.
    """

    pattern: str
    source: str
    below: str
    regex: re.Pattern[str]
    excludes: bool
    is_of_names: bool
    is_of_folders: bool

    @property
    def reason(self) -> str:
        """Why a file that it matches is left out."""
        return f"excluded by {self.source or '--exclude'}: {self.pattern}"

    def matches(self, path: str) -> bool:
        """Whether it matches a path in the photo folder itself, not a folder around it; folders end with "/"."""
        own = path[path.rfind("/", 0, -1) + 1 :] if self.is_of_names else path[len(self.below) :]
        match = self.regex.search(own)
        while match is not None:
            if not match.groupdict().get(_INSIDE) or match.end() == len(own):
                return True
            match = self.regex.search(own, match.end())
        return False


class Rules:
    """The patterns that hold in one folder.

    Args:
        of_collection: those of ``--exclude``.
        of_files: those of the ignore files here and around, outermost first.
    """

    def __init__(self, of_collection: Sequence[Rule] = (), of_files: Sequence[Rule] = ()) -> None:
        self._of_collection, self._of_files = tuple(of_collection), tuple(of_files)
        self._of_folders = (*reversed(self._of_collection), *reversed(self._of_files))  # the last comes first
        self._of_all = tuple(rule for rule in self._of_folders if not rule.is_of_folders)

    def __bool__(self) -> bool:
        return bool(self._of_folders)

    def and_file(self, lines: Sequence[str], folder: str) -> tuple[Self, list[str]]:
        """The rules in a folder with an ignore file, and the lines of it that are no patterns.

        Args:
            lines: of the file.
            folder: its path in the photo folder; "" is the photo folder itself.
        """
        below = f"{folder}/" if folder else ""
        found, faults = list(self._of_files), []
        for line in lines:
            try:
                rule = _rule(line, f"{below}{IGNORE_FILE}", below)
            except ValueError:
                faults.append(line)
                continue
            if rule is not None:
                found.append(rule)
        return type(self)(self._of_collection, found), faults

    def deciding(self, path: str, *, is_folder: bool) -> Rule | None:
        """The rule that decides whether a file or folder is left out; None if no pattern matches it.

        Args:
            path: in the photo folder, with "/", as text.
            is_folder: whether it is a folder.
        """
        named = path if path.isascii() else same_form(path)
        named = f"{named}/" if is_folder else named
        for rule in self._of_folders if is_folder else self._of_all:
            if rule.matches(named):
                return rule
        return None


def collection_rules(patterns: Sequence[str]) -> Rules:
    """The rules of the patterns of ``--exclude``, in their order."""
    found = (_rule(pattern, "", "") for pattern in patterns)
    return Rules([rule for rule in found if rule is not None])


def check_pattern(pattern: str) -> None:
    """Raises ConfigError unless a pattern can match anything."""
    try:
        is_one = _rule(pattern, "", "") is not None and "\n" not in pattern
    except ValueError:
        is_one = False
    if not is_one:
        raise ConfigError(
            f"--exclude takes a pattern as gitignore has them, such as '*.png' or 'Private/', got {pattern!r}"
        )


def _rule(pattern: str, source: str, below: str) -> Rule | None:
    """The rule of a line; None for a comment, an empty line and what can match nothing.

    Raises:
        ValueError: it is no pattern.
    """
    from pathspec import GitIgnoreSpec  # only where there are patterns

    line = pattern.rstrip("\r\n")
    # "a/**" is all that lies in the folder; pathspec would leave out the folder itself, and nothing could be taken back
    inside = re.sub(r"(?:/\*\*)+(/?)$", r"/**/*\1", line)
    spec = GitIgnoreSpec.from_lines([same_form(inside)])
    found = next((one for one in spec.patterns if one.include is not None), None)
    regex = getattr(found, "regex", None)
    if found is None or regex is None:
        return None
    body = line.removeprefix("!").rstrip()
    is_of_names, is_of_folders = "/" not in body.rstrip("/"), body.endswith("/")
    return Rule(line.strip(), source, same_form(below), regex, bool(found.include), is_of_names, is_of_folders)
