"""The relevance maps of a bundle: open them, check them, write them."""

import logging
from pathlib import Path

import numpy as np

from twinlens.errors import BundleError
from twinlens.model.bundle import Bundle, file_record, write_manifest
from twinlens.relevance.judge import Relevance
from twinlens.relevance.maps import Calibration
from twinlens.types import Embeddings

logger = logging.getLogger(__name__)
REFERENCE = "reference.npy"  # in a bundle: [R, D] float16, embeddings of photos that any query is held against


def open_relevance(bundle: Bundle) -> Relevance | None:
    """The calibration of a bundle, opened; None where it has none.

    Raises:
        BundleError: the reference photos are missing or damaged.
    """
    calibration = bundle.manifest.calibration
    if calibration is None:
        return None
    if calibration.model != bundle.fingerprint:
        logger.warning(
            "the calibration in %s was fitted for model %s, not for %s, and is not used; run scripts/calibrate.py",
            bundle.directory,
            calibration.model,
            bundle.fingerprint,
        )
        return None
    if REFERENCE not in bundle.manifest.files:
        raise BundleError(f"{bundle.directory} has a calibration, but does not list {REFERENCE}; get the bundle again")
    path = bundle.verified(REFERENCE)
    try:
        rows = np.load(path, allow_pickle=False).astype(np.float32)
    except ValueError as error:
        raise BundleError(f"{path} is no array of photos ({error}); run scripts/calibrate.py again") from error
    if rows.ndim != 2 or not len(rows) or rows.shape[1] != bundle.manifest.embedding_dim:
        raise BundleError(
            f"{path} must be [R, {bundle.manifest.embedding_dim}], got {list(rows.shape)}; run scripts/calibrate.py"
        )
    return Relevance(calibration, rows)


def save_calibration(bundle: Bundle, calibration: Calibration, reference: Embeddings) -> Path:
    """Writes a calibration into a bundle, or replaces the one that is there; the fingerprint stays."""
    path = bundle.directory / REFERENCE
    partial = path.with_name(REFERENCE + ".partial")
    with partial.open("wb") as file:
        np.save(file, reference.astype(np.float16), allow_pickle=False)
    partial.replace(path)
    files = {**bundle.manifest.files, REFERENCE: file_record(path)}
    write_manifest(bundle.directory, bundle.manifest.model_copy(update={"calibration": calibration, "files": files}))
    return path
