"""Read and write a bundle's calibration and its reference photos."""

import logging
from pathlib import Path

import numpy as np

from twinlens.errors import BundleError
from twinlens.model.bundle import Bundle, file_record, write_manifest
from twinlens.relevance.judge import RelevanceJudge
from twinlens.relevance.maps import Calibration, OtherCalibration
from twinlens.types import Embeddings
from twinlens.whole_file import whole_file

logger = logging.getLogger(__name__)
REFERENCE = "reference.npy"  # in a bundle: [R, D] float16, embeddings of the reference photos


def open_relevance(bundle: Bundle) -> RelevanceJudge | None:
    """A judge from the bundle's calibration; None if it has none, or one of another release or for another model.

    Raises:
        BundleError: the reference photos are missing, damaged or have another dimension.
    """
    calibration = bundle.manifest.calibration
    if calibration is None:
        return None
    if isinstance(calibration, OtherCalibration):
        logger.warning(
            "the calibration in %s is of another release, and is not used; calibrate the model again: "
            "twinlens models calibrate %s --data DIR",
            bundle.directory,
            bundle.directory,
        )
        return None
    if calibration.model != bundle.fingerprint:
        logger.warning(
            "the calibration in %s was fitted for model %s, not for %s, and is not used; calibrate the model again: "
            "twinlens models calibrate MODEL --data DIR",
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
        raise BundleError(f"{path} is not a NumPy array ({error}); calibrate the model again") from error
    if rows.ndim != 2 or not len(rows) or rows.shape[1] != bundle.manifest.dim:
        raise BundleError(
            f"{path} must be [R, {bundle.manifest.dim}], got {list(rows.shape)}; calibrate the model again"
        )
    return RelevanceJudge(calibration, rows)


def save_calibration(bundle: Bundle, calibration: Calibration, reference: Embeddings) -> Path:
    """Writes a calibration to a bundle, replacing any existing one; the fingerprint stays the same."""
    path = bundle.directory / REFERENCE
    with whole_file(path) as place, place.open("wb") as file:
        np.save(file, reference.astype(np.float16), allow_pickle=False)
    files = {**bundle.manifest.files, REFERENCE: file_record(path)}
    write_manifest(bundle.directory, bundle.manifest.model_copy(update={"calibration": calibration, "files": files}))
    return path
