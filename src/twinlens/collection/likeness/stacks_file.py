"""The file of stacks beside the catalog: found by index runs, and by searches in small libraries."""

import json
import logging
import threading
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.files.file_facts import facts_of
from twinlens.collection.likeness.near_copies import NO_GROUPS, Groups
from twinlens.collection.likeness.relatives import families_of, related_photos, touched_by
from twinlens.collection.likeness.stacks import NO_STACKS, Stacks, find_stacks, joined
from twinlens.types import Embeddings, Ids
from twinlens.whole_file import whole_file

logger = logging.getLogger(__name__)
FILE = "stacks.bin"
VERSION = 3  # of the rules, and of the file
MOST_BY_PART = 1000  # changed photos whose families are looked at; for more, all photos are
SHARE_BY_PART = 0.02  # the same in a large library, of its photos: to look at all of a million takes half a minute
MOST_IN_SEARCH = 10_000  # photos whose stacks a search finds itself, in some 0.1 s; more wait for the next index run
_ROW = np.dtype([("id", "<i8"), ("leader", "<i8"), ("kind", "u1")])
_RELATIVE = np.dtype([("id", "<i8"), ("head", "<i8")])


class _State(NamedTuple):
    """Stacks of some photos, which their number and the sum of their ids tell apart from others."""

    owner: str
    tally: tuple[int, int]
    generation: int
    stacks: Stacks
    families: Groups
    seen: int = -1  # a later generation that they are good for


class DerivedStacks:
    """Stacks of a catalog's photos; may be shared between threads.

    Args:
        catalog: the source of truth.
        folder: of the collection.
        writable: False keeps them in memory only.
    """

    def __init__(self, catalog: Catalog, folder: Path, *, writable: bool) -> None:
        self._catalog, self._writable = catalog, writable
        self._file = folder / FILE
        self._state: _State | None = None
        self._joined: tuple[Groups, Stacks, Groups] | None = None
        self._guard = threading.Lock()

    def joined_with(self, copies: Groups) -> tuple[Groups, Stacks]:
        """The entries of a search: near copies and stacks together; and the stacks."""
        stacks, known = self.synced(), self._joined
        if known is None or known[0] is not copies or known[1] is not stacks:
            known = self._joined = copies, stacks, joined(copies, stacks)
        return known[2], stacks

    def synced(self, *, wait: bool = False) -> Stacks:
        """The stacks now.

        Args:
            wait: also find those of new photos in a large library, and of photos that were renamed.
        """
        with self._guard:
            model, generation = self._catalog.model(), self._catalog.generation
            owner = f"{self._catalog.identity}/{model and model.fingerprint}/{VERSION}"
            state = self._state if self._state and self._state.owner == owner else self._read(owner)
            if state is not None and generation in ((state.generation,) if wait else (state.generation, state.seen)):
                self._state = state
                return state.stacks
            ids = self._catalog.select_ids()
            tally = len(ids), int(ids.sum())
            if not wait and ((state is not None and state.tally == tally) or tally[0] > MOST_IN_SEARCH):
                # what changed may be a tag; and ids are never given twice, so those that are gone do no harm
                known = state or _State(owner, (0, 0), 0, NO_STACKS, NO_GROUPS)
                self._state = known._replace(seen=generation)
                return known.stacks
            with self._catalog.snapshot():
                self._state = _State(owner, tally, generation, *self._found(state), seen=generation)
            if tally[0] and (wait or self._file.exists()):  # a collection without photos is removed again
                self._write(self._state)
            return self._state.stacks

    def _found(self, earlier: _State | None) -> tuple[Stacks, Groups]:
        """The stacks, and the families that tell whose stacks a later change may concern."""
        if earlier is None or earlier.generation > self._catalog.generation:
            return self._of_all()
        most = max(MOST_BY_PART, int(SHARE_BY_PART * earlier.tally[0]))
        changed = self._catalog.changed_since(earlier.generation, most=most)
        if changed is None:
            return self._of_all(earlier)
        touched = touched_by(self._catalog, changed, earlier.families)
        photos = facts_of(self._catalog, touched.tolist())
        found, families = find_stacks(photos, self._likeness), families_of(photos)
        return earlier.stacks.without(touched).and_those(found), earlier.families.without(touched).and_those(families)

    def _of_all(self, earlier: _State | None = None) -> tuple[Stacks, Groups]:
        photos = facts_of(self._catalog, related_photos(self._catalog).tolist())
        if earlier is None or not self._catalog.written.are_logged():
            return find_stacks(photos, self._likeness), families_of(photos)
        changes = self._catalog.written.changes_since(earlier.generation)
        changed = {int(number) for part in changes for number in part}
        return find_stacks(photos, self._likeness, known=earlier.stacks, changed=changed), families_of(photos)

    def _likeness(self, ids: Ids) -> Mapping[int, Embeddings]:
        found: dict[int, Embeddings] = {}
        for some, rows in self._catalog.features.embeddings(ids):
            found |= dict(zip(some.tolist(), rows, strict=True))
        return found

    def _read(self, owner: str) -> _State | None:
        try:
            content = self._file.read_bytes()
            head, _, body = content.partition(b"\n")
            told = json.loads(head)
            if told["owner"] != owner:
                return None
            if told["checksum"] != zlib.crc32(body, zlib.crc32(json.dumps(told["state"]).encode())):
                raise ValueError("its checksum is wrong")
            count, total, generation, num_rows = (int(number) for number in told["state"])
            rows = np.frombuffer(body, dtype=_ROW, count=num_rows)
            related = np.frombuffer(body, dtype=_RELATIVE, offset=rows.nbytes)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            logger.warning("%s is damaged (%s) and is written again", self._file, error)
            return None
        stacks = Stacks(rows["id"].astype(np.int64), rows["leader"].astype(np.int64), rows["kind"].copy())
        families = Groups(related["id"].astype(np.int64), related["head"].astype(np.int64))
        return _State(owner, (count, total), generation, stacks, families)

    def _write(self, state: _State) -> None:
        if not self._writable:
            return
        rows = np.empty(len(state.stacks.ids), dtype=_ROW)
        rows["id"], rows["leader"], rows["kind"] = state.stacks
        related = np.empty(len(state.families.ids), dtype=_RELATIVE)
        related["id"], related["head"] = state.families
        body, numbers = rows.tobytes() + related.tobytes(), [*state.tally, state.generation, len(rows)]
        checksum = zlib.crc32(body, zlib.crc32(json.dumps(numbers).encode()))
        head = json.dumps({"owner": state.owner, "state": numbers, "checksum": checksum}).encode()
        try:
            with whole_file(self._file) as place:
                place.write_bytes(head + b"\n" + body)
        except OSError as error:
            logger.warning("%s cannot be written (%s)", self._file, error)
