"""Fit the banks that take hubs out of a bundle's space, and add them to it; see ``model.hubs``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from twinlens.errors import TrainingError
from twinlens.model.bundle import BANKS, HUBS, Bundle, FileRecord, HubSettings, file_record, write_manifest
from twinlens.model.hubs import Bank, Hubs
from twinlens.model.relevance_file import REFERENCE
from twinlens.model.text_encoder import unit
from twinlens.types import Embeddings
from twinlens.whole_file import whole_file


@dataclass(frozen=True)
class HubPlan:
    """Settings of ``HubSettings``, and the number of clusters of each bank.

    The defaults are for the default model, chosen on Flickr8k val and the judged photos; a cluster takes 516 bytes.
    """

    clusters: Mapping[str, int] = field(default_factory=lambda: {"words": 96, "captions": 192, "photos": 256})
    sharpness: float = 25.0
    width: float = 0.4
    reach: float = 0.1
    short: int = 6
    long: int = 12
    strength: Mapping[str, float] = field(default_factory=lambda: {"words": 0.25, "captions": 0.75, "photos": 0.75})


def add_hubs(bundle: Bundle, banks: Mapping[str, Embeddings], plan: HubPlan) -> Bundle:
    """Adds banks to a bundle, or replaces them; its embeddings change, so calibration and figures are removed.

    Collections of the bundle as it was embed the features that they have anew, if the bundle has a separate image head.

    Args:
        bundle: the files are written to its folder.
        banks: of each name in ``BANKS``, embeddings [N, D] of as many kinds as possible, as the towers make them.
        plan: what the manifest says besides.

    Raises:
        TrainingError: a bank is missing, or has too few embeddings for its clusters.
    """
    for name in BANKS:
        if name not in banks or len(banks[name]) < plan.clusters[name]:
            raise TrainingError(
                f"the bank of {name} has {plan.clusters[name]} clusters; got {len(banks.get(name, ()))} embeddings"
            )
    fitted = {name: fit_bank(banks[name], plan.clusters[name]) for name in BANKS}
    path = bundle.directory / HUBS
    _save(path, fitted)
    corrected = {"words": banks["photos"], "captions": banks["photos"], "photos": banks["captions"]}
    settings = HubSettings(
        sharpness=plan.sharpness,
        width=plan.width,
        reach=plan.reach,
        short=plan.short,
        long=plan.long,
        strength=dict(plan.strength),
        level={name: round(float(fitted[name].nearness(corrected[name], plan.sharpness).mean()), 5) for name in BANKS},
    )
    old = bundle.manifest
    files = {**old.files, HUBS: file_record(path)}
    if REFERENCE in files:
        files[REFERENCE] = _correct(bundle.directory / REFERENCE, Hubs(fitted, settings), old.embedding_dim)
    changed = {
        "hubs": settings,
        "files": files,
        "calibration": None,
        "figures": {},
        "same_features": tuple(dict.fromkeys([*old.same_features, old.fingerprint])),
    }
    manifest = old.model_copy(update=changed)
    write_manifest(bundle.directory, manifest)
    return Bundle(bundle.directory, manifest)


def _correct(reference: Path, hubs: Hubs, dim: int) -> FileRecord:
    """Corrects the photos that scores are compared with, whether others banks have corrected them before or not."""
    rows = unit(np.load(reference, allow_pickle=False)[:, :dim].astype(np.float32))
    with whole_file(reference) as place, place.open("wb") as file:
        np.save(file, hubs.corrected_photos(rows).astype(np.float16), allow_pickle=False)
    return file_record(reference)


def fit_bank(embeddings: Embeddings, size: int, *, rounds: int = 15, seed: int = 0) -> Bank:
    """A bank of ``size`` clusters of unit rows [N, D], by spherical k-means (Dhillon and Modha, 2001)."""
    rng = np.random.default_rng(seed)
    centres = embeddings[rng.choice(len(embeddings), size, replace=False)]
    for _ in range(rounds):
        nearest = (embeddings @ centres.T).argmax(axis=1)
        counts = np.bincount(nearest, minlength=size)
        means = np.zeros_like(centres)
        np.add.at(means, nearest, embeddings)
        is_empty = counts == 0
        means[is_empty] = embeddings[rng.choice(len(embeddings), int(is_empty.sum()), replace=False)]
        centres = unit(means.copy())
    means /= np.maximum(counts, 1)[:, None]
    return Bank(means, (counts / len(embeddings)).astype(np.float32))


def _save(path: Path, banks: dict[str, Bank]) -> None:
    """Writes banks, their rows as int8."""
    arrays = {}
    for name, bank in banks.items():
        largest = np.abs(bank.rows).max()
        arrays[name] = np.round(bank.rows / largest * 127).astype(np.int8)
        arrays[f"{name}_largest"] = np.float32(largest)
        arrays[f"{name}_shares"] = bank.shares
    with whole_file(path) as place, place.open("wb") as file:
        np.savez(file, **arrays)
