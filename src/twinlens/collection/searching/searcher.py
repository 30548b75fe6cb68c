"""Answer searches of a collection."""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from twinlens.collection.catalog.captions import CaptionTable
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.condition import Condition
from twinlens.collection.catalog.reading import DateGaps, any_photo, count_photos, date_gaps
from twinlens.collection.catalog.rows import ModelRecord, PhotoRecord
from twinlens.collection.catalog.vectors import DerivedVectors
from twinlens.collection.likeness.copies_file import DerivedCopies
from twinlens.collection.likeness.near_copies import NO_GROUPS, Groups
from twinlens.collection.place.photo_folders import PhotoFolder, PhotoFolders
from twinlens.collection.searching.answer import Answer, why_ungraded
from twinlens.collection.searching.background import Background
from twinlens.collection.searching.filtering import Filters
from twinlens.collection.searching.hits import MOST_ALIKE, as_hits, mark_missing
from twinlens.collection.searching.judging import count_grades, match_test
from twinlens.collection.searching.query import Query
from twinlens.collection.searching.ranking import Candidates, RankedPhoto, page_of
from twinlens.collection.searching.search import TARGETS, Search, Target
from twinlens.collection.searching.spaces import QueryModel, SearchSpace, Spaces
from twinlens.collection.searching.wording import wording_of
from twinlens.errors import QueryError, VectorsDamagedError
from twinlens.protocols import Judgement

logger = logging.getLogger(__name__)
MOST_DAMAGES = 2  # vectors of two spaces may be damaged at once


class _ModelChanged(Exception):  # noqa: N818 - no error: the search begins anew
    """Another process, or thread, has changed the collection's model during a search."""


class Searcher:
    """Answers searches; may be shared between threads.

    Args:
        catalog: the source of truth.
        folders: the collection's photo folders.
        model: the model of its vectors.
        vectors: derived from the photos.
        caption_vectors: derived from the captions.
        likeness: derived from the photos' features.
        copies: near copies among the photos.
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
        likeness: DerivedVectors,
        copies: DerivedCopies,
        writable: bool,
    ) -> None:
        self._catalog, self._folders, self._model, self._copies = catalog, folders, model, copies
        self._spaces = Spaces(
            catalog, folders, model, vectors=vectors, caption_vectors=caption_vectors, likeness=likeness
        )
        self._background = Background(catalog, writable=writable)

    def answer(self, search: Search) -> Answer:
        """See ``Collection.answer``."""
        damages = 0
        while True:
            try:
                return self._answer(search)
            except VectorsDamagedError as error:
                damages += 1
                if damages > MOST_DAMAGES:
                    raise
                self._spaces.discard(search, error)
            except _ModelChanged:
                logger.debug("the model of %s has changed, the search begins anew", self._catalog.path.parent)

    def _answer(self, search: Search) -> Answer:
        started = time.perf_counter()
        if search.target == "caption" and self._catalog.captions.is_empty():
            raise self._catalog.nothing_found(captions=True)
        folders = self._folders.all()
        among, gaps = None, self.date_gaps(search.filters)
        if not search.filters.is_empty():
            condition = search.filters.condition(Scope(self._catalog, folders))
            among = self._table(search.target).select_ids(condition)
        space = self._spaces.of(search)
        logger.debug(
            "query %s over %d %ss of %s, %s space",
            *(search.query.terms, len(space.store), search.target, self._catalog.path.parent, space.name),
        )
        own, groups = self._own(search), self._groups(search)
        candidates = Candidates(space.vector, space.store, among=among, without=own, groups=groups)
        # photos are graded in the shared space, whatever ranks them
        judged = None
        if space.name == "likeness":
            judged = Candidates(space.shared_vector, space.shared_store, among=among, without=own)
        ungraded = why_ungraded(search)
        judgement = None if ungraded or not candidates.count else self._judgement(search, space)
        matches = match_test(search, judgement) if candidates.count > search.page.offset else None
        ranked, matched = page_of(candidates, self._table(search.target), search.page, matches, judged=judged)
        if len(ranked) < min(search.page.k, candidates.num_entries - search.page.offset):
            self._catalog.refuse_loss(space.store.generation)
        hits = as_hits(
            ranked,
            judgement,
            folders,
            first_rank=search.page.offset + 1,
            evidence=None if judged is None else judged.scores_of([one.record.id for one in ranked]),
            copies=self._copies_of(ranked),
        )
        hits, absent_folders = mark_missing(hits, folders)
        return Answer(
            search=search,
            hits=hits,
            num_candidates=candidates.count,
            matched=matched,
            grades=None if judgement is None else count_grades(judged or candidates, judgement),
            ungraded=ungraded,
            model=space.model.fingerprint,
            took_ms=round((time.perf_counter() - started + search.query.embedding_s) * 1000, 2),
            query_read=self._query_read(search.query, space.model),
            absent_folders=absent_folders,
            num_undated=gaps and gaps.undated,
            num_file_dated=gaps and gaps.file_dated,
            wording=wording_of(search.query, lambda: self._model.encoder_of(space.model), self._catalog),
            num_entries=candidates.num_entries,
            space=space.name,
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

    def _judgement(self, search: Search, space: SearchSpace) -> Judgement | None:
        """By the model's calibration or, where that has nothing for this kind of query, by the library's background."""
        kind = search.query.kind()
        assert kind is not None, "a sum of words and photos is not judged"
        model, vector = space.model, space.shared_vector
        embedder = self._model.embedder_of(model)
        calibrated = embedder.relevance() if embedder else None
        judgement = calibrated.judge(vector, kind) if calibrated else None
        if judgement is not None:
            return judgement
        store, stand_in = space.shared_store, lambda: embedder or self._model.encoder_of(model)
        if (background := self._background.judge(store, model, stand_in)) is None:
            raise _ModelChanged
        return background.judge(vector, kind)

    def _own(self, search: Search) -> set[int]:
        """Photos in the query, which are excluded from its hits (but not their captions)."""
        if search.include_query_photo or search.target == "caption":
            return set()
        return self._folders.ids_of(search.query.photos())

    def _table(self, target: Target) -> Catalog | CaptionTable:
        return self._catalog.captions if target == "caption" else self._catalog

    def _groups(self, search: Search) -> Groups:
        return self._copies.synced() if search.group and search.target == "image" else NO_GROUPS

    def _copies_of(self, ranked: Sequence[RankedPhoto]) -> Mapping[int, PhotoRecord]:
        """The records of near copies that the hits list."""
        listed = [int(one) for photo in ranked for one in photo.alike[:MOST_ALIKE]]
        return self._catalog.photos(listed) if listed else {}

    def _query_read(self, query: Query, model: ModelRecord) -> str | None:
        for term in query.terms:
            if term.kind == "words" and (seen := self._model.encoder_of(model).seen_part(term.read)) != term.read:
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
