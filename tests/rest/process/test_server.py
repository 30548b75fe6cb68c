"""One process that serves: where it listens, when it is ready, how it ends."""

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import requests

from conftest import COLOURS, ColourEncoder, draw_photo
from rest.served_library import server_of
from twinlens.api.library import Collection
from twinlens.errors import BundleError, ConfigError
from twinlens.rest.process.server import Server, bind, serve
from twinlens.rest.settings import Settings


class DamagedEncoder(ColourEncoder):
    """A model with a file that is not whole."""

    def verify(self) -> None:
        raise BundleError("text.onnx is damaged")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for name in COLOURS:
        draw_photo(tmp_path / "photos" / f"{name}.png", name)
    return tmp_path / "photos"


@contextmanager
def listening(settings: Settings) -> Iterator[socket.socket]:
    with closing(bind(settings)) as listener:
        yield listener


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_port_0_is_any_free_one(host: str) -> None:
    if host == "::1" and not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    with listening(Settings(host=host, port=0)) as one, listening(Settings(host=host, port=0)) as other:
        ports = {one.getsockname()[1], other.getsockname()[1]}
        assert len(ports - {0}) == 2
        socket.create_connection(one.getsockname()[:2], timeout=60).close()


def test_a_port_in_use_names_the_next(photos: Path) -> None:
    with listening(Settings(port=0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"port {port} is taken .*--port {port + 1}"):
            bind(Settings(port=port))


@pytest.mark.parametrize("host", ["203.0.113.1", "no such host"])
def test_an_address_of_another_machine_names_its_flag(host: str) -> None:
    with pytest.raises(ConfigError, match=f"--host {host} "):
        bind(Settings(host=host, port=0))


@pytest.mark.server
def test_it_answers_once_it_has_said_that_it_is_ready_and_closes_its_collection(photos: Path) -> None:
    collection = Collection.create([photos], model=ColourEncoder())
    collection.index()
    with server_of(collection, Settings(port=0)) as (server, url):
        assert requests.get(f"{url}/health", timeout=60).json()["num_images"] == len(COLOURS)
        found = requests.post(f"{url}/api/search/text", json={"query": "blue", "top_k": 1}, timeout=60).json()
        assert [one["image_id"] for one in found["results"]] == ["blue.png"]
    assert server.signal is None
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/health", timeout=60)


def test_a_library_that_cannot_be_served_is_an_error_of_whoever_starts_it(photos: Path) -> None:
    collection = Collection.create([photos], model=DamagedEncoder())
    collection.index()
    ready: list[object] = []
    started: list[Server] = []
    with listening(Settings(port=0)) as listener, pytest.raises(BundleError, match=r"damaged.*--model"):
        serve(Settings(port=0), listener, collection=collection, on_ready=ready.append, on_start=started.append)
    assert (ready, len(started)) == ([], 1)
