"""Repair vectors that differ from the catalog, and captions that lost theirs."""

from collections.abc import Sequence
from contextlib import suppress

import numpy as np

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.embeddings.vectors import (
    DerivedVectors,
    VectorSource,
    chosen_store,
    derived_vectors,
    likeness_vectors,
    moment_vectors,
)
from twinlens.collection.catalog.repair.mending import TO_READ
from twinlens.collection.catalog.rows import ModelRecord
from twinlens.collection.catalog.sqlite.check import differing_ids, vector_faults
from twinlens.collection.indexing.captions import BATCH_SIZE
from twinlens.collection.indexing.models.model_of_record import named_model
from twinlens.collection.repairing.report import RepairReport
from twinlens.errors import BundleError, UnknownPartError
from twinlens.model.load import model_of_fingerprint
from twinlens.protocols import DualEncoder


def check_vectors(catalog: Catalog, report: RepairReport) -> None:
    """Rebuilds vectors of other items than the catalog's; where two copies of one differ, neither is kept."""
    engine = chosen_store(catalog, None, writable=True)
    photos, captions = derived_vectors(catalog.path.parent, catalog, engine=engine, writable=True)
    features = likeness_vectors(catalog.path.parent, catalog, writable=True)
    differing: set[int] = set()
    if catalog.count() and _has_faults(catalog, photos, "photos", report):
        differing.update(differing_ids(catalog, photos.synced()))
    if features.folder.exists() and _has_faults(catalog.features, features, "features", report):
        differing.update(differing_ids(catalog.features, features.synced()))
    if differing:
        with catalog.writing() as writer:
            for number in sorted(differing):
                writer.read_again(number, TO_READ)
    report.photos_to_read += len(differing)
    if not catalog.captions.is_empty() and _has_faults(catalog.captions, captions, "captions", report):
        report.captions_embedded += _embed_again(catalog, differing_ids(catalog.captions, captions.synced()))
    moments = moment_vectors(catalog.path.parent, catalog, writable=True)
    for source, one in zip((catalog.moments, catalog.moment_features), moments, strict=True):
        if one.folder.exists() and _has_faults(source, one, "moments of videos", report) and one.folder.exists():
            one.synced().clear()
    for vectors in (photos, captions, features, *moments):
        if vectors.folder.exists():
            vectors.synced()
        vectors.close()


def _has_faults(source: VectorSource, vectors: DerivedVectors, items: str, report: RepairReport) -> bool:
    store = vectors.synced()
    faults = vector_faults(source, store, vectors.folder, items=items)
    report.faults += faults
    if faults and not np.array_equal(store.ids(), source.select_ids()):
        vectors.rebuild()
    return bool(faults)


def _embed_again(catalog: Catalog, captions: Sequence[int]) -> int:
    model = catalog.model()
    encoder = model and encoder_of(model)
    if encoder is None:
        return 0
    records = list(catalog.captions.photos(captions).values())
    for start in range(0, len(records), BATCH_SIZE):
        some = records[start : start + BATCH_SIZE]
        embeddings = encoder.encode_text([record.caption or "" for record in some])
        with catalog.writing() as writer:
            for record, embedding in zip(some, embeddings, strict=True):
                writer.put_caption(record.id, record.caption or "", embedding)
    return len(records)


def encoder_of(model: ModelRecord) -> DualEncoder | None:
    """The model of a record; None if it is not available."""
    with suppress(UnknownPartError, BundleError):
        encoder = named_model(model.model).encoder
        if encoder.fingerprint == model.fingerprint:
            return encoder
    return model_of_fingerprint(model.fingerprint)
