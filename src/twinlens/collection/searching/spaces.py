"""Choose the space that a search compares in: the features of photos, or the embeddings of photos and texts."""

import logging
from dataclasses import replace
from typing import NamedTuple, Protocol

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.rows import ModelRecord
from twinlens.collection.catalog.vectors import DerivedVectors
from twinlens.collection.place.photo_folders import PhotoFolders
from twinlens.collection.searching.query import Query, embedded
from twinlens.collection.searching.search import Search
from twinlens.errors import VectorsDamagedError
from twinlens.protocols import DualEncoder, VectorStore
from twinlens.types import Embeddings, Space

logger = logging.getLogger(__name__)


class QueryModel(Protocol):
    """What a search needs from the model of a collection."""

    @property
    def encoder(self) -> DualEncoder:
        """Embeds queries."""

    def embedder(self) -> DualEncoder | None:
        """The exact model of the vectors; None if it is not available, even if there is a bridge to it."""

    def refuse_other(self) -> None:
        """Raises ModelMismatchError if another model was requested."""


class SearchSpace(NamedTuple):
    """Where a search looks: a query and the items in one space, of one generation of the catalog.

    Attributes:
        name: which space ranks.
        store: the items in it.
        vector: the query in it, unit length.
        shared_store: the items in the space of photos and texts; the same where that ranks.
        shared_vector: the query in it.
        model: of all of them.
    """

    name: Space
    store: VectorStore
    vector: Embeddings
    shared_store: VectorStore
    shared_vector: Embeddings
    model: ModelRecord


class Spaces:
    """The spaces of a collection; may be shared between threads. Arguments as for ``Searcher``."""

    def __init__(
        self,
        catalog: Catalog,
        folders: PhotoFolders,
        model: QueryModel,
        *,
        vectors: DerivedVectors,
        caption_vectors: DerivedVectors,
        likeness: DerivedVectors,
    ) -> None:
        self._catalog, self._folders, self._model = catalog, folders, model
        self._vectors, self._caption_vectors, self._likeness = vectors, caption_vectors, likeness

    def of(self, search: Search) -> SearchSpace:
        """The space of a search: that of features if the query is of photos, wants photos, and all have features."""
        while True:
            model, captions = self._catalog.model(), search.target == "caption"
            shared = (self._caption_vectors if captions else self._vectors).synced()
            if model is None or not len(shared):
                raise self._catalog.nothing_found(captions=captions)
            query = self._embedded(search.query)
            assert query.vector is not None
            space = SearchSpace("shared", shared, query.vector, shared, query.vector, model)
            if query.likeness is not None and not captions:
                likeness = self._features(model, len(query.likeness), shared)
                if likeness is not None:
                    space = space._replace(name="likeness", store=likeness, vector=query.likeness)
            # otherwise another process has just changed the collection, or its model
            if space.store.generation == shared.generation and self._catalog.model() == model:
                return space

    def discard(self, search: Search, error: VectorsDamagedError) -> None:
        """Makes the next search rebuild the vectors that one found damaged."""
        if search.target == "caption":
            self._caption_vectors.discard(error)
            return
        self._vectors.discard(error)
        if search.query.kind() == "photo":
            self._likeness.discard(error)

    def _features(self, model: ModelRecord, dim: int, shared: VectorStore) -> VectorStore | None:
        """The store of features; None if not all photos have some of this dimension."""
        if self._catalog.features.dim(model) != dim:
            return None
        store = self._likeness.synced()
        if store.generation == shared.generation and len(store) < len(shared):
            logger.info(
                "%d photos have no features, so photos are compared in the space of photos and texts",
                len(shared) - len(store),
            )
            return None
        return store

    def _embedded(self, query: Query) -> Query:
        """The query with its vectors; of a photo of the collection they are known, and need no model."""
        self._model.refuse_other()
        if len(query.terms) == 1 and query.terms[0].weight > 0:
            for photo_id in self._folders.ids_of(query.photos(), unchanged=True):
                if (known := self._catalog.embedding(photo_id)) is not None:
                    return replace(query, vector=known, likeness=self._catalog.features.of_photo(photo_id))
        return embedded(query, self._model.encoder) if query.vector is None else query
