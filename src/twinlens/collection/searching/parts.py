"""The alternatives of a query: the photos or captions that each lets through, ranked and judged."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.condition import ANY, Condition, all_of, any_of, not_, one_of
from twinlens.collection.catalog.reading import has_word
from twinlens.collection.catalog.rows import ModelRecord, id_array, union
from twinlens.collection.catalog.texts.captions import CaptionTable
from twinlens.collection.likeness.near_copies import NO_GROUPS, Groups
from twinlens.collection.place.photo_folders import PhotoFolders
from twinlens.collection.searching.answer import why_ungraded
from twinlens.collection.searching.query import Query
from twinlens.collection.searching.query.where import EVERYWHERE
from twinlens.collection.searching.ranking.alternatives import Alternatives, OwnProbability, Part
from twinlens.collection.searching.ranking.judges import Judges
from twinlens.collection.searching.ranking.judging import NothingKnown, left_out_test
from twinlens.collection.searching.ranking.leaving_out import all_left_out, away_from, nearer
from twinlens.collection.searching.ranking.listed import LeastLike, Listed
from twinlens.collection.searching.ranking.ranked import FETCHED_AT_ONCE, Best, Candidates
from twinlens.collection.searching.ranking.spaces import ModelChangedError, QueryModel, SearchSpace, Spaces
from twinlens.collection.searching.scope import Scope
from twinlens.collection.searching.search import Search, Target
from twinlens.collection.searching.wording import Wording, wording_of
from twinlens.collection.teaching.taught import Taught
from twinlens.errors import QueryError
from twinlens.types import Embeddings, Ids

logger = logging.getLogger(__name__)


class Known(NamedTuple):
    """What a query of words finds first, and where it looked."""

    space: SearchSpace
    first: Best


class Parts:
    """Ranks and judges the alternatives of queries; may be shared between threads.

    Args:
        catalog: the source of truth.
        folders: the collection's photo folders.
        model: the model of its vectors.
        spaces: of the collection.
        taught: what people have taught it.
        judges: of its scores.
    """

    def __init__(
        self,
        catalog: Catalog,
        folders: PhotoFolders,
        model: QueryModel,
        spaces: Spaces,
        taught: Taught,
        judges: Judges,
    ) -> None:
        self._catalog, self._folders, self._model = catalog, folders, model
        self._spaces, self._taught, self._judges = spaces, taught, judges

    def of(
        self,
        search: Search,
        query: Query,
        scope: Scope,
        groups: Groups,
        only: int | None = None,
        known: Known | None = None,
    ) -> Part:
        """One alternative: the photos or captions that its conditions let through, ranked and judged.

        Args:
            search: what is asked for.
            query: one of its alternatives.
            scope: the library as filters see it.
            groups: near copies, of which only the best counts.
            only: the one photo to look at, by its id in the catalog.
            known: what ``_together`` has found for the alternative.
        """
        demanded = self._demanded(search, query, scope)
        left_out = union(self.left_out(search, query, scope))
        num_left_out = len(left_out)
        if num_left_out and demanded is not None:
            num_left_out = len(self._catalog.select_ids(all_of([demanded, one_of(left_out)])))
        condition = _without(demanded, left_out)
        if only is not None:
            condition = all_of([condition or ANY, one_of(np.array([only]))])
        elif len(bad := self._taught.bad(query)):
            condition = all_of([condition or ANY, not_(one_of(bad))])
        if not query.terms and (search.page.sort != "relevance" or not query.without):
            return self._listed(search, query, condition or ANY)._replace(num_left_out=num_left_out)
        among = None if condition is None else table_of(self._catalog, search.target).select_ids(condition)
        own = self._own(search)
        if not query.terms:
            space = self._spaces.of(replace(search, query=all_left_out(query)))
            least = LeastLike(-space.shared_vector, space.photos_only(), among=among, without=own)
            return Part(query, least, space=space, num_left_out=num_left_out)
        one = replace(search, query=query)
        space = self._spaces.of(one) if known is None else known.space
        logger.debug(
            "query %s over %d %ss of %s, %s space",
            *(query.terms, len(space.store), search.target, self._catalog.path.parent, space.name),
        )
        ranking = self._away_from(search, query, space)
        first = None if known is None else known.first
        candidates = Candidates(ranking, space.store, among=among, without=own, groups=groups, first=first)
        # photos are graded by their likeness to the query in the shared space, whatever ranks them
        judged = None
        if ranking is not space.shared_vector and search.target == "image":
            judged = Candidates(space.shared_vector, space.shared_store, among=among, without=own)
        if why_ungraded(one) or not candidates.count:
            return Part(query, candidates, judged, space=space, num_left_out=num_left_out)
        wording = self.wording(query, space.model)
        judgement = NothingKnown() if wording.no_word_known else self._judges.judgement(one, space)
        known_wording = None if search.query.either else wording
        return Part(query, candidates, judged, judgement, space, known_wording, num_left_out)

    def whole(self, parts: Sequence[Part], groups: Groups) -> Part:
        """All alternatives of a query as one; they must be of one model."""
        if len(parts) == 1:
            return parts[0]
        listed = [part.candidates for part in parts if isinstance(part.candidates, Listed)]
        if len(listed) == len(parts):
            return Part(parts[0].query, Listed(self._catalog, any_of(one.condition for one in listed), listed[0].order))
        spaces = [part.space for part in parts if part.space is not None]
        if len({space.model for space in spaces}) > 1:
            raise ModelChangedError
        candidates = Alternatives(parts, groups)
        judgements = [part.judgement for part in parts if part.judgement is not None]
        judgement = OwnProbability(judgements[0]) if judgements and candidates.is_judged else None
        space = spaces[0]._replace(name="shared") if spaces else None
        return Part(parts[0].query, candidates, judgement=judgement, space=space)

    def condition(self, search: Search, query: Query, scope: Scope) -> Condition | None:
        """What filters and query demand of photos, and what the query leaves out; None if that is nothing."""
        return _without(self._demanded(search, query, scope), union(self.left_out(search, query, scope)))

    def _demanded(self, search: Search, query: Query, scope: Scope) -> Condition | None:
        """What filters and query demand of photos; None if that is nothing."""
        parts = [] if search.filters.is_empty() else [search.filters.condition(scope)]
        parts += [] if query.where == EVERYWHERE else [query.where.condition(scope)]
        return all_of(parts) if parts else None

    def left_out(self, search: Search, query: Query, scope: Scope) -> list[Ids]:
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
        alternatives = query.alternatives()
        for alternative, known in zip(alternatives, self._together(one, alternatives), strict=True):
            part = self.of(one, alternative, scope, NO_GROUPS, known=known)
            if part.candidates.all_match:
                found.append(part.candidates.ids())
            elif part.judgement is not None:
                found.append(part.evidence.matching_ids(left_out_test(part.judgement, alternative.kind())))
        return union([*map(np.sort, found)])

    def _together(self, search: Search, queries: Sequence[Query]) -> list[Known | None]:
        """What several queries of words alone find first, by one look at the store; None for each if it is not one."""
        unknown: list[Known | None] = [None] * len(queries)
        if len(queries) == 1 or not all(query.terms and not query.has_logic for query in queries):
            return unknown
        spaces = [self._spaces.of(replace(search, query=query)) for query in queries]
        if any(space.store is not spaces[0].store for space in spaces):
            return unknown
        found = spaces[0].store.search(np.stack([space.vector for space in spaces]), FETCHED_AT_ONCE)
        best = map(Best, found.ids, found.scores)
        return [Known(space, first) for space, first in zip(spaces, best, strict=True)]

    def wording(self, query: Query, model: ModelRecord) -> Wording:
        """How the words of a query are read by a model, and by the library."""
        return wording_of(query, lambda: self._model.encoder_of(model), self._is_known)

    def _is_known(self, word: str) -> bool:
        return self._taught.knows(word) or has_word(self._catalog, word)

    def _away_from(self, search: Search, query: Query, space: SearchSpace) -> Embeddings:
        """[D], the query moved away from what it leaves out."""
        if not query.without:
            return space.vector
        opposite = self._spaces.of(replace(search, query=all_left_out(query)))
        if opposite.model != space.model:
            raise ModelChangedError
        return away_from(space, opposite)

    def _listed(self, search: Search, query: Query, condition: Condition) -> Part:
        if search.target == "caption":
            raise QueryError("captions are found by words or by a photo, and the query has neither")
        if self._catalog.model() is None:
            raise self._catalog.nothing_found(captions=False)
        sort = search.page.sort
        return Part(query, Listed(self._catalog, condition, "date" if sort == "relevance" else sort))

    def _own(self, search: Search) -> set[int]:
        """Photos in the query, which are excluded from its hits (but not their captions)."""
        if search.include_query_photo or search.target == "caption":
            return set()
        return self._folders.ids_of(search.query.photos())


def _without(demanded: Condition | None, left_out: Ids) -> Condition | None:
    """A condition without some photos."""
    return all_of([demanded or ANY, not_(one_of(left_out))]) if len(left_out) else demanded


def table_of(catalog: Catalog, target: Target) -> Catalog | CaptionTable:
    """What looks up the photos of what a search ranks."""
    return catalog.captions if target == "caption" else catalog
