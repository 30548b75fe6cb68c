"""Choose the space that a search compares in: the features of photos, or the embeddings of photos and texts."""

import logging
from typing import NamedTuple, Protocol

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.rows import ModelRecord
from twinlens.collection.catalog.vectors import DerivedVectors
from twinlens.collection.place.photo_folders import PhotoFolders
from twinlens.collection.searching.query import Query, QueryVector, embedded
from twinlens.collection.searching.search import Search
from twinlens.errors import ModelMismatchError, VectorsDamagedError
from twinlens.protocols import DualEncoder, VectorStore
from twinlens.types import Embeddings, Space

logger = logging.getLogger(__name__)


class QueryModel(Protocol):
    """What a search needs from the model of a collection."""

    def encoder_of(self, record: ModelRecord) -> DualEncoder:
        """Embeds queries for the vectors of a model; raises ModelMismatchError if it cannot be found."""

    def embedder_of(self, record: ModelRecord) -> DualEncoder | None:
        """The exact model of a record; None if it is not available, even if there is a bridge to it."""

    def refuse_other(self, record: ModelRecord) -> None:
        """Raises ModelMismatchError if a model other than this was requested."""


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
        captions = search.target == "caption"
        while True:
            shared, model = (self._caption_vectors if captions else self._vectors).synced_with_model()
            if model is None or not len(shared):
                raise self._catalog.nothing_found(captions=captions)
            try:
                query = self._vector(search.query, model)
            except ModelMismatchError:
                if self._catalog.model() == model:
                    raise
                continue  # the collection has another model by now, which may be found
            space = SearchSpace("shared", shared, query.embedding, shared, query.embedding, model)
            if query.likeness is None or captions or self._catalog.features.dim(model) != len(query.likeness):
                return space
            alike, of_model = self._likeness.synced_with_model()
            if of_model != model or alike.generation != shared.generation:
                continue  # another process has just changed the collection, or its model
            if len(alike) == len(shared):
                return space._replace(name="likeness", store=alike, vector=query.likeness)
            logger.info(
                "%d photos have no features, so photos are compared in the space of photos and texts",
                len(shared) - len(alike),
            )
            return space

    def discard(self, search: Search, error: VectorsDamagedError) -> None:
        """Makes the next search rebuild the vectors that one found damaged."""
        if search.target == "caption":
            self._caption_vectors.discard(error)
            return
        self._vectors.discard(error)
        if search.query.kind() == "photo":
            self._likeness.discard(error)

    def _vector(self, query: Query, model: ModelRecord) -> QueryVector:
        """The query's vector of a model; that of a photo of the collection is known, and needs no model."""
        self._model.refuse_other(model)
        if len(query.terms) == 1 and query.terms[0].weight > 0:
            for photo_id in self._folders.ids_of(query.photos(), unchanged=True):
                known = self._catalog.vector_of_photo(photo_id)
                if known is not None and known.model.fingerprint == model.fingerprint:
                    return QueryVector(known.embedding, model.fingerprint, known.likeness)
        if query.vector is not None and query.vector.model == model.fingerprint:  # no need to open the model
            return query.vector
        return embedded(query, self._model.encoder_of(model))
