"""Answer searches of a collection."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from twinlens.collection.catalog.captions import CaptionTable
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.condition import Condition
from twinlens.collection.catalog.reading import DateGaps, any_photo, count_photos, date_gaps
from twinlens.collection.catalog.rows import ModelRecord
from twinlens.collection.catalog.vectors import DerivedVectors
from twinlens.collection.place.photo_folders import PhotoFolder, PhotoFolders
from twinlens.collection.searching.answer import Answer, why_ungraded
from twinlens.collection.searching.background import Background
from twinlens.collection.searching.filtering import Filters
from twinlens.collection.searching.hits import as_hits, mark_missing
from twinlens.collection.searching.judging import count_grades, match_test
from twinlens.collection.searching.query import Query, embed_query
from twinlens.collection.searching.ranking import Candidates, page_of
from twinlens.collection.searching.search import TARGETS, Search, Target
from twinlens.errors import QueryError, VectorsDamagedError
from twinlens.protocols import DualEncoder, Judgement, VectorStore
from twinlens.types import Embeddings

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


class Searcher:
    """Answers searches; may be shared between threads.

    Args:
        catalog: the source of truth.
        folders: the collection's photo folders.
        model: the model of its vectors.
        vectors: derived from the photos.
        caption_vectors: derived from the captions.
        writable: whether what is computed may be kept in the collection folder.
    """

    def __init__(
        self,
        catalog: Catalog,
        folders: PhotoFolders,
        model: QueryModel,
        *,
        vectors: DerivedVectors,
        caption_vectors: DerivedVectors,
        writable: bool,
    ) -> None:
        self._catalog, self._folders, self._model = catalog, folders, model
        self._vectors, self._caption_vectors = vectors, caption_vectors
        self._background = Background(catalog, writable=writable)

    def answer(self, search: Search) -> Answer:
        """See ``Collection.answer``."""
        try:
            return self._answer(search)
        except VectorsDamagedError as error:
            (self._caption_vectors if search.target == "caption" else self._vectors).discard(error)
            return self._answer(search)

    def _answer(self, search: Search) -> Answer:
        started = time.perf_counter()
        if search.target == "caption" and self._catalog.captions.is_empty():
            raise self._catalog.nothing_found(captions=True)
        folders = self._folders.all()
        among, gaps = None, self.date_gaps(search.filters)
        if not search.filters.is_empty():
            condition = search.filters.condition(Scope(self._catalog, folders))
            among = self._table(search.target).select_ids(condition)
        store, vector, model = self._in_one_space(search)
        logger.debug(
            "query %s over %d %ss of %s", search.query.terms, len(store), search.target, self._catalog.path.parent
        )
        candidates = Candidates(vector, store, among=among, without=self._own(search))
        ungraded = why_ungraded(search)
        judgement = None if ungraded or not candidates.count else self._judgement(search, vector, store)
        matches = match_test(search, judgement) if candidates.count > search.page.offset else None
        ranked, matched = page_of(candidates, self._table(search.target), search.page, matches)
        if len(ranked) < min(search.page.k, candidates.count - search.page.offset):
            self._catalog.refuse_loss(store.generation)
        hits = as_hits(ranked, judgement, folders, first_rank=search.page.offset + 1)
        hits, absent_folders = mark_missing(hits, folders)
        return Answer(
            search=search,
            hits=hits,
            num_candidates=candidates.count,
            matched=matched,
            grades=None if judgement is None else count_grades(candidates, judgement),
            ungraded=ungraded,
            model=model.fingerprint,
            took_ms=round((time.perf_counter() - started + search.query.embedding_s) * 1000, 2),
            query_read=self._query_read(search.query),
            absent_folders=absent_folders,
            num_undated=gaps and gaps.undated,
            num_file_dated=gaps and gaps.file_dated,
        )

    def count(self, filters: Filters, target: Target) -> int:
        """See ``Collection.count``."""
        if target not in TARGETS:
            raise QueryError(f"target must be one of {', '.join(TARGETS)}, got {target!r}")
        if filters.is_empty():
            return self._catalog.captions.count() if target == "caption" else self._catalog.count()
        condition = filters.condition(Scope(self._catalog, self._folders.all()))
        if target == "image":
            return count_photos(self._catalog, condition)
        return 0 if self._catalog.captions.is_empty() else len(self._catalog.captions.select_ids(condition))

    def date_gaps(self, filters: Filters) -> DateGaps | None:
        """See ``Collection.date_gaps``."""
        if not filters.has("date"):
            return None
        return date_gaps(self._catalog, filters.condition(Scope(self._catalog, self._folders.all()), without="date"))

    def _judgement(self, search: Search, vector: Embeddings, store: VectorStore) -> Judgement | None:
        """By the model's calibration or, where that has nothing for this kind of query, by the library's background."""
        kind = search.query.kind()
        assert kind is not None, "a sum of words and photos is not judged"
        embedder = self._model.embedder()
        calibrated = embedder.relevance() if embedder else None
        judgement = calibrated.judge(vector, kind) if calibrated else None
        return judgement or self._background.judge(store, lambda: embedder or self._model.encoder).judge(vector, kind)

    def _own(self, search: Search) -> set[int]:
        """Photos in the query, which are excluded from its hits (but not their captions)."""
        if search.include_query_photo or search.target == "caption":
            return set()
        return self._folders.ids_of(search.query.photos())

    def _table(self, target: Target) -> Catalog | CaptionTable:
        return self._catalog.captions if target == "caption" else self._catalog

    def _in_one_space(self, search: Search) -> tuple[VectorStore, Embeddings, ModelRecord]:
        """The store, the query vector [D], and the model of both."""
        while True:
            model = self._catalog.model()
            store = (self._caption_vectors if search.target == "caption" else self._vectors).synced()
            if model is None or not len(store):
                raise self._catalog.nothing_found(captions=search.target == "caption")
            vector = self._query_vector(search.query)
            if self._catalog.model() == model:  # otherwise another process has just changed the collection's model
                return store, vector, model

    def _query_vector(self, query: Query) -> Embeddings:
        """The query vector [D]; for a photo of the collection it is read from the catalog, without the model."""
        self._model.refuse_other()
        if len(query.terms) == 1:
            for photo_id in self._folders.ids_of(query.photos(), unchanged=True):
                if (known := self._catalog.embedding(photo_id)) is not None:
                    return known
        return embed_query(query, self._model.encoder) if query.vector is None else query.vector

    def _query_read(self, query: Query) -> str | None:
        for term in query.terms:
            if term.kind == "words" and (seen := self._model.encoder.seen_part(term.value)) != term.value:
                return seen
        return None


@dataclass(frozen=True)
class Scope:
    """The library as filters see it."""

    catalog: Catalog
    folders: Sequence[PhotoFolder]

    def has_table(self, name: str) -> bool:
        """Whether the catalog has a table."""
        return self.catalog.has_table(name)

    def any_photo(self, condition: Condition) -> bool:
        """Whether any searchable photo satisfies a condition."""
        return any_photo(self.catalog, condition)
