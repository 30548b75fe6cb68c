"""The cases of a compositional set."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Case:
    """Photos and captions that are easily taken for each other.

    Attributes:
        category: kind of the difference.
        photos: one or two files; photo i belongs to caption i.
        captions: two, in nearly the same words; with one photo the second is wrong.
    """

    category: str
    photos: tuple[Path, ...]
    captions: tuple[str, str]


@dataclass(frozen=True)
class CompositionalSet:
    """Cases of one layout, all with the same number of photos.

    Attributes:
        name: of the data.
        kind: name of the layout.
        cases: at least one.
    """

    name: str
    kind: str
    cases: tuple[Case, ...]
