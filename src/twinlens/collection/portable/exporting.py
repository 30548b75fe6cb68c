"""Export a collection to one file."""

from pathlib import Path

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.portable.carried import CarriedCatalog
from twinlens.collection.portable.archive import Counts, archive_bytes, write_archive
from twinlens.collection.portable.take_in import OnPhotos


def export_catalog(
    catalog: Catalog, file: Path, *, vectors: bool, dry_run: bool = False, on_photos: OnPhotos = lambda _, __: None
) -> tuple[int, int]:
    """Writes all that is known of photos, and what people gave to them, to a new file; whole or not at all.

    Args:
        catalog: of the collection; it may be indexed meanwhile, or be read-only.
        file: must not exist.
        vectors: also write embeddings and features: an import then needs to read no photo.
        dry_run: only check that it could be written.
        on_photos: called with the number of photos that are written, and of all.

    Returns:
        the number of photos, and about how many bytes the file has.

    Raises:
        CollectionError: the file exists, or cannot be written.
        DiskFullError: it does not fit on the disk.
    """
    with catalog.snapshot():
        source = CarriedCatalog(catalog)
        counts = Counts(source.num_photos, *source.vectors(), *source.moments())
        write_archive(file, source, counts, vectors=vectors, dry_run=dry_run, on_photos=on_photos)
    return counts.photos, archive_bytes(source, counts, vectors=vectors)
