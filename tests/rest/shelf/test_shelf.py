"""Several libraries on one server: each below its name, one sign-in, keys that open some of them."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from rest.conftest import Serve
from rest.served_library import PHOTOS, code, draw, until_ready
from twinlens.api.library import Collection
from twinlens.cli.main import app
from twinlens.errors import CollectionNotFoundError, ConfigError
from twinlens.rest.settings import Settings
from twinlens.rest.shelf.named import NamedLibrary, read_named
from twinlens.rest.shelf.shelf import create_shelf

N_HOME = len(PHOTOS) + 2
ANA, BEN = "ana-s-key-is-long-enough", "ben-s-key-is-long-enough"
KEYS = f"""
[ana]
key = "{ANA}"
scopes = ["search", "curate"]

[ben]
key = "{BEN}"
libraries = ["work"]
"""


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("second") / "work"
    root.mkdir()
    for number in range(3):
        draw(root / f"plan {number}.png", (40 * number, 90, 200), seed=number)
    with Collection.create([root]) as collection:
        collection.index()
    return root


@contextmanager
def shelf_of(home: Path, work: Path, **settings: object) -> Iterator[TestClient]:
    named = (f"home={home}", f"work={work}")
    app = create_shelf(Settings(libraries=named, **settings))  # type: ignore[arg-type]
    with TestClient(app, base_url="http://localhost", client=("127.0.0.1", 1), follow_redirects=False) as client:
        until_ready(app)
        yield client


@pytest.fixture(scope="module")
def shelf(indexed: Path, work: Path) -> Iterator[TestClient]:
    with shelf_of(indexed, work) as client:
        yield client


def test_each_library_is_searched_below_its_name(shelf: TestClient) -> None:
    home = shelf.post("/home/api/search/text", json={"query": "a red wall"}).json()
    work = shelf.post("/work/api/search/text", json={"query": "a red wall"}).json()
    assert (home["num_candidates"], work["num_candidates"]) == (N_HOME, 3)
    assert {hit["image_id"] for hit in work["results"]} == {f"plan {number}.png" for number in range(3)}
    assert shelf.get("/work/api/image/plan 0.png").status_code == 200
    assert shelf.get("/home/api/image/plan 0.png").status_code == 404


def test_the_list_names_the_libraries_and_their_newest_photo(shelf: TestClient) -> None:
    told = shelf.get("/api/libraries").json()["libraries"]
    assert [(one["name"], one["path"], one["num_images"]) for one in told] == [
        ("home", "home/", N_HOME),
        ("work", "work/", 3),
    ]
    for one in told:
        assert shelf.get(f"/{one['path']}api/image/{one['cover']}/thumbnail?size=256").status_code == 200


def test_each_has_its_page_and_the_front_has_its_own(shelf: TestClient) -> None:
    front, home = shelf.get("/"), shelf.get("/home/")
    assert "js/libraries.js" in front.text
    assert "js/main.js" in home.text
    for address in re.findall(r'="(static/[^"]+)"', front.text):
        assert shelf.get(f"/{address}").status_code == 200
    assert (shelf.get("/home?x=1").status_code, shelf.get("/home?x=1").headers["location"]) == (308, "/home/?x=1")
    assert shelf.get("/home/api/session").json()["is_one_of_several"]
    assert shelf.get("/api/search/text").status_code == 404
    assert code(shelf.get("/cabin/api/stats")) == "not_found"


def test_health_and_readiness_are_those_of_all(shelf: TestClient, tmp_path: Path) -> None:
    assert shelf.get("/health").json() == {"status": "healthy", "model_loaded": True, "num_images": N_HOME + 3}
    assert shelf.get("/readyz").json() == {"ready": True}


def test_metrics_name_the_library(shelf: TestClient) -> None:
    shelf.get("/work/api/stats")
    together, alone = shelf.get("/metrics").text, shelf.get("/work/metrics").text
    assert f'twinlens_images{{library="home"}} {N_HOME}.0' in together
    assert 'twinlens_images{library="work"} 3.0' in together
    assert together.count("# TYPE twinlens_images gauge") == 1
    assert 'library="work"' in alone
    assert 'library="home"' not in alone
    assert "twinlens_process_memory_bytes" in alone


@pytest.fixture(scope="module")
def with_keys(indexed: Path, work: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("keys")
    (folder / "keys.toml").write_text(KEYS, encoding="utf-8")
    settings = {"keys_file": str(folder / "keys.toml"), "state_folder": str(folder), "root_path": "/photos"}
    with shelf_of(indexed, work, **settings) as client:
        yield client


def test_a_key_opens_only_the_libraries_it_names(with_keys: TestClient) -> None:
    ana, ben = {"X-API-Key": ANA}, {"X-API-Key": BEN}
    names = [
        [one["name"] for one in with_keys.get("/api/libraries", headers=headers).json()["libraries"]]
        for headers in (ana, ben)
    ]
    assert names == [["home", "work"], ["work"]]
    assert with_keys.get("/work/api/stats", headers=ben).status_code == 200
    refused = with_keys.get("/home/api/stats", headers=ben)
    assert not with_keys.get("/home/api/session", headers=ben).json()["is_valid"]
    assert (refused.status_code, code(refused)) == (403, "missing_scope")
    for path in ("/home/metrics", "/home/api/photos", "/home/api/image/black.png"):
        assert with_keys.get(path, headers=ben).status_code == 403, path
    assert 'library="home"' not in with_keys.get("/metrics", headers=ben).text
    assert with_keys.get("/api/libraries").status_code == 401
    assert with_keys.get("/work/api/stats").status_code == 401


def test_signing_in_once_opens_all_that_the_key_opens(with_keys: TestClient) -> None:
    try:
        signed = with_keys.post("/photos/work/api/session", json={"key": BEN})
        assert "Path=/photos/;" in signed.headers["set-cookie"]
        assert with_keys.get("/photos/api/libraries").status_code == 200
        assert with_keys.get("/photos/work/api/stats").status_code == 200
        assert with_keys.get("/photos/home/api/stats").status_code == 403
        assert with_keys.delete("/photos/api/session").status_code == 204
        assert with_keys.get("/photos/work/api/stats").status_code == 401
    finally:
        with_keys.cookies.clear()


def test_a_link_to_photos_of_one_library_opens_there(indexed: Path, work: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(indexed, home)
    with shelf_of(home, work) as client:
        made = client.post("/home/api/shares", json={"image_ids": ["black.png"]}).json()
        number = made["share"]["number"]
        assert client.post("/home/api/shared", json={"key": made["key"]}).status_code == 200
        shown = client.get(f"/home/api/shared/{number}/photos")
        assert shown.json()["num_photos"] == 1
        with_other = client.get(f"/home/api/shared/{number}/photos", headers={"Authorization": "Bearer of-a-proxy"})
        assert with_other.status_code == 200
        assert client.get(f"/work/api/shared/{number}/photos").status_code == 401


def test_a_key_for_some_libraries_opens_no_server_of_one(indexed: Path, tmp_path: Path) -> None:
    from rest.served_library import client_of

    (tmp_path / "keys.toml").write_text(KEYS, encoding="utf-8")
    with client_of(indexed, Settings(keys_file=str(tmp_path / "keys.toml"), state_folder=str(tmp_path))) as client:
        assert client.get("/api/stats", headers={"X-API-Key": ANA}).status_code == 200
        assert client.get("/api/stats", headers={"X-API-Key": BEN}).status_code == 403


def test_names_are_checked() -> None:
    assert read_named(("a=/x", "b-2=/y")) == [NamedLibrary("a", "/x"), NamedLibrary("b-2", "/y")]
    for wrong in ("home", "=x", "a b=/x", "api=/x", "static=/x", "../x=/y", "a/b=/x", "home="):
        with pytest.raises(ConfigError, match="--library"):
            NamedLibrary.read(wrong)
    with pytest.raises(ConfigError, match="twice"):
        read_named(("Home=/x", "home=/y"))
    with pytest.raises(ConfigError, match="at most 40 letters"):
        NamedLibrary.read(f"{'a' * 41}=/x")


def test_where_no_library_is_the_server_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(CollectionNotFoundError, match="none"):
        create_shelf(Settings(libraries=(f"x={tmp_path / 'none'}", f"y={tmp_path / 'empty'}")))
    assert list((tmp_path / "empty").iterdir()) == []


def test_one_place_and_several_libraries_are_wrong_usage(indexed: Path) -> None:
    told = CliRunner().invoke(app, ["serve", "--library", f"home={indexed}", "--in", str(indexed)])
    assert told.exit_code == 2
    assert "give either --in or --library" in told.output


@pytest.mark.slow
def test_the_command_serves_both_with_several_workers(indexed: Path, work: Path, serve: Serve) -> None:
    options = ("--library", f"work={work}", "--workers", "2", "--no-watch")
    with serve(f"home={indexed}", *options, option="--library") as served:
        for path in ("home", "work") * 6:
            assert httpx.get(f"{served.url}/{path}/api/stats").status_code == 200
        text = httpx.get(f"{served.url}/metrics").text
    counts = re.findall(r'twinlens_requests_total\{library="(\w+)",.*route="/api/stats".*\} (\d+)', text)
    assert sorted(counts) == [("home", "6"), ("work", "6")]
