"""Answer searches of a collection."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

import numpy as np

from twinlens.collection.catalog.captions import CaptionTable
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.condition import ANY, Condition, all_of, any_of, not_, one_of
from twinlens.collection.catalog.reading import DateGaps, count_photos, date_gaps, has_word
from twinlens.collection.catalog.rows import ModelRecord, PhotoRecord, id_array, union
from twinlens.collection.catalog.vectors import DerivedVectors
from twinlens.collection.likeness.copies_file import DerivedCopies
from twinlens.collection.likeness.near_copies import NO_GROUPS, NO_IDS, Groups
from twinlens.collection.likeness.stacks import NO_STACKS, Stacks
from twinlens.collection.likeness.stacks_file import DerivedStacks
from twinlens.collection.place.photo_folders import PhotoFolders
from twinlens.collection.searching.alternatives import Alternatives, OwnProbability, Part
from twinlens.collection.searching.answer import SUM, Answer, why_ungraded
from twinlens.collection.searching.background import Background
from twinlens.collection.searching.explaining import Explainer
from twinlens.collection.searching.fields import Field
from twinlens.collection.searching.filtering import Filters, known_filters
from twinlens.collection.searching.fusion import Written, written_about
from twinlens.collection.searching.hits import MOST_ALIKE, as_bad, as_hits, mark_missing
from twinlens.collection.searching.judging import NothingKnown, count_grades, left_out_test, match_test
from twinlens.collection.searching.leaving_out import all_left_out, away_from, nearer
from twinlens.collection.searching.listed import InGivenOrder, LeastLike, Listed
from twinlens.collection.searching.notes import value_notes
from twinlens.collection.searching.query import Query
from twinlens.collection.searching.query.where import EVERYWHERE, demands
from twinlens.collection.searching.ranking import Candidates, RankedPhoto, page_of
from twinlens.collection.searching.scope import Scope
from twinlens.collection.searching.search import TARGETS, Search, Target
from twinlens.collection.searching.spaces import QueryModel, SearchSpace, Spaces
from twinlens.collection.searching.wording import Wording, wording_of
from twinlens.collection.teaching.taught import Taught
from twinlens.collection.texts.derived_texts import DerivedTexts
from twinlens.errors import QueryError, VectorsDamagedError
from twinlens.protocols import Judgement, VectorStore
from twinlens.types import Embeddings, Ids, QueryKind

logger = logging.getLogger(__name__)
Found = TypeVar("Found")
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
        moments: derived from frames of videos, and from their features.
        copies: near copies among the photos.
        stacks: files of one shot, and shots of one burst.
        texts: what is written about the photos.
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
        moments: tuple[DerivedVectors, DerivedVectors],
        copies: DerivedCopies,
        stacks: DerivedStacks,
        texts: DerivedTexts,
        writable: bool,
    ) -> None:
        self._catalog, self._folders, self._model, self._texts = catalog, folders, model, texts
        self._copies, self._stacks = copies, stacks
        self._taught = Taught(catalog)
        self._spaces = Spaces(
            catalog,
            folders,
            model,
            self._taught,
            vectors=vectors,
            caption_vectors=caption_vectors,
            likeness=likeness,
            moments=moments,
        )
        self._background = Background(catalog, writable=writable)

    def answer(self, search: Search, *, only: int | None = None) -> Answer:
        """See ``Collection.answer``; with ``only``, what it says of that photo, by its id in the catalog."""
        return self._retried(search, lambda: self._answer(search, only))

    def listed(self, search: Search, photos: Sequence[int]) -> Answer:
        """A page of photos in the order given, by their ids in the catalog, as the answer to a search without words."""
        return self._retried(search, lambda: self._answer(search, None, photos))

    def found(self, query: Query, filters: Filters) -> Ids:
        """See ``Collection.find_all``."""
        refuse_sums(query)
        scope = self.scope()
        return self._catalog.select_ids(all_of([filters.condition(scope), self._matching(query, scope)]))

    def scope(self) -> Scope:
        """The library as filters see it now."""
        return Scope(self._catalog, self._folders.all(), self._texts, self._matching)

    def _retried(self, search: Search, found: Callable[[], Found]) -> Found:
        damages = 0
        while True:
            try:
                return found()
            except VectorsDamagedError as error:
                damages += 1
                if damages > MOST_DAMAGES:
                    raise
                self._spaces.discard(search, error)
            except _ModelChanged:
                logger.debug("the model of %s has changed, the search begins anew", self._catalog.path.parent)

    def _answer(self, search: Search, only: int | None, photos: Sequence[int] | None = None) -> Answer:
        started = time.perf_counter()
        if search.target == "caption" and self._catalog.captions.is_empty():
            raise self._catalog.nothing_found(captions=True)
        model, scope = self._catalog.model(), self.scope()
        gaps = self._gaps(search, scope)
        groups, stacks = self._groups(search)
        if photos is None:
            parts = [self._part(search, query, scope, groups, only) for query in search.query.alternatives()]
        else:
            parts = [Part(search.query, InGivenOrder(photos))]
        part = self._whole(parts, groups)
        candidates, judgement, space = part.candidates, part.judgement, part.space
        opinions, written = self._taught.opinions(search.query), Written()
        if search.target == "image" and candidates.count:
            good = opinions.good[np.isin(opinions.good, candidates.ids())] if len(opinions.good) else NO_IDS
            written = written_about(search.query, self._texts, [one.candidates for one in parts], good)
        model = space.model if space else model
        if model is None:
            raise self._catalog.nothing_found(captions=False)
        is_asked = judgement is not None or candidates.count > search.page.offset
        matches = match_test(search, judgement) if is_asked else None
        ranked, matched = page_of(
            candidates,
            self._table(search.target),
            search.page,
            matches,
            judged=part.judged,
            fuse=partial(written.fused, candidates),
            also=NO_IDS if search.min_grade or search.min_probability is not None else written.complete(),
        )
        if space and len(ranked) < min(search.page.k, candidates.num_entries - search.page.offset):
            self._catalog.refuse_loss(space.store.generation)
        ids = [one.record.id for one in ranked]
        hits = as_hits(
            ranked,
            judgement,
            scope.folders,
            first_rank=search.page.offset + 1,
            evidence=None if part.judged is None else part.judged.scores_of(ids),
            copies=self._copies_of(ranked),
            stacks=stacks,
            written=written.found_by,
            ratings=self._catalog.ratings.of_photos(ids),
            tags=self._catalog.tags.of_photos(ids),
            best_ms=self._best_moments(ranked, [one.space for one in parts if one.space]),
        )
        wording = self._wording(search.query, model) if part.wording is None else part.wording
        if only is not None and opinions.has_bad(only):
            hits = [as_bad(hit) for hit in hits]
        hits, absent_folders = mark_missing(hits, scope.folders)
        explanation = None
        if search.explain:
            left_out = [self._left_out(search, one.query, scope) for one in parts]
            explainer = Explainer(self._catalog, self._spaces, scope, search, parts, left_out)
            explanation = explainer.explanation(candidates, [one.item for one in ranked], hits, written)
        return Answer(
            search=search,
            hits=hits,
            num_candidates=candidates.count,
            matched=matched,
            grades=None if judgement is None else count_grades(part.evidence, judgement),
            ungraded=why_ungraded(search),
            model=model.fingerprint,
            took_ms=round((time.perf_counter() - started + search.query.embedding_s) * 1000, 2),
            query_read=self._query_read(search.query, model),
            absent_folders=absent_folders,
            num_undated=gaps and gaps.undated,
            num_file_dated=gaps and gaps.file_dated,
            wording=wording.with_notes((*value_notes(search, scope), *opinions.told())),
            num_entries=candidates.num_entries,
            space=space.name if space else "shared",
            explanation=explanation,
        )

    def _best_moments(self, ranked: Sequence[RankedPhoto], spaces: Sequence[SearchSpace]) -> dict[int, int]:
        """When each video is most like the query, or one of its alternatives, in milliseconds, by its id."""
        videos = [one.record.id for one in ranked if one.record.duration_ms is not None and one.record.caption is None]
        if not videos or not spaces or self._catalog.moments.is_empty():
            return {}
        queries = np.stack([space.shared_vector for space in spaces])
        moments = {video: self._catalog.moments.best_ms(video, queries) for video in videos}
        return {video: at_ms for video, at_ms in moments.items() if at_ms is not None}

    def _whole(self, parts: Sequence[Part], groups: Groups) -> Part:
        """All alternatives of a query as one; they must be of one model."""
        if len(parts) == 1:
            return parts[0]
        listed = [part.candidates for part in parts if isinstance(part.candidates, Listed)]
        if len(listed) == len(parts):
            return Part(parts[0].query, Listed(self._catalog, any_of(one.condition for one in listed), listed[0].order))
        spaces = [part.space for part in parts if part.space is not None]
        if len({space.model for space in spaces}) > 1:
            raise _ModelChanged
        candidates = Alternatives(parts, groups)
        judgements = [part.judgement for part in parts if part.judgement is not None]
        judgement = OwnProbability(judgements[0]) if judgements and candidates.is_judged else None
        space = spaces[0]._replace(name="shared") if spaces else None
        return Part(parts[0].query, candidates, judgement=judgement, space=space)

    def _part(self, search: Search, query: Query, scope: Scope, groups: Groups, only: int | None = None) -> Part:
        """One alternative: the photos or captions that its conditions let through, ranked and judged."""
        condition = self._condition(search, query, scope)
        if only is not None:
            condition = all_of([condition or ANY, one_of(np.array([only]))])
        elif len(bad := self._taught.bad(query)):
            condition = all_of([condition or ANY, not_(one_of(bad))])
        if not query.terms and (search.page.sort != "relevance" or not query.without):
            return self._listed(search, query, condition or ANY)
        among = None if condition is None else self._table(search.target).select_ids(condition)
        own = self._own(search)
        if not query.terms:
            space = self._spaces.of(replace(search, query=all_left_out(query)))
            least = LeastLike(-space.shared_vector, space.photos_only(), among=among, without=own)
            return Part(query, least, space=space)
        one = replace(search, query=query)
        space = self._spaces.of(one)
        logger.debug(
            "query %s over %d %ss of %s, %s space",
            *(query.terms, len(space.store), search.target, self._catalog.path.parent, space.name),
        )
        ranking = self._away_from(search, query, space)
        candidates = Candidates(ranking, space.store, among=among, without=own, groups=groups)
        # photos are graded by their likeness to the query in the shared space, whatever ranks them
        judged = None
        if ranking is not space.shared_vector and search.target == "image":
            judged = Candidates(space.shared_vector, space.shared_store, among=among, without=own)
        if why_ungraded(one) or not candidates.count:
            return Part(query, candidates, judged, space=space)
        wording = self._wording(query, space.model)
        judgement = NothingKnown() if wording.no_word_known else self._judgement(one, space)
        return Part(query, candidates, judged, judgement, space, None if search.query.either else wording)

    def _wording(self, query: Query, model: ModelRecord) -> Wording:
        return wording_of(query, lambda: self._model.encoder_of(model), self._is_known)

    def _is_known(self, word: str) -> bool:
        return self._taught.knows(word) or has_word(self._catalog, word)

    def _away_from(self, search: Search, query: Query, space: SearchSpace) -> Embeddings:
        """[D], the query moved away from what it leaves out."""
        if not query.without:
            return space.vector
        opposite = self._spaces.of(replace(search, query=all_left_out(query)))
        if opposite.model != space.model:
            raise _ModelChanged
        return away_from(space, opposite)

    def _listed(self, search: Search, query: Query, condition: Condition) -> Part:
        if search.target == "caption":
            raise QueryError("captions are found by words or by a photo, and the query has neither")
        if self._catalog.model() is None:
            raise self._catalog.nothing_found(captions=False)
        sort = search.page.sort
        return Part(query, Listed(self._catalog, condition, "date" if sort == "relevance" else sort))

    def _condition(self, search: Search, query: Query, scope: Scope) -> Condition | None:
        """What filters and query demand of photos, and what the query leaves out; None if that is nothing."""
        parts = [] if search.filters.is_empty() else [search.filters.condition(scope)]
        parts += [] if query.where == EVERYWHERE else [query.where.condition(scope)]
        parts += [not_(one_of(found)) for found in self._left_out(search, query, scope)]
        return all_of(parts) if parts else None

    def _left_out(self, search: Search, query: Query, scope: Scope) -> list[Ids]:
        """The photos that each thing in ``without`` leaves out."""
        found = []
        for one in query.without:
            ids = self._matched(search, one, scope)
            if query.kind() == one.kind() == "photo":
                ids = nearer(ids, *(self._spaces.of(Search(each)) for each in (query, one)))
            found.append(ids)
        return found

    def _matched(self, search: Search, query: Query, scope: Scope) -> Ids:
        """All photos that a query leaves out: those that match this one."""
        one = Search(query, search.filters, include_query_photo=True)
        own = id_array([(number,) for number in sorted(self._folders.ids_of(query.photos()))])
        found = [own, *(scope.holding(term.value) for term in query.terms if term.kind == "words")]
        found += [scope.holding(term.value) for one in query.either[:1] for term in one.terms if term.kind == "words"]
        for alternative in query.alternatives():
            part = self._part(one, alternative, scope, NO_GROUPS)
            if part.candidates.all_match:
                found.append(part.candidates.ids())
            elif part.judgement is not None:
                found.append(part.evidence.matching_ids(left_out_test(part.judgement, alternative.kind())))
        return union([*map(np.sort, found)])

    def _matching(self, query: Query, scope: Scope) -> Condition:
        """All photos that match a query: by grade, by what is written about them, or without words by its fields."""
        search = Search(query)
        return self._retried(search, lambda: self._matches(search, scope))

    def _matches(self, search: Search, scope: Scope) -> Condition:
        alternatives = search.query.alternatives()
        if not any(one.terms for one in alternatives):
            return any_of(self._condition(search, one, scope) or ANY for one in alternatives)
        parts = [self._part(search, one, scope, NO_GROUPS) for one in alternatives]
        found = [written_about(search.query, self._texts, [part.candidates for part in parts]).complete()]
        for part in parts:
            if part.candidates.all_match:
                found.append(part.candidates.ids())
            elif (matches := match_test(search, part.judgement)) is not None:
                found.append(part.evidence.matching_ids(matches))
        return one_of(union([*map(np.sort, found)]))

    def _gaps(self, search: Search, scope: Scope) -> DateGaps | None:
        """As ``date_gaps``, for dates in the filters and in a query without alternatives."""
        where = [] if search.query.either else list(demands(search.query.where))
        dates = [one for one in where if isinstance(one, Field) and known_filters()[one.name].kind == "date"]
        if not dates and not search.filters.has("date"):
            return None
        others = [one.condition(scope) for one in where if one not in dates]
        return date_gaps(self._catalog, all_of([search.filters.condition(scope, without="date"), *others]))

    def count(self, filters: Filters, target: Target) -> int:
        """See ``Collection.count``."""
        if target not in TARGETS:
            raise QueryError(f"target must be one of {', '.join(TARGETS)}, got {target!r}")
        if filters.is_empty():
            return self._catalog.captions.count() if target == "caption" else self._catalog.count()
        condition = filters.condition(self.scope())
        if target == "image":
            return count_photos(self._catalog, condition)
        return 0 if self._catalog.captions.is_empty() else len(self._catalog.captions.select_ids(condition))

    def date_gaps(self, filters: Filters) -> DateGaps | None:
        """See ``Collection.date_gaps``."""
        if not filters.has("date"):
            return None
        return date_gaps(self._catalog, filters.condition(self.scope(), without="date"))

    def _judgement(self, search: Search, space: SearchSpace) -> Judgement | None:
        """By the model's calibration or, where that has nothing for this kind of query, by the library's background."""
        kind = search.query.kind()
        assert kind is not None, "a sum of words and photos is not judged"
        model, vector = space.model, space.shared_vector
        if (own := self._taught.judgement(search.query, vector, model)) is not None:
            return own
        return self._judgement_of(vector, kind, space.shared_store, model)

    def judgements(self, texts: Embeddings) -> list[Judgement | None]:
        """What the scores of texts [T, D] with photos mean, the same as in a search for each.

        Raises:
            CollectionNotFoundError: nothing is indexed yet.
        """
        while True:
            store, model = self._spaces.photos()
            try:
                return [self._judgement_of(text, "text", store, model) for text in texts]
            except _ModelChanged:
                logger.debug("the model of %s has changed, texts are judged anew", self._catalog.path.parent)

    def _judgement_of(
        self, vector: Embeddings, kind: QueryKind, store: VectorStore, model: ModelRecord
    ) -> Judgement | None:
        embedder = self._model.embedder_of(model)
        calibrated = embedder.relevance() if embedder else None
        judgement = calibrated.judge(vector, kind) if calibrated else None
        if judgement is not None:
            return judgement
        if (
            background := self._background.judge(store, model, lambda: embedder or self._model.encoder_of(model))
        ) is None:
            raise _ModelChanged
        return background.judge(vector, kind)

    def _own(self, search: Search) -> set[int]:
        """Photos in the query, which are excluded from its hits (but not their captions)."""
        if search.include_query_photo or search.target == "caption":
            return set()
        return self._folders.ids_of(search.query.photos())

    def _table(self, target: Target) -> Catalog | CaptionTable:
        return self._catalog.captions if target == "caption" else self._catalog

    def _groups(self, search: Search) -> tuple[Groups, Stacks]:
        if not search.group or search.target != "image":
            return NO_GROUPS, NO_STACKS
        return self._stacks.joined_with(self._copies.synced())

    def _copies_of(self, ranked: Sequence[RankedPhoto]) -> Mapping[int, PhotoRecord]:
        """The records of near copies that the hits list."""
        listed = [int(one) for photo in ranked for one in photo.alike[:MOST_ALIKE]]
        return self._catalog.photos(listed) if listed else {}

    def _query_read(self, query: Query, model: ModelRecord) -> str | None:
        for term in query.every_term():
            if term.kind == "words" and (seen := self._model.encoder_of(model).seen_part(term.asked)) != term.asked:
                return seen
        return None


def refuse_sums(query: Query) -> None:
    """Refuses a query of which nobody can tell which photos match.

    Raises:
        QueryError: it is such a query.
    """
    if why_ungraded(Search(query)) == SUM:
        raise QueryError("a sum of words and photos ranks all photos and leaves none out; ask for words and fields")
