"""The same photos in a collection on this machine and in one whose catalog is on a server."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conftest import ColourEncoder
from twinlens.collection.catalog.postgres.address import Address
from twinlens.collection.collection import Collection
from twinlens.errors import UnknownPartError

OpenServed = Callable[[], Collection]


@pytest.fixture
def models(encoder: ColourEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(source: str | Path) -> ColourEncoder:
        if str(source) != "default":
            raise UnknownPartError(f"no model is called {str(source)!r}")
        return encoder

    monkeypatch.setattr("twinlens.collection.indexing.models.model_of_record.load_model", load)


@pytest.fixture
def open_served(address: Address, models: None, tmp_path: Path) -> Iterator[OpenServed]:
    """Opens the collection of the server once more, as another process would; all are closed after the test."""
    opened: list[Collection] = []

    def open_one() -> Collection:
        opened.append(Collection.create([tmp_path / "photos"], at=str(address)))
        return opened[-1]

    (tmp_path / "photos").mkdir(exist_ok=True)
    yield open_one
    for collection in opened:
        collection.close()
