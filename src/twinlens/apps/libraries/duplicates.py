"""``FindsDuplicates``: the interface by which the app shows duplicates; nothing is ever deleted or moved."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from twinlens.api.photos.duplicates import DuplicateGroup, Kind

OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class DuplicatesPage:
    """Some of the groups.

    Attributes:
        groups: of the page, by the path of their best member.
        num_groups: on all pages together.
        kinds: how many files of each kind there are in the library, besides the best ones.
        has_features: False if only contents and names were compared.
        not_compared: photos left out: gone or changed since the last index run, or links.
    """

    groups: tuple[DuplicateGroup, ...]
    num_groups: int
    kinds: Mapping[Kind, int]
    has_features: bool = True
    not_compared: int = 0


class FindsDuplicates(Protocol):
    """Looks for groups of photos of which one may be enough, once for all pages."""

    def page(
        self, kind: Kind | None = None, *, k: int, offset: int = 0, on_progress: OnProgress | None = None
    ) -> DuplicatesPage:
        """Groups of all kinds, or of one; waits until they are found.

        Args:
            kind: only groups with such files, and only those of them.
            k: number of groups, at least 1.
            offset: number of groups to skip.
            on_progress: called with the number of photos opened and to open, again and again.
        """
