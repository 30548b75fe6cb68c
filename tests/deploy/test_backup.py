"""A backup that is made while people mark photos answers as the library did: docs/how-to/deploy-large.md."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from conftest import ColourEncoder, draw_photo
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


def draw_photos(tmp_path: Path) -> Path:
    for number in range(N_PHOTOS):
        draw_photo(tmp_path / "photos" / f"photo{number}.jpg", ("red", "green", "blue")[number % 3], seed=number)
    return tmp_path / "photos"


def test_a_copy_that_is_made_while_people_mark_is_whole(tmp_path: Path, encoder: ColourEncoder) -> None:
    photos = draw_photos(tmp_path)
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
        assert {one.tag for one in restored.tags.all()} <= {f"tag {number}" for number in range(7)}
        (photos / "new.jpg").write_bytes((photos / "photo0.jpg").read_bytes())
        assert restored.index().added == 1
