"""Find duplicates: exact copies first, then what is like each photo, from the best one to the worst."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.condition import Condition
from twinlens.collection.catalog.files.file_facts import FileFacts, file_facts
from twinlens.collection.duplicates.candidates import Buckets, rolls
from twinlens.collection.duplicates.comparison import Comparison, Evidence, Hashes
from twinlens.collection.duplicates.files import Files
from twinlens.collection.duplicates.found import KINDS, DuplicateGroup, Duplicates, Kind, Similar
from twinlens.collection.likeness.copies_file import DerivedCopies
from twinlens.collection.likeness.names import is_raw, original_key
from twinlens.collection.likeness.series import moments, series_keys
from twinlens.embedding.photo_hashes import hash_photos
from twinlens.types import Ids

OnProgress: TypeAlias = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class DuplicateSearch:
    """Looks for duplicates among a collection's photos.

    Attributes:
        catalog: of the collection.
        files: of its photos.
        copies: its likely copies by features.
        kinds: what to look for.
        on_progress: called with the number of photos hashed and the total.
    """

    catalog: Catalog
    files: Files
    copies: DerivedCopies
    kinds: Sequence[Kind]
    on_progress: OnProgress | None = None

    def find(self, condition: Condition) -> Duplicates:
        """The groups among the photos that satisfy a condition."""
        with self.catalog.snapshot():
            known = self.files.without_companions(file_facts(self.catalog, condition))
            # two videos may begin alike and be two: they are copies only of the same bytes
            featured = np.setdiff1d(self.catalog.features.select_ids(), self.catalog.moments.videos())
            candidates = self._candidates(known, featured)
            present = [photo for photo in candidates if self.files.is_as_indexed(photo)]
            firsts, copies = _exact_copies(present, self.files) if "exact" in self.kinds else (present, {})
            groups = self._similar(firsts, featured)
        found = [
            DuplicateGroup(self.files.shown(best), tuple(self._others(best, similar, copies)))
            for best, similar in groups
        ]
        by_id = sorted((group for group in found if group.others), key=lambda group: group.best.id)
        return Duplicates(tuple(by_id), tuple(self.kinds), bool(len(featured)), len(candidates) - len(present))

    def _candidates(self, photos: Sequence[FileFacts], featured: Ids) -> list[FileFacts]:
        """Photos that share something with others, by ascending id; no photo is opened."""
        buckets = list(self._buckets(photos, featured).values())
        if "exact" in self.kinds:
            buckets.append(Buckets(photo.content_hash for photo in photos))
        places = set().union(*(bucket.members() for bucket in buckets))
        if "raw" in self.kinds:
            places |= {place for place, photo in enumerate(photos) if self.files.raw_files(photo)}
        return [photos[place] for place in sorted(places)]

    def _buckets(self, photos: Sequence[FileFacts], featured: Ids) -> dict[Kind, Buckets]:
        """What is worth comparing by features."""
        ids = _ids(photos)
        # a RAW file is an original: it is no copy of anything but the same bytes
        is_raw_file = np.array([is_raw(photo.path) for photo in photos], dtype=np.bool_)
        is_compared = np.isin(ids, featured) & ~is_raw_file
        keys: dict[Kind, Iterable[object]] = {}
        if "edited" in self.kinds:
            keys["edited"] = [(photo.folder_id, original_key(photo.path)) for photo in photos]
        if "near" in self.kinds and len(featured):
            keys["near"] = self.copies.synced(wait=True).keys(ids).tolist()
        if "series" in self.kinds:
            keys["series"] = series_keys(photos, moments(photos))
        return {
            kind: Buckets(key if known else None for key, known in zip(found, is_compared.tolist(), strict=True))
            for kind, found in keys.items()
        }

    def _similar(
        self, photos: Sequence[FileFacts], featured: Ids
    ) -> list[tuple[FileFacts, list[tuple[FileFacts, Evidence]]]]:
        """Every photo that is like no better one, and the worse ones that are like it."""
        buckets = self._buckets(photos, featured)
        hashes = self._hashes(photos, buckets)
        comparison = Comparison(_ids(photos), moments(photos), rolls(photos), hashes, buckets, self.copies.vectors)
        free, groups = np.ones(len(photos), dtype=np.bool_), []
        for best in sorted(range(len(photos)), key=lambda place: self.files.rank(photos[place])):
            if free[best]:
                free[best] = False
                found = comparison.of(best, free)
                free[list(found)] = False
                groups.append((photos[best], [(photos[place], evidence) for place, evidence in found.items()]))
        return groups

    def _hashes(self, photos: Sequence[FileFacts], buckets: dict[Kind, Buckets]) -> Hashes:
        places = sorted(buckets["near"].members()) if "near" in buckets else []
        hashes = hash_photos([self.files.path(photos[place]) for place in places], on_progress=self.on_progress)
        return Hashes.of(dict(zip(places, hashes, strict=True)), len(photos))

    def _others(
        self, best: FileFacts, similar: Iterable[tuple[FileFacts, Evidence]], copies: dict[int, list[FileFacts]]
    ) -> list[Similar]:
        """The members of a group besides the best: those like it, and the exact copies and RAW files of all."""
        of, others, members = self.files.shown(best).id, [], [best]
        for photo, (kind, figures) in similar:
            others.append(Similar(self.files.shown(photo), kind, of, figures))
            members.append(photo)
        for photo in tuple(members):
            for copy in copies.get(photo.id, ()):
                others.append(Similar(self.files.shown(copy), "exact", self.files.shown(photo).id))
                members.append(copy)
        if "raw" in self.kinds:
            others += [
                Similar(raw, "raw", self.files.shown(photo).id)
                for photo in members
                for raw in self.files.raw_files(photo)
            ]
        unique = {other.photo.id: other for other in reversed(others)}  # IMG_1.jpg and IMG_1.heic have one RAW file
        return sorted(unique.values(), key=lambda other: (KINDS.index(other.kind), other.photo.id))


def _exact_copies(photos: Sequence[FileFacts], files: Files) -> tuple[list[FileFacts], dict[int, list[FileFacts]]]:
    """The best photo of each content by ascending id, and for its id the others."""
    same: dict[bytes, list[FileFacts]] = defaultdict(list)
    for photo in photos:
        same[photo.content_hash].append(photo)
    ranked = [sorted(found, key=files.rank) for alike in same.values() for found in files.same_bytes(alike)]
    copies = {first.id: others for first, *others in ranked}
    return [photo for photo in photos if photo.id in copies], copies


def _ids(photos: Sequence[FileFacts]) -> Ids:
    return np.array([photo.id for photo in photos], dtype=np.int64)
