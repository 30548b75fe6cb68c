"""The same forty searches through the command line, REST, Python and the app give the same hits, as they always did."""

import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from e2e.forty_searches import FAVOURITES, SEARCHES, Case, make_library, write_captions
from e2e.record_forty_searches import RECORD, query_of
from twinlens.api.library import find_existing
from twinlens.apps.libraries.library import AskedPicture, SearchOptions
from twinlens.apps.libraries.local.local_library import LocalLibrary
from twinlens.apps.libraries.served.served_library import ServedLibrary
from twinlens.cli.main import app
from twinlens.collection.collection import Collection
from twinlens.collection.searching.query import words_query
from twinlens.collection.searching.search import Search, Sort
from twinlens.rest.app import create_app
from twinlens.rest.settings import Settings
from twinlens.types import Grade

SCORE_TOLERANCE = 2e-3  # decoders and processors differ in the last digits


LIKED = "a thing that ticks"
LANGUAGE = [
    'tag:"zoo trip" OR rating>=4 OR name:coins',
    'album:"best of all" rating:4 favourite:yes',
    'album:"night sky"',
    'a cat -tag:"zoo trip"',
    LIKED,
    "an animal -cat",
    "a cat without grass",
    '"cup of coffee" OR name:moon OR (folder:things year:2020)',
    "(a cat OR a motorcycle) has:caption",
    "zoo trip",
]


class Told(NamedTuple):
    """What an interface tells of one search, whatever it calls it."""

    shown: list[str]  # ids, or captions, in their order
    scores: list[float]
    is_match: bool
    num_matches: int | None
    num_candidates: int


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The photos, indexed, with captions and favourites."""
    folder = tmp_path_factory.mktemp("forty")
    root = make_library(folder / "library")
    with Collection.open(root) as collection:
        collection.index(captions=write_captions(folder / "captions.csv"))
        collection.mark_favourites(FAVOURITES)
        collection.tags.add("Zoo trip", ["animals/cat.png", "patterns/gravel.png"])
        collection.ratings.rate(4, ["animals/cat.png", "space/moon.png"])
        collection.albums.add("Best of all", ["space/moon.png", "animals/cat.png", "things/coins.png"])
        collection.albums.save("Night sky", "folder:space -rocket")
        collection.teaching.feedback(words_query(LIKED), good=["things/clock.png"], bad=["animals/cat.png"])
    return root


@pytest.fixture(scope="module")
def collection(library: Path) -> Iterator[Collection]:
    with Collection.open(library) as opened:
        yield opened


@pytest.fixture(scope="module")
def local(library: Path) -> Iterator[LocalLibrary]:
    opened = LocalLibrary(find_existing(library))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def client(library: Path) -> Iterator[TestClient]:
    with TestClient(
        create_app(library, settings=Settings()), base_url="http://127.0.0.1:5000", client=("127.0.0.1", 50000)
    ) as started:
        while started.get("/health").status_code == 503:
            pass
        yield started


def python_tells(collection: Collection, library: Path, case: Case, **options: Any) -> Told:
    answer = collection.answer(
        Search.of(query_of(case, library), target=case.target, filters=case.filters, **case.options, **options)
    )
    return Told(
        [hit.caption or hit.id for hit in answer.shown],
        [hit.score for hit in answer.shown],
        bool(answer.matching),
        answer.matched,
        answer.num_candidates,
    )


def command_tells(library: Path, case: Case, *extra: str) -> Told:
    names = ("offset", "sort", "min_grade", "min_probability")
    flags = {"k": "-k"} | {name: f"--{name.replace('_', '-')}" for name in names}
    arguments = ["search", query_of(case, library), "--in", str(library), "--json", "--target", case.target, *extra]
    for name, value in case.options.items():
        arguments += [flags[name], str(value)]
    for name, value in case.filters.items():
        arguments += [f"--{name}"] if value is True else [f"--{name}", str(value)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code in (0, 3), result.output
    answer = json.loads(result.stdout)
    return Told(
        [hit["caption"] or hit["image_id"] for hit in answer["results"]],
        [hit["score"] for hit in answer["results"]],
        result.exit_code == 0,
        answer["num_matches"],
        answer["num_candidates"],
    )


def rest_tells(client: TestClient, case: Case, **options: Any) -> Told:
    fields = {**case.options, **case.filters, **options}
    fields["top_k"] = fields.pop("k", 10)
    if case.target == "caption":
        answer = client.post("/api/search/captions", json={"image_id": case.query[6:], **fields})
    elif case.query.startswith("photo:"):
        answer = client.post("/api/search/image", json={"image_id": case.query[6:], **fields})
    else:
        answer = client.post("/api/search/text", json={"query": case.query, **fields})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    shown = [hit for hit in found["results"] if hit["shown"]]
    return Told(
        [hit["caption" if case.target == "caption" else "image_id"] for hit in shown],
        [hit["score"] for hit in shown],
        any(hit["relevant"] is not False or hit["found_by"] for hit in found["results"]),
        found["num_matches"],
        found["num_candidates"],
    )


def app_tells(library: Any, photos: Path, case: Case) -> Told:
    wanted = SearchOptions(case.options.get("k", 10), filters=case.filters)
    if case.target == "caption":
        found = library.captions_of((photos / case.query[6:]).read_bytes(), wanted)
    elif case.query.startswith("photo:"):
        found = library.by_pictures([AskedPicture((photos / case.query[6:]).read_bytes())], wanted)
    else:
        found = library.by_words(case.query, wanted)
    return Told(
        [hit.caption or hit.id for hit in found.shown],
        [hit.score for hit in found.shown],
        bool(found.matching),
        found.matched,
        found.num_candidates,
    )


def same(one: Told, other: Told) -> None:
    assert one.shown == other.shown
    assert one.scores == pytest.approx(other.scores, abs=1e-4)
    assert one[2:] == other[2:]


def test_there_are_forty_searches_of_every_kind() -> None:
    assert len(SEARCHES) == len({case.name for case in SEARCHES}) == 40
    assert set(json.loads(RECORD.read_text(encoding="utf-8"))) == {case.name for case in SEARCHES}


def check_hits(shown: list[tuple[str, float]], recorded: list[tuple[str, float]]) -> None:
    """The same hits in the same order; processors round 8-bit products differently, so near ties may be turned."""
    before, now = dict(recorded), dict(shown)
    lowest = min(before.values(), default=0.0)
    assert len(shown) == len(recorded)
    assert now.keys() <= before.keys() or all(now[name] - lowest < SCORE_TOLERANCE for name in now.keys() - before)
    assert all(before[name] - lowest < SCORE_TOLERANCE for name in before.keys() - now)
    for name in now.keys() & before.keys():
        assert now[name] == pytest.approx(before[name], abs=SCORE_TOLERANCE), name
    places = {name: place for place, (name, _) in enumerate(recorded)}
    known = [name for name, _ in shown if name in places]
    for one, other in itertools.combinations(known, 2):
        assert places[one] < places[other] or before[other] - before[one] < 2 * SCORE_TOLERANCE, (one, other)


@pytest.mark.parametrize("case", SEARCHES, ids=lambda case: case.name)
def test_hits_are_those_of_before(collection: Collection, library: Path, case: Case) -> None:
    """Recorded with this embedded model, by ``e2e.record_forty_searches``."""
    recorded = json.loads(RECORD.read_text(encoding="utf-8"))[case.name]
    answer = collection.answer(
        Search.of(query_of(case, library), target=case.target, filters=case.filters, **case.options)
    )
    assert answer.num_candidates == recorded["candidates"]
    check_hits([(hit.caption or hit.id, hit.score) for hit in answer.hits], recorded["hits"])
    assert {hit.relevant for hit in answer.hits} <= ({None} if answer.ungraded else {True, False})


@pytest.mark.parametrize("case", SEARCHES, ids=lambda case: case.name)
def test_the_command_and_rest_tell_what_python_tells(
    collection: Collection, client: TestClient, library: Path, case: Case
) -> None:
    python = python_tells(collection, library, case)
    same(python, command_tells(library, case))
    same(python, rest_tells(client, case))


@pytest.mark.parametrize(
    "case", [case for case in SEARCHES if not case.options.keys() - {"k"}], ids=lambda case: case.name
)
def test_the_app_tells_what_python_tells(
    collection: Collection,
    client: TestClient,
    local: LocalLibrary,
    library: Path,
    case: Case,
    serve: Callable[[TestClient], Any],
) -> None:
    if case.query.startswith("photo:") and case.target == "image":  # an uploaded picture may find the photo itself
        python = python_tells(collection, library, case, include_query_photo=True)
    else:
        python = python_tells(collection, library, case)
    same(python, app_tells(local, library, case))
    same(python, app_tells(serve(client), library, case))


@pytest.mark.parametrize("query", LANGUAGE)
def test_the_language_means_the_same_everywhere(
    collection: Collection,
    client: TestClient,
    local: LocalLibrary,
    library: Path,
    query: str,
    serve: Callable[[TestClient], Any],
) -> None:
    case = Case(query, {"k": 20}, {})
    python = python_tells(collection, library, case)
    assert python.shown
    same(python, command_tells(library, case))
    same(python, rest_tells(client, case))
    for place in (local, serve(client)):
        same(python, app_tells(place, library, case))


@pytest.mark.parametrize("name", ["Best of all", "Night sky"])
def test_an_album_shows_the_same_everywhere(
    collection: Collection, client: TestClient, local: LocalLibrary, library: Path, name: str, serve: Callable[..., Any]
) -> None:
    python = [hit.id for hit in collection.albums.open(name).shown]
    command = ["albums", "show", name, "--in", str(library), "--json"]
    told = json.loads(CliRunner().invoke(app, command).stdout)["results"]
    answer = client.get("/api/albums/photos", params={"name": name}).json()
    assert python
    assert [hit["image_id"] for hit in told] == [hit["image_id"] for hit in answer["results"]] == python
    for place in (local, serve(client)):
        assert [hit.id for hit in place.giving.album(name, k=100).shown] == python


def test_pictures_and_words_find_the_same_together_everywhere(
    collection: Collection, client: TestClient, local: LocalLibrary, library: Path, serve: Callable[[TestClient], Any]
) -> None:
    photo = "space/moon.png"
    python = [hit.id for hit in collection.search(f"{library}/{photo} + rocket", k=8)]
    command = [
        "search",
        f"{library}/{photo} + rocket",
        "--in",
        str(library),
        "-k",
        "8",
        "--all",
        "--all-copies",
        "--json",
    ]
    told = json.loads(CliRunner().invoke(app, command).stdout)["results"]
    answer = client.post("/api/search/image", json={"image_id": photo, "query": "rocket", "top_k": 8}).json()
    assert [hit["image_id"] for hit in told] == [hit["image_id"] for hit in answer["results"]] == python
    for place in (local, serve(client)):
        found = place.by_pictures([AskedPicture(photo_id=photo)], SearchOptions(8, all_copies=True), "rocket")
        assert [hit.id for hit in found.hits] == python


@pytest.mark.parametrize("query", ["a cat", "a horse", "photo:animals/cat.png"])
@pytest.mark.parametrize("least", [0.05, 0.3, 0.999])
def test_a_least_probability_means_the_same_everywhere(
    collection: Collection, client: TestClient, library: Path, query: str, least: float
) -> None:
    case = Case(query, {"min_probability": least, "k": 20}, {})
    python = python_tells(collection, library, case)
    same(python, command_tells(library, case))
    answer = client.post(
        "/api/search/image" if query.startswith("photo:") else "/api/search/text",
        json={
            "top_k": 20,
            "min_probability": least,
            **({"image_id": query[6:]} if query.startswith("photo:") else {"query": query}),
        },
    ).json()
    assert [hit["image_id"] for hit in answer["results"]] == (python.shown if python.is_match else [])
    assert answer["num_matches"] == python.num_matches


@pytest.mark.parametrize("query", ["a cat", "a horse", "photo:animals/cat.png"])
@pytest.mark.parametrize("lowest", ["strong", "likely", "possible"])
def test_a_lowest_grade_means_the_same_everywhere(
    collection: Collection,
    client: TestClient,
    local: LocalLibrary,
    library: Path,
    query: str,
    lowest: Grade,
    serve: Callable[[TestClient], Any],
) -> None:
    case = Case(query, {"min_grade": lowest, "k": 20}, {})
    python = python_tells(collection, library, case)
    same(python, command_tells(library, case))
    asked = {"image_id": query[6:]} if query.startswith("photo:") else {"query": query}
    path = "/api/search/image" if query.startswith("photo:") else "/api/search/text"
    answer = client.post(path, json={"top_k": 20, "min_grade": lowest, **asked}).json()
    assert [hit["image_id"] for hit in answer["results"]] == (python.shown if python.is_match else [])
    assert answer["num_matches"] == python.num_matches
    for place in (local, serve(client)) if "query" in asked else ():
        found = place.by_words(query, SearchOptions(20, min_grade=lowest, all_copies=True))
        assert [hit.id for hit in found.matching] == (python.shown if python.is_match else [])


@pytest.mark.parametrize("sort", ["date", "oldest", "name", "size"])
@pytest.mark.parametrize("query", ["a cat", "year:2022"])
def test_an_order_means_the_same_everywhere(
    collection: Collection,
    client: TestClient,
    local: LocalLibrary,
    library: Path,
    query: str,
    sort: Sort,
    serve: Callable[[TestClient], Any],
) -> None:
    case = Case(query, {"sort": sort, "k": 6}, {})
    python = python_tells(collection, library, case)
    same(python, command_tells(library, case))
    answer = client.post("/api/search/text", json={"query": query, "sort": sort, "top_k": 6}).json()
    assert [hit["image_id"] for hit in answer["results"] if hit["shown"]] == python.shown
    for place in (local, serve(client)):
        found = place.by_words(query, SearchOptions(6, sort=sort, all_copies=True))
        assert [hit.id for hit in found.shown] == python.shown


class Pictured(NamedTuple):
    """A search by pictures, ids of the library."""

    like: list[str]
    without: Sequence[str] = ()
    region: str = ""


PICTURED = [
    Pictured(["animals/cat.png", "things/coins.png"]),
    Pictured(["patterns/grass.png"], ["patterns/gravel.png"]),
    Pictured(["people/astronaut.png"], region="20%,0%,50%,50%"),
    Pictured(["space/moon.png", "space/galaxies.png"], ["space/rocket.png"], "10%,10%,80%,80%"),
]


@pytest.mark.parametrize("asked", PICTURED, ids=str)
def test_a_search_by_pictures_finds_the_same_everywhere(
    collection: Collection,
    client: TestClient,
    local: LocalLibrary,
    library: Path,
    asked: Pictured,
    serve: Callable[[TestClient], Any],
) -> None:
    like, without = ([library / one for one in ids] for ids in (asked.like, asked.without))
    python = collection.similar(like, without=without, regions=asked.region, k=8)
    expected = [hit.id for hit in python]
    flags = [part for one in without for part in ("--not", str(one))] + ["--region", asked.region]
    command = ["similar", *map(str, like), *flags, "--in", str(library), "-k", "8", "--all-copies", "--json"]
    told = json.loads(CliRunner().invoke(app, command).stdout)["results"]
    assert [hit["image_id"] for hit in told] == expected
    body = {
        "images": [{"image_id": one} for one in asked.like],
        "without": [{"image_id": one} for one in asked.without],
        "top_k": 8,
    }
    if asked.region:
        body["images"][0]["region"] = asked.region  # type: ignore[index]
    answer = client.post("/api/search/image", json=body).json()
    assert [hit["image_id"] for hit in answer["results"]] == expected
    assert [hit["score"] for hit in answer["results"]] == pytest.approx([hit.score for hit in python], abs=1e-4)
    # in an app pictures are uploaded, and find themselves
    pictures = [
        AskedPicture(one.read_bytes(), region="" if number else asked.region) for number, one in enumerate(like)
    ]
    pictures += [AskedPicture(one.read_bytes(), is_wanted=False) for one in without]
    wanted = SearchOptions(20, show_all=True, all_copies=True)
    for place in (local, serve(client)):
        found = place.by_pictures(pictures, wanted).hits
        assert [hit.id for hit in found if hit.id not in asked.like][: len(expected)] == expected


def test_an_explanation_is_the_same_everywhere(collection: Collection, client: TestClient, library: Path) -> None:
    query = "a cat -grass after:2019"
    python = collection.answer(Search.of(query, explain=True, k=3)).to_json()["explanation"]
    command = ["search", query, "--in", str(library), "-k", "3", "--explain", "--all", "--json"]
    told = json.loads(CliRunner().invoke(app, command).stdout)["explanation"]
    answered = client.post("/api/search/text", json={"query": query, "top_k": 3, "explain": True}).json()["explanation"]
    for other in (told, answered):
        assert (
            other["conditions"]
            == python["conditions"]
            == [{"text": "taken 2019 or later", "num_photos": 6, "alternative": None}]
        )
        assert other["without"] == python["without"]
        assert [hit["grade_reason"] for hit in other["hits"]] == [hit["grade_reason"] for hit in python["hits"]]


def test_reasons_stand_below_their_hits(library: Path) -> None:
    result = CliRunner().invoke(app, ["search", "a cat -grass", "--in", str(library), "-k", "1", "--explain"])
    first, *reasons = result.stdout.splitlines()
    assert "cat.png" in first
    assert all(line.startswith("\t") for line in reasons)
    assert reasons[-1].strip().split(":")[0] in ("strong", "likely", "possible")
    assert "asked for: “a cat”, without “grass”" in result.stderr
    refused = CliRunner().invoke(app, ["search", "a cat", "--in", str(library), "--explain", "-0"])
    assert refused.exit_code == 2


@pytest.fixture
def serve() -> Callable[[TestClient], ServedLibrary]:
    """The app's library behind a server that answers in this process."""

    class InProcess:
        url = "http://127.0.0.1:5000"

        def __init__(self, client: TestClient) -> None:
            self._client = client

        def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
            return self._checked(self._client.post(path, json=body))

        def get(self, path: str) -> dict[str, Any]:
            return self._checked(self._client.get(path))

        def post_pictures(
            self, path: str, pictures: list[tuple[str, bytes]], fields: list[tuple[str, str]]
        ) -> dict[str, Any]:
            files: list[tuple[str, tuple[str | None, Any]]] = [(name, (None, value)) for name, value in fields]
            files += [(name, ("picture", picture)) for name, picture in pictures]
            return self._checked(self._client.post(path, files=files))

        def _checked(self, answer: Any) -> dict[str, Any]:
            assert answer.status_code == 200, answer.text
            return dict(answer.json())

    return lambda client: ServedLibrary(InProcess(client))  # type: ignore[arg-type]
