"""A library here and one behind a server show the same of a search: what matches; where nothing does, the closest."""

import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from conftest import COLOURS, ColourEncoder, draw_photo
from rest.served_library import server_of
from twinlens.api.library import Collection, Opened
from twinlens.api.searching import LISTED
from twinlens.apps.libraries.library import AskedPicture, Library, SearchOptions
from twinlens.apps.libraries.local.local_library import LocalLibrary
from twinlens.apps.libraries.served.rest_client import RestClient
from twinlens.apps.libraries.served.served_library import ServedLibrary
from twinlens.collection.showing.examples import SUBJECTS
from twinlens.errors import QueryError
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
        (library.by_pictures([AskedPicture(picture)], SearchOptions(all_copies=True)), 7),
    ):
        assert (len(found.shown), bool(found.matching), found.matched) == (count, True, None)
        assert {hit.relevant for hit in found.hits} == {None}


def test_several_pictures_and_a_region_find_what_python_finds(library: Library, root: Path) -> None:
    files = [root / "walls" / f"{name}.png" for name in ("red", "green", "blue")]
    red, green, blue = (AskedPicture(file.read_bytes()) for file in files)
    with Collection.open(root, model=LineEncoder()) as collection:
        for pictures, options in (
            ([red, green], {"photo": files[:2]}),
            ([red, replace(blue, is_wanted=False)], {"photo": files[0], "without": files[2]}),
            ([replace(red, region="10%,10%,80%,80%")], {"photo": files[0], "regions": "0.1,0.1,0.8,0.8"}),
        ):
            found = library.by_pictures(pictures, SearchOptions(all_copies=True)).hits
            expected = collection.similar(**options, include_query_photo=True)  # type: ignore[arg-type]
            assert [hit.score for hit in found[:3]] == pytest.approx([hit.score for hit in expected[:3]], abs=1e-4)
            assert ids(found)[:1] == ids(expected)[:1]
    with pytest.raises(QueryError, match="a region is x,y,width,height"):
        library.by_pictures([replace(red, region="left half")], SearchOptions())


def test_photos_of_the_library_and_words_are_searched_by_together(library: Library, root: Path) -> None:
    red, green = AskedPicture(photo_id="walls/red.png"), AskedPicture(photo_id="walls/green.png")
    with Collection.open(root, model=LineEncoder()) as collection:
        alone = ids(collection.similar(root / "walls" / "red.png"))
        summed = ids(collection.search(f"{root}/walls/red.png + green", k=3))
    wanted = SearchOptions(all_copies=True)
    assert ids(library.by_pictures([red], wanted).hits) == alone
    assert ids(library.by_pictures([red], replace(wanted, k=3), words="green").hits) == summed
    both = library.by_pictures([red, replace(green, region="0,0,0.5,0.5")], wanted, words="folder:walls")
    assert sorted(ids(both.hits)) == sorted(f"walls/{name}.png" for name in COLOURS if name not in ("red", "green"))
    for pictures, match in (
        ([replace(red, is_wanted=False)], "picture|image"),
        ([AskedPicture(photo_id="gone")], "gone"),
    ):
        with pytest.raises(QueryError, match=match):
            library.by_pictures(pictures, wanted)


def test_filters_narrow_what_is_found_and_empty_ones_do_not(library: Library) -> None:
    wanted = SearchOptions(show_all=True, filters={"folder": "walls", "camera": "", "after": None, "favourites": False})
    assert sorted(ids(library.by_words("red", wanted).hits)) == sorted(f"walls/{name}.png" for name in COLOURS)


def test_both_draw_where_words_match(library: Library) -> None:
    with Image.open(io.BytesIO(library.why("walls/red.png", "red"))) as picture:
        assert (picture.format, picture.size) == ("PNG", (48, 36))


def test_pages_follow_each_other_in_the_order_that_is_asked_for(library: Library, ranked: dict[str, list[Hit]]) -> None:
    wanted = SearchOptions(k=2, show_all=True, all_copies=True)
    pages = [library.by_words(SOME, replace(wanted, offset=offset)).hits for offset in (0, 2, 4, 6)]
    assert [hit.id for page in pages for hit in page] == ids(ranked[SOME])
    by_name = library.by_words(SOME, SearchOptions(all_copies=True, sort="name"))
    assert ids(by_name.shown) == sorted(ids(by_name.shown), key=lambda one: one.rpartition("/")[2])
    assert by_name.matched == 3


def test_a_lowest_grade_leaves_the_others_out(library: Library, ranked: dict[str, list[Hit]]) -> None:
    found = library.by_words(SOME, SearchOptions(all_copies=True, min_grade="strong"))
    assert (len(found.hits), found.matched) == (3, 3)
    assert library.by_words(NONE, SearchOptions(min_grade="strong")).shown == []


def test_photos_are_called_by_their_own_captions(library: Library, root: Path) -> None:
    with Collection.open(root, model=LineEncoder()) as collection:
        captions = {photo.id: photo.own_caption for photo in collection.browse()[0]}
    assert any(captions.values())
    everything = SearchOptions(k=len(captions), show_all=True, all_copies=True)
    for found in (library.by_words(SOME, everything), library.browse(everything)):
        assert {hit.id: hit.own_caption for hit in found.hits} == captions
        assert {(hit.caption, hit.place) for hit in found.hits} == {(None, None)}


def test_photos_are_browsed_without_a_query(library: Library, root: Path) -> None:
    with Collection.open(root, model=LineEncoder()) as collection:
        for sort in ("date", "name"):
            expected, count = collection.browse(sort=sort, k=3, offset=2)
            found = library.browse(SearchOptions(k=3, offset=2, sort=sort))
            assert ids(found.shown) == [photo.id for photo in expected]
            assert (found.num_candidates, found.matched, found.ungraded) == (count, None, LISTED)
            assert [hit.rank for hit in found.hits] == [3, 4, 5]
            assert [hit.width for hit in found.hits] == [photo.width for photo in expected]
    assert library.browse(SearchOptions(filters={"folder": "walls"})).num_candidates == 6
    assert library.choices() == {"folder": ["walls"], "camera": []}
    assert set(library.examples()) <= set(SUBJECTS)


def test_the_reasons_are_those_that_python_gives(library: Library, root: Path) -> None:
    query = "green + 0.5 blue after:2019"
    found = library.by_words(query, SearchOptions(k=3, explain=True, all_copies=True, show_all=True))
    with Collection.open(root, model=LineEncoder()) as collection:
        expected = collection.answer(query, explain=True, k=3).explanation
    assert found.explanation is not None
    assert expected is not None
    assert found.explanation.lines() == expected.lines()
    assert [one.lines(()) for one in found.explanation.hits] == [one.lines(()) for one in expected.hits]


def test_photo_files_are_taken_as_a_zip(library: Library, root: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(library.archive(["grey.png", "walls/red.png"]))) as archive:
        assert sorted(archive.namelist()) == ["grey.png", "walls/red.png"]
        assert archive.read("grey.png") == (root / "grey.png").read_bytes()
