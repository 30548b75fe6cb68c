"""Answer searches of a collection."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

import numpy as np

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.condition import ANY, Condition, all_of, any_of, one_of
from twinlens.collection.catalog.reading import DateGaps, count_photos, date_gaps
from twinlens.collection.catalog.rows import ModelRecord, PhotoRecord, union
from twinlens.collection.catalog.texts.briefs import briefs
from twinlens.collection.derived import Derived
from twinlens.collection.likeness.near_copies import NO_GROUPS, NO_IDS, Groups
from twinlens.collection.likeness.stacks import NO_STACKS, Stacks
from twinlens.collection.place.photo_folders import PhotoFolders
from twinlens.collection.searching.answer import SUM, Answer, why_ungraded
from twinlens.collection.searching.explaining import Explainer
from twinlens.collection.searching.explanation import Explanation
from twinlens.collection.searching.fields import Field
from twinlens.collection.searching.fields_found import FieldsFound
from twinlens.collection.searching.filtering import Filters, known_filters
from twinlens.collection.searching.hits import MOST_ALIKE, as_bad, as_hits, mark_missing
from twinlens.collection.searching.notes import contradiction, value_notes
from twinlens.collection.searching.parts import Parts, table_of
from twinlens.collection.searching.query import Query
from twinlens.collection.searching.query.where import demands
from twinlens.collection.searching.ranking.alternatives import Part, meant
from twinlens.collection.searching.ranking.fusion import Written, written_about
from twinlens.collection.searching.ranking.judges import Judges
from twinlens.collection.searching.ranking.judging import count_grades, match_test
from twinlens.collection.searching.ranking.listed import InGivenOrder
from twinlens.collection.searching.ranking.ranked import RankedPhoto, page_of
from twinlens.collection.searching.ranking.spaces import ModelChangedError, QueryModel, SearchSpace, Spaces
from twinlens.collection.searching.scope import Scope
from twinlens.collection.searching.search import TARGETS, Search, Target
from twinlens.collection.teaching.taught import Taught
from twinlens.errors import QueryError, VectorsDamagedError
from twinlens.protocols import Judgement
from twinlens.types import Embeddings, Hit, Ids

logger = logging.getLogger(__name__)
Found = TypeVar("Found")
MOST_DAMAGES = 2  # vectors of two spaces may be damaged at once


class Searcher:
    """Answers searches; may be shared between threads.

    Args:
        catalog: the source of truth.
        folders: the collection's photo folders.
        model: the model of its vectors.
        derived: what is made from the catalog.
    """

    def __init__(
        self,
        catalog: Catalog,
        folders: PhotoFolders,
        model: QueryModel,
        derived: Derived,
    ) -> None:
        self._catalog, self._folders, self._model, self._texts = catalog, folders, model, derived.texts
        self._copies, self._stacks = derived.copies, derived.stacks
        self._taught = Taught(catalog)
        self._spaces = Spaces(catalog, folders, model, self._taught, derived)
        self._judges = Judges(catalog, model, self._spaces, self._taught, writable=derived.writable)
        self._parts = Parts(catalog, folders, model, self._spaces, self._taught, self._judges)

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

    def folded(self, photos: Sequence[int]) -> list[list[int]]:
        """Photos in the order given, each followed by those that would be one entry with it: near copies, one shot."""
        groups, _ = self._stacks.joined_with(self._copies.synced())
        entries: dict[int, list[int]] = {}
        for photo, key in zip(photos, groups.keys(np.array(photos, np.int64)).tolist(), strict=True):
            entries.setdefault(key, []).append(photo)
        return list(entries.values())

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
            except ModelChangedError:
                logger.debug("the model of %s has changed, the search begins anew", self._catalog.path.parent)

    def _answer(self, search: Search, only: int | None, photos: Sequence[int] | None = None) -> Answer:
        started = time.perf_counter()
        if search.target == "caption" and self._catalog.captions.is_empty():
            raise self._catalog.nothing_found(captions=True)
        model, scope = self._catalog.model(), self.scope()
        gaps, (groups, stacks) = self._gaps(search, scope), self._groups(search)
        parts = self._alternatives(search, scope, groups, only, photos)
        part, opinions = self._parts.whole(parts, groups), self._taught.opinions(search.query)
        written = self._written(search, parts, part, opinions.good)
        model = part.space.model if part.space else model
        if model is None:
            raise self._catalog.nothing_found(captions=False)
        ranked, matched = self._page(search, part, written)
        hits = self._hits(search, scope, (part, parts), ranked, written, stacks)
        if only is not None and opinions.has_bad(only):
            hits = [as_bad(hit) for hit in hits]
        hits, absent_folders = mark_missing(hits, scope.folders)
        wording = self._parts.wording(search.query, model) if part.wording is None else part.wording
        notes = [*value_notes(search, scope), *opinions.told()]
        if not part.candidates.count and (none_fits := contradiction(search, scope)):
            notes.append(none_fits)
        return Answer(
            search=search,
            hits=hits,
            num_candidates=part.candidates.count,
            matched=matched,
            grades=None if part.judgement is None else count_grades(part.evidence, part.judgement),
            ungraded=why_ungraded(search),
            model=model.fingerprint,
            explanation=self._explanation(search, scope, parts, part, ranked, hits, written),
            query_read=self._query_read(search.query, model),
            absent_folders=absent_folders,
            num_undated=gaps and gaps.undated,
            num_file_dated=gaps and gaps.file_dated,
            num_left_out=part.num_left_out if search.query.without else None,
            wording=wording.with_notes(notes),
            num_entries=part.candidates.num_entries,
            space=part.space.name if part.space else "shared",
            took_ms=round((time.perf_counter() - started + search.query.embedding_s) * 1000, 2),
        )

    def _alternatives(
        self, search: Search, scope: Scope, groups: Groups, only: int | None, photos: Sequence[int] | None
    ) -> list[Part]:
        """The alternatives of a query, ranked and judged; or photos that are listed in the order given."""
        if photos is not None:
            return [Part(search.query, InGivenOrder(photos))]
        return [self._parts.of(search, query, scope, groups, only) for query in search.query.alternatives()]

    def _written(self, search: Search, parts: Sequence[Part], part: Part, good: Ids) -> Written:
        """The candidates that are found by what is written about them, or that people called good for the query."""
        if search.target != "image" or not part.candidates.count:
            return Written()
        good = part.candidates.among(good) if len(good) else NO_IDS
        return written_about(search.query, self._texts, [one.candidates for one in parts], good)

    def _page(self, search: Search, part: Part, written: Written) -> tuple[list[RankedPhoto], int | None]:
        """The entries of the page that is asked for, and how many candidates match; see ``page_of``."""
        candidates, judgement, space, page = part.candidates, part.judgement, part.space, search.page
        is_asked = judgement is not None or candidates.count > page.offset
        ranked, matched = page_of(
            candidates,
            table_of(self._catalog, search.target),
            page,
            match_test(search, judgement) if is_asked else None,
            judged=part.judged,
            fuse=partial(written.fused, candidates),
            also=NO_IDS if search.min_grade or search.min_probability is not None else written.complete(),
        )
        if space and len(ranked) < min(page.k, candidates.num_entries - page.offset):
            self._catalog.refuse_loss(space.store.generation)
        return ranked, matched

    def _hits(
        self,
        search: Search,
        scope: Scope,
        whole: tuple[Part, Sequence[Part]],
        ranked: Sequence[RankedPhoto],
        written: Written,
        stacks: Stacks,
    ) -> list[Hit]:
        """The entries of a page with their grades, what they were found by, and what is known of them."""
        part, parts = whole
        ids = [one.record.id for one in ranked]
        fields: Mapping[int, tuple[str, ...]] = {}
        if search.target == "image":
            fields = FieldsFound(self._catalog, self._texts, scope).of(parts, np.array(ids, np.int64))
        return as_hits(
            ranked,
            part.judgement,
            scope.folders,
            first_rank=search.page.offset + 1,
            evidence=None if part.judged is None else part.judged.scores_of(ids),
            copies=self._copies_of(ranked),
            stacks=stacks,
            is_meant=meant(parts, ids) if any(one.candidates.all_match for one in parts) else None,
            written=lambda photo: (*fields.get(photo, ()), *written.found_by(photo)),
            ratings=self._catalog.ratings.of_photos(ids),
            tags=self._catalog.tags.of_photos(ids),
            best_ms=self._best_moments(ranked, [one.space for one in parts if one.space]),
            said=briefs(self._catalog, {one.record.id: one.record.path for one in ranked}),
        )

    def _explanation(
        self,
        search: Search,
        scope: Scope,
        parts: Sequence[Part],
        part: Part,
        ranked: Sequence[RankedPhoto],
        hits: Sequence[Hit],
        written: Written,
    ) -> Explanation | None:
        """Why the hits of a page were found; None unless the search asks for it."""
        if not search.explain:
            return None
        left_out = [self._parts.left_out(search, one.query, scope) for one in parts]
        explainer = Explainer(self._catalog, self._spaces, scope, search, parts, left_out)
        return explainer.explanation(part.candidates, [one.item for one in ranked], hits, written)

    def _best_moments(self, ranked: Sequence[RankedPhoto], spaces: Sequence[SearchSpace]) -> dict[int, int]:
        """When each video is most like the query, or one of its alternatives, in milliseconds, by its id."""
        videos = [one.record.id for one in ranked if one.record.duration_ms is not None and one.record.caption is None]
        if not videos or not spaces or self._catalog.moments.is_empty():
            return {}
        queries = np.stack([space.shared_vector for space in spaces])
        moments = {video: self._catalog.moments.best_ms(video, queries) for video in videos}
        return {video: at_ms for video, at_ms in moments.items() if at_ms is not None}

    def _matching(self, query: Query, scope: Scope) -> Condition:
        """All photos that match a query: by grade, by what is written about them, or without words by its fields."""
        search = Search(query)
        return self._retried(search, lambda: self._matches(search, scope))

    def _matches(self, search: Search, scope: Scope) -> Condition:
        alternatives = search.query.alternatives()
        if not any(one.terms for one in alternatives):
            return any_of(self._parts.condition(search, one, scope) or ANY for one in alternatives)
        parts = [self._parts.of(search, one, scope, NO_GROUPS) for one in alternatives]
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

    def judgements(self, texts: Embeddings) -> list[Judgement | None]:
        """See ``Judges.judgements``."""
        return self._judges.judgements(texts)

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
