import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from filelock import FileLock

from collection.conftest import OpenCollection
from conftest import ColourEncoder, PhotoMaker
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.curated.person import asked_by
from twinlens.collection.collection import Collection
from twinlens.collection.repairing import repair as repair_module
from twinlens.collection.repairing.repair import repair
from twinlens.errors import CatalogDamagedError, CollectionBusyError, CollectionError

PAGE = 4096


@pytest.fixture
def library(make_photo: PhotoMaker, open_collection: OpenCollection, photos: Path, tmp_path: Path) -> Path:
    """The folder of a closed collection of 12 red photos with captions, three of them favourites."""
    for number in range(12):
        make_photo(f"{number:02d}.png", "red", seed=number)
    lines = ["image,caption", *(f"{number:02d}.png,red number {number}" for number in range(12))]
    (tmp_path / "captions.csv").write_text("\n".join(lines))
    collection = open_collection()
    collection.index(captions=tmp_path / "captions.csv")
    collection.mark_favourites(["00.png", "01.png", "02.png"])
    collection.search("red")
    collection.close()
    return photos / ".twinlens"


def root_page(library: Path, name: str) -> int:
    """Byte offset of the first page of a table or index."""
    connection = sqlite3.connect(library / "catalog.sqlite")
    (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)).fetchone()
    connection.close()
    return (int(page) - 1) * PAGE


def destroy(library: Path, *names: str) -> None:
    """Overwrites the first page of tables or indexes."""
    places = [root_page(library, name) for name in names]
    with (library / "catalog.sqlite").open("r+b") as file:
        for place in places:
            file.seek(place)
            file.write(b"\x55" * PAGE)


def contents(library: Path) -> dict[Path, bytes]:
    """All files, but for the note that they were checked."""
    return {file: file.read_bytes() for file in library.rglob("*") if file.is_file() and file.name != "checked.json"}


def captions(collection: Collection) -> set[str | None]:
    return {hit.caption for hit in collection.search("red", k=100, target="caption")}


def test_a_collection_without_faults_is_not_changed(library: Path) -> None:
    before = contents(library)
    report = repair(library)
    assert (report.faults, report.kept, report.tables, report.photos) == ([], None, [], 12)
    assert contents(library) == before


def test_what_people_gave_survives_the_loss_of_the_photos_table(library: Path, open_collection: OpenCollection) -> None:
    whole = (library / "catalog.sqlite").read_bytes()
    destroy(library, "photos")
    damaged = (library / "catalog.sqlite").read_bytes()
    with pytest.raises(CatalogDamagedError, match="twinlens repair"):
        open_collection(library)
    report = repair(library)
    assert report.photos_to_read == 12
    assert report.kept is not None
    assert report.kept.read_bytes() == damaged != whole
    collection = open_collection(library)
    assert [reason for _, _, reason in collection.catalog.skipped()][:1] == [
        "its entry in the catalog was damaged; the next 'twinlens index' reads it again"
    ]
    assert collection.index().added == 12
    assert collection.favourites() == ["00.png", "01.png", "02.png"]
    assert captions(collection) == {f"red number {number}" for number in range(12)}
    assert collection.faults() == []


def test_the_number_of_a_deleted_album_is_not_given_again(library: Path, open_collection: OpenCollection) -> None:
    collection = open_collection(library)
    collection.albums.add("holiday", ["00.png"])
    made = collection.shares.share_album("holiday")
    collection.albums.delete("holiday")
    collection.close()
    destroy(library, "favourites_twice")
    repair(library)
    again = open_collection(library)
    again.albums.add("private", ["01.png"])
    assert again.shares.album_of(made.share) is None


TABLES = ["vectors", "captions", "meta", "folders", "sqlite_autoindex_photos_1", "favourites", "favourites_twice"]


@pytest.mark.parametrize("lost", TABLES)
def test_any_one_table_may_be_lost(library: Path, open_collection: OpenCollection, lost: str) -> None:
    destroy(library, lost)
    report = repair(library)
    numbers = {table.name: table.rows for table in report.tables}
    assert (numbers["photos"], numbers["captions"], numbers["favourites"]) == (12, 12, 3)
    collection = open_collection(library)
    collection.index()
    assert len(collection.search("red", k=100)) == 12
    assert collection.favourites() == ["00.png", "01.png", "02.png"]
    assert captions(collection) == {f"red number {number}" for number in range(12)}
    assert collection.faults() == []


@pytest.mark.parametrize("copy", ["favourites", "favourites_twice"])
def test_a_mark_that_was_overwritten_is_on_no_other_photo(
    library: Path, open_collection: OpenCollection, copy: str
) -> None:
    place = root_page(library, copy)
    content = (library / "catalog.sqlite").read_bytes()
    page = content[place : place + PAGE]
    third, tenth = b"\4\3\3\1\r\3", b"\4\3\3\1\r\12"  # of nobody by name, which is a text without letters
    if copy == "favourites_twice":
        third, tenth = b"\4\r\1\1\3\3", b"\4\r\1\1\12\3"
    assert page.count(third) == 1
    page = page.replace(third, tenth)
    (library / "catalog.sqlite").write_bytes(content[:place] + page + content[place + PAGE :])
    with pytest.raises(CatalogDamagedError, match="favourites"):
        open_collection(library)
    repair(library)
    assert open_collection(library).favourites() == ["00.png", "01.png"]


@pytest.mark.parametrize("lost", ["favourites", "favourites_twice"])
def test_marks_of_persons_are_nobody_elses_after_a_repair(
    library: Path, open_collection: OpenCollection, lost: str
) -> None:
    collection = open_collection(library)
    for person, photos in (("ana", ["01.png", "11.png"]), ("ben", ["11.png"])):
        with asked_by(person):
            collection.mark_favourites(photos)
    collection.close()
    destroy(library, lost)
    repair(library)
    collection = open_collection(library)
    assert collection.favourites() == ["00.png", "01.png", "02.png"]
    for person, photos in (("ana", ["01.png", "11.png"]), ("ben", ["11.png"]), ("carl", [])):
        with asked_by(person):
            assert collection.favourites() == photos


def test_marks_of_an_earlier_release_are_repaired_as_everybodys(library: Path, open_collection: OpenCollection) -> None:
    with closing(sqlite3.connect(library / "catalog.sqlite", isolation_level=None)) as connection:
        connection.execute("DROP TABLE favourites")
        connection.execute("CREATE TABLE favourites (photo_id INTEGER PRIMARY KEY REFERENCES photos(id)) STRICT")
        connection.execute("CREATE INDEX favourites_twice ON favourites(photo_id)")
        connection.execute("INSERT INTO favourites VALUES (1), (2), (3)")
        connection.execute("PRAGMA user_version = 16")
    destroy(library, "favourites")
    repair(library)
    assert open_collection(library).favourites() == ["00.png", "01.png", "02.png"]


def test_a_date_that_is_no_text_is_read_again(library: Path, open_collection: OpenCollection) -> None:
    def dates() -> list[str | None]:
        with open_collection(library) as collection:
            hits = collection.search("red", k=100)
        return [hit.taken_at for hit in sorted(hits, key=lambda hit: hit.id)]

    before = dates()
    catalog = Catalog(library / "catalog.sqlite")
    with catalog.transaction() as connection:
        connection.execute("UPDATE photos SET taken_at = CAST(x'67ff546f31' AS TEXT) WHERE id = 2")
        connection.execute("UPDATE photos SET taken_at = CAST(x'6700546f31' AS TEXT) WHERE id = 3")
    catalog.close()
    with pytest.raises(CatalogDamagedError, match="a text in the table photos"):
        open_collection(library)
    report = repair(library)
    assert {table.name: table.rows for table in report.tables}["photos"] == 12
    assert report.photos_to_read == 2
    collection = open_collection(library)
    assert collection.index().added == 2
    assert dates() == before
    assert collection.favourites() == ["00.png", "01.png", "02.png"]
    assert captions(collection) == {f"red number {number}" for number in range(12)}


def test_a_lost_list_of_tables_is_that_of_a_new_catalog(library: Path) -> None:
    with (library / "catalog.sqlite").open("r+b") as file:
        file.write(b"\x55" * PAGE)
    report = repair(library)
    assert {table.name: table.rows for table in report.tables}["favourites"] == 3
    assert report.photos == 12


def test_a_list_of_tables_with_a_name_that_is_no_text_is_named_and_repaired(
    library: Path, open_collection: OpenCollection
) -> None:
    content = (library / "catalog.sqlite").read_bytes()
    name = b"tablekeptkept"
    assert content.count(name) == 1
    (library / "catalog.sqlite").write_bytes(content.replace(name, b"tablek\xb1\xb1tkept"))
    with pytest.raises(CatalogDamagedError, match="twinlens repair"):
        open_collection(library)
    repair(library)
    collection = open_collection(library)
    collection.index()
    assert collection.favourites() == ["00.png", "01.png", "02.png"]
    assert captions(collection) == {f"red number {number}" for number in range(12)}


def test_an_empty_catalog_is_named_and_then_begun_anew(library: Path, open_collection: OpenCollection) -> None:
    os.truncate(library / "catalog.sqlite", 0)
    for action in (lambda: open_collection(library), lambda: Collection.create(library.parent)):
        with pytest.raises(CatalogDamagedError, match=r"it is empty \(0 bytes\), although photos were indexed here"):
            action()
    report = repair(library)
    assert (report.photos, report.kept is not None) == (0, True)
    collection = open_collection(library)
    assert collection.index().added == 12
    assert len(collection.search("red", k=100)) == 12


def test_a_missing_catalog_is_named_and_then_begun_anew(library: Path, open_collection: OpenCollection) -> None:
    (library / "catalog.sqlite").unlink()
    with pytest.raises(CatalogDamagedError, match="it is missing, although photos were indexed here"):
        Collection.create(library.parent)
    assert repair(library).kept is None
    assert open_collection().index().added == 12


def test_a_photo_that_is_gone_before_it_is_read_again_leaves_what_was_given_to_it(
    library: Path, open_collection: OpenCollection, photos: Path, tmp_path: Path
) -> None:
    destroy(library, "vectors")
    assert repair(library).photos_to_read == 12
    (photos / "00.png").rename(tmp_path / "00.png")
    with open_collection() as collection:
        report = collection.index()
        assert (report.images, report.kept) == (11, 1)
        (tmp_path / "00.png").rename(photos / "back.png")
        assert collection.index().restored == 1
        assert collection.favourites() == ["01.png", "02.png", "back.png"]
        assert collection.captions_of("back.png") == ["red number 0"]


def test_a_folder_that_is_empty_after_a_repair_is_asked_about(
    library: Path, open_collection: OpenCollection, photos: Path, tmp_path: Path
) -> None:
    destroy(library, "vectors")
    repair(library)
    for photo in photos.glob("*.png"):
        photo.rename(tmp_path / photo.name)
    with open_collection() as collection:
        with pytest.raises(CollectionError, match="12 were indexed there; is its disk mounted"):
            collection.index()
        for photo in tmp_path.glob("*.png"):
            photo.rename(photos / photo.name)
        assert collection.index().images == 12
        assert len(captions(collection)) == 12


def test_captions_outlive_a_repair_after_which_the_model_is_another(
    library: Path, open_collection: OpenCollection, models: dict[str, ColourEncoder]
) -> None:
    destroy(library, "vectors")
    repair(library)
    models["default"] = ColourEncoder(fingerprint="colour0000000009", dim=16)
    with open_collection() as collection:
        assert collection.index().images == 12
        assert len(captions(collection)) == 12
        assert len(collection.favourites()) == 3
        assert collection.faults() == []


def test_a_repair_that_saves_no_vector_keeps_the_chosen_model(
    library: Path, open_collection: OpenCollection, models: dict[str, ColourEncoder]
) -> None:
    with open_collection() as collection:
        collection.reindex("other")  # neither a bundle nor an installed encoder, as a folder is
    destroy(library, "vectors")
    repair(library)
    with open_collection() as collection:
        collection.index()
        assert (collection.status()["model"], collection.encoder) == ("other", models["other"])


def test_a_catalog_whose_tables_were_in_a_lost_log_is_named(library: Path, open_collection: OpenCollection) -> None:
    (library / "catalog.sqlite").unlink()
    connection = sqlite3.connect(library / "catalog.sqlite")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    for action in (lambda: open_collection(library), lambda: Collection.create(library.parent)):
        with pytest.raises(CatalogDamagedError, match="it has no tables, although photos were indexed here"):
            action()
    assert repair(library).photos == 0
    assert open_collection(library).index().added == 12


def test_kept_copies_are_never_overwritten(library: Path) -> None:
    kept = []
    for _ in range(3):
        destroy(library, "captions")
        kept.append(repair(library).kept)
    assert len(set(kept)) == 3
    assert all(one is not None and one.is_file() for one in kept)


def test_processes_that_have_it_open_see_the_repaired_catalog(library: Path, open_collection: OpenCollection) -> None:
    served = open_collection(library)
    served.search("red")
    destroy(library, "photos")
    repair(library)
    other = open_collection(library)
    other.index()
    assert len(served.search("red", k=100)) == 12
    assert served.favourites() == ["00.png", "01.png", "02.png"]
    served.mark_favourites(["05.png"])
    served.close()
    assert other.favourites() == ["00.png", "01.png", "02.png", "05.png"]


def test_where_two_copies_of_a_vector_differ_the_photo_is_read_again(
    library: Path, open_collection: OpenCollection
) -> None:
    catalog = Catalog(library / "catalog.sqlite")
    with catalog.transaction() as connection:
        connection.execute("UPDATE vectors SET embedding = (SELECT embedding FROM vectors WHERE photo_id = 2)")
    catalog.close()
    report = repair(library)
    assert (len(report.faults), report.kept, report.tables) == (1, None, [])
    assert "differ from the catalog" in report.faults[0]
    assert report.photos_to_read == 11
    assert repair(library).faults == []
    collection = open_collection(library)
    assert collection.index().added == 11
    assert captions(collection) == {f"red number {number}" for number in range(12)}
    assert collection.favourites() == ["00.png", "01.png", "02.png"]


def test_a_caption_whose_two_vectors_differ_is_embedded_again(library: Path, open_collection: OpenCollection) -> None:
    catalog = Catalog(library / "catalog.sqlite")
    with catalog.transaction() as connection:
        connection.execute("UPDATE captions SET embedding = (SELECT embedding FROM vectors WHERE photo_id = 2)")
    catalog.close()
    assert repair(library).captions_embedded == 12
    assert open_collection(library).faults() == []


def test_a_text_index_with_other_words_is_made_again(library: Path, open_collection: OpenCollection) -> None:
    connection = sqlite3.connect(library / "texts.sqlite")
    connection.execute("UPDATE texts_content SET c0 = 'zebra'")
    connection.commit()
    connection.close()
    collection = open_collection(library.parent)
    assert [fault for fault in collection.faults() if "text index" in fault]
    assert any("text index" in fault for fault in repair(library).faults)
    assert collection.faults() == []


def test_a_running_indexer_is_not_disturbed(library: Path) -> None:
    with FileLock(library / "index.lock"), pytest.raises(CollectionBusyError, match="another process is indexing"):
        repair(library)


def test_a_catalog_of_a_newer_release_is_refused(library: Path) -> None:
    destroy(library, "captions")
    connection = sqlite3.connect(library / "catalog.sqlite")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = (library / "catalog.sqlite").read_bytes()
    with pytest.raises(CollectionError, match="update twinlens"):
        repair(library)
    assert (library / "catalog.sqlite").read_bytes() == before


@pytest.mark.parametrize("step", ["salvage", "mend", "put_in_place", "check_vectors"])
def test_a_repair_that_fails_can_be_repeated(library: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    destroy(library, "photos")

    def fail(*_: object, **__: object) -> None:
        raise OSError("the disk went away")

    with monkeypatch.context() as patch:
        patch.setattr(repair_module, step, fail)
        with pytest.raises(CollectionError, match="the disk went away"):
            repair(library)
    report = repair(library)
    assert (report.faults == []) == (step == "check_vectors")
    catalog = Catalog(library / "catalog.sqlite")
    assert (len(catalog.files.all()), catalog.integrity_faults()) == (12, [])
    catalog.close()


REPAIR = "import sys; from pathlib import Path; from twinlens.collection.repairing.repair import repair; "


def test_a_repair_killed_at_any_moment_leaves_the_old_state_or_the_new_one(library: Path, tmp_path: Path) -> None:
    destroy(library, "photos")
    for delay_ms in range(0, 200, 20):
        place = tmp_path / f"killed {delay_ms}"
        shutil.copytree(library, place)
        process = subprocess.Popen(
            [sys.executable, "-c", f"{REPAIR}print('ready', flush=True); repair(Path(sys.argv[1]))", str(place)],
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(delay_ms / 1000)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        repair(place)
        catalog = Catalog(place / "catalog.sqlite")
        assert (len(catalog.files.all()), len(catalog.marks.favourites()), catalog.integrity_faults()) == (12, 0, [])
        assert catalog.captions.known().keys() == set(range(1, 13))
        catalog.close()


def test_what_files_say_is_read_again_after_a_repair(
    library: Path, photos: Path, open_collection: OpenCollection
) -> None:
    (photos / "00.json").write_text('{"photoTakenTime": {"timestamp": "1625398599"}, "people": [{"name": "Ana"}]}')
    with open_collection() as collection:
        collection.index()
        assert collection.count(person="Ana") == 1
    destroy(library, "photo_texts", "content_details")
    repair(library)
    with open_collection() as collection:
        collection.index()
        assert (collection.count(person="Ana"), collection.count(year="2021")) == (1, 1)
        assert collection.index().retold == 0


@pytest.mark.parametrize(("lost", "left"), [("vectors", 12), ("read_texts", 0)])
def test_what_was_read_in_pictures_survives_the_loss_of_another_table(
    library: Path, open_collection: OpenCollection, lost: str, left: int
) -> None:
    with open_collection() as collection, collection.catalog.writing() as writer:
        rows = collection.catalog.rows("SELECT content_hash FROM photos")
        writer.put_read_texts((content_hash, "WAY OUT") for (content_hash,) in rows)
    destroy(library, lost)
    repair(library)
    with open_collection() as collection:
        collection.index()
        assert collection.count(text="way out") == len(collection.find_all('"way out"')) == left
        assert collection.catalog.read_texts.counts().waiting == 12 - left
