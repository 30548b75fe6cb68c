"""Fixtures of the collection's tests: a catalog, folders to index, collections with the small encoder."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from collection import on_a_server
from conftest import ColourEncoder
from postgres_server import address, served_catalog, server  # noqa: F401
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.collection import Collection
from twinlens.errors import UnknownPartError

OpenCollection = Callable[..., Collection]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """The folder that ``make_photo`` draws into."""
    folder = tmp_path / "photos"
    folder.mkdir()
    return folder


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    """A new, empty catalog."""
    made = Catalog(tmp_path / "catalog.sqlite", create=True)
    yield made
    made.close()


@pytest.fixture
def models(encoder: ColourEncoder, monkeypatch: pytest.MonkeyPatch) -> dict[str, ColourEncoder]:
    """The models that collections find by name."""
    known = {"default": encoder, "other": ColourEncoder(fingerprint="colour0000000002")}

    def load(source: str | Path) -> ColourEncoder:
        if str(source) not in known:
            raise UnknownPartError(f"no model is called {str(source)!r}")
        return known[str(source)]

    monkeypatch.setattr("twinlens.collection.indexing.models.model_of_record.load_model", load)
    return known


@pytest.fixture
def open_collection(photos: Path, models: dict[str, ColourEncoder]) -> Iterator[OpenCollection]:
    """Opens the collection of a place, by default of ``photos``, and closes it after the test."""
    opened: list[Collection] = []

    def open_one(place: Path | None = None, *, model: str | None = None) -> Collection:
        opened.append(Collection.open(place or photos, model=model))
        return opened[-1]

    yield open_one
    for collection in opened:
        collection.close()


@pytest.fixture(autouse=on_a_server.IS_ASKED_FOR)
def catalogs_on_a_server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """For the whole of a run that asks for it, see ``on_a_server``."""
    if request.node.originalname in on_a_server.OF_A_FILE:
        pytest.skip("of an SQLite file")
    running = request.getfixturevalue("server")
    schemas = on_a_server.use_server(running, monkeypatch)
    yield
    for schema in schemas:
        running.sql(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
