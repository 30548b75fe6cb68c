"""How well the map of similar photos keeps neighbours, and how long it takes.

Trustworthiness at ten neighbours (Venna and Kaski, 2001: 1 = no photo is near another that is not like it) and the
share of the ten most similar photos among the ten nearest, by the first map (PCA) and the one that follows; of a
collection. Then the processor time of both for made vectors, which other programs disturb less than the clock.

Example: .venv/bin/python benchmarks/map_layout.py ~/Pictures
"""

import argparse
import time

import numpy as np
from numpy.typing import NDArray

from twinlens.api.library import Collection
from twinlens.collection.showing.map import flat_places
from twinlens.collection.showing.maps.layout import Plane, neighbour_layout

NEAREST, SIZES, DIM, KINDS = 10, (1_000, 10_000, 20_000), 1280, 100
Vectors = NDArray[np.float16]


def kept(vectors: Vectors, places: Plane) -> tuple[float, float]:
    """Trustworthiness, and the share of neighbours that stay neighbours."""
    rows = vectors.astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    count = len(rows)
    likeness, away = rows @ rows.T, np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(likeness, 9)
    np.fill_diagonal(away, -1)
    ranks = (-likeness).argsort(axis=1).argsort(axis=1)  # of each photo's others, 1 = the most similar
    near = np.take_along_axis(ranks, away.argsort(axis=1)[:, 1 : NEAREST + 1], axis=1)
    worst = count * NEAREST * (2 * count - 3 * NEAREST - 1) / 2
    return float(1 - np.maximum(0, near - NEAREST).sum() / worst), float((near <= NEAREST).mean())


def made(count: int) -> Vectors:
    """Vectors of a hundred kinds."""
    random = np.random.default_rng(0)
    centres = random.standard_normal((KINDS, DIM), dtype=np.float32)
    own = random.standard_normal((count, DIM), dtype=np.float32)
    return (centres[random.integers(KINDS, size=count)] + own).astype(np.float16)


def main() -> None:
    """Prints two tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("collection", help="indexed, of a few thousand photos at most")
    with Collection.open(parser.parse_args().collection) as collection:
        catalog = collection.catalog
        blocks = [rows for _, rows in catalog.features.embeddings(catalog.select_ids())]
    vectors = np.concatenate(blocks).astype(np.float16)
    first = flat_places(vectors)
    print(f"| {len(vectors):,} photos | trustworthiness | neighbours kept |\n| --- | --- | --- |")
    for name, places in (("PCA", first), ("by neighbours", neighbour_layout(vectors, first))):
        assert places is not None, "it is wanted"
        print(f"| {name} | {' | '.join(f'{figure:.3f}' for figure in kept(vectors, places))} |")
    print("| photos | PCA | by neighbours |\n| --- | --- | --- |")
    for size in SIZES:
        vectors, started = made(size), time.process_time()
        first = flat_places(vectors)
        between = time.process_time()
        neighbour_layout(vectors, first)
        print(f"| {size:,} | {between - started:.1f} s | {time.process_time() - between:.1f} s |", flush=True)


if __name__ == "__main__":
    main()
