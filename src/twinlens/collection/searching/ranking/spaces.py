"""Choose the space that a search compares in: the features of photos, or the embeddings of photos and texts."""

import logging
from dataclasses import replace
from typing import NamedTuple, Protocol

import numpy as np

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.embeddings.vectors import DerivedVectors
from twinlens.collection.catalog.rows import ModelRecord
from twinlens.collection.derived import Derived
from twinlens.collection.place.photo_folders import PhotoFolders
from twinlens.collection.searching.query import Query, QueryVector, Term, embedded, summed
from twinlens.collection.searching.query.vector import TextCache
from twinlens.collection.searching.ranking.clips import WithMoments
from twinlens.collection.searching.search import Search
from twinlens.collection.teaching.taught import Taught
from twinlens.errors import ModelMismatchError, VectorsDamagedError
from twinlens.protocols import DualEncoder, VectorStore
from twinlens.types import Embeddings, Ids, Space

logger = logging.getLogger(__name__)


class QueryModel(Protocol):
    """What a search needs from the model of a collection."""

    def encoder_of(self, record: ModelRecord) -> DualEncoder:
        """Embeds queries for the vectors of a model; raises ModelMismatchError if it cannot be found."""

    def embedder_of(self, record: ModelRecord) -> DualEncoder | None:
        """The exact model of a record; None if it is not available, even if there is a bridge to it."""

    def refuse_other(self, record: ModelRecord) -> None:
        """Raises ModelMismatchError if a model other than this was requested."""


class ModelChangedError(Exception):
    """Another process, or thread, has changed the collection's model during a search: it begins anew."""


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

    def photos_only(self) -> VectorStore:
        """The items in the space of photos and texts, videos only by the frames that stand for them."""
        store = self.shared_store
        return store.photos if isinstance(store, WithMoments) else store


class Spaces:
    """The spaces of a collection; may be shared between threads. Arguments as for ``Searcher``."""

    def __init__(
        self,
        catalog: Catalog,
        folders: PhotoFolders,
        model: QueryModel,
        taught: Taught,
        derived: Derived,
    ) -> None:
        self._catalog, self._folders, self._model, self._taught = catalog, folders, model, taught
        self._vectors, self._caption_vectors = derived.vectors, derived.caption_vectors
        self._likeness, (self._moments, self._moments_alike) = derived.likeness, derived.moments
        self._known_moments: tuple[object, tuple[Ids, Ids]] | None = None
        self._texts = TextCache()

    def of(self, search: Search) -> SearchSpace:
        """The space of a search: that of features if the query is of photos, wants photos, and all have features."""
        captions = search.target == "caption"
        while True:
            shared, model = (self._caption_vectors if captions else self._vectors).synced_with_model()
            if model is None or not len(shared):
                raise self._catalog.nothing_found(captions=captions)
            try:
                query = self._taught.refined(search.query, self._vector(search.query, model), model, captions=captions)
            except ModelMismatchError:
                if self._catalog.model() == model:
                    raise
                continue  # the collection has another model by now, which may be found
            if query is None:
                continue  # the same
            found = shared if captions else self._with_moments(shared, self._moments)
            if found is None:
                continue  # another process has just changed the collection
            space = SearchSpace("shared", found, query.embedding, found, query.embedding, model)
            if query.likeness is None or captions or self._catalog.features.dim(model) != len(query.likeness):
                return space
            alike, of_model = self._likeness.synced_with_model()
            if of_model != model or alike.generation != shared.generation:
                continue  # another process has just changed the collection, or its model
            if len(alike) == len(shared):
                if (together := self._with_moments(alike, self._moments_alike)) is None:
                    continue  # the same
                return space._replace(name="likeness", store=together, vector=query.likeness)
            logger.info(
                "%d photos have no features, so photos are compared in the space of photos and texts",
                len(shared) - len(alike),
            )
            return space

    def photos(self) -> tuple[VectorStore, ModelRecord]:
        """All photos in the space that they share with texts, and its model.

        Raises:
            CollectionNotFoundError: nothing is indexed yet.
        """
        store, model = self._vectors.synced_with_model()
        if model is None or not len(store):
            raise self._catalog.nothing_found()
        self._model.refuse_other(model)
        return store, model

    def _with_moments(self, photos: VectorStore, moments: DerivedVectors) -> VectorStore | None:
        """Photos, and videos by their moments; None if they are not of one generation of the catalog."""
        if self._catalog.moments.is_empty():
            return photos
        store = moments.synced()
        with self._catalog.snapshot():
            if not store.generation == photos.generation == self._catalog.generation:
                return None
            known = self._known_moments
            if known is None or known[0] != (self._catalog.file_id, store.generation):
                found = self._catalog.moments.of_photos()
                known = self._known_moments = (self._catalog.file_id, store.generation), found
        ids, videos = known[1]
        is_here = np.isin(ids, store.ids())  # one of a video whose moments have no features is not
        return WithMoments(photos, store, ids[is_here], videos[is_here])

    def discard(self, search: Search, error: VectorsDamagedError) -> None:
        """Makes the next search rebuild the vectors that one found damaged."""
        if search.target == "caption":
            self._caption_vectors.discard(error)
            return
        is_of_pictures = any(term.kind != "words" for term in search.query.every_term())
        suspects = [self._vectors, *([self._likeness] if is_of_pictures else [])]
        if not self._catalog.moments.is_empty():
            suspects += [self._moments, *([self._moments_alike] if is_of_pictures else [])]
        for vectors in suspects:
            vectors.discard(error)

    def _vector(self, query: Query, model: ModelRecord) -> QueryVector:
        """The query's vector of a model; those of photos of the collection are known, and need no model."""
        self._model.refuse_other(model)
        known = [self._known(term, model) for term in query.terms]
        if known and None not in known:
            vector = summed([(term.weight, one) for term, one in zip(query.terms, known, strict=True)])
            assert vector is not None, "all are of one model"
            return vector
        if self._taught.has_words(query):
            query = replace(query, vector=None)  # made without what was taught
        elif query.vector is not None and query.vector.model == model.fingerprint:  # no need to open the model
            return query.vector
        texts = self._taught.texts(self._texts, model)
        return embedded(query, self._model.encoder_of(model), texts=texts, known=known)

    def _known(self, term: Term, model: ModelRecord) -> QueryVector | None:
        if term.kind != "photo" or term.picture is not None or term.region is not None:
            return None
        for photo_id in self._folders.ids_of([term.path], unchanged=True):
            known = self._catalog.vector_of_photo(photo_id)
            if known is not None and known.model.fingerprint == model.fingerprint:
                return QueryVector(known.embedding, model.fingerprint, known.likeness)
        return None
