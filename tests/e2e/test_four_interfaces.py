"""The same forty searches through the command line, REST, Python and the app give the same hits, as they always did."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from e2e.forty_searches import FAVOURITES, SEARCHES, Case, make_library, write_captions
from e2e.record_forty_searches import RECORD, query_of
from twinlens.api.library import find_existing
from twinlens.apps.libraries.library import SearchOptions
from twinlens.apps.libraries.local_library import LocalLibrary
from twinlens.apps.libraries.served_library import ServedLibrary
from twinlens.cli.main import app
from twinlens.collection.collection import Collection
from twinlens.collection.searching.search import Search
from twinlens.rest.app import create_app
from twinlens.rest.settings import Settings

SCORE_TOLERANCE = 2e-3  # decoders and processors differ in the last digits


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
        [hit.get("caption") or hit["image_id"] for hit in shown],
        [hit["score"] for hit in shown],
        any(hit["relevant"] is not False for hit in found["results"]),
        found["num_matches"],
        found["num_candidates"],
    )


def app_tells(library: Any, photos: Path, case: Case) -> Told:
    wanted = SearchOptions(case.options.get("k", 10), filters=case.filters)
    if case.target == "caption":
        found = library.captions_of((photos / case.query[6:]).read_bytes(), wanted)
    elif case.query.startswith("photo:"):
        found = library.by_picture((photos / case.query[6:]).read_bytes(), wanted)
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


@pytest.mark.parametrize("case", SEARCHES, ids=lambda case: case.name)
def test_hits_are_those_of_before(collection: Collection, library: Path, case: Case) -> None:
    """Recorded with this embedded model, by ``e2e.record_forty_searches``."""
    recorded = json.loads(RECORD.read_text(encoding="utf-8"))[case.name]
    answer = collection.answer(
        Search.of(query_of(case, library), target=case.target, filters=case.filters, **case.options)
    )
    assert answer.num_candidates == recorded["candidates"]
    assert [hit.caption or hit.id for hit in answer.hits] == [name for name, _ in recorded["hits"]]
    assert [hit.score for hit in answer.hits] == pytest.approx(
        [score for _, score in recorded["hits"]], abs=SCORE_TOLERANCE
    )
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
    collection: Collection, client: TestClient, library: Path, query: str, lowest: str
) -> None:
    case = Case(query, {"min_grade": lowest, "k": 20}, {})
    python = python_tells(collection, library, case)
    same(python, command_tells(library, case))
    asked = {"image_id": query[6:]} if query.startswith("photo:") else {"query": query}
    path = "/api/search/image" if query.startswith("photo:") else "/api/search/text"
    answer = client.post(path, json={"top_k": 20, "min_grade": lowest, **asked}).json()
    assert [hit["image_id"] for hit in answer["results"]] == (python.shown if python.is_match else [])
    assert answer["num_matches"] == python.num_matches


@pytest.fixture
def serve() -> Callable[[TestClient], ServedLibrary]:
    """The app's library behind a server that answers in this process."""

    class InProcess:
        url = "http://127.0.0.1:5000"

        def __init__(self, client: TestClient) -> None:
            self._client = client

        def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
            return self._checked(self._client.post(path, json=body))

        def post_picture(self, path: str, picture: bytes, fields: dict[str, str]) -> dict[str, Any]:
            return self._checked(self._client.post(path, data=fields, files={"file": ("picture", picture)}))

        def _checked(self, answer: Any) -> dict[str, Any]:
            assert answer.status_code == 200, answer.text
            return dict(answer.json())

    return lambda client: ServedLibrary(InProcess(client))  # type: ignore[arg-type]
