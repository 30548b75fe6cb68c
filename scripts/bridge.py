"""Add to a new default model a bridge to the one before: linear maps by which its queries search earlier vectors.

    scripts/bridge.py OLD_BUNDLE NEW_BUNDLE path/to/flickr8k

A collection that the earlier model embedded then answers words until its photos are
embedded again, though only the new model is in the package. Fitted on the captions of
the train split and on class names; the val split says what it is worth.
"""

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from twinlens.data.find import open_dataset
from twinlens.embedding.local import embed_photos
from twinlens.errors import TwinlensError
from twinlens.evaluation.classes.categories import imagenet_categories
from twinlens.evaluation.pairs import EmbeddedPairs, embed_split
from twinlens.evaluation.retrieval import evaluate_pairs
from twinlens.evaluation.text_embeddings import embed_texts
from twinlens.model.bridge import Bridge, BridgedEncoder, fit_map, save_bridge
from twinlens.model.bundle import open_bundle
from twinlens.model.onnx_encoder import OnnxDualEncoder
from twinlens.protocols import Dataset, DualEncoder
from twinlens.types import Embeddings

PROMPTS = ("{}", "a photo of a {}", "a {} outdoors", "two {}")
RIDGES = (1e-4, 1e-3, 1e-2, 1e-1)
HELD_OUT = 10  # of every so many items one chooses the ridge
TEXTS = 40_000
PHOTOS = 3000  # the map of photos needs few: about six for each dimension


def main() -> int:
    """Fits, measures, and writes into NEW_BUNDLE; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("old", type=Path, help="bundle of the earlier default model")
    parser.add_argument("new", type=Path, help="bundle that gets the bridge")
    parser.add_argument("data", type=Path, help="captioned photos with the splits train and val")
    parser.add_argument("--photos", type=int, default=PHOTOS, help=f"at most so many photos; {PHOTOS}")
    parser.add_argument("--texts", type=int, default=TEXTS, help=f"at most so many captions and prompts; {TEXTS}")
    options = parser.parse_args()
    try:
        build(options.old, options.new, options.data, photos=options.photos, most_texts=options.texts)
    except TwinlensError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def build(old_folder: Path, new_folder: Path, data: Path, *, photos: int, most_texts: int) -> None:
    """Writes the bridge and prints how well val is searched across it."""
    old, new = (OnnxDualEncoder(open_bundle(folder)) for folder in (old_folder, new_folder))
    if old.fingerprint == new.fingerprint:
        raise TwinlensError(f"{old_folder} and {new_folder} are one model, {old.fingerprint}; no bridge is needed")
    dataset = open_dataset(data)
    train = dataset.split("train")
    texts = [caption for image in train for caption in image.captions]
    texts += [prompt.format(name) for name in imagenet_categories() for prompt in PROMPTS]
    texts = texts[:: math.ceil(len(texts) / most_texts)]
    paths = [image.path for image in train][:: math.ceil(len(train) / photos)]
    print(f"{len(texts):,} texts and {len(paths):,} photos, each embedded by {old.fingerprint} and {new.fingerprint}")
    bridge = Bridge(
        old.fingerprint,
        text=_fitted("texts", new, old, lambda encoder: embed_texts(texts, encoder)),
        image=_fitted("photos", new, old, lambda encoder: embed_photos(paths, encoder).embeddings),
    )
    path = save_bridge(new.bundle, bridge)
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")
    _measure(old, new, BridgedEncoder(new, bridge), dataset)


def _fitted(what: str, new: DualEncoder, old: DualEncoder, embed: Callable[[DualEncoder], Embeddings]) -> Embeddings:
    """[D, E], the map whose ridge leads held-out rows nearest to where they belong."""
    here, there = embed(new), embed(old)
    held_out = np.arange(len(here)) % HELD_OUT == 0
    closeness = {}
    for ridge in RIDGES:
        led = here[held_out] @ fit_map(here[~held_out], there[~held_out], ridge=ridge)
        led /= np.linalg.norm(led, axis=1, keepdims=True)
        closeness[ridge] = float(np.vecdot(led, there[held_out]).mean())
    best = max(RIDGES, key=lambda ridge: closeness[ridge])
    tried = ", ".join(f"{ridge:g}: {value:.4f}" for ridge, value in closeness.items())
    print(f"{what}: mean cosine of held-out ones by ridge: {tried}; {best:g} is taken")
    return fit_map(here, there, ridge=best)


def _measure(old: DualEncoder, new: DualEncoder, bridged: DualEncoder, dataset: Dataset) -> None:
    from_old = embed_split(old, dataset, "val")
    rows = [
        ("the earlier model", from_old),
        ("the new model", embed_split(new, dataset, "val")),
        ("new queries across the bridge, earlier vectors", _with_queries(from_old, bridged)),
    ]
    for name, pairs in rows:
        report = evaluate_pairs(pairs)
        there, back = report.text_to_image, report.image_to_text
        print(f"val R@1 text to image {there['R@1']:.1f}, image to text {back['R@1']:.1f}: {name}")


def _with_queries(pairs: EmbeddedPairs, encoder: DualEncoder) -> EmbeddedPairs:
    """The same photos, with captions that another encoder embedded."""
    captions: Sequence[str] = pairs.captions
    return EmbeddedPairs(pairs.images, embed_texts(captions, encoder), pairs.text_image_index, pairs.name)


if __name__ == "__main__":
    sys.exit(main())
