"""A changed copy of a catalog, at a new place; whole or not at all."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.portable.copying import compact, copy_catalog
from twinlens.collection.place.locate import CATALOG_NAME
from twinlens.collection.place.room import check_room
from twinlens.collection.portable.new_place import check_free, new_place
from twinlens.errors import CollectionError


@contextmanager
def copied_to(catalog: Catalog, place: Path, *, smaller: bool = False) -> Iterator[Catalog]:
    """A copy of a catalog to change; it appears at its place when the block ends.

    Args:
        catalog: to copy; may be read-only, or in use.
        place: of the new collection.
        smaller: give back the room of what is deleted in the block.

    Raises:
        CollectionError: something is there, or it cannot be written; or the catalog is on a server.
        DiskFullError: it does not fit on the disk.
    """
    check_copy_fits(catalog, place, times=2 if smaller else 1)
    with new_place(place) as partial:
        copy_catalog(catalog, partial / CATALOG_NAME)
        with closing(Catalog(partial / CATALOG_NAME)) as copied:
            yield copied
            copied.checkpoint()
        if smaller:
            compact(partial / CATALOG_NAME)


def check_copy_fits(catalog: Catalog, place: Path, *, times: int = 1) -> None:
    """Raises CollectionError or DiskFullError if a copy cannot be made at a place."""
    if catalog.is_served:
        raise CollectionError(
            f"the catalog at {catalog} is no file that could be copied; use pg_dump for a copy on a server, or "
            "'twinlens collection export' and 'import' for a collection in a folder"
        )
    check_free(place)
    check_room(place.parent, times * catalog.size_bytes, what="the collection")
