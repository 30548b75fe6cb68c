"""Take hubs out of a space: photos that are near to every text, and texts that are near to every photo."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from twinlens.errors import BundleError
from twinlens.model.bundle import BANKS, HubSettings
from twinlens.model.text_encoder import unit
from twinlens.types import Embeddings

Floats = NDArray[np.float32]
MOST_WITHOUT_THREADS = 64  # embeddings: 2 ms, and less than it takes to wake a thread


class Bank(NamedTuple):
    """Texts, or photos, of all kinds: the means of clusters of unit rows, and each cluster's share.

    Attributes:
        rows: [K, D].
        shares: [K], their sum is 1.
    """

    rows: Embeddings
    shares: Floats

    def nearness(self, embeddings: Embeddings, sharpness: float) -> Floats:
        """[N], how near unit rows [N, D] are to what is in the bank: log Σ shares · exp(s · cosine) / s.

        >>> bank = Bank(np.eye(2, dtype=np.float32), np.full(2, 0.5, dtype=np.float32))
        >>> bank.nearness(np.array([[1.0, 0.0], [0.6, 0.8]], dtype=np.float32), 20.0).round(2)
        array([0.97, 0.77], dtype=float32)
        """
        scores = sharpness * _cosines(embeddings, self.rows)
        most = scores.max(axis=1, keepdims=True)
        sums = np.exp(scores - most) @ self.shares
        nearness: Floats = (most[:, 0] + np.log(sums)) / np.float32(sharpness)
        return nearness


class Hubs:
    """Corrects embeddings, so that the cosine of a text and a photo is less by how near each is to everything.

    A softmax over photos that is divided by a photo's sum over many texts is the inverted softmax of Smith et al.
    (ICLR 2017), with a bank of texts in place of the queries as in QB-Norm (Bogolin et al., CVPR 2022); its logarithm
    is the score minus the photo's nearness to the bank. The same is done for texts and a bank of photos.

    There are two banks of texts, since captions and single words have different hubs: for a short text the bank of
    words counts, for a long one that of captions, and in between a part of each. With n the nearness to a bank minus
    the bank's level, and w the settings' width, the coordinates are

        photo: v, -n(words) / w, -n(captions) / w, w, a, 0
        text:  q, (1 - long) · w · s(words), long · w · s(captions), -n(photos) · s(photos) / w, 0, b

    where s is a bank's strength, and a and b give all photos, and all texts, the same length. Scaled to length 1,
    their product is the corrected score divided by the same number for all, so that a corrected score is still the
    cosine of two unit rows.

    Args:
        banks: by name, see ``BANKS``.
        settings: of the bundle.
    """

    def __init__(self, banks: Mapping[str, Bank], settings: HubSettings) -> None:
        self._banks, self._settings = banks, settings
        width, reach, strength = settings.width, settings.reach / settings.width, settings.strength
        self._photo_square = 1 + width**2 + 2 * reach**2
        self._text_square = 1 + (width * max(strength["words"], strength["captions"])) ** 2
        self._text_square += (reach * strength["photos"]) ** 2

    def corrected_photos(self, embeddings: Embeddings) -> Embeddings:
        """[N, D + 5], unit rows of photos' unit rows [N, D]."""
        words, captions = (-self._above(embeddings, name) / self._settings.width for name in ("words", "captions"))
        columns = np.stack([words, captions, np.full_like(words, self._settings.width)], axis=1)
        rest = _rest(columns, self._photo_square)
        return unit(np.concatenate([embeddings, columns, rest, np.zeros_like(rest)], axis=1))

    def corrected_texts(self, embeddings: Embeddings, lengths: NDArray[np.int64]) -> Embeddings:
        """[N, D + 5], unit rows of texts' unit rows [N, D].

        Args:
            embeddings: as the towers make them.
            lengths: [N], number of tokens without the special ones.
        """
        settings = self._settings
        long = np.clip((lengths - settings.short) / (settings.long - settings.short), 0.0, 1.0)
        words = (1 - long) * settings.width * settings.strength["words"]
        captions = long * settings.width * settings.strength["captions"]
        photos = -self._above(embeddings, "photos") * settings.strength["photos"] / settings.width
        columns = np.stack([words, captions, photos], axis=1).astype(np.float32)
        rest = _rest(columns, self._text_square)
        return unit(np.concatenate([embeddings, columns, np.zeros_like(rest), rest], axis=1))

    def _above(self, embeddings: Embeddings, name: str) -> Floats:
        """[N], nearness to a bank, minus its level."""
        if not len(embeddings):
            return np.empty(0, dtype=np.float32)
        level = np.float32(self._settings.level[name])
        return self._banks[name].nearness(embeddings, self._settings.sharpness) - level


def open_hubs(path: Path, settings: HubSettings, *, dim: int) -> Hubs:
    """Reads the banks of a bundle.

    Args:
        path: of ``hubs.npz``.
        settings: from the manifest.
        dim: D, of the towers.

    Raises:
        BundleError: it holds no such banks.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            banks = {name: _bank(arrays, name) for name in BANKS}
    except (KeyError, ValueError, BadZipFile) as error:
        raise BundleError(
            f"{path} does not hold the banks {', '.join(BANKS)} ({error}); get the bundle again"
        ) from error
    for bank in banks.values():
        if bank.rows.ndim != 2 or bank.rows.shape[1] != dim or bank.shares.shape != bank.rows.shape[:1]:
            raise BundleError(f"{path} must hold banks [K, {dim}], got {list(bank.rows.shape)}; get the bundle again")
    return Hubs(banks, settings)


def _bank(arrays: Mapping[str, NDArray[Any]], name: str) -> Bank:
    rows = arrays[name].astype(np.float32) * np.float32(arrays[f"{name}_largest"] / 127)
    return Bank(rows, arrays[f"{name}_shares"].astype(np.float32))


def _cosines(embeddings: Embeddings, rows: Embeddings) -> Floats:
    """[N, K]; those of a batch without the threads of a BLAS, which go on turning on their cores for 20 ms after it."""
    if len(embeddings) > MOST_WITHOUT_THREADS:
        return embeddings @ rows.T
    cosines: Floats = np.einsum("nd,kd->nk", embeddings, rows)
    return cosines


def _rest(columns: Floats, square: float) -> Floats:
    """[N, 1], what unit rows with these columns lack to have a length whose square is given; 0 where they have more."""
    missing = square - 1 - (columns**2).sum(axis=1, keepdims=True)
    rest: Floats = np.sqrt(np.maximum(missing, 0)).astype(np.float32)
    return rest
