"""What the search for duplicates found: groups with a best member, and why the others are there."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from twinlens.errors import QueryError

Kind: TypeAlias = Literal["exact", "raw", "edited", "near", "series"]
"""Why a photo is in a group.

exact: the same content. raw: the RAW file of a photo. edited: the same name with another suffix or an addition, and
alike. near: the same picture saved again. series: another shot of it, taken within seconds.
"""

KINDS: tuple[Kind, ...] = get_args(Kind)
COPIES: tuple[Kind, ...] = ("exact", "near")
"""The kinds whose pictures are the same. The others are only similar."""

KindsLike: TypeAlias = Sequence[str] | None


@dataclass(frozen=True, slots=True)
class GroupedPhoto:
    """A file of a group.

    Attributes:
        id: as in hits; of a RAW file, what it would be.
        path: of the file.
        size_bytes: of the file; None for a RAW file.
        width: pixels, upright; None for a RAW file.
        height: pixels, upright; None for a RAW file.
        in_archive: whether it lies in a zip or tar file, so that nobody can move it alone.
    """

    id: str
    path: Path
    size_bytes: int | None = None
    width: int | None = None
    height: int | None = None
    in_archive: bool = False


@dataclass(frozen=True, slots=True)
class Similar:
    """A member of a group besides the best one.

    Attributes:
        photo: the file.
        kind: why it is there.
        of: id of the photo that it was compared with: the best one, or for "exact" and "raw" any of the group.
        figures: the evidence: ``bits`` of 256 that differ in the hashes of the pictures, ``likeness`` of their
            features (1 = equal), ``seconds`` between the shots.
    """

    photo: GroupedPhoto
    kind: Kind
    of: str
    figures: dict[str, float] = field(default_factory=dict)

    def evidence(self) -> str:
        """The evidence in words; empty where the kind says all.

        >>> Similar(GroupedPhoto("b.jpg", Path("b.jpg")), "near", "a.jpg", {"bits": 12, "likeness": 0.98}).evidence()
        '12 of 256 bits differ, likeness 0.980'
        """
        return ", ".join(_FIGURES[name].format(value) for name, value in self.figures.items())


_FIGURES = {"bits": "{:.0f} of 256 bits differ", "likeness": "likeness {:.3f}", "seconds": "{:.0f} s apart"}


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """Photos of which one may be enough.

    Attributes:
        best: the largest: most pixels, then most bytes, then one outside of archives, then the oldest file.
        others: by kind, then path.
    """

    best: GroupedPhoto
    others: tuple[Similar, ...]


@dataclass(frozen=True, slots=True)
class Duplicates:
    """All groups.

    Attributes:
        groups: by the path of their best member.
        kinds: what was looked for.
        has_features: False if the collection has no features, so that only exact copies and RAW files were looked for.
        not_compared: photos that may have duplicates and were left out: their files are gone, have changed since the
            last index run, or are links.
    """

    groups: tuple[DuplicateGroup, ...]
    kinds: tuple[Kind, ...]
    has_features: bool = True
    not_compared: int = 0

    def removable(self, kinds: KindsLike = None) -> Iterator[GroupedPhoto]:
        """All but the best members and what lies in archives, those of the given kinds; by default only ``COPIES``."""
        wanted = COPIES if kinds is None else known_kinds(kinds)
        others = (other for group in self.groups for other in group.others if other.kind in wanted)
        return (other.photo for other in others if not other.photo.in_archive)

    def of_kinds(self, kinds: KindsLike = None) -> list[DuplicateGroup]:
        """The groups that have others of these kinds, with those only; None stands for all kinds."""
        wanted = known_kinds(kinds)
        kept = [(group.best, tuple(one for one in group.others if one.kind in wanted)) for group in self.groups]
        return [DuplicateGroup(best, others) for best, others in kept if others]

    def counts(self) -> dict[Kind, int]:
        """How many files of each kind that was looked for there are besides the best ones."""
        found = Counter(other.kind for group in self.groups for other in group.others)
        return {kind: found[kind] for kind in self.kinds}

    def to_json(self) -> dict[str, Any]:
        """For ``twinlens duplicates --json``."""
        return {
            "kinds": list(self.kinds),
            "has_features": self.has_features,
            "not_compared": self.not_compared,
            "groups": [
                {"best": _photo(group.best), "others": [_similar(other) for other in group.others]}
                for group in self.groups
            ],
        }


def known_kinds(kinds: KindsLike) -> tuple[Kind, ...]:
    """The kinds that were asked for, without repetition; None stands for all.

    Raises:
        QueryError: there is no such kind.

    >>> known_kinds(["series", "exact", "exact"])
    ('exact', 'series')
    """
    for kind in kinds or ():
        if kind not in KINDS:
            raise QueryError(f"no kind of duplicates is called {kind!r}; there are {', '.join(KINDS)}")
    return KINDS if kinds is None else tuple(kind for kind in KINDS if kind in kinds)


def _photo(photo: GroupedPhoto) -> dict[str, Any]:
    return {**asdict(photo), "path": str(photo.path)}


def _similar(other: Similar) -> dict[str, Any]:
    return {**_photo(other.photo), "kind": other.kind, "of": other.of, "figures": other.figures}
