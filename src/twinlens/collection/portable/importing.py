"""Import an archive: what people gave, into a collection; or a whole collection, at a new place."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.rows import vector_bytes
from twinlens.collection.catalog.settings import ARCHIVES
from twinlens.collection.indexing.excluding.rules import check_pattern
from twinlens.collection.indexing.models.model_of_record import ModelOfRecord
from twinlens.collection.place.disk import only_writer
from twinlens.collection.place.locate import CATALOG_NAME
from twinlens.collection.place.photo_folders import folder_path
from twinlens.collection.place.room import check_room
from twinlens.collection.portable.new_place import check_free, new_place
from twinlens.collection.portable.opened_archive import OpenedArchive
from twinlens.collection.portable.take_in import OnPhotos, Place, TakenIn, Taking, tried_out
from twinlens.errors import CollectionError, DataError

ROW_BYTES = 1000  # of a photo in a catalog, without its vector


def import_given(
    catalog: Catalog, archive: OpenedArchive, *, dry_run: bool = False, on_photos: OnPhotos = lambda _, __: None
) -> TakenIn:
    """Gives photos what they had when the archive was written, by their contents; no photo is added.

    All of the archive is checked before anything is changed. After an interrupt, do it again: nothing is given twice.

    Args:
        catalog: of the collection.
        archive: to import.
        dry_run: say what would be given, and give nothing.
        on_photos: called with the number of photos that were looked at, and of all.

    Raises:
        DataError: the archive is damaged.
        CollectionBusyError: another process is indexing the collection.
        CollectionError: it cannot be written.
    """
    archive.check()
    place = catalog.path.parent
    if catalog.read_only:
        raise CollectionError(f"{place} cannot be written, so nothing can be given to its photos")
    with only_writer(place, catalog), tried_out(catalog, dry_run=dry_run):
        encoder = ModelOfRecord(place, catalog, asked=None).embedder()
        return Taking(catalog, archive.without_vectors(), {}, encoder, on_photos).run()


def import_new(
    archive: OpenedArchive,
    place: Path,
    folders: Mapping[str, Path],
    *,
    dry_run: bool = False,
    on_photos: OnPhotos = lambda _, __: None,
) -> TakenIn:
    """Makes a collection as it was when the archive was written, with its photos at another place; reads no photo.

    Args:
        archive: to import; one without vectors has only what people gave, which waits for the first index run.
        place: of the new collection; there must be nothing.
        folders: where the photos are now, by the name of their folder in the archive.
        dry_run: only check.
        on_photos: called with the number of photos that are in, and of all.

    Raises:
        DataError: the archive is damaged.
        CollectionError: there is something at the place, or it cannot be written.
        DiskFullError: it does not fit on the disk.
    """
    check_free(place)
    dim = archive.model.dim if archive.model else 0
    check_room(
        place.parent, archive.num_photos * (ROW_BYTES + vector_bytes(dim, features_dim=3 * dim)), what=f"{place}"
    )
    archive.check()
    if dry_run:
        return TakenIn(photos=archive.num_photos)
    with new_place(place) as partial:
        catalog = Catalog(partial / CATALOG_NAME, create=True)
        try:
            places = _folders(catalog, place, folders)
            _settings(catalog, archive)
            encoder = ModelOfRecord(place, catalog, asked=None).embedder() if archive.model else None
            report = Taking(catalog, archive, places if archive.has_vectors else {}, encoder, on_photos).run()
            if archive.has_vectors:
                catalog.set_meta({"first_index": "done"})
            catalog.checkpoint()
        except CollectionError as error:
            if isinstance(error.__cause__, sqlite3.IntegrityError):  # a fact of another kind than its column
                raise DataError(f"{archive.file} has a photo that no catalog takes ({error.__cause__})") from error
            raise
        finally:
            catalog.close()
    return report


def _folders(catalog: Catalog, place: Path, folders: Mapping[str, Path]) -> dict[str, Place]:
    places = {}
    for name, path in folders.items():
        places[name] = Place(catalog.add_folder(name, folder_path(path, place)).id)
    return places


def _settings(catalog: Catalog, archive: OpenedArchive) -> None:
    for pattern in archive.excluded:
        check_pattern(pattern)
    if archive.excluded:
        catalog.exclude(archive.excluded)
    if archive.opens_archives:
        catalog.set_meta({ARCHIVES: "1"})
    if archive.model and archive.has_vectors:
        catalog.remember_model(archive.model)
