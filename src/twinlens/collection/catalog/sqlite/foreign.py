"""What a collection that came with somebody's photos must not contain: links, and programs in its catalog."""

import os
import re
import shutil
from contextlib import suppress
from pathlib import Path

from twinlens.collection.catalog.database import Database, damaged
from twinlens.errors import CatalogDamagedError, CollectionError

_FOLDERS = (
    *("exact", "captions", "likeness", "thumbnails", "moments", "moments-likeness"),
    *("milvus-photos", "milvus-captions"),
)
_OURS = re.compile(  # other files may lie in the same folder
    rf"catalog\.(sqlite.*|address)|catalog-(damaged|schema)-.*|checked\..*|last_scan\..*|(index|watch)\.lock"
    rf"|({'|'.join(_FOLDERS)})(\.lock)?|repair\.partial|stacks\.bin|counts\.json|texts\..*|everyday-\w+\.npy",
    re.IGNORECASE | re.DOTALL,
)


def refuse_links(folder: Path) -> None:
    """Refuses a collection folder with a link under a name of ours: what is written there would go anywhere.

    Raises:
        CollectionError: there is one.
    """
    for place in (folder, *(folder / name for name in _FOLDERS)):
        try:
            with os.scandir(place) as entries:
                links = [entry.path for entry in entries if _is_link(entry)]
        except OSError:  # missing, or cannot be listed; what follows says so
            continue
        if found := [link for link in links if place != folder or _OURS.fullmatch(Path(link).name)]:
            raise CollectionError(
                f"{min(found)} is a link, and a collection must not contain any: twinlens would write "
                "wherever it leads; remove it, or all of the collection if it came from somebody else"
            )


def remove_ours(folder: Path) -> None:
    """Removes a collection; files in its folder that are not ours stay, and so does the folder then.

    Raises:
        OSError: something cannot be removed.
    """
    with os.scandir(folder) as entries:
        ours = [Path(entry.path) for entry in entries if _OURS.fullmatch(entry.name)]
    for path in ours:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    with suppress(OSError):  # it is not empty
        folder.rmdir()


def refuse_programs(database: Database) -> None:
    """Refuses views, triggers and virtual tables: none is ours, and each can make a query run forever.

    Raises:
        CatalogDamagedError: there is one.
    """
    found = database.rows(
        "SELECT type, name FROM sqlite_master WHERE type IN ('view', 'trigger') OR sql LIKE 'CREATE VIRTUAL%' LIMIT 1"
    )
    for kind, name in found:
        raise CatalogDamagedError(damaged(database.path, f"the {kind} {name[:40]!r} in it is not of twinlens"))


def _is_link(entry: "os.DirEntry[str]") -> bool:
    is_junction = getattr(entry, "is_junction", None)  # a link of Windows; asked for since Python 3.12
    return entry.is_symlink() or bool(is_junction and is_junction())
