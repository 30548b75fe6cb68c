"""Calibrate a model on captioned photos."""

import os
from collections.abc import Callable
from pathlib import Path

from twinlens.api.datasets import open_captioned
from twinlens.errors import BundleError
from twinlens.evaluation.pairs import embed_split
from twinlens.evaluation.relevance.captioned import calibrate_on_captions
from twinlens.model.bundle import open_bundle
from twinlens.model.load import DEFAULT, find_bundle
from twinlens.model.onnx_encoder import OnnxDualEncoder
from twinlens.model.relevance_file import save_calibration
from twinlens.relevance.maps import Calibration


def calibrate(
    model: str | Path,
    data: str | os.PathLike[str],
    split: str = "all",
    *,
    kind: str | None = None,
    captions: str | os.PathLike[str] | None = None,
    images: str | os.PathLike[str] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    on_texts: Callable[[int, int], None] | None = None,
) -> Calibration:
    """Fits a model's grades on captioned photos, and writes them into its bundle; the fingerprint stays the same.

    Args:
        model: the name of an imported model, or a bundle's folder.
        data: the data set's folder; a few hundred photos are enough.
        split: train, val, test or all.
        kind: name of a reader in ``data.READERS``; None = detect it.
        captions: the captions file, if it is not found in ``data``.
        images: the photos' folder, if it is not found in ``data``.
        on_progress: called with the number of photos embedded and the total.
        on_texts: called afterwards with the number of captions embedded and the total.

    Raises:
        BundleError: the model is the embedded one, has no bundle, or its folder cannot be written.
        DataError: the data cannot be read, or are too few.
    """
    if str(model) == DEFAULT:
        raise BundleError(
            f"the embedded model {DEFAULT!r} keeps its own calibration; copy its folder, and give the path of the copy"
        )
    bundle = open_bundle(find_bundle(model))
    encoder = OnnxDualEncoder(bundle)
    dataset, _ = open_captioned(data, kind=kind, captions=captions, images=images, ratios=None)
    pairs = embed_split(encoder, dataset, split, on_progress=on_progress, on_texts=on_texts)
    calibration, reference = calibrate_on_captions(pairs, fingerprint=encoder.fingerprint)
    try:
        save_calibration(bundle, calibration, reference)
    except OSError as error:
        raise BundleError(f"{bundle.directory} cannot be written: {error.strerror or error}") from error
    return calibration
