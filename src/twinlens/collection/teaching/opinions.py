"""What people said about a query, and about the words of their own in it."""

from dataclasses import dataclass

import numpy as np

from twinlens.collection.catalog.rows import id_array
from twinlens.counted import counted
from twinlens.types import Ids


@dataclass(frozen=True)
class Opinions:
    """Of all alternatives of a query together.

    Attributes:
        good: photos that fit it, by id.
        bad: photos that do not.
        words: of one's own in it, and from how many photos each was learnt.
        notes: what else should be told.
    """

    good: Ids
    bad: Ids
    words: tuple[tuple[str, int], ...] = ()
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(len(self.good) or len(self.bad) or self.words or self.notes)

    def has_bad(self, photo_id: int) -> bool:
        """Whether a photo was called bad."""
        return bool(np.isin(photo_id, self.bad))

    def found_by(self, photo_id: int) -> tuple[str, ...]:
        """How a photo was found if it was called good."""
        return ("feedback",) if np.isin(photo_id, self.good) else ()

    def told(self) -> tuple[str, ...]:
        """What the answer tells, a sentence each."""
        told = [f"“{word}” is what was learnt from {counted(count, 'photo')}" for word, count in self.words]
        said = []
        if count := len(self.good):
            said.append(f"{count:,} good")
        if count := len(self.bad):
            said.append(f"{count:,} bad, left out")
        if said:
            told.append(f"refined by feedback: {', '.join(said)}")
        return (*told, *self.notes)


NONE = Opinions(id_array([]), id_array([]))
