"""Photo vectors that another program has made with the collection's model, instead of its own."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from twinlens.data.file_names import on_one_line, same_form
from twinlens.embedding.local import embed_batches
from twinlens.errors import DataError
from twinlens.protocols import DualEncoder
from twinlens.types import Embeddings

logger = logging.getLogger(__name__)
CHECKED = 16  # photos that are embedded here, too, to see whether the vectors are the model's
LEAST = 0.99  # cosine; programs resize a little differently, and another model's vectors are far below


@dataclass(frozen=True, eq=False)
class BroughtVectors:
    """N vectors with the names of their photos.

    Attributes:
        rows: [N, D], unit rows.
        names: [N], paths of files; where on a disk they lay does not matter.
        source: the file that they are from, for messages.
    """

    rows: Embeddings
    names: Sequence[str]
    source: str

    def rows_of(self, photos: Sequence[str]) -> dict[str, int]:
        """Photo → its row, by whole paths, else by paths below a common folder, file names, or names without suffix.

        The first of these ways is taken that finds half as many photos as the best one; what it does not name exactly
        once is left out.

        Args:
            photos: paths in the collection.
        """
        names = [same_form(name.replace("\\", "/")) for name in self.names]
        outer = len(_common_folder(names))
        ways: list[tuple[Callable[[str], str], Callable[[str], str]]] = [
            (str, str), (lambda name: "/".join(PurePosixPath(name).parts[outer:]), str),
            (_last_part, _last_part), (_stem, _stem),
        ]  # fmt: skip
        found = [
            _matched([of_name(name) for name in names], {photo: of_photo(same_form(photo)) for photo in photos})
            for of_name, of_photo in ways
        ]
        most = max(map(len, found))
        return next(own for own in found if 2 * len(own) >= most)

    def check(self, photos: Mapping[str, Path], encoder: DualEncoder, *, is_new: bool) -> dict[str, int]:
        """Photo → its row, after some of the photos have been embedded here and compared.

        Args:
            photos: path in the collection → file, of those that are to be read.
            encoder: the collection's model.
            is_new: whether there are no photos in the collection yet.

        Raises:
            DataError: the vectors are not this model's, or none of them is of these photos.
        """
        if self.rows.shape[1] != encoder.dim:
            raise DataError(
                f"{self.source} has vectors of {self.rows.shape[1]} dimensions, model {encoder.name} {encoder.dim}; "
                "name the model that made them with --model"
            )
        rows = self.rows_of(list(photos))
        if not rows and is_new:
            own, theirs = (on_one_line(names[0])[:80] for names in (self.names, list(photos)))
            raise DataError(
                f"{self.source} names none of the {len(photos):,} photos; its names are like {own!r}, "
                f"those of the photos like {theirs!r}"
            )
        shown = list(rows)[:: max(1, len(rows) // CHECKED)][:CHECKED]
        cosines: dict[str, float] = {}
        for batch in embed_batches(shown, encoder, path_of=photos.__getitem__):
            cosines |= {
                own.item: float(own.vector.embedding @ self.rows[rows[own.item]]) for own in batch if own.vector
            }
        if not cosines:  # they cannot be read, so nothing is known of the vectors
            return {}
        if not min(cosines.values()) > LEAST:
            worst = min(cosines, key=cosines.__getitem__)
            raise DataError(
                f"the vectors in {self.source} are not those of model {encoder.name}: cosine of {len(cosines)} photos "
                f"{np.mean(list(cosines.values())):.3f}, lowest {cosines[worst]:.3f} ({on_one_line(worst)}), wanted "
                f"above {LEAST}; name the model that made them with --model, or index without --embeddings"
            )
        logger.info("%d of %d photos have a vector in %s", len(rows), len(photos), self.source)
        return rows


def _matched(names: Sequence[str], photos: Mapping[str, str]) -> dict[str, int]:
    """Photo → row of the name with the same key; keys of several names or photos are left out."""
    rows = {name: row for row, name in enumerate(names)}
    of_name, of_photo = Counter(names), Counter(photos.values())
    return {photo: rows[key] for photo, key in photos.items() if of_name[key] == 1 == of_photo[key]}


def _common_folder(names: Sequence[str]) -> tuple[str, ...]:
    """The folders that all names begin with."""
    first, last = PurePosixPath(min(names)).parent.parts, PurePosixPath(max(names)).parent.parts
    same = [one == other for one, other in zip(first, last, strict=False)]
    return first[: same.index(False) if False in same else len(same)]


def _last_part(name: str) -> str:
    return PurePosixPath(name).name


def _stem(name: str) -> str:
    return PurePosixPath(name).stem
