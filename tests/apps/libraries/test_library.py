"""A library here and one behind a server show the same of a search: what matches; where nothing does, the closest."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from conftest import COLOURS, ColourEncoder, draw_photo
from rest.served_library import server_of
from twinlens.api.library import Collection, Opened
from twinlens.apps.libraries.library import Library, SearchOptions
from twinlens.apps.libraries.local_library import LocalLibrary
from twinlens.apps.libraries.rest_client import RestClient
from twinlens.apps.libraries.served_library import ServedLibrary
from twinlens.protocols import Judge, Judgement
from twinlens.rest.settings import Settings
from twinlens.types import Embeddings, Grade, Hit, QueryKind

pytestmark = pytest.mark.server
LINE = 0.5  # green, blue and black come as near to the first, nothing to the second
SOME, NONE = "green blue", "white black"


class LineEncoder(ColourEncoder, Judge, Judgement):
    """Says that words match from a cosine on, and nothing of photos."""

    def relevance(self) -> Judge:
        return self

    def judge(self, query: Embeddings, kind: QueryKind) -> Judgement | None:
        return self if kind == "text" else None

    def probability(self, scores: Sequence[float]) -> np.ndarray:
        return np.clip(np.asarray(scores, dtype=np.float64), 0, 1)

    def grades(self, scores: Sequence[float]) -> list[Grade | None]:
        return ["strong" if score >= LINE else None for score in scores]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo of each colour, two with captions."""
    root = tmp_path_factory.mktemp("judged") / "photos"
    for name in COLOURS:
        draw_photo(root / "walls" / f"{name}.png", name)
    draw_photo(root / "grey.png", "white")
    (root.parent / "captions.csv").write_text("image,caption\nred.png,a red wall\ngreen.png,a green wall\n")
    with Collection.create([root], model=LineEncoder()) as collection:
        collection.index(captions=root.parent / "captions.csv")
    return root


@pytest.fixture(scope="module", params=["here", "behind a server"])
def library(request: pytest.FixtureRequest, root: Path) -> Iterator[Library]:
    collection = Collection.open(root, model=LineEncoder())
    if request.param == "here":
        local = LocalLibrary(Opened(collection, None, is_new=False))
        yield local
        local.close()
        return
    with server_of(collection, Settings(port=0)) as (_, url):
        yield ServedLibrary(RestClient(url))


@pytest.fixture(scope="module")
def ranked(root: Path) -> dict[str, list[Hit]]:
    """All hits of each query, best first, whether they match or not."""
    with Collection.open(root, model=LineEncoder()) as collection:
        return {query: collection.search(query) for query in (SOME, NONE)}


def ids(hits: Sequence[Hit]) -> list[str]:
    return [hit.id for hit in hits]


def test_hits_that_match_are_shown_and_the_closest_where_none_does(
    library: Library, ranked: dict[str, list[Hit]]
) -> None:
    matching = [hit.id for hit in ranked[SOME] if hit.score >= LINE]
    assert len(matching) == 3
    found = library.by_words(SOME, SearchOptions(all_copies=True))
    assert (ids(found.shown), bool(found.matching), found.matched) == (matching, True, len(matching))
    assert not any(hit.score >= LINE for hit in ranked[NONE])
    found = library.by_words(NONE, SearchOptions(all_copies=True))
    assert (ids(found.shown), bool(found.matching), found.matched) == (ids(ranked[NONE]), False, 0)


def test_everything_is_shown_where_that_is_wanted(library: Library, ranked: dict[str, list[Hit]]) -> None:
    for query, hits in ranked.items():
        found = library.by_words(query, SearchOptions(show_all=True, all_copies=True))
        assert (ids(found.shown), bool(found.matching)) == (ids(hits), True)


def test_where_no_photo_passes_nothing_is_a_match(library: Library) -> None:
    found = library.by_words(SOME, SearchOptions(show_all=True, filters={"after": "2099"}))
    assert (found.shown, bool(found.matching), found.num_candidates) == ([], False, 0)


def test_without_a_calibration_all_hits_are_shown(library: Library, root: Path) -> None:
    picture = (root / "walls" / "red.png").read_bytes()
    for found, count in (
        (library.captions_of(picture, SearchOptions()), 2),
        (library.by_picture(picture, SearchOptions(all_copies=True)), 7),
    ):
        assert (len(found.shown), bool(found.matching), found.matched) == (count, True, None)
        assert {hit.relevant for hit in found.hits} == {None}


def test_filters_narrow_what_is_found_and_empty_ones_do_not(library: Library) -> None:
    wanted = SearchOptions(show_all=True, filters={"folder": "walls", "camera": "", "after": None, "favourites": False})
    assert sorted(ids(library.by_words("red", wanted).hits)) == sorted(f"walls/{name}.png" for name in COLOURS)
