"""The text index in step with its catalog."""

import logging
import random
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from catalog_photos import put_photos
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.rows import ModelRecord
from twinlens.collection.catalog.texts.text_index import TextIndex
from twinlens.collection.texts.derived_texts import FILE, DerivedTexts
from twinlens.data.exif import PhotoDetails
from twinlens.embedding.local import PhotoVector
from written_photos import embedding, photos_holding, put_captions, state

PATHS = ("Italy/IMG_1.jpg", "Italy/dog.jpg", "France/café.jpg", "location.jpg")


@pytest.fixture
def ids(catalog: Catalog) -> list[int]:
    """Photos at ``PATHS``, the first with a caption."""
    made = put_photos(catalog, PATHS)
    put_captions(catalog, {made[0]: ["a white horse"]})
    return made


@pytest.fixture
def texts(catalog: Catalog, ids: list[int], tmp_path: Path) -> Iterator[DerivedTexts]:
    """Up to date."""
    made = DerivedTexts(catalog, tmp_path, writable=True)
    made.synced()
    yield made
    made.close()


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def is_made_anew(caplog: pytest.LogCaptureFixture) -> bool:
    return any("is made again" in record.getMessage() for record in caplog.records)


def test_photo_is_found_by_all_that_its_file_says_and_where(
    catalog: Catalog, texts: DerivedTexts, ids: list[int]
) -> None:
    said = PhotoDetails(
        4, 3, title="Sea view", description="in the rain", keywords=("animals|dog",), people=("Ana Silva",)
    )
    with catalog.writing() as writer:
        vector = PhotoVector(embedding(), None)
        writer.put_photo(state(PATHS[0]), said, vector, reader_version=1)
    words = {"sea view": "title", "rain": "description", "animals": "keyword", "silva": "person"}
    assert {word: texts.found(word).fields_of(0) for word in words} == {word: (at,) for word, at in words.items()}
    assert texts.holding("ana silva").tolist() == [ids[0]]
    assert set(texts.found("dog").ids.tolist()) == set(ids[:2])
    assert texts.holding("animals dog").tolist() == [], "its parts are words of their own"
    with catalog.writing() as writer:
        writer.put_photo(state(PATHS[0]), PhotoDetails(4, 3), vector, reader_version=1)
    assert texts.found("silva").ids.tolist() == []


def test_renamed_photo_is_found_by_its_new_name_only(catalog: Catalog, texts: DerivedTexts, ids: list[int]) -> None:
    with catalog.writing() as writer:
        writer.rename(ids[1], state("Spain/puppy.jpg"))
    assert texts.found("puppy spain").ids.tolist() == [ids[1]]
    assert texts.holding("dog").tolist() == []
    assert texts.holding("horse").tolist() == [ids[0]]


def test_changed_captions_are_found(catalog: Catalog, texts: DerivedTexts, ids: list[int]) -> None:
    put_captions(catalog, {ids[0]: ["a black cow"], ids[2]: ["a black cow"]})
    assert texts.holding("black cow").tolist() == [ids[0], ids[2]]
    with catalog.writing() as writer:
        writer.remove_caption(catalog.captions.known()[ids[0]]["a black cow"])
    assert texts.holding("black cow").tolist() == [ids[2]]
    assert texts.holding("horse").tolist() == [ids[0]]


def test_removed_and_unreadable_photos_are_not_found(catalog: Catalog, texts: DerivedTexts, ids: list[int]) -> None:
    with catalog.writing() as writer:
        writer.remove(ids[1])
        writer.read_again(ids[0], "damaged")
    assert texts.holding("Italy").tolist() == []
    put_photos(catalog, PATHS[:1])
    assert texts.holding("horse").tolist() == [ids[0]]


def test_texts_given_back_to_a_photo_are_found(catalog: Catalog, texts: DerivedTexts, ids: list[int]) -> None:
    with catalog.writing() as writer:
        writer.remove(ids[0])
    assert texts.holding("horse").tolist() == []
    (again,) = put_photos(catalog, PATHS[:1])
    with catalog.writing() as writer:
        for kept in catalog.kept.returned():
            writer.give_back(kept, embedding())
    assert texts.holding("horse").tolist() == [again]


def test_another_model_writes_nothing_anew(
    catalog: Catalog, texts: DerivedTexts, ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog.next.begin(ModelRecord("other", "f", 8))
    with catalog.transaction() as connection:
        connection.execute("INSERT INTO next_vectors SELECT photo_id, embedding, features FROM vectors")
        connection.execute("INSERT INTO next_captions SELECT id, embedding FROM captions")
    with catalog.writing() as writer:
        writer.take_next_vectors(ModelRecord("other", "f", 8))
    written: list[int] = []
    monkeypatch.setattr(TextIndex, "_put", lambda _, __, values: written.extend(number for number, _ in values))
    assert texts.holding("italy").tolist() == ids[:2]
    assert written == []


def test_any_sequence_of_changes_is_followed(catalog: Catalog, tmp_path: Path) -> None:
    dice, texts = random.Random(5), DerivedTexts(catalog, tmp_path, writable=True)
    words = "dog snow 黑狗 雪 café BeachParty 2207 हिन्दी".split()
    vector, path = (
        PhotoVector(embedding(), None),
        lambda: f"{dice.choice(words)}/{dice.choice(words)}_{dice.randrange(9)}.jpg",
    )
    put_photos(catalog, ["first.jpg"])
    for step in range(40):
        with catalog.writing() as writer:
            for _ in range(dice.randrange(1, 3)):
                known = {found: photo.id for (_, found), photo in catalog.files.all().items()}
                photo_id, new = dice.choice(list(known.values())), path()
                match dice.randrange(7):
                    case 0 | 1:
                        writer.put_photo(state(new), PhotoDetails(4, 4), vector, reader_version=1)
                    case 2 if new not in known:
                        writer.rename(photo_id, state(new))
                    case 3 if len(known) > 1:
                        writer.remove(photo_id)
                    case 4:
                        writer.put_skipped(state(dice.choice(list(known))), "unreadable", reader_version=1)
                    case 5:
                        writer.put_caption(photo_id, " ".join(dice.choices(words, k=2)), embedding())
                    case 6:
                        for caption in catalog.captions.known().get(photo_id, {}).values():
                            writer.remove_caption(caption)
        for word in dice.sample([*words, "beach", "snow dog"], 4):
            assert texts.holding(word).tolist() == photos_holding(catalog, word), (step, word)
    assert texts.faults() == []
    texts.close()


def test_a_catalog_that_does_not_note_renames_is_indexed_anew(
    catalog: Catalog, texts: DerivedTexts, ids: list[int]
) -> None:
    with catalog.writing() as writer:
        writer.rename(ids[1], state("Spain/puppy.jpg"))
    with catalog.transaction() as connection:  # as a read-only catalog of an older release
        connection.execute("DROP TABLE reworded")
    assert texts.holding("puppy").tolist() == [ids[1]]


def test_the_folders_names_count_in_a_collection_of_several(
    catalog: Catalog, texts: DerivedTexts, ids: list[int]
) -> None:
    assert texts.holding("photos").tolist() == []
    (other,) = put_photos(catalog, ["1.jpg"], folder="Grandpa")
    assert texts.holding("grandpa").tolist() == [other]
    assert texts.found("photos dog").ids[0] == ids[1]


def test_what_is_on_disk_is_used_again(
    catalog: Catalog, texts: DerivedTexts, ids: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TextIndex, "write_anew", pytest.fail)
    with closing(DerivedTexts(catalog, tmp_path, writable=True)) as again:
        assert again.holding("horse").tolist() == [ids[0]]


def test_a_catalog_restored_from_a_backup_is_indexed_anew(
    catalog: Catalog, texts: DerivedTexts, ids: list[int]
) -> None:
    catalog.set_meta({"generation": "1"})
    with catalog.transaction() as connection:
        connection.execute("UPDATE photos SET path = 'old.jpg' WHERE id = ?", (ids[1],))
    assert texts.holding("old").tolist() == [ids[1]]


@pytest.mark.parametrize(
    "damage", ["empty", "cut", "garbage", "overwritten", "another program's", "no table", "lost photo"]
)
def test_a_damaged_file_is_made_again_with_a_line_in_the_log(
    damage: str, catalog: Catalog, ids: list[int], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(DerivedTexts(catalog, tmp_path, writable=True)) as before:
        before.synced()
    file = tmp_path / FILE
    content = file.read_bytes()
    match damage:
        case "empty":
            file.write_bytes(b"")
        case "cut":
            file.write_bytes(content[: len(content) // 2])
        case "garbage":
            file.write_bytes(random.Random(1).randbytes(len(content)))
        case "overwritten":
            file.write_bytes(content[:4096] + b"\7" * (len(content) - 4096))
        case _:
            sql = {
                "another program's": "CREATE TRIGGER t AFTER INSERT ON stamp BEGIN DELETE FROM stamp; END",
                "no table": "DROP TABLE texts_data",
                "lost photo": f"DELETE FROM texts WHERE rowid = {ids[0]}",
            }[damage]
            with closing(sqlite3.connect(file)) as connection:
                connection.execute(sql)
                connection.commit()
    with closing(DerivedTexts(catalog, tmp_path, writable=True)) as texts, caplog.at_level(logging.WARNING):
        assert texts.holding("horse").tolist() == [ids[0]]
        assert texts.found("IMG_1").ids.tolist() == [ids[0]]
        assert texts.faults() == []
    assert is_made_anew(caplog) or damage in ("empty", "another program's")


def test_damage_met_by_a_running_search_is_mended(
    catalog: Catalog, texts: DerivedTexts, ids: list[int], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    texts.close()
    file = tmp_path / FILE
    file.write_bytes(file.read_bytes()[:8192])
    assert texts.holding("horse").tolist() == [ids[0]]
    assert is_made_anew(caplog)


def test_the_file_of_another_collection_is_made_again(
    catalog: Catalog, texts: DerivedTexts, ids: list[int], tmp_path: Path
) -> None:
    texts.close()
    (tmp_path / "b").mkdir()
    with closing(Catalog(tmp_path / "b" / "catalog.sqlite", create=True)) as other:
        put_photos(other, ["zebra.jpg"])
        (tmp_path / "b" / FILE).write_bytes((tmp_path / FILE).read_bytes())
        with closing(DerivedTexts(other, tmp_path / "b", writable=True)) as found:
            assert found.holding("horse").tolist() == []
            assert len(found.holding("zebra")) == 1


@pytest.mark.parametrize("is_new", [True, False])
def test_an_interrupted_update_leaves_the_index_as_it_was(
    is_new: bool, catalog: Catalog, texts: DerivedTexts, ids: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_new:
        put_photos(catalog, ["1.jpg"], folder="Grandpa")
    put_captions(catalog, {ids[1]: ["a black cow"]})
    with monkeypatch.context() as patched:
        patched.setattr(TextIndex, "_put", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            texts.synced()
    assert not list(tmp_path.glob("*-journal"))
    assert texts.holding("cow").tolist() == [ids[1]]
    assert texts.holding("horse").tolist() == [ids[0]]


@pytest.mark.parametrize("moment", ["write_anew", "change"])
def test_a_process_killed_while_it_writes_does_no_harm(
    moment: str, catalog: Catalog, texts: DerivedTexts, ids: list[int], tmp_path: Path
) -> None:
    if moment == "write_anew":
        put_photos(catalog, ["1.jpg"], folder="Grandpa")
    put_captions(catalog, {ids[1]: ["a black cow"]})
    program = f"""
import os
from pathlib import Path
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.texts.text_index import TextIndex
from twinlens.collection.texts.derived_texts import DerivedTexts
put, place = TextIndex._put, Path({str(tmp_path)!r})
def die(self, connection, values):
    put(self, connection, values)
    connection.execute("PRAGMA cache_spill = 1")
    connection.execute("INSERT INTO texts (texts) VALUES ('optimize')")
    os._exit(9)
TextIndex._put = die
DerivedTexts(Catalog(place / "catalog.sqlite"), place, writable=True).synced()
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 9
    assert texts.holding("cow").tolist() == [ids[1]]
    assert texts.holding("horse").tolist() == [ids[0]]
    assert texts.faults() == []


def test_a_folder_that_cannot_be_written_keeps_the_index_in_memory(
    catalog: Catalog, ids: list[int], tmp_path: Path
) -> None:
    with closing(DerivedTexts(catalog, tmp_path / "away", writable=False)) as texts:
        assert texts.holding("horse").tolist() == [ids[0]]
        put_captions(catalog, {ids[1]: ["a black cow"]})
        assert texts.found("cow").ids.tolist() == [ids[1]]
        assert texts.faults() == []
    assert not (tmp_path / "away").exists()


def test_a_file_that_cannot_be_made_does_not_matter(
    catalog: Catalog, ids: list[int], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / FILE).mkdir()
    with closing(DerivedTexts(catalog, tmp_path, writable=True)) as texts:
        assert texts.holding("horse").tolist() == [ids[0]]
    assert "the texts are indexed in memory" in caplog.text


@pytest.mark.parametrize("writable", [True, False])
def test_threads_may_search_while_the_catalog_changes(
    writable: bool, catalog: Catalog, ids: list[int], tmp_path: Path
) -> None:
    texts, stop = DerivedTexts(catalog, tmp_path, writable=writable), threading.Event()

    def search() -> bool:
        while not stop.is_set():
            if ids[0] not in texts.holding("horse"):
                return False
        return True

    with ThreadPoolExecutor(3) as pool:
        searches = [pool.submit(search) for _ in range(3)]
        for number in range(10):
            put_captions(catalog, {ids[1]: [f"cow {number}"]})
            assert texts.holding(f"cow {number}").tolist() == [ids[1]]
        stop.set()
        assert all(one.result() for one in searches)
    texts.close()


def test_two_processes_share_the_file(catalog: Catalog, texts: DerivedTexts, ids: list[int], tmp_path: Path) -> None:
    """Each has its own objects, as two processes have."""
    with (
        closing(Catalog(tmp_path / "catalog.sqlite")) as second,
        closing(DerivedTexts(second, tmp_path, writable=True)) as others,
    ):
        for number in range(5):
            put_captions(catalog if number % 2 else second, {ids[1]: [f"cow {number}"]})
            asked = (texts, others) if number % 3 else (others, texts)
            assert [one.holding(f"cow {number}").tolist() for one in asked] == [[ids[1]], [ids[1]]]
        others.make_again()
        assert texts.holding("cow 4").tolist() == [ids[1]]


def test_filters_keep_ranks(texts: DerivedTexts, ids: list[int]) -> None:
    matches = texts.found("italy dog")
    assert matches.among(np.array([ids[0]])).ranks.tolist() == [2]
    assert texts.found("italy dog", most=1).ids.tolist() == [ids[1]]
