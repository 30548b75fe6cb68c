"""Patterns of a photo folder said for another one: that around it, or one inside it."""

import re

from twinlens.collection.indexing.excluding.rules import collection_rules

_SPECIAL = re.compile(r"([\\*?\[\]!# ])")  # in patterns of gitignore


def literal(path: str) -> str:
    r"""A path as a pattern that matches it alone.

    >>> literal("tr*p [1]")
    'tr\\*p\\ \\[1\\]'
    """
    return _SPECIAL.sub(r"\\\1", path)


def from_inside(pattern: str, subfolder: str) -> str:
    """A pattern of a folder, said for the photo folder around it.

    Args:
        pattern: as gitignore has them.
        subfolder: path of the folder in the photo folder; "" = it is the photo folder.

    >>> from_inside("*.png", "trip"), from_inside("!/private/", "trip")
    ('/trip/**/*.png', '!/trip/private/')
    """
    if not subfolder:
        return pattern
    sign, body = _parts(pattern)
    anywhere = "" if "/" in body.rstrip("/ ") else "**/"
    return f"{sign}/{literal(subfolder)}/{anywhere}{body.lstrip('/')}"


def for_inside(pattern: str, subfolder: str) -> str | None:
    """A pattern of a photo folder, said for a folder inside it; None if it matches nothing there.

    >>> for_inside("*.png", "trip"), for_inside("/trip/private/", "trip"), for_inside("/*/private/", "trip")
    ('*.png', '/private/', '/private/')
    >>> for_inside("/others/", "trip") is None
    True
    """
    sign, body = _parts(pattern)
    if not subfolder or "/" not in body.rstrip("/ ") or body.startswith(("**/", "/**/")):
        return pattern
    names, parts = subfolder.split("/"), body.lstrip("/").split("/")
    for name in names:
        if not parts or not parts[0]:
            return None
        if parts[0] == "**":
            return f"{sign}/{'/'.join(parts)}"
        rule = collection_rules([f"/{parts.pop(0)}"]).deciding(name, is_folder=True)
        if rule is None:
            return None
    return f"{sign}/{'/'.join(parts)}" if any(parts) else None


def _parts(pattern: str) -> tuple[str, str]:
    """The "!" of a pattern that takes back, and the rest."""
    return ("!", pattern[1:]) if pattern.startswith("!") else ("", pattern)
