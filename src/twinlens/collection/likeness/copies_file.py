"""The file of near copies beside the catalog: read, checked, brought up to date, replaced as a whole."""

import json
import logging
import threading
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
from filelock import FileLock, Timeout

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.database import damaged
from twinlens.collection.catalog.rows import ModelRecord, VectorDelta
from twinlens.collection.likeness.groups_file import GroupsFile
from twinlens.collection.likeness.near_copies import (
    NO_GROUPS,
    SKETCH_DIM,
    Groups,
    NearCopies,
    Vectors,
    groups_of,
    sketch_version,
)
from twinlens.errors import CatalogDamagedError
from twinlens.relevance.near_copy import LIKELY_LIKENESS, NEAR_LIKENESS
from twinlens.types import Ids
from twinlens.whole_file import whole_file

logger = logging.getLogger(__name__)
FILE, LIKELY_FILE = "near-copies.bin", "likely-copies.bin"
# Pairs that a search may compare, about a second's work: those of an index run that is still under way, or of a small
# library that an earlier release has indexed. More wait for the next index run.
MOST_PAIRS_IN_SEARCH = 3e8
MOST_UNWRITTEN = 64  # changed photos that a large file may lack: another process compares them in a few ms
SMALL = 10_000  # photos, 1.4 MB


class _State(NamedTuple):
    """Near copies at a generation of the catalog; None while only their groups were read."""

    owner: str
    generation: int
    copies: NearCopies | None
    groups: Groups
    seen: int  # the generation that the groups are good for, though they may lack new photos
    unwritten: int = 0  # photos that have changed since the file was written


class DerivedCopies:
    """Near copies of a catalog's photos, in step with it; may be shared between threads.

    Photos are compared by their features. In a catalog without any, only photos with the same content are copies.

    Args:
        catalog: the source of truth.
        folder: of the file.
        writable: False keeps them in memory only.
        likely: a lower likeness is enough: for those who compare the pictures as well.
    """

    def __init__(self, catalog: Catalog, folder: Path, *, writable: bool, likely: bool = False) -> None:
        self._catalog, self._writable = catalog, writable
        self._file = folder / (LIKELY_FILE if likely else FILE)
        self._groups_file = GroupsFile(self._file.with_name(f"{self._file.stem}-groups.bin"))
        self._at_least = LIKELY_LIKENESS if likely else NEAR_LIKENESS
        self._state: _State | None = None
        self._guard = threading.Lock()

    def synced(self, *, wait: bool = False) -> Groups:
        """The groups now.

        Args:
            wait: find copies of all new photos, however many; otherwise many new ones are in no group yet.
        """
        with self._guard:
            state = self._state
            owner = self._owner(self._catalog.model())
            generation = self._catalog.generation
            if state is None or (state.owner, state.generation if wait else state.seen) != (owner, generation):
                state = self._state = self._current(wait=wait)
            return state.groups

    def _current(self, *, wait: bool) -> _State:
        with self._catalog.snapshot():
            generation, model = self._catalog.generation, self._catalog.model()
            owner, dim = self._owner(model), self._catalog.features.dim(model)
            if not dim:
                groups = groups_of(*self._catalog.same_content())
                return _State(owner, generation, NearCopies.none(at_least=self._at_least), groups, seen=generation)
            if (found := self._groups_file.read(owner, generation)) is not None:
                return _State(owner, generation, None, found, seen=generation)
            known, copies = self._known(owner, most=generation)
            if known.generation == generation:
                self._write_groups(known, len(copies.ids))
                return known
            changes = self._photos_only(self._catalog.features.changes_since(known.generation))
            total = len(copies.ids) + len(changes.added)
            if not wait and len(changes.added) * total > MOST_PAIRS_IN_SEARCH:
                logger.info("near copies of %d new photos are grouped by the next index run", len(changes.added))
                groups = copies.groups(without=np.concatenate([changes.added, changes.removed]))
                return known._replace(groups=groups, seen=generation)
            copies = copies.after(changes, self.vectors)
            unwritten = known.unwritten + len(changes.added) + len(changes.removed)
            state = _State(owner, generation, copies, self._with_videos(copies.groups()), generation, unwritten)
        self._write_groups(state, len(copies.ids))
        if len(copies.ids) > SMALL and 0 < unwritten <= MOST_UNWRITTEN:
            return state
        self._write(state, copies)
        return state._replace(unwritten=0)

    def _photos_only(self, changes: VectorDelta) -> VectorDelta:
        """Without videos: what stands for two of them may be one title, or one black frame."""
        videos = self._catalog.moments.videos()
        return changes._replace(added=changes.added[~np.isin(changes.added, videos)]) if len(videos) else changes

    def _with_videos(self, groups: Groups) -> Groups:
        """And videos of the same content."""
        return groups.and_those(groups_of(*self._catalog.moments.same_videos()))

    def vectors(self, ids: Ids) -> Vectors:
        """What photos are compared by, for ascending ids of photos with features."""
        likeness = [part for _, part in self._catalog.features.embeddings(ids)]
        shared = [part for _, part in self._catalog.embeddings(ids)]
        if not sum(map(len, likeness)) == sum(map(len, shared)) == len(ids):
            raise CatalogDamagedError(damaged(self._catalog.path, "features or embeddings are missing"))
        return Vectors(np.concatenate(likeness), np.concatenate(shared))

    def _owner(self, model: ModelRecord | None) -> str:
        dim = self._catalog.features.dim(model)
        version = dim and sketch_version(dim, at_least=self._at_least)
        return f"{self._catalog.identity}/{model and model.fingerprint}/{version}"

    def _known(self, owner: str, *, most: int) -> tuple[_State, NearCopies]:
        """What this process or the file knows, of this owner and no later generation."""
        none = NearCopies.none(at_least=self._at_least)
        known, nothing = self._state, _State(owner, 0, none, NO_GROUPS, seen=0)
        if known is None or known.copies is None or known.owner != owner or known.generation > most:
            known = nothing
        known = self._read(owner, after=known.generation, most=most) or known
        return known, known.copies or none

    def _read(self, owner: str, *, after: int, most: int) -> _State | None:
        """What the file knows, if that is of a generation in between; otherwise it is not read whole."""
        try:
            with self._file.open("rb") as file:
                told = json.loads(file.readline())
                if told["owner"] != owner:
                    return None
                count, generation = int(told["photos"]), int(told["generation"])
                if not after < generation <= most:
                    return None
                body = file.read()
            if _checksum(owner, generation, body) != told["checksum"] or len(body) != count * (16 + 2 * SKETCH_DIM):
                raise ValueError("its checksum is wrong")
        except FileNotFoundError:
            return None
        except (OSError, ValueError, OverflowError, KeyError, TypeError, RecursionError) as error:
            logger.warning("%s is damaged (%s) and is written again", self._file, error)
            return None
        ids, leaders = np.frombuffer(body, dtype="<i8", count=2 * count).reshape(2, count)
        sketches = np.frombuffer(body, dtype="<f2", offset=16 * count).reshape(count, SKETCH_DIM)
        copies = NearCopies(ids, leaders, sketches, self._at_least)
        return _State(owner, generation, copies, self._with_videos(copies.groups()), seen=generation)

    def _write_groups(self, state: _State, photos: int) -> None:
        """Of a large library, for those who only search: the groups without what finds those of new photos."""
        if self._writable and photos > SMALL:
            self._groups_file.write(state.owner, state.generation, state.groups)

    def _write(self, state: _State, copies: NearCopies) -> None:
        if not self._writable:
            return
        parts = [np.ascontiguousarray(part) for part in (copies.ids, copies.leaders, copies.sketches)]
        checksum = _checksum(state.owner, state.generation, *(part.data for part in parts))
        told = {"owner": state.owner, "generation": state.generation, "photos": len(copies.ids), "checksum": checksum}
        try:
            self._file.parent.mkdir(exist_ok=True)
            with (
                FileLock(self._file.with_suffix(".lock"), timeout=0),
                whole_file(self._file) as place,
                place.open("wb") as file,
            ):
                file.write(json.dumps(told).encode() + b"\n")
                for part in parts:  # not as one: 144 MB for a million photos
                    file.write(part.data)
        except Timeout:
            logger.debug("another process is writing %s", self._file)
        except OSError as error:
            logger.warning("%s cannot be written (%s)", self._file, error)


def _checksum(owner: str, generation: int, *parts: bytes | memoryview) -> int:
    checksum = zlib.crc32(f"{owner}/{generation}".encode())
    for part in parts:
        checksum = zlib.crc32(part, checksum)
    return checksum
