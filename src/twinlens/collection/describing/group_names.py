"""What groups of photos have in common that others do not, as tags."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import log, sqrt
from typing import NamedTuple

import numpy as np

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.describing.suggesting import Suggester
from twinlens.types import Ids

LOOKED_AT = 24  # photos of a group
LEAST = 0.1  # mean probability of a tag: below it says little of the group


class GroupName(NamedTuple):
    """What the photos of a group have in common.

    Attributes:
        label: a tag.
        photo: id of the photo that shows it best.
    """

    label: str
    photo: int


def group_names(suggester: Suggester, catalog: Catalog, groups: Sequence[Ids]) -> list[GroupName | None]:
    """A tag for each group, none twice, and the photo that shows it best; None where none fits.

    That is a good name which is probable for the group's photos, and more so than for those of the other groups.

    Args:
        suggester: of the tags.
        catalog: of the photos.
        groups: ids of the photos of each, the most typical first.
    """
    found = [_suggested(suggester, catalog, group[:LOOKED_AT]) for group in groups]
    means = [{tag: sum(of.values()) / len(of) for tag, of in one.items()} for one in found]
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
    return [_named(names.get(number), one) for number, one in enumerate(found)]


def _named(name: str | None, found: Mapping[str, Mapping[int, float]]) -> GroupName | None:
    return None if name is None else GroupName(name, max(found[name], key=found[name].__getitem__))


def _suggested(suggester: Suggester, catalog: Catalog, photos: Ids) -> dict[str, dict[int, float]]:
    """The probability of each tag, by photo, for all of the photos."""
    found = defaultdict[str, dict[int, float]](lambda: dict.fromkeys(photos.tolist(), 0.0))
    for ids, vectors in catalog.embeddings(np.sort(photos)):
        for number, suggested in zip(ids.tolist(), suggester.suggest(vectors), strict=True):
            for one in suggested:
                found[one.tag][number] += one.probability
    return found
