"""Collections that came with somebody's photos: links and programs in them, and absurd numbers."""

import sqlite3
from pathlib import Path

import pytest

from catalog_photos import put_photos
from collection.conftest import OpenCollection
from conftest import PhotoMaker
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.repairing.repair import repair
from twinlens.errors import CatalogDamagedError, CollectionError


@pytest.fixture
def closed(catalog: Catalog) -> Path:
    put_photos(catalog, ["a.jpg", "b.jpg"])
    catalog.checkpoint()
    catalog.close()
    return catalog.path


@pytest.fixture
def place(make_photo: PhotoMaker, open_collection: OpenCollection, photos: Path) -> Path:
    """The folder of a closed collection."""
    make_photo("red.png", "red")
    make_photo("IMG-2020-01.png", "blue")
    collection = open_collection()
    collection.index()
    collection.search("red")
    collection.close()
    return photos / ".twinlens"


def change(catalog: Path, *statements: str) -> None:
    connection = sqlite3.connect(catalog)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    "name",
    [
        "last_scan.jsonl.partial",
        "checked.partial",
        "catalog.sqlite-wal",
        "exact/stamp.json.partial",
        "Index.lock",
        "texts.sqlite-journal",
    ],
)
def test_a_link_is_never_written_through(
    place: Path, open_collection: OpenCollection, tmp_path: Path, name: str
) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text("mine")
    (place / "index.lock").unlink(missing_ok=True)
    (place / name).symlink_to(mine)
    with pytest.raises(CollectionError, match="is a link"):
        open_collection()
    with pytest.raises(CollectionError, match="link"):
        repair(place)
    assert mine.read_text() == "mine"


def test_a_link_in_place_of_the_catalog_is_not_repaired(place: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite"
    change(other, "CREATE TABLE secrets (text)")
    content = other.read_bytes()
    (place / "catalog.sqlite").unlink()
    (place / "catalog.sqlite").symlink_to(other)
    with pytest.raises(CollectionError, match="is a link"):
        repair(place)
    assert other.read_bytes() == content


def test_a_link_to_the_photos_in_place_of_the_vectors_removes_none(
    place: Path, open_collection: OpenCollection, photos: Path
) -> None:
    for file in (place / "exact").iterdir():
        file.unlink()
    (place / "exact").rmdir()
    (place / "exact").symlink_to("..")
    with pytest.raises(CollectionError, match="is a link"):
        open_collection()
    assert (photos / "IMG-2020-01.png").exists()


def test_links_of_other_programs_beside_a_collection_do_not_matter(
    make_photo: PhotoMaker, photos: Path, open_collection: OpenCollection, place: Path
) -> None:
    (place / "captions.csv").symlink_to(photos / "red.png")
    assert len(open_collection()) == 2


@pytest.mark.parametrize(
    ("kind", "statement"),
    [
        ("view", "CREATE VIEW shown AS SELECT * FROM photos"),
        ("trigger", "CREATE TRIGGER forget AFTER INSERT ON photos BEGIN DELETE FROM favourites; END"),
        ("table", "CREATE VIRTUAL TABLE words USING fts5(text)"),
    ],
)
def test_a_program_in_the_catalog_is_refused_and_repaired_away(place: Path, kind: str, statement: str) -> None:
    change(place / "catalog.sqlite", statement)
    with pytest.raises(CatalogDamagedError, match=f"the {kind} .* is not of twinlens"):
        Catalog(place / "catalog.sqlite")
    report = repair(place)
    assert report.photos == 2
    Catalog(place / "catalog.sqlite").close()


def test_a_view_without_end_in_place_of_the_photos_is_never_read(place: Path) -> None:
    change(
        place / "catalog.sqlite",
        "ALTER TABLE photos RENAME TO hidden",
        "CREATE VIEW photos AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n) SELECT id FROM n",
    )
    with pytest.raises(CatalogDamagedError, match="the view 'photos'"):
        Catalog(place / "catalog.sqlite")
    assert repair(place).photos == 0


@pytest.mark.parametrize(
    ("key", "value"),
    [("dim", "99999999999"), ("dim", "9" * 5000), ("generation", "9" * 5000), ("generation", str(2**63 - 1))],
)
def test_an_absurd_number_is_damage(closed: Path, key: str, value: str) -> None:
    model = "INSERT OR REPLACE INTO meta VALUES ('model', 'default'), ('fingerprint', 'f'), ('dim', '4')"
    change(closed, model, f"UPDATE meta SET value = '{value}' WHERE key = '{key}'")
    catalog = Catalog(closed)
    with pytest.raises(CatalogDamagedError, match=f"{key} is '9"):
        _ = catalog.model(), catalog.generation
    catalog.close()
    report = repair(closed.parent)
    assert report.faults
    assert key in report.faults[0]


@pytest.mark.parametrize("change_by", [-1, 1])
def test_embeddings_of_another_length_than_the_catalog_says(
    place: Path, open_collection: OpenCollection, change_by: int
) -> None:
    change(place / "catalog.sqlite", f"UPDATE meta SET value = value + {change_by} WHERE key = 'dim'")
    collection = open_collection()
    with pytest.raises(CatalogDamagedError, match="embeddings of"):
        collection.search("red")
    collection.close()
    repair(place)
    assert open_collection().search("red")


@pytest.mark.parametrize("name", ["checked.json", "exact/stamp.json"])
def test_derived_files_that_are_nested_without_end_are_made_anew(
    place: Path, open_collection: OpenCollection, name: str
) -> None:
    (place / name).write_text("[" * 100_000)
    assert open_collection().search("red")
