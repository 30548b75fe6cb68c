"""When two photos are one picture: saved again, scaled, brightened, slightly cropped, or shot twice.

By the likeness of their features (collections keep them), or by how many bits of their hashes differ (data sets and
training photos have no more); where embeddings are there, they must be close as well.
"""

import numpy as np
from numpy.typing import NDArray

# Of photos of a shop's shelves, the hardest that were measured, all pairs from 0.945 on are two shots of the same view;
# no two of 2,863 everyday photos reach it. Of copies saved at quality 50, brightened by a fifth or cropped by 2 % per
# side, 89 to 100 % do: docs/decisions/likeness.md.
NEAR_LIKENESS = 0.95
# Worth comparing by hash: 95 to 100 % of those copies, and 1 in 700 pairs of the shop's photos. At 0.9 it would be 1 in
# 290, each of which must be opened.
LIKELY_LIKENESS = 0.92
# Cosine of the embeddings: features of other models may all be alike, and hashes of different photos may be near.
NEAR_COSINE = 0.9
# Measured on Flickr8k: of 33 million pairs of different photos none differs in fewer than 36 bits, while 99 % of
# copies that were halved in size, recompressed at quality 50 or brightened by a fifth differ in at most 34.
COPY_BITS = 30
# 90 % of copies cropped by 3 % per side are within 61 bits, but so are 300 pairs of different photos.
CROPPED_BITS = 64


def are_copies_by_likeness(
    likeness: NDArray[np.float32], cosines: NDArray[np.float32], *, at_least: float = NEAR_LIKENESS
) -> NDArray[np.bool_]:
    """Whether pairs of photos are near copies.

    Args:
        likeness: cosine of their features' square roots.
        cosines: of their embeddings, the same shape.
        at_least: the likeness of near copies, or ``LIKELY_LIKENESS`` if their hashes are compared as well.
    """
    return (likeness >= at_least) & (cosines >= NEAR_COSINE)


def are_copies_by_hash(bits: NDArray[np.int64], cosines: NDArray[np.float64] | None = None) -> NDArray[np.bool_]:
    """Whether pairs of photos are near copies; cropped ones are recognized only where there are embeddings.

    Args:
        bits: how many of the 256 bits of their hashes differ.
        cosines: of their embeddings, the same shape; NaN where there are none.

    >>> are_copies_by_hash(np.array([30, 31, 64, 64, 65]), np.array([0.1, np.nan, 0.9, 0.89, 1.0])).tolist()
    [True, False, True, False, False]
    """
    are_copies: NDArray[np.bool_] = bits <= COPY_BITS
    if cosines is not None:
        are_copies = are_copies | ((bits <= CROPPED_BITS) & (cosines >= NEAR_COSINE))
    return are_copies
