"""Photos in a catalog, without files."""

from collections.abc import Sequence

import numpy as np

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.rows import FileState
from twinlens.data.exif import PhotoDetails
from twinlens.embedding.local import PhotoVector


def put_photos(
    catalog: Catalog,
    paths: Sequence[str],
    *,
    taken_at: Sequence[str | None] | None = None,
    cameras: Sequence[str | None] | None = None,
    sizes: Sequence[tuple[int, int]] | None = None,
    folder: str = "photos",
) -> list[int]:
    """Adds a folder with photos; each has the embedding of its place in the list. Their ids."""
    known = {one.name: one.id for one in catalog.folders()}
    folder_id = known.get(folder) or catalog.add_folder(folder, f"../{folder}").id
    with catalog.writing() as writer:
        for number, path in enumerate(paths):
            width, height = sizes[number] if sizes else (48, 36)
            details = PhotoDetails(
                width,
                height,
                taken_at[number] if taken_at else None,
                camera=cameras[number] if cameras else None,
            )
            row = np.zeros(8, dtype=np.float32)
            row[number % 8] = 1.0
            content = f"{folder}/{path}".encode().ljust(16, b"\0")[:16]
            file = FileState(folder_id, path, 100 + number, 1_000_000 + number, content)
            writer.put_photo(file, details, PhotoVector(row, None), reader_version=1)
    return [found for path in paths if (found := catalog.id_of(folder_id, path)) is not None]
