"""What groups of photos have in common that others do not, as tags."""

from collections import defaultdict
from collections.abc import Sequence
from math import log, sqrt

import numpy as np

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.describing.suggesting import Suggester
from twinlens.types import Ids

LOOKED_AT = 24  # photos of a group
LEAST = 0.1  # mean probability of a tag: below it says little of the group


def group_names(suggester: Suggester, catalog: Catalog, groups: Sequence[Ids]) -> list[str | None]:
    """A tag for each group, none twice; None where none fits.

    That is a good name which is probable for the group's photos, and more so than for those of the other groups.

    Args:
        suggester: of the tags.
        catalog: of the photos.
        groups: ids of the photos of each, the most typical first.
    """
    means = [_means(suggester, catalog, group[:LOOKED_AT]) for group in groups]
    overall = defaultdict[str, float](float)
    for one in means:
        for tag, mean in one.items():
            overall[tag] += mean
    fitting = [
        (sqrt(mean) * log(mean * len(groups) / overall[tag]), -number, tag)
        for number, one in enumerate(means)
        for tag, mean in one.items()
        if mean >= LEAST and mean * len(groups) > overall[tag]
    ]
    names: dict[int, str] = {}
    for _, place, tag in sorted(fitting, reverse=True):
        if -place not in names and tag not in names.values():
            names[-place] = tag
    return [names.get(number) for number in range(len(groups))]


def _means(suggester: Suggester, catalog: Catalog, photos: Ids) -> dict[str, float]:
    """The mean probability of each tag."""
    found = defaultdict[str, float](float)
    for _, vectors in catalog.embeddings(np.sort(photos)):
        for suggested in suggester.suggest(vectors):
            for one in suggested:
                found[one.tag] += one.probability / len(photos)
    return found
