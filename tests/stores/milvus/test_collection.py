"""A collection whose vectors are on a real server answers as one with files does."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import ColourEncoder, draw_photo
from stores.milvus.running import RunningMilvus
from twinlens.api.library import Collection
from twinlens.errors import ConfigError, StoreUnavailableError

pytest.importorskip("pymilvus")
pytestmark = [pytest.mark.server, pytest.mark.slow]
QUERIES = ["red", "a blue wall", "red -green", "red OR blue", "name:photo2", "folder:sub green"]


@pytest.fixture
def two(tmp_path: Path, milvus: RunningMilvus, encoder: ColourEncoder) -> Iterator[tuple[Collection, Collection]]:
    for number in range(12):
        folder = "sub/" if number % 3 == 0 else ""
        draw_photo(
            tmp_path / "photos" / f"{folder}photo{number}.jpg", ("red", "green", "blue")[number % 3], seed=number
        )
    photos, address = [tmp_path / "photos"], f"milvus://127.0.0.1:{milvus.port}/c{tmp_path.name[-20:]}"
    with (
        Collection.create(photos, at=tmp_path / "files", model=encoder) as plain,
        Collection.create(photos, at=tmp_path / "server", model=encoder, store=address) as served,
    ):
        for collection in (plain, served):
            collection.index()
        yield plain, served


def answers(collection: Collection) -> list[list[tuple[str, float]]]:
    return [[(hit.id, round(hit.score, 5)) for hit in collection.search(query, k=50)] for query in QUERIES]


def test_all_answers_are_equal_also_after_changes(two: tuple[Collection, Collection], tmp_path: Path) -> None:
    plain, served = two
    assert answers(served) == answers(plain)
    (tmp_path / "photos" / "photo1.jpg").unlink()
    draw_photo(tmp_path / "photos" / "photo2.jpg", "red", seed=77)
    draw_photo(tmp_path / "photos" / "new.jpg", "green", seed=78)
    for collection in two:
        collection.index()
    assert answers(served) == answers(plain)
    assert served.faults() == []


def test_the_store_is_kept_and_what_is_wrong_there_is_found(
    two: tuple[Collection, Collection], tmp_path: Path, encoder: ColourEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, served = two
    with Collection.open(tmp_path / "server", model=encoder) as again:
        assert again.store == served.store
        assert len(again.search("red", k=3)) == 3
    monkeypatch.setattr("twinlens.stores.milvus.server.CONNECT_S", 1.0)
    for store, error in (("milvus://127.0.0.1:1/a", StoreUnavailableError), ("milvus://127.0.0.1/a-b", ConfigError)):
        with pytest.raises(error):
            Collection.create([tmp_path / "photos"], at=tmp_path / "other", model=encoder, store=store)
    assert not (tmp_path / "other").exists()
