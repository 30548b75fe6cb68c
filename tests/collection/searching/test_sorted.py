"""Orders of hits against a plain sort: all matches are in order, pages join, and no photo is lost."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from catalog_photos import put_photos
from conftest import PhotoMaker
from twinlens.cli.options.search import SortOrder
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.rows import PhotoRecord
from twinlens.collection.collection import Collection
from twinlens.collection.searching.ranking.ranked import Candidates, page_of
from twinlens.collection.searching.search import SORTS, Page, Sort
from twinlens.stores.exact import ExactStore

COUNT = 60
QUERY = np.eye(8, dtype=np.float32)[0]


def key_of(sort: Sort) -> Callable[[PhotoRecord], Any]:
    """By what a plain sort would put photos in this order; a photo's size grows with its id."""
    keys: dict[str, Callable[[PhotoRecord], Any]] = {
        "date": lambda one: (one.taken_at is None, -int((one.taken_at or "0")[:4])),
        "oldest": lambda one: (one.taken_at is None, one.taken_at),
        "name": lambda one: (one.path.rpartition("/")[2].lower(), one.path),
        "size": lambda one: -one.id,
    }
    return keys[sort]


def test_the_command_has_every_order() -> None:
    assert tuple(SortOrder) == SORTS


@pytest.fixture
def shelf(catalog: Catalog, tmp_path: Path) -> tuple[Catalog, ExactStore]:
    chance = random.Random(7)
    names = [f"{chance.choice('ab')}/{chance.choice('xXyY')}{number % 20}.jpg" for number in range(COUNT)]
    dates = [chance.choice([None, "2019-01-01T00:00:00", "2021-01-01T00:00:00"]) for _ in names]
    put_photos(catalog, sorted(set(names)), taken_at=dates)
    store = ExactStore(tmp_path / "exact", dim=8, owner="test")
    store.update(catalog.embeddings(catalog.select_ids()), np.empty(0, np.int64), generation=1)
    return catalog, store


@pytest.mark.parametrize("sort", SORTS)
def test_all_matches_are_in_order_then_the_others_and_pages_join(shelf: tuple[Catalog, ExactStore], sort: Sort) -> None:
    catalog, store = shelf
    mixed = (QUERY + 2 * np.roll(QUERY, 1) + 3 * np.roll(QUERY, 2)).astype(np.float32)
    candidates = Candidates(mixed / np.linalg.norm(mixed), store, among=None, without=())
    best = candidates.best(len(store))
    by_score = list(zip(best.ids.tolist(), best.scores.tolist(), strict=True))
    records = catalog.photos(item for item, _ in by_score)
    for least in (0.0, 0.3, 0.6, 2.0):
        matching = [records[item] for item, score in by_score if score > least]
        if sort != "relevance":
            matching.sort(key=key_of(sort))
        wanted = [one.id for one in matching] + [item for item, score in by_score if score <= least]
        for k in (1, 7, 50, 100):
            seen: list[int] = []
            for offset in range(0, len(records), k):
                page = Page(k, offset, sort)
                ranked, matched = page_of(candidates, catalog, page, lambda scores: np.array(scores) > least)  # noqa: B023
                seen += [one.record.id for one in ranked]
                assert matched == len(matching)
            assert seen == wanted


@pytest.mark.parametrize("sort", SORTS)
def test_hits_without_grades_stay_on_their_page_and_are_in_order_there(
    shelf: tuple[Catalog, ExactStore], sort: Sort
) -> None:
    catalog, store = shelf
    candidates = Candidates(QUERY, store, among=None, without=())
    for offset in (0, 10, 20):
        ranked = [one.record for one in page_of(candidates, catalog, Page(10, offset, sort), None)[0]]
        best = candidates.best(offset + 10).ids[offset:].tolist()
        records = catalog.photos(best)
        wanted = [records[item] for item in best]
        assert ranked == (wanted if sort == "relevance" else sorted(wanted, key=key_of(sort)))


def test_a_query_without_words_is_listed_in_the_order_asked_for(
    make_photo: PhotoMaker, open_collection: Callable[..., Collection]
) -> None:
    files = [
        make_photo(name, "red", size=(8 + 8 * place, 10)) for place, name in enumerate(("b.png", "C.png", "a.png"))
    ]
    make_photo("d.png", "blue")
    collection = open_collection()
    collection.index()
    by_size = [file.name for file in sorted(files, key=lambda file: -file.stat().st_size)]
    for query in ("-name:d", 'type:png -"d"'):
        assert [hit.id for hit in collection.search(query, sort="name", k=3)] == ["a.png", "b.png", "C.png"]
        assert [hit.id for hit in collection.search(query, sort="size", k=3)] == by_size
    assert [photo.id for photo in collection.browse(sort="name")[0]] == ["a.png", "b.png", "C.png", "d.png"]
