"""Files that other programs or a failing disk overwrote or cut short: no crash, and no wrong answer."""

import os
import shutil
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest

from collection.conftest import OpenCollection
from conftest import PhotoMaker
from twinlens.collection.collection import Collection
from twinlens.collection.repairing.repair import repair
from twinlens.collection.repairing.report import RepairReport
from twinlens.errors import CatalogDamagedError, CollectionError, VectorsDamagedError
from twinlens.stores import checked_rows
from twinlens.stores.exact import ExactStore

Found: TypeAlias = list[list[tuple[str, float, str | None]]]
FIRST_SEED = int(os.environ.get("FIRST_SEED", "1000"))  # any other finds other damage
SEEDS = int(os.environ.get("SEEDS", "150"))  # of the slow test; 1000 take three minutes
COLOURS = ["red", "green", "blue", "yellow", "white", "black"]


def lost_captions(collection: Collection, target: str) -> bool:
    return target == "caption" and collection.catalog.captions.is_empty()


def found(collection: Collection) -> Found:
    """All photos and captions for all colours: what must never be wrong."""
    answers = []
    for target in ("image", "caption"):
        for colour in COLOURS:
            hits = [] if lost_captions(collection, target) else collection.search(colour, k=100, target=target)
            answers.append([(hit.id, round(hit.score, 4), hit.caption) for hit in hits])
    return answers


def shown(answers: Found) -> list[list[tuple[str, float]]]:
    """Which photos have which score; photos that were read again have other ids, so equal ones change places."""
    return [sorted((photo, score) for photo, score, _ in answer) for answer in answers]


@pytest.fixture
def library(make_photo: PhotoMaker, open_collection: OpenCollection, photos: Path, tmp_path: Path) -> Path:
    """A closed collection of 30 photos with 30 captions and 10 favourites, and its answers."""
    for number in range(30):
        make_photo(f"album {number % 3}/{number:02d}.png", COLOURS[number % 6], seed=number)
    rows = [f"album {n % 3}/{n:02d}.png,{COLOURS[n % 6]} number {n}" for n in range(30)]
    (tmp_path / "captions.csv").write_text("\n".join(["image,caption", *rows]))
    collection = open_collection()
    collection.index(captions=tmp_path / "captions.csv")
    collection.mark_favourites([f"album {n % 3}/{n:02d}.png" for n in range(10)])
    collection.search("red")
    collection.search("red", target="caption")
    collection.close()
    return photos / ".twinlens"


def overwrite(file: Path, random: np.random.Generator) -> None:
    size = file.stat().st_size
    length = int(random.choice([1, 8, 100, 3000, 8000]))
    place = int(random.integers(size))
    if random.random() < 0.3:
        place -= place % 4096
    new = bytes(length) if random.random() < 0.3 else random.bytes(length)
    with file.open("r+b") as opened:
        opened.seek(place)
        opened.write(new[: size - place])


def cut(file: Path, random: np.random.Generator) -> None:
    os.truncate(file, int(random.integers(file.stat().st_size)))


def check_damaged(library: Path, truth: Found, open_collection: OpenCollection, seed: int) -> RepairReport:
    """Damages one file, searches, repairs, indexes, and searches again."""
    random = np.random.default_rng(seed)
    files = sorted([library / "catalog.sqlite", *library.glob("exact/*-*"), library / "exact" / "stamp.json"])
    file = library / "catalog.sqlite" if random.random() < 0.6 else files[int(random.integers(len(files)))]
    (overwrite if random.random() < 0.8 else cut)(file, random)
    try:
        collection = open_collection(library)
        assert found(collection) == truth, f"a wrong answer after damage to {file.name}"
        collection.close()
    except CatalogDamagedError:
        assert file.name == "catalog.sqlite", f"damage to {file.name} must be mended at once"
    report = repair(library)
    collection = open_collection(library)
    collection.index()
    again = found(collection)
    assert shown(again)[:6] == shown(truth)[:6]
    if not report.captions_lost and all(table.rows == table.known for table in report.tables):
        assert shown(again) == shown(truth)
    assert collection.faults() == []
    marked = {f"album {n % 3}/{n:02d}.png" for n in range(10)}
    assert set(collection.favourites()) <= marked
    collection.close()
    return report


@pytest.mark.parametrize("most_bytes_read", [checked_rows.MOST_BYTES_READ, 0], ids=["read", "mapped"])
def test_vectors_cut_short_while_they_are_searched_are_rebuilt(
    library: Path,
    open_collection: OpenCollection,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    most_bytes_read: int,
) -> None:
    monkeypatch.setattr(checked_rows, "MOST_BYTES_READ", most_bytes_read)
    served = open_collection(library)
    truth = found(served)
    for number, file in enumerate(sorted(library.glob("exact/vectors-*"))):
        os.truncate(file, 0 if number else 100)
    assert found(served) == truth
    (line,) = [record.getMessage() for record in caplog.records]
    assert "has 100 bytes instead of" in line or "has 0 bytes instead of" in line
    assert "they are rebuilt" in line
    caplog.clear()
    assert found(open_collection(library)) == truth
    assert caplog.records == []


def test_embeddings_of_another_length_are_told_and_repaired(library: Path, open_collection: OpenCollection) -> None:
    truth = found(open_collection(library))
    collection = open_collection(library)
    collection.catalog.set_meta({"dim": "12"})  # as if the log of a change of model was lost
    collection.close()
    for _ in range(2):
        with pytest.raises(CatalogDamagedError, match="embeddings of 8 numbers, by a model of 12"):
            open_collection(library).search("red")
    collection = open_collection(library)
    collection.catalog.set_meta({"dim": "8"})
    assert found(collection) == truth


def test_embeddings_of_another_length_are_read_again_after_a_repair(
    library: Path, open_collection: OpenCollection
) -> None:
    collection = open_collection(library)
    truth = found(collection)
    short = np.array([1.0, 0.0], dtype="<f4").tobytes()
    with collection.catalog.transaction() as connection:
        connection.execute("UPDATE vectors SET embedding = ?", (short,))
    collection.close()
    report = repair(library)
    assert report.photos_to_read == 30
    collection = open_collection(library)
    collection.index()
    assert shown(found(collection)) == shown(truth)


def test_a_disk_that_damages_what_is_written_ends_in_an_error(
    library: Path, open_collection: OpenCollection, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(library / "exact")

    def fail(*_: object, **__: object) -> None:
        raise VectorsDamagedError("vectors-0.f32 was overwritten")

    monkeypatch.setattr(ExactStore, "update", fail)
    with pytest.raises(CollectionError, match=r"damaged again .* check the disk"):
        open_collection(library).search("red")


@pytest.mark.parametrize("seed", range(24))
def test_damage_is_noticed_or_harmless_and_can_be_repaired(
    library: Path, open_collection: OpenCollection, seed: int
) -> None:
    truth = found(open_collection(library))
    check_damaged(library, truth, open_collection, seed)


@pytest.mark.thorough
@pytest.mark.slow
def test_many_kinds_of_damage(library: Path, open_collection: OpenCollection, tmp_path: Path) -> None:
    truth = found(open_collection(library))
    whole = tmp_path / "whole"
    shutil.copytree(library, whole)
    for seed in range(FIRST_SEED, FIRST_SEED + SEEDS):
        shutil.rmtree(library)
        shutil.copytree(whole, library)
        check_damaged(library, truth, open_collection, seed)
