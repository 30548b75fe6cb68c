from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from conftest import ColourEncoder
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.rows import FileState
from twinlens.collection.place.photo_folders import PhotoFolder
from twinlens.collection.searching.hits import as_hits
from twinlens.collection.searching.ranking.judging import match_test
from twinlens.collection.searching.ranking.ranked import LOOKED_AT_ONCE, Candidates, _count_first, page_of
from twinlens.collection.searching.search import Page, Search
from twinlens.data.exif import PhotoDetails
from twinlens.embedding.local import PhotoVector
from twinlens.errors import QueryError
from twinlens.relevance.judge import Judgement, RelevanceJudge
from twinlens.relevance.maps import Calibration, GradeThresholds, LogisticMap, RelevanceMap
from twinlens.stores.exact import ExactStore
from twinlens.types import Embeddings, Hit, Ids

Judge = Callable[[], Judgement | None]
FOLDERS = [PhotoFolder(1, Path("/photos"), "")]
DATES = {1: "2021-01-01T00:00:00", 2: None, 3: "2023-01-01T00:00:00", 4: "2022-01-01T00:00:00", 5: None}


class Shelf:
    """A catalog and the store that mirrors it; photo 1 fits the query best, then 2, and so on."""

    def __init__(self, catalog: Catalog, folder: Path, count: int) -> None:
        self.catalog, self.query = catalog, np.eye(8, dtype=np.float32)[0]
        catalog.add_folder("photos", "..")
        with catalog.writing() as writer:
            for number in range(1, count + 1):
                angle = number / 100
                row = (np.cos(angle) * np.eye(8)[0] + np.sin(angle) * np.eye(8)[1]).astype(np.float32)
                file = FileState(1, f"{number}.jpg", 1, 1, bytes([number]) * 16)
                writer.put_photo(file, PhotoDetails(9, 9, DATES.get(number)), PhotoVector(row, None), reader_version=1)
        self.store = ExactStore(folder, dim=8, owner="test")
        ids = catalog.select_ids()
        self.store.update(catalog.embeddings(ids), np.empty(0, dtype=np.int64), generation=catalog.generation)

    def hits(
        self,
        page: Page | None = None,
        *,
        among: list[int] | None = None,
        without: tuple[int, ...] = (),
        judge: Judge | None = None,
    ) -> tuple[list[Hit], int]:
        return found(
            self.query,
            self.catalog,
            self.store,
            page or Page(),
            among=None if among is None else np.array(among, dtype=np.int64),
            without=without,
            judge=judge,
        )[:2]

    def matched(self, judge: Judge, page: Page | None = None) -> int | None:
        return found(self.query, self.catalog, self.store, page or Page(), judge=judge)[2]


def found(
    query: Embeddings,
    catalog: Catalog,
    store: ExactStore,
    page: Page,
    *,
    among: Ids | None = None,
    without: tuple[int, ...] = (),
    judge: Judge | None = None,
) -> tuple[list[Hit], int, int | None]:
    """Hits, candidates and matches, as a search puts its parts together."""
    candidates = Candidates(query, store, among=among, without=without)
    judgement = judge() if judge and candidates.count else None
    ranked, matched = page_of(candidates, catalog, page, match_test(Search.of("a dog"), judgement))
    return as_hits(ranked, judgement, FOLDERS, first_rank=page.offset + 1), candidates.count, matched


def ids(hits: list[Hit]) -> list[int]:
    return [int(Path(hit.id).stem) for hit in hits]


@pytest.fixture
def shelf(catalog: Catalog, tmp_path: Path) -> Shelf:
    return Shelf(catalog, tmp_path / "exact", count=30)


def test_hits_are_ranked_located_and_scored(shelf: Shelf) -> None:
    hits, candidates = shelf.hits(Page(k=3))
    assert [(hit.rank, hit.id, hit.path) for hit in hits] == [
        (1, "1.jpg", Path("/photos/1.jpg")),
        (2, "2.jpg", Path("/photos/2.jpg")),
        (3, "3.jpg", Path("/photos/3.jpg")),
    ]
    np.testing.assert_allclose([hit.score for hit in hits], np.cos([0.01, 0.02, 0.03]), atol=1e-6)
    assert candidates == 30


@pytest.mark.parametrize("k", [1, 3, 7, 30, 50])
def test_pages_join_without_gap_or_overlap(shelf: Shelf, k: int) -> None:
    joined: list[Hit] = []
    while page := shelf.hits(Page(k=k, offset=len(joined)), without=(4, 9))[0]:
        assert len(page) <= k
        joined += page
    assert ids(joined) == [number for number in range(1, 31) if number not in (4, 9)]
    assert [hit.rank for hit in joined] == list(range(1, 29))


def test_a_page_behind_the_end_is_empty(shelf: Shelf) -> None:
    hits, candidates = shelf.hits(Page(k=5, offset=30))
    assert (hits, candidates) == ([], 30)


def test_what_is_left_out_is_replaced_by_the_next_best(shelf: Shelf) -> None:
    hits, candidates = shelf.hits(Page(k=3), without=(1, 3))
    assert (ids(hits), candidates) == ([2, 4, 5], 28)


def test_what_is_left_out_counts_only_where_it_was_a_candidate(shelf: Shelf) -> None:
    hits, candidates = shelf.hits(Page(k=3), among=[2, 5, 9], without=(1, 5, 999))
    assert (ids(hits), candidates) == ([2, 9], 2)


def test_a_filter_narrows_before_the_top_k(shelf: Shelf) -> None:
    hits, candidates = shelf.hits(Page(k=2), among=[20, 28, 29])
    assert (ids(hits), candidates) == ([20, 28], 3)
    assert shelf.hits(among=[]) == ([], 0)


def test_sorted_by_date_the_page_is_shown_newest_first_and_undated_last(shelf: Shelf) -> None:
    hits, _ = shelf.hits(Page(k=5, sort="date"))
    assert ids(hits) == [3, 4, 1, 2, 5]
    assert [hit.rank for hit in hits] == [1, 2, 3, 4, 5]


def test_which_hits_are_on_a_page_is_decided_by_relevance(shelf: Shelf) -> None:
    assert ids(shelf.hits(Page(k=2, offset=2, sort="date"))[0]) == [3, 4]
    assert ids(shelf.hits(Page(k=2, offset=0, sort="date"))[0]) == [1, 2]


def test_a_photo_that_left_the_catalog_meanwhile_is_not_shown(shelf: Shelf) -> None:
    with shelf.catalog.writing() as writer:
        writer.remove(2)
    hits, _ = shelf.hits(Page(k=3))
    assert (ids(hits), [hit.rank for hit in hits]) == ([1, 3], [1, 2])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k": 0}, "k must be at least 1"),
        ({"k": -3}, "k must"),
        ({"offset": -1}, "offset must"),
        ({"sort": "best"}, "sort must be one of relevance, date, oldest, name, size, got 'best'"),
    ],
)
def test_a_page_that_makes_no_sense_is_refused(options: dict, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        Page(**options)


def test_the_encoders_colours_are_found(catalog: Catalog, tmp_path: Path, encoder: ColourEncoder) -> None:
    """The same on vectors of an encoder: the right colour first, then what is near it."""
    catalog.add_folder("photos", "..")
    rows = encoder.encode_text(["red", "blue", "red yellow"])
    with catalog.writing() as writer:
        for number, row in enumerate(rows, start=1):
            file = FileState(1, f"{number}.jpg", 1, 1, None)
            writer.put_photo(file, PhotoDetails(9, 9), PhotoVector(row, None), reader_version=1)
    store = ExactStore(tmp_path / "exact", dim=8, owner="test")
    store.update(catalog.embeddings(np.array([1, 2, 3])), np.empty(0, dtype=np.int64), generation=1)
    query = encoder.encode_text(["red"])[0]
    hits, _, _ = found(query, catalog, store, Page())
    assert ids(hits) == [1, 3, 2]


def judge_above(least: float) -> Judge:
    """Judges a hit relevant from a score on; the probability is a half there."""
    rising = LogisticMap(intercept=-1000 * least, weights={"score": 1000.0})
    one = RelevanceMap(hit=rising, grades=GradeThresholds(strong=0.5, likely=0.5, possible=0.5))
    relevance = RelevanceJudge(Calibration(model="test", text=one), np.eye(8, dtype=np.float32))
    return lambda: relevance.judge(np.eye(8, dtype=np.float32)[0], "text")


class TestJudged:
    def test_hits_say_how_probable_and_whether_relevant(self, shelf: Shelf) -> None:
        hits, _ = shelf.hits(Page(k=5), judge=judge_above(float(np.cos(0.035))))
        assert [hit.relevant for hit in hits] == [True, True, True, False, False]
        chances = [hit.probability for hit in hits]
        assert chances == sorted(chances, reverse=True)
        assert chances[2] > 0.5 > chances[3]

    def test_without_a_calibration_nobody_knows(self, shelf: Shelf) -> None:
        for judge in (None, lambda: None):
            hits, _ = shelf.hits(Page(k=2), judge=judge)
            assert [(hit.probability, hit.relevant) for hit in hits] == [(None, None)] * 2

    def test_all_k_hits_come_though_none_is_relevant(self, shelf: Shelf) -> None:
        hits, _ = shelf.hits(Page(k=4), judge=judge_above(2.0))
        assert [hit.relevant for hit in hits] == [False] * 4

    def test_by_date_all_relevant_hits_come_newest_first_then_the_others_by_score(self, shelf: Shelf) -> None:
        judge = judge_above(float(np.cos(0.045)))  # photos 1 to 4
        assert ids(shelf.hits(Page(k=6, sort="date"), judge=judge)[0]) == [3, 4, 1, 2, 5, 6]
        assert ids(shelf.hits(Page(k=1, sort="date"), judge=judge)[0]) == [3]  # not on the page by relevance
        assert ids(shelf.hits(Page(k=3, offset=2, sort="date"), judge=judge)[0]) == [1, 2, 5]

    @pytest.mark.parametrize("k", [1, 2, 7, 30, 50])
    def test_pages_by_date_join_without_gap_or_overlap(self, shelf: Shelf, k: int) -> None:
        judge = judge_above(float(np.cos(0.205)))
        joined: list[Hit] = []
        while page := shelf.hits(Page(k=k, offset=len(joined), sort="date"), judge=judge)[0]:
            joined += page
        assert ids(joined) == [3, 4, 1, 2, *range(5, 31)]
        assert [hit.rank for hit in joined] == list(range(1, 31))
        assert [hit.relevant for hit in joined] == [True] * 20 + [False] * 10

    def test_by_date_where_nothing_is_relevant_the_closest_come_first(self, shelf: Shelf) -> None:
        assert ids(shelf.hits(Page(k=3, sort="date"), judge=judge_above(2.0))[0]) == [1, 2, 3]

    def test_an_empty_answer_is_not_judged(self, shelf: Shelf) -> None:
        assert shelf.hits(Page(k=3), among=[], judge=judge_above(0.5)) == ([], 0)

    def test_all_matches_are_counted_whatever_the_page(self, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("twinlens.collection.searching.ranking.ranked.FETCHED_AT_ONCE", 2)
        for count in (0, 1, 2, 3, 15, 16, 17, 29, 30):
            judge = judge_above(float(np.cos((count + 0.5) / 100)))
            for page in (Page(k=1), Page(k=5, offset=3), Page(k=2, sort="date"), Page(k=50)):
                assert shelf.matched(judge, page) == count

    def test_nobody_counts_what_nobody_can_tell(self, shelf: Shelf) -> None:
        assert shelf.matched(lambda: None) is None


@pytest.mark.parametrize("total", [0, 1, 2, LOOKED_AT_ONCE - 1, LOOKED_AT_ONCE, LOOKED_AT_ONCE + 1, 1000])
def test_matches_are_counted_exactly(total: int) -> None:
    scores = np.linspace(1, -1, total, dtype=np.float32)
    for wanted in {0, min(1, total), total // 3, max(0, total - 1), total}:
        line = scores[wanted] if wanted < total else -2.0
        assert _count_first(scores, lambda some, line=line: np.array(some) > line) == wanted


def test_few_of_a_million_scores_are_judged() -> None:
    judged = []

    def matches(scores: Sequence[float]) -> np.ndarray:
        judged.append(len(scores))
        return np.array(scores) > 0.123

    scores = np.linspace(1, -1, 1_000_001, dtype=np.float32)
    assert _count_first(scores, matches) == np.count_nonzero(scores.astype(float) > 0.123)
    assert (len(judged), max(judged)) == (4, LOOKED_AT_ONCE)


class OnlyRanks:
    """A store that can do no more than rank, as those of plugins."""

    def __init__(self, store: ExactStore) -> None:
        self.ids, self.search, self._store = store.ids, store.search, store

    def __len__(self) -> int:
        return len(self._store)


@pytest.mark.parametrize("among", [None, np.arange(2, 2000, 2)], ids=["all", "some"])
@pytest.mark.parametrize("rank", [3, 100, 101, 950, 996])
def test_many_that_match_are_the_same_whether_the_store_ranks_them_or_compares_them_with_a_score(
    tmp_path: Path, among: Ids | None, rank: int
) -> None:
    rows = np.random.default_rng(0).normal(size=(2000, 8)) + 0.5
    rows[1000:1100] = rows[:100]  # equal scores
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    store = ExactStore(tmp_path, dim=8, owner="test")
    store.update(iter([(np.arange(1, 2001), rows)]), np.array([7], dtype=np.int64), generation=1)
    least = float(np.sort(rows @ rows[0])[-rank])
    matches = lambda scores: np.array(scores) >= np.float32(least)  # noqa: E731
    quick, plain = (Candidates(rows[0], one, among=among, without={1, 12}) for one in (store, OnlyRanks(store)))
    assert quick.matching(matches).tolist() == plain.matching(matches).tolist()
    assert quick.matching_ids(matches).tolist() == sorted(plain.matching(matches).tolist())
    assert len(quick.matching_ids(matches)) >= rank // 4


def test_all_match_where_every_score_does(tmp_path: Path) -> None:
    rows = np.eye(300, dtype=np.float32)
    store = ExactStore(tmp_path, dim=300, owner="test")
    store.update(iter([(np.arange(1, 301), rows)]), np.empty(0, dtype=np.int64), generation=1)
    every = Candidates(-rows[0], store, among=None, without=())
    assert every.matching_ids(lambda scores: np.ones(len(scores), dtype=bool)).tolist() == list(range(1, 301))


@pytest.mark.parametrize("first", [[], [2, 5]])
def test_all_that_match_stand_first_where_something_else_ranks(shelf: Shelf, first: list[int]) -> None:
    wanted, other = np.eye(8, dtype=np.float32)[:2]  # photo 1 is most like the first, the last one most like the other
    judged = Candidates(wanted, shelf.store, among=None, without=())
    count = judged.count
    ranks: list[int] = []
    for offset in range(count):
        page, matched = page_of(
            Candidates(other, shelf.store, among=None, without=()),
            shelf.catalog,
            Page(1, offset),
            lambda scores: np.array(scores) > np.cos(0.035),
            judged=judged,
            fuse=lambda _: lambda count: np.array(first[:count], dtype=np.int64),
        )
        assert matched == 3
        ranks += [one.record.id for one in page]
    matching, others = ([2, 3, 1], [5]) if first else ([3, 2, 1], [])
    assert ranks == [*matching, *others, *(n for n in range(count, 3, -1) if n not in others)]
