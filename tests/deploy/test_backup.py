"""A backup that is made while people mark photos answers as the library did: docs/how-to/deploy-large.md."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from conftest import ColourEncoder, draw_photo
from stores.milvus.conftest import milvus as milvus
from stores.milvus.running import RunningMilvus
from twinlens.api.library import Collection

pytestmark = [pytest.mark.slow, pytest.mark.thorough]
QUERIES = ["red", "a blue wall", "red -green", "red OR blue", "name:photo2", "favourite:yes green"]
N_PHOTOS = 60


def answers(collection: Collection) -> list[list[tuple[str, float]]]:
    return [[(hit.id, round(hit.score, 5)) for hit in collection.search(query, k=N_PHOTOS)] for query in QUERIES]


def back_up(catalog: Path, to: Path) -> None:
    """What ``sqlite3 CATALOG ".backup TO"`` does: whole, whoever writes meanwhile."""
    to.parent.mkdir(parents=True)
    with closing(sqlite3.connect(catalog)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target, pages=5)  # in many steps, so that others write between them


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for number in range(N_PHOTOS):
        draw_photo(tmp_path / "photos" / f"photo{number}.jpg", ("red", "green", "blue")[number % 3], seed=number)
    return tmp_path / "photos"


def test_a_copy_that_is_made_while_people_mark_is_whole(photos: Path, tmp_path: Path, encoder: ColourEncoder) -> None:
    with Collection.create([photos], at=tmp_path / "library", model=encoder) as library:
        library.index()
        library.catalog.marks.mark([1, 2, 3], is_favourite=True)
        before, stop = answers(library)[:-1], threading.Event()

        def mark() -> None:
            number = 0
            while not stop.is_set():
                number += 1
                library.tags.add([f"tag {number % 7}"], [f"photo{number % N_PHOTOS}.jpg"])

        people = threading.Thread(target=mark)
        people.start()
        back_up(tmp_path / "library/catalog.sqlite", tmp_path / "backup/catalog.sqlite")
        stop.set()
        people.join()
    with Collection(tmp_path / "backup", model=encoder) as restored:
        assert restored.faults() == []
        assert answers(restored)[:-1] == before
        assert {hit.id for hit in restored.search("favourite:yes", k=9)} == {f"photo{n}.jpg" for n in (0, 1, 10)}
        assert {tag.name for tag in restored.tags.all()} <= {f"tag {number}" for number in range(7)}
        (photos / "new.jpg").write_bytes((photos / "photo0.jpg").read_bytes())
        assert restored.index().added == 1


@pytest.mark.server
def test_an_older_catalog_takes_back_its_vectors_on_milvus(
    photos: Path, tmp_path: Path, encoder: ColourEncoder, milvus: RunningMilvus
) -> None:
    pytest.importorskip("pymilvus")
    store = f"milvus://127.0.0.1:{milvus.port}/backup{tmp_path.name[-12:].replace('-', '')}"
    with Collection.create([photos], at=tmp_path / "library", model=encoder, store=store) as library:
        library.index()
        before = answers(library)
        back_up(tmp_path / "library/catalog.sqlite", tmp_path / "backup/catalog.sqlite")
        for number in range(0, N_PHOTOS, 2):
            (photos / f"photo{number}.jpg").unlink()
        library.index()
        assert answers(library) != before
    with Collection(tmp_path / "backup", model=encoder) as restored:
        assert answers(restored) == before
        assert restored.faults() == []
