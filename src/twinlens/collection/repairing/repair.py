"""Repair a collection: save what can be read of a damaged catalog, and rebuild what is derived from it."""

import json
import logging
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.opening import open_catalog
from twinlens.collection.catalog.postgres.address import address_at
from twinlens.collection.catalog.repair.mending import (
    Mended,
    distrust_embeddings,
    mend,
    put_caption_embeddings,
    remove_captions,
    salvaged_identity,
    salvaged_model,
)
from twinlens.collection.catalog.repair.replacing import (
    PAGE_BYTES,
    keep_copy,
    new_catalog,
    new_first_page,
    open_damaged,
    open_with_new_schema,
    put_in_place,
)
from twinlens.collection.catalog.repair.salvage import (
    captions_in_index,
    counted_again,
    has_schema,
    photos_in_index,
    salvage,
    schema_version,
)
from twinlens.collection.catalog.repair.twice import restore_given
from twinlens.collection.catalog.rows import ModelRecord, check_length
from twinlens.collection.catalog.schema import upgrade
from twinlens.collection.catalog.sqlite.integrity import AS_LEFT, CHECKED, FULLY, check_fully, refuse_emptied
from twinlens.collection.indexing.captions import BATCH_SIZE
from twinlens.collection.indexing.models.model_of_record import named_model
from twinlens.collection.place.disk import only_writer
from twinlens.collection.place.locate import CATALOG_NAME, FOLDER_NAME
from twinlens.collection.repairing.report import RepairReport
from twinlens.collection.repairing.texts import check_texts
from twinlens.collection.repairing.vectors import check_vectors, encoder_of
from twinlens.errors import CatalogDamagedError, CollectionError
from twinlens.model.load import DEFAULT, model_of_fingerprint
from twinlens.plugins import load_part
from twinlens.stores import STORES

logger = logging.getLogger(__name__)
WORK = "repair.partial"  # folder of the new catalog until it is complete


def repair(place: Path) -> RepairReport:
    """Repairs the collection in a folder; one without faults is not changed.

    A damaged catalog is copied to a name with the date. Its readable rows go to a new one, which replaces it in
    one transaction: a repair that is killed leaves the old state or the new one, and processes that
    have the collection open need not be restarted.

    Raises:
        CollectionBusyError: another process is indexing or writing it.
        CollectionError: it cannot be written, or is of a newer release.
    """
    report, path = RepairReport(place), place / CATALOG_NAME
    with only_writer(place):
        report.faults = _catalog_faults(path)
        if report.faults and (address := address_at(place)):
            raise CollectionError(
                f"the catalog at {address} is on a server, and is not repaired from here ({report.faults[0]}); "
                "restore it from a backup of pg_dump"
            )
        if report.faults:
            _replace_catalog(path, report)
        else:
            with _opened(path) as catalog:
                check_vectors(catalog, report)
                check_texts(catalog, report)
        with _opened(path) as catalog:
            if report.kept or report.tables:
                check_fully(catalog)
            report.photos = catalog.count()
    return report


def _catalog_faults(path: Path) -> list[str]:
    try:
        if address_at(path.parent) is None:
            refuse_emptied(path)
        with _opened(path) as catalog:
            faults = catalog.integrity_faults()
            catalog.model(), catalog.generation
            if not faults:
                _check_lengths(catalog)
            return faults
    except CatalogDamagedError as error:
        return [_reason(error)]


def _check_lengths(catalog: Catalog) -> None:
    """Raises CatalogDamagedError if embeddings are not of the model of record."""
    model = catalog.model()
    for table in (catalog, catalog.captions):
        for _, embeddings in table.embeddings(table.select_ids()):
            check_length(catalog, embeddings, model and model.dim)


def _replace_catalog(path: Path, report: RepairReport) -> None:
    work = path.with_name(WORK)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    report.kept = keep_copy(path)
    first_page = new_first_page(work / "sample.sqlite")
    damaged = open_damaged(path, first_page)
    new: sqlite3.Connection | None = None
    try:
        source = _with_schema(damaged, report.kept, work, first_page)
        new = new_catalog(work / CATALOG_NAME, version=schema_version(source))
        report.tables = salvage(source, new)
        upgrade(new)
        mended = _mend(new, source, path.parent)
        report.tables = counted_again(new, report.tables)
        report.photos_to_read = mended.photos_to_read
        _embed_captions(new, mended.captions_to_embed, report)
        if source is not damaged:
            source.close()
        for note in (CHECKED, AS_LEFT, FULLY):
            path.with_name(note).unlink(missing_ok=True)
        put_in_place(new, damaged, path)
    finally:
        if new is not None:
            new.close()
        damaged.close()
        shutil.rmtree(work, ignore_errors=True)
    with _opened(path) as catalog:
        check_vectors(catalog, report)


def _with_schema(damaged: sqlite3.Connection, kept: Path | None, work: Path, first_page: bytes) -> sqlite3.Connection:
    """The damaged catalog, or a copy with a new schema if its own was lost."""
    if has_schema(damaged) or kept is None or kept.stat().st_size <= PAGE_BYTES:
        return damaged
    copy = work / "copy.sqlite"
    for end in ("", "-wal"):
        if (file := kept.with_name(kept.name + end)).is_file():
            shutil.copy2(file, copy.with_name(copy.name + end))
    return open_with_new_schema(copy, first_page)


def _mend(new: sqlite3.Connection, source: sqlite3.Connection, place: Path) -> Mended:
    known = salvaged_model(new) or _model_of_vectors(place)
    if known and (encoder := encoder_of(known)):
        known = known._replace(dim=encoder.dim)
    identity = salvaged_identity(new)
    if known and identity:
        for table, folder in (("vectors", "exact"), ("captions", "captions")):
            store = load_part("store", STORES, "exact")
            owner = f"{identity}/{known.fingerprint}"
            distrust_embeddings(new, table, store(place / folder, dim=known.dim, owner=owner))
    model = known or named_model(DEFAULT).record()
    inside = (place.parent.name or "root", "..") if place.name == FOLDER_NAME else None
    restore_given(source, new)
    return mend(
        new,
        model,
        photos=photos_in_index(source),
        captions=captions_in_index(source),
        folder=inside,
        has_vectors=known is not None,
    )


def _model_of_vectors(place: Path) -> ModelRecord | None:
    """The model of the derived vectors, which record its fingerprint."""
    try:
        stamp: Mapping[str, Any] = json.loads((place / "exact" / "stamp.json").read_text(encoding="utf-8"))["stamp"]
        encoder = model_of_fingerprint(stamp["owner"].rpartition("/")[2])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        logger.debug("the derived vectors name no model: %s", error)
        return None
    return None if encoder is None else ModelRecord(encoder.name, encoder.fingerprint, encoder.dim)


def _embed_captions(new: sqlite3.Connection, texts: Mapping[int, str], report: RepairReport) -> None:
    if not texts:
        return
    model = salvaged_model(new)
    encoder = model and encoder_of(model)
    numbers = list(texts)
    for start in range(0, len(numbers), BATCH_SIZE):
        some = numbers[start : start + BATCH_SIZE]
        if encoder is None:
            remove_captions(new, some)
            report.captions_lost += len(some)
            continue
        put_caption_embeddings(new, some, encoder.encode_text([texts[number] for number in some]))
        report.captions_embedded += len(some)


@contextmanager
def _opened(path: Path) -> Iterator[Catalog]:
    catalog = open_catalog(path)
    try:
        yield catalog
    finally:
        catalog.close()


def _reason(error: CatalogDamagedError) -> str:
    return str(error).partition("; your photos")[0]
