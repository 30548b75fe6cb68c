"""Make a copy of a catalog the catalog of some of its photos."""

import json
import uuid
from collections.abc import Sequence

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.condition import READ_TEXTS
from twinlens.collection.catalog.settings import ONLY_KNOWN

# of index runs of the collection that it is a copy of
_PROGRESS = ("verified_until", "index_state", "index_process", "replaced_contents")


def ids_below(catalog: Catalog, folder_id: int, subfolder: str) -> list[int]:
    """All photos in a subfolder, those that cannot be read as well; "" = in the whole folder."""
    if not subfolder:
        return [number for (number,) in catalog.rows("SELECT id FROM photos WHERE folder_id = ?", (folder_id,))]
    sql = "SELECT id FROM photos WHERE folder_id = ? AND path >= ? AND path < ?"
    return [number for (number,) in catalog.rows(sql, (folder_id, f"{subfolder}/", f"{subfolder}0"))]


def name_anew(catalog: Catalog) -> None:
    """Makes a copy a collection of its own: nothing that was derived from the other one is taken for its.

    What was shared of the other one is not shared of this one.
    """
    catalog.set_meta({"identity": uuid.uuid4().hex})
    catalog.shares.delete_all()
    for key in _PROGRESS:
        catalog.forget_meta(key)


def keep_only(catalog: Catalog, ids: Sequence[int], *, only_known: bool) -> None:
    """Deletes all other photos with what they were given, and the albums and folders that none is in any more.

    What is kept of photos that are gone stays: they may come back here or there. What was read in the others goes.

    Args:
        catalog: a copy.
        ids: of the photos that stay.
        only_known: index runs shall not add the others again.
    """
    with catalog.transaction() as connection:
        stay = "SELECT value FROM json_each(?)"
        connection.execute(
            f"DELETE FROM {READ_TEXTS} WHERE content_hash IN (SELECT content_hash FROM photos) AND content_hash NOT IN "
            f"(SELECT content_hash FROM photos WHERE content_hash IS NOT NULL AND id IN ({stay}))",
            (json.dumps(ids),),
        )
        connection.execute(f"DELETE FROM photos WHERE id NOT IN ({stay})", (json.dumps(ids),))
        connection.execute("DELETE FROM albums WHERE query = '' AND id NOT IN (SELECT album_id FROM album_photos)")
        connection.execute("DELETE FROM folders WHERE id NOT IN (SELECT folder_id FROM photos)")
        for table in ("removed", "removed_captions", "removed_moments", "reworded"):
            connection.execute(f"DELETE FROM {table}")
        if only_known:
            catalog.set_meta({ONLY_KNOWN: "1"})


def make_root(catalog: Catalog, folder_id: int, subfolder: str, *, name: str, path: str) -> None:
    """Makes a subfolder, which has all photos of a folder, the photo folder.

    Args:
        catalog: a copy.
        folder_id: of the folder.
        subfolder: its path there; "" = the folder itself.
        name: of the new photo folder.
        path: of the new photo folder, as a catalog has it.
    """
    with catalog.transaction() as connection:
        start = len(subfolder) + 2 if subfolder else 1
        connection.execute("UPDATE photos SET path = substr(path, ?) WHERE folder_id = ?", (start, folder_id))
        connection.execute("UPDATE folders SET name = ?, path = ? WHERE id = ?", (name, path, folder_id))


def forget_folder(catalog: Catalog, folder_id: int) -> None:
    """Removes a photo folder that has no photos any more."""
    with catalog.transaction() as connection:
        connection.execute("DELETE FROM folders WHERE id = ?", (folder_id,))
