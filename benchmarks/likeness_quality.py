"""How well photos find photos of their class: the shared space against features, on a set with ``classes.json``.

Example: .venv/bin/python benchmarks/likeness_quality.py DATA/grocery_store DATA/clothing
"""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twinlens.collection.catalog.embeddings.features import likeness
from twinlens.data.readers.classes_json import read_classes
from twinlens.embedding.local import embed_photos
from twinlens.model.load import load_model
from twinlens.types import Embeddings


def recall_and_map(vectors: Embeddings, classes: NDArray[np.int64]) -> tuple[float, float]:
    """R@1 and mAP in per cent: each photo asks for the others of its class; those alone in theirs do not ask."""
    firsts, averages = [], []
    for row, vector in enumerate(vectors):
        others = np.delete(np.arange(len(vectors)), row)
        ranked = others[np.argsort(-(vectors[others] @ vector), kind="stable")]
        is_right = classes[ranked] == classes[row]
        if is_right.any():
            places = np.flatnonzero(is_right)
            firsts.append(is_right[0])
            averages.append(np.mean(np.arange(1, len(places) + 1) / (places + 1)))
    return 100 * float(np.mean(firsts)), 100 * float(np.mean(averages))


def main() -> None:
    """Prints a table row for each set and space."""
    encoder = load_model("default")
    print("| set | photos | space | R@1 | mAP |\n| --- | --- | --- | --- | --- |")
    for place in sys.argv[1:]:
        images = read_classes(Path(place))
        found = embed_photos(images.paths, encoder)
        assert found.features is not None, "the default model has features"
        classes = np.array(images.labels)[found.kept]
        spaces = {"shared": found.embeddings, "likeness": likeness(found.features)}
        for name, vectors in spaces.items():
            first, mean = recall_and_map(vectors, classes)
            print(f"| {Path(place).name} | {len(classes):,} | {name} | {first:.1f} | {mean:.1f} |")


if __name__ == "__main__":
    main()
