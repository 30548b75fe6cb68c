"""Kinds of index by how many vectors there are."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class IndexKind:
    """An index of Milvus, and its parameters.

    Attributes:
        name: as Milvus calls it.
        built_with: parameters of building it.
    """

    name: str
    built_with: Mapping[str, int]

    def searched_with(self, limit: int, *, has_condition: bool = False) -> Mapping[str, int]:
        """Parameters of a search for ``limit`` vectors.

        Args:
            limit: how many are asked for.
            has_condition: whether only some count: they may be anywhere, so the search is broader.
        """
        if self.name == "HNSW":
            return {"ef": max(_EF_OF_SOME if has_condition else _EF, limit)}
        if self.name == "IVF_SQ8":
            return {"nprobe": self.built_with["nlist"] if has_condition else _PROBES}
        return {}


_EF = 128  # candidates that HNSW keeps; must be at least the number asked for
_EF_OF_SOME = 1024  # recall@10 of the 10 % that a filter lets through was 0.905 with 128
_PROBES = 128  # lists of 4,096 that are looked through
FLAT = IndexKind("FLAT", {})  # compares all, and misses nothing
HNSW = IndexKind("HNSW", {"M": 16, "efConstruction": 200})
IVF_SQ8 = IndexKind("IVF_SQ8", {"nlist": 4096})  # a byte a number: a quarter of the memory
_UP_TO = ((200_000, FLAT), (5_000_000, HNSW))


def kind_for(count: int) -> IndexKind:
    """What suits so many vectors.

    >>> kind_for(50_000).name, kind_for(1_000_000).name, kind_for(20_000_000).name
    ('FLAT', 'HNSW', 'IVF_SQ8')
    """
    return next((kind for most, kind in _UP_TO if count <= most), IVF_SQ8)


def kind_called(name: str) -> IndexKind:
    """The kind of this name; FLAT for one that we do not know."""
    return {kind.name: kind for kind in (HNSW, IVF_SQ8)}.get(name, FLAT)
