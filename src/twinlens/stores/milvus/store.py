"""A vector store on a Milvus server."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twinlens.errors import CollectionError
from twinlens.protocols import Neighbours
from twinlens.stores.milvus.address import Address
from twinlens.stores.milvus.kept_ids import KeptIds
from twinlens.stores.milvus.kinds import kind_called, kind_for
from twinlens.stores.milvus.narrowing import narrowed
from twinlens.stores.milvus.server import ROWS_SENT, Server, Space, connected
from twinlens.types import Embeddings, Ids

NO_IDS: Ids = np.empty(0, dtype=np.int64)
# properties of a collection
OWNER, GENERATION, MARK, WRITING, INDEX = "owner", "generation", "mark", "writing", "index"


@dataclass(frozen=True)
class View:
    """What a search sees.

    Attributes:
        space: the collection; None if there is none of ours.
        ids: [N], ascending, those of the last complete update.
        generation: of the catalog at that update.
        has_strays: whether an update was interrupted, so that the server may have others besides.
        must_settle: whether its first search has to wait until the server has applied what others wrote.
    """

    space: Space | None = None
    ids: Ids = field(default_factory=lambda: NO_IDS)
    generation: int = 0
    has_strays: bool = False
    must_settle: bool = False


class MilvusStore:
    """Implements ``VectorStore`` with a collection for each model, and an alias that points to the current one.

    What a collection mirrors stands in its properties, which are written after the vectors: an update that was
    interrupted is begun again. The ids are also kept in a file, so that a search need not ask for them.

    Args:
        folder: for the ids; its name tells collections of one library apart.
        dim: D.
        owner: whose vectors these are; those of another owner are not used.
        url: ``milvus://host:port/name``.

    Raises:
        StoreUnavailableError: the server cannot be reached, also by every method.
        ConfigError: the url is invalid.
    """

    def __init__(self, folder: Path, *, dim: int, owner: str, url: str) -> None:
        self.address = address = Address.parse(url)
        self._dim, self._owner, self._url = dim, owner, url
        self._server: Server = connected(address)
        self._alias = f"{address.name}_{folder.name.rpartition('-')[2]}"
        self._kept = KeptIds(folder, of=f"{url} {owner}")
        self._view = View()
        self._settled: View | None = None
        self.refresh()

    @property
    def space(self) -> Space | None:
        """The collection that a search sees; None if there is none of ours."""
        return self._view.space

    @property
    def generation(self) -> int:
        """The catalog generation that this store mirrors; 0 for an empty store."""
        return self._view.generation

    def __len__(self) -> int:
        return len(self._view.ids)

    def ids(self) -> Ids:
        """[N], ascending."""
        return self._view.ids

    def refresh(self) -> None:
        """Takes over what another process has written since."""
        space = self._server.space(self._alias)
        if space is None or (space.said.get(OWNER), space.dim) != (self._owner, self._dim):
            self._view = View()
        elif self._view.space is None or space.said[MARK] != self._view.space.said[MARK]:
            self._view = self._seen(space)

    def _seen(self, space: Space) -> View:
        ids = self._kept.of_mark(space.said[MARK])
        is_interrupted = space.said[WRITING] == "yes"
        if ids is None and is_interrupted:  # nobody knows what belongs to it: it is filled anew
            return View()
        ids = self._server.ids(space) if ids is None else ids
        return View(space, ids, int(space.said[GENERATION]), is_interrupted, must_settle=True)

    def clear(self) -> None:
        """Forgets everything; the collection is replaced at the next update."""
        self._view = View()

    def update(self, added: Iterator[tuple[Ids, Embeddings]], removed: Ids, *, generation: int) -> None:
        """Drops ``removed``, then adds or replaces ``added``, block by block.

        Raises:
            CollectionError: the name on the server belongs to another library.
        """
        view, space = self._begun()
        if view.has_strays:
            there = self._server.ids(space)
            self._server.remove(space, there[~np.isin(there, view.ids)])
        gone = removed[np.isin(removed, view.ids)]
        self._server.remove(space, gone)
        ids = [view.ids[~np.isin(view.ids, gone)]]
        for block_ids, vectors in added:
            self._server.put(space, block_ids, vectors)
            ids.append(block_ids.astype(np.int64))
        self._finish(space, np.unique(np.concatenate(ids)), generation=generation)
        # a session waits for what it has added, not for what it has removed
        self._view = replace(self._view, must_settle=len(gone) > 0 or view.has_strays)

    def _begun(self) -> tuple[View, Space]:
        view = self._view
        if view.space is not None:
            return view, self._server.say(view.space, {WRITING: "yes"})
        there = self._server.space(self._alias)
        if there is not None and _library(there.said.get(OWNER, "")) != _library(self._owner):
            raise CollectionError(
                f"{self._url} has the vectors of another library; give this one a name of its own: --store milvus://…/NAME"
            )
        said = {OWNER: self._owner, GENERATION: "0", MARK: "", WRITING: "yes", INDEX: kind_for(0).name}
        return View(), self._server.make(self._new_name(), dim=self._dim, kind=kind_for(0), said=said)

    def _finish(self, space: Space, ids: Ids, *, generation: int) -> None:
        kind = kind_for(len(ids))
        if kind != kind_called(space.said[INDEX]):
            space = self._moved(space, ids)
        mark = secrets.token_hex(8)
        self._kept.keep(ids, mark=mark)
        space = self._server.say(space, {GENERATION: str(generation), MARK: mark, WRITING: "no"})
        current = self._server.space(self._alias)
        if current is None or current.name != space.name:
            self._server.point(self._alias, space)
            self._server.drop_others(self._alias, space)
        self._view = View(space, ids, generation)

    def _moved(self, space: Space, ids: Ids) -> Space:
        """A copy with the index that suits so many; others search the old one until the alias points to the copy."""
        kind = kind_for(len(ids))
        copy = self._server.make(self._new_name(), dim=self._dim, kind=kind, said=space.said | {INDEX: kind.name})
        for start in range(0, len(ids), ROWS_SENT):
            self._server.put(copy, *self._server.vectors(space, ids[start : start + ROWS_SENT]))
        return copy

    def _new_name(self) -> str:
        return f"{self._alias}_{secrets.token_hex(4)}"

    def differs(self, ids: Ids, vectors: Embeddings) -> bool:
        """Whether the stored vectors of ``ids`` (ascending, all present) differ from ``vectors`` [N, D]."""
        space = self._view.space
        for start in range(0, len(ids), ROWS_SENT):
            part = slice(start, start + ROWS_SENT)
            if space is None or not np.array_equal(self._server.vectors(space, ids[part])[1], vectors[part]):
                return True
        return False

    def search(self, queries: Embeddings, k: int, *, among: Ids | None = None) -> Neighbours:
        """The k rows with the highest cosine for each query [Q, D]; equal scores are ordered by id.

        Raises:
            VectorsDamagedError: another process has replaced the collection; ``refresh`` finds the new one.
        """
        view = self._view
        wanted = view.ids if among is None else view.ids[np.isin(view.ids, among)]
        k = min(k, len(wanted))
        ids = np.empty((len(queries), k), dtype=np.int64)
        scores = np.empty((len(queries), k), dtype=np.float32)
        if k:
            level = "Strong" if view.must_settle and self._settled is not view else "Session"
            for row, query in enumerate(np.asarray(queries, dtype=np.float32)):
                ids[row], scores[row] = self._search_one(view, query, k, wanted, level)
            self._settled = view
        return Neighbours(ids, scores)

    def _compared(self, space: Space, query: NDArray[np.float32], wanted: Ids) -> tuple[Ids, NDArray[np.float32]]:
        """All of the wanted and their inner products, computed here."""
        parts = [
            self._server.vectors(space, wanted[start : start + ROWS_SENT]) for start in range(0, len(wanted), ROWS_SENT)
        ]
        ids, vectors = np.concatenate([ids for ids, _ in parts]), np.concatenate([rows for _, rows in parts])
        return ids, vectors @ query

    def _search_one(
        self, view: View, query: NDArray[np.float32], k: int, wanted: Ids, level: str
    ) -> tuple[Ids, NDArray[np.float32]]:
        space = view.space
        assert space is not None  # there are wanted ids
        kind = kind_called(space.said[INDEX])

        def ask(condition: str, limit: int) -> tuple[Ids, NDArray[np.float32]]:
            return self._server.search(space, query, limit, condition=condition, kind=kind, level=level)

        ids, scores = narrowed(ask, k, wanted, view.ids, has_strays=view.has_strays)
        if len(ids) < k:  # an index that looks at a part of the vectors has not met more
            ids, scores = self._compared(space, query, wanted)
        best = np.lexsort((ids, -scores))[:k]
        return ids[best], scores[best].clip(-1.0, 1.0)


def _library(owner: str) -> str:
    """The part of an owner that stays when the model changes."""
    return owner.partition("/")[0]
