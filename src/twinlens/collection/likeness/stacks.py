"""Stacks: files that are one shot, such as RAW and JPEG, a live photo or an edited copy; and the shots of a burst."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from twinlens.collection.catalog.files.file_facts import FileFacts
from twinlens.collection.likeness.names import is_edited, is_edited_by_phone, is_live_video, is_raw, version_key
from twinlens.collection.likeness.near_copies import NO_IDS, Groups
from twinlens.collection.likeness.relatives import BURST_GAP_S, same_keys
from twinlens.collection.likeness.series import EDITED_LIKENESS, SERIES_LIKENESS, SERIES_S, moments, series_keys
from twinlens.types import Embeddings, Ids

StackKind: TypeAlias = Literal["raw", "live", "edited", "burst"]
"""Why a photo is in a stack, as seen from its first one."""
STACK_KINDS: tuple[StackKind, ...] = get_args(StackKind)
FIRST = 255  # in place of a kind
READ_AT_ONCE = 2000  # photos whose likeness is compared, 11 MB
Likeness: TypeAlias = Callable[[Ids], Mapping[int, Embeddings]]
"""Ascending ids → what tells how alike photos are, [F] each; those without features are left out."""


class Stacks(NamedTuple):
    """Photos that are in stacks of two or more.

    Attributes:
        ids: [N], ascending.
        leaders: [N], the id of the first one of the stack.
        kinds: [N], places in ``STACK_KINDS``; ``FIRST`` for the first one.
    """

    ids: Ids
    leaders: Ids
    kinds: NDArray[np.uint8]

    def kinds_of(self, item: int, others: Iterable[int]) -> list[StackKind | None]:
        """Why each of others is in one stack with a photo; None where it is not."""
        own = self._place(item)
        return [self._kind(own, self._place(other)) for other in others]

    def without(self, ids: Ids) -> "Stacks":
        """Those of no photo of some, of which the stacks are known as a whole."""
        others = ~np.isin(self.ids, ids)
        return Stacks(self.ids[others], self.leaders[others], self.kinds[others])

    def and_those(self, more: "Stacks") -> "Stacks":
        """And those of other photos."""
        ids = np.concatenate([self.ids, more.ids])
        leaders, kinds = np.concatenate([self.leaders, more.leaders]), np.concatenate([self.kinds, more.kinds])
        order = np.argsort(ids)
        return Stacks(ids[order], leaders[order], kinds[order])

    def _kind(self, own: int | None, other: int | None) -> StackKind | None:
        if own is None or other is None or self.leaders[own] != self.leaders[other]:
            return None
        kind = self.kinds[own] if self.kinds[other] == FIRST else self.kinds[other]
        return STACK_KINDS[int(kind)]

    def _place(self, number: int) -> int | None:
        place = int(np.searchsorted(self.ids, number))
        return place if place < len(self.ids) and self.ids[place] == number else None


NO_STACKS = Stacks(NO_IDS, NO_IDS, np.empty(0, dtype=np.uint8))


def find_stacks(
    photos: Sequence[FileFacts], likeness: Likeness, *, known: Stacks = NO_STACKS, changed: Container[int] | None = None
) -> Stacks:
    """The stacks among photos, by their names and moments, and by what they show where names do not prove it.

    Args:
        photos: all of the library, or of whole families, by ascending id.
        likeness: of those that must be compared.
        known: the stacks before some photos changed.
        changed: ids of those that are new, have changed or were renamed since; None = all.
    """
    shot_s = moments(photos)
    earlier = _Earlier(known, changed)
    tied: dict[int, _Tie] = {}
    by_name = same_keys((photo.folder_id, version_key(photo.path)) for photo in photos)
    for places, seen in _with_likeness(by_name, photos, likeness, earlier, tied, ("raw", "live", "edited")):
        tied |= _versions([photos[place] for place in places], shot_s[places], seen)
    alone = [place for place, photo in enumerate(photos) if photo.id not in tied and not is_live_video(photo.path)]
    shots, shot_s = [photos[place] for place in alone], shot_s[alone]
    for places, seen in _with_likeness(
        same_keys(series_keys(shots, shot_s, gap_s=BURST_GAP_S)), shots, likeness, earlier, tied, ("burst",)
    ):
        tied |= _bursts([shots[place] for place in places], shot_s[places], seen)
    found: dict[int, tuple[int, int]] = {}
    for number, (first, kind) in tied.items():
        leader = tied[first].first if first in tied else first  # an original may be a shot of a burst
        found[number] = leader, STACK_KINDS.index(kind)
        found[leader] = leader, FIRST
    ids = np.array(sorted(found), dtype=np.int64)
    leaders, kinds = (np.array([found[number][part] for number in ids.tolist()]) for part in (0, 1))
    return Stacks(ids, leaders.astype(np.int64), kinds.astype(np.uint8))


def joined(groups: Groups, stacks: Stacks) -> Groups:
    """Near copies and stacks as one list of entries: those that share a photo are one."""
    if not len(stacks.ids):
        return groups
    leader: dict[int, int] = dict(zip(groups.ids.tolist(), groups.leaders.tolist(), strict=True))
    of_group = dict(leader)
    merged: dict[int, int] = {}

    def last(key: int) -> int:
        while key in merged:
            key = merged[key]
        return key

    for number, first in zip(stacks.ids.tolist(), stacks.leaders.tolist(), strict=True):
        one, other = last(of_group.get(number, number)), last(of_group.get(first, first))
        if one != other:
            merged[max(one, other)] = min(one, other)
        leader.setdefault(number, number)
    ids = np.array(sorted(leader), dtype=np.int64)
    return Groups(ids, np.array([last(leader[number]) for number in ids.tolist()], dtype=np.int64))


class _Tie(NamedTuple):
    """The first photo of a stack, by id, and why another one is in it."""

    first: int
    kind: StackKind


class _Earlier:
    """What was found before some photos changed: it still holds among those that did not."""

    def __init__(self, known: Stacks, changed: Container[int] | None) -> None:
        self._changed = changed
        self._ties = {
            number: _Tie(first, STACK_KINDS[kind])
            for number, first, kind in zip(*(part.tolist() for part in known), strict=True)
            if kind != FIRST
        }

    def among(self, ids: Sequence[int], kinds: Container[StackKind]) -> dict[int, _Tie] | None:
        """The ties among photos that belong together by name or moment; None if they must be found anew."""
        if self._changed is None or any(number in self._changed for number in ids):
            return None
        ties = {number: self._ties[number] for number in ids if number in self._ties}
        ties = {number: tie for number, tie in ties.items() if tie.kind in kinds}
        return None if any(tie.first not in ids for tie in ties.values()) else ties


def _with_likeness(
    buckets: Iterable[list[int]],
    photos: Sequence[FileFacts],
    likeness: Likeness,
    earlier: _Earlier,
    tied: dict[int, _Tie],
    kinds: Container[StackKind],
) -> Iterator[tuple[list[int], Mapping[int, Embeddings]]]:
    """Places of photos that must be compared, with their likeness, many at once; ties that still hold are put down."""
    waiting: list[list[int]] = []
    count = 0
    for places in buckets:
        ties = earlier.among([photos[place].id for place in places], kinds)
        if ties is None:
            waiting.append(places)
            count += len(places)
        else:
            tied |= ties
        if count > READ_AT_ONCE:
            yield from _read(waiting, photos, likeness)
            waiting, count = [], 0
    yield from _read(waiting, photos, likeness)


def _read(
    buckets: Sequence[list[int]], photos: Sequence[FileFacts], likeness: Likeness
) -> Iterator[tuple[list[int], Mapping[int, Embeddings]]]:
    wanted = sorted(photos[place].id for places in buckets for place in places)
    seen = likeness(np.array(wanted, dtype=np.int64)) if wanted else {}
    for places in buckets:
        yield places, seen


def _versions(
    photos: Sequence[FileFacts], shot_s: NDArray[np.float64], seen: Mapping[int, Embeddings]
) -> dict[int, _Tie]:
    """Which files, of those whose names are alike, are versions of the original."""
    order = sorted(range(len(photos)), key=lambda place: _standing(photos[place]))
    first, ties = photos[order[0]], {}
    for place in order[1:]:
        other, kind = photos[place], _by_name(first.path, photos[place].path)
        if abs(shot_s[place] - shot_s[order[0]]) > 0:  # a version has the moment of its original
            continue
        is_certain = is_edited_by_phone(other.path) and not np.isnan(shot_s[[place, order[0]]]).any()
        if kind != "edited" or is_certain or _are_alike(seen, first.id, other.id, EDITED_LIKENESS):
            ties[other.id] = _Tie(first.id, kind)
    return ties


def _standing(photo: FileFacts) -> tuple[bool, bool, bool, str]:
    """The original comes first: no video, no RAW file where there is a picture, not edited."""
    return is_live_video(photo.path), is_raw(photo.path), is_edited(photo.path), photo.path


def _by_name(first: str, other: str) -> StackKind:
    if is_live_video(other) and not is_live_video(first):
        return "live"
    return "raw" if is_raw(other) else "edited"


def _bursts(
    photos: Sequence[FileFacts], shot_s: NDArray[np.float64], seen: Mapping[int, Embeddings]
) -> dict[int, _Tie]:
    """Which shots, of those with short breaks between them, show the same as the first of their burst."""
    left = sorted(range(len(photos)), key=lambda place: (shot_s[place], photos[place].path))
    ties: dict[int, _Tie] = {}
    while left:
        first, *rest = left
        burst = {
            place
            for place in rest
            if shot_s[place] - shot_s[first] <= SERIES_S
            and _are_alike(seen, photos[first].id, photos[place].id, SERIES_LIKENESS)
        }
        ties |= {photos[place].id: _Tie(photos[first].id, "burst") for place in burst}
        left = [place for place in rest if place not in burst]
    return ties


def _are_alike(seen: Mapping[int, Embeddings], one: int, other: int, at_least: float) -> bool:
    return one in seen and other in seen and float(seen[one] @ seen[other]) >= at_least
