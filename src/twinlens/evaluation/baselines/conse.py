"""ConSE: a photo is embedded as the mean of its likeliest class names (Norouzi et al. 2014, arXiv:1312.5650)."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from twinlens.errors import DataError
from twinlens.evaluation.baselines.row import Baseline
from twinlens.evaluation.retrieval import rank_both_ways
from twinlens.types import Embeddings

TOP = 10  # classes per photo, as in the paper's best result


def conse_baseline(
    probabilities: NDArray[np.floating],
    class_names: Sequence[str],
    captions: Sequence[Sequence[str]],
    embed_text: Callable[[Sequence[str]], Embeddings],
    *,
    top: int = TOP,
) -> Baseline:
    """Metrics of a classifier combined with a text encoder, without training on captioned photos.

    Args:
        probabilities: [N, C], class probabilities of each photo.
        class_names: [C].
        captions: of each photo, at least one.
        embed_text: texts → unit rows, of any text encoder.
        top: number of classes averaged.

    Raises:
        DataError: the shapes do not match, or a row does not contain probabilities.
    """
    if probabilities.shape != (len(captions), len(class_names)):
        raise DataError(
            f"ConSE needs probabilities [{len(captions)} photos, {len(class_names)} classes], "
            f"got {list(probabilities.shape)}"
        )
    images = conse_embeddings(probabilities, embed_text(class_names), top=top)
    texts = embed_text([caption for own in captions for caption in own])
    index = np.repeat(np.arange(len(captions)), [len(own) for own in captions])
    text_to_image, image_to_text = rank_both_ways(images, texts, index)
    uses = f"class names: a photo is the weighted mean of its {top} likeliest of {len(class_names):,} classes"
    return Baseline("ConSE", uses, text_to_image, image_to_text)


def conse_embeddings(
    probabilities: NDArray[np.floating], class_embeddings: Embeddings, *, top: int = TOP
) -> Embeddings:
    """[N, D], unit rows: the mean of the likeliest classes' embeddings, weighted by probability.

    Args:
        probabilities: [N, C], not negative.
        class_embeddings: [C, D], unit rows.
        top: number of classes averaged; more than C means all.

    Raises:
        DataError: the shapes do not match, a value is negative or NaN, or a row is all zeros.

    >>> conse_embeddings(np.array([[0.6, 0.3, 0.1]]), np.eye(3, dtype=np.float32), top=1).tolist()
    [[1.0, 0.0, 0.0]]
    """
    _check(probabilities, class_embeddings, top)
    kept = min(top, probabilities.shape[1])
    likeliest = np.argsort(-probabilities, axis=1, kind="stable")[:, :kept]  # [N, T]
    weights = np.take_along_axis(probabilities, likeliest, axis=1)
    weights = weights / weights.sum(axis=1, keepdims=True)
    mixed = np.einsum("nt,ntd->nd", weights, class_embeddings[likeliest])
    norms = np.linalg.norm(mixed, axis=1, keepdims=True)
    if not norms.all():
        raise DataError("ConSE: the likeliest classes of a photo cancel each other out; use fewer with top=")
    unit: Embeddings = (mixed / norms).astype(np.float32)
    return unit


def zero_shot_probabilities(
    images: Embeddings, class_embeddings: Embeddings, *, logit_scale: float
) -> NDArray[np.float32]:
    """[N, C], softmax of logit_scale · cosine: class probabilities from a dual encoder.

    Args:
        images: [N, D], unit rows.
        class_embeddings: [C, D], unit rows.
        logit_scale: 1 / temperature.
    """
    logits = logit_scale * (images @ class_embeddings.T)
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities: NDArray[np.float32] = shares / shares.sum(axis=1, keepdims=True)
    return probabilities


def _check(probabilities: NDArray[np.floating], class_embeddings: Embeddings, top: int) -> None:
    if probabilities.ndim != 2 or class_embeddings.ndim != 2 or probabilities.shape[1] != len(class_embeddings):
        raise DataError(
            "ConSE needs probabilities [N, C] and class embeddings [C, D], "
            f"got {list(probabilities.shape)} and {list(class_embeddings.shape)}"
        )
    if top < 1:
        raise DataError(f"ConSE needs at least one class, got top={top}")
    if not (np.isfinite(probabilities).all() and (probabilities >= 0).all() and probabilities.any(axis=1).all()):
        raise DataError("ConSE needs probabilities: none negative or NaN, and some above 0 in every row")
