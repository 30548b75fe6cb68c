"""The rules of a folder: those around it, and those of its own ignore file."""

import os
from pathlib import Path

from twinlens.collection.indexing.excluding.names import IGNORE_FILE, NO_MEDIA, is_left_out
from twinlens.collection.indexing.excluding.rules import MOST_BYTES, Rules
from twinlens.data.file_names import as_file, as_text
from twinlens.data.objects.object_path import ObjectPath
from twinlens.data.objects.reading import read_start


def with_own_file(rules: Rules, place: str | Path, folder: str) -> tuple[Rules, list[str]]:
    """The rules in a folder that has an ignore file, and the lines of it that are no patterns.

    Args:
        rules: those of the folder around it.
        place: the folder on disk.
        folder: its path in the photo folder, as text.

    Raises:
        OSError: the file cannot be read: then nobody knows what is to be left out.
    """
    file = Path(place, IGNORE_FILE) if isinstance(place, str) else place / IGNORE_FILE
    if not isinstance(file, ObjectPath) and not file.is_file():  # reading a pipe would block forever
        return rules, []
    content = read_start(file, MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise OSError(f"more than {MOST_BYTES // 1_000_000} MB")
    text = content.decode("utf-8-sig", errors="surrogateescape")
    return rules.and_file([as_text(line) for line in text.splitlines()], folder)


def rules_below(rules: Rules, root: str, folder: str) -> Rules | None:
    """The rules in a subfolder; None if it is left out, or nobody knows.

    Args:
        rules: those of the collection.
        root: the photo folder on disk.
        folder: path of the subfolder, as text; "" is the photo folder itself.
    """
    place, path = root, ""
    try:
        rules, _ = with_own_file(rules, root, "")
        for name in folder.split("/") if folder else []:
            path, place = f"{path}/{name}" if path else name, os.path.join(place, as_file(name))  # noqa: PTH118
            deciding = rules.deciding(path, is_folder=True)
            is_excluded = deciding is not None and deciding.excludes
            if is_excluded or is_left_out(name) or os.path.lexists(os.path.join(place, NO_MEDIA)):  # noqa: PTH118
                return None
            rules, _ = with_own_file(rules, place, path)
    except OSError:
        return None
    return rules


def is_excluded(rules: Rules, path: str, *, is_folder: bool) -> bool:
    """Whether the rules of the folder around it leave out a file or folder."""
    rule = rules.deciding(path, is_folder=is_folder) if rules else None
    return rule is not None and rule.excludes
