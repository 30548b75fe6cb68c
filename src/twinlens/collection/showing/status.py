"""Location and state of a collection."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.indexing.scanning.last_scan import left_out_files, read_last_scan, skipped_files
from twinlens.collection.indexing.scanning.missing import folders_kept_last
from twinlens.collection.indexing.telling.report import PendingModelChange, kinds_not_read
from twinlens.collection.place.photo_folders import PhotoFolder
from twinlens.data.file_names import as_text


def collection_status(
    place: Path,
    catalog: Catalog,
    folders: Sequence[PhotoFolder],
    change: PendingModelChange | None,
    *,
    is_complete: bool,
) -> dict[str, Any]:
    """The fields of ``twinlens status --json``."""
    kept = catalog.kept.counts()
    skipped, scan = skipped_files(catalog, folders), read_last_scan(catalog)
    model = catalog.model()
    return {
        "collection": as_text(str(place)),
        "catalog": str(catalog) if catalog.is_served else None,
        "replica": None if (replica := catalog.replica_state()) is None else asdict(replica),
        "folders": [{"path": as_text(str(folder.path)), "present": folder.path.is_dir()} for folder in folders],
        "images": catalog.count(),
        "captions": catalog.captions.count(),
        "described": catalog.said.counts(),
        "texts": asdict(catalog.read_texts.counts()),
        "skipped": len(skipped),
        "kinds_not_read": kinds_not_read(skipped),
        "is_complete": is_complete,
        "indexed_at": scan and round(scan.finished_at, 3),
        "kept": {
            "photos": kept.photos,
            "captions": kept.captions,
            "favourites": kept.favourites,
            "tags": kept.tags,
            "ratings": kept.ratings,
            "albums": kept.albums,
            "until": kept.first_until,
            "last_until": kept.last_until,
        },
        "kept_folders": [folder.to_json() for folder in folders_kept_last(catalog)],
        "follows_links": catalog.follows_links,
        "exclude": catalog.excluded,
        "left_out": [one._asdict() for one in left_out_files(catalog, folders)],
        "model": model and model.model,
        "fingerprint": model and model.fingerprint,
        "photo_space": model and catalog.features.space(model),
        "model_change": change and vars(change),
        "store": catalog.meta("store") or "exact",
        "generation": catalog.generation,
        "disk_bytes": sum(_size(file) for file in place.rglob("*")),
    }


def _size(file: Path) -> int:
    try:
        return file.stat().st_size if file.is_file() else 0
    except FileNotFoundError:  # an indexing process has just replaced it
        return 0
