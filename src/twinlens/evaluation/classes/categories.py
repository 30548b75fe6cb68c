"""Everyday categories of the 1,000 ImageNet classes: dogs, birds, vehicles, food …"""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

OTHER = "other"
_KNOWN = 0.5  # classes are treated as ImageNet classes if at least this share of them is known


def categories_of(class_names: Sequence[str]) -> list[str] | None:
    """The category of each class; None if the classes are not those of ImageNet.

    >>> categories_of(["beagle", "daisy", "my own class"])
    ['dogs', 'plants and fungi', 'other']
    >>> categories_of(["happy", "sad"]) is None
    True
    """
    exact = imagenet_categories()
    plain = {_plain(name): category for name, category in exact.items()}
    known = [exact.get(name) or plain.get(_plain(name)) for name in class_names]
    if sum(category is not None for category in known) < _KNOWN * len(class_names):
        return None
    return [category or OTHER for category in known]


@cache
def imagenet_categories() -> dict[str, str]:
    """Class name → category, in the order of the file.

    Names are case-sensitive: "Cardigan" is a dog, "cardigan" clothing. Two names are shared by two
    classes each: "crane" is a bird here, "maillot" clothing.
    """
    lines = files("twinlens.evaluation").joinpath("imagenet_categories.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.partition("\t") for line in lines]
    return {name: category for category, _, names in rows for name in names.split(", ")}


def _plain(name: str) -> str:
    return name.strip().replace("_", " ").casefold()
