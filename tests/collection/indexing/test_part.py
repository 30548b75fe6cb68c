"""A run that looks at a part of the folders leaves the same catalog as one that looks at everything."""

import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from conftest import draw_photo
from twinlens.collection.catalog.sqlite import integrity
from twinlens.collection.collection import Collection
from twinlens.collection.indexing.scanning.last_scan import read_last_scan
from twinlens.collection.indexing.scanning.scan import scan_folder
from twinlens.collection.indexing.updating import comparing as module
from twinlens.collection.indexing.watching.changes import Changes
from twinlens.collection.place.photo_folders import FileKey

COLOURS = ("red", "green", "blue", "white", "black", "yellow")


def state(collection: Collection) -> object:
    """All that a catalog and its side file say, but for ids and what is counted."""
    rows = collection.catalog.rows(
        "SELECT path, size_bytes, mtime_ns, hex(content_hash), width, taken_at, skip_reason, beside, "
        "(SELECT group_concat(text) FROM captions WHERE photo_id = photos.id), "
        "(SELECT group_concat(tag) FROM tags WHERE photo_id = photos.id), "
        "(SELECT group_concat(kind || text) FROM photo_texts WHERE photo_id = photos.id), "
        "(SELECT hex(embedding) FROM vectors WHERE photo_id = photos.id) FROM photos ORDER BY path"
    )
    last = read_last_scan(collection.catalog)
    kept = collection.catalog.rows("SELECT hex(content_hash), kind, value FROM kept ORDER BY 1, 2, 3")
    return rows, last and last.dates, sorted(collection.skipped()), kept


class Twins:
    """Two collections of one folder: one is told what has changed, one looks at everything."""

    def __init__(self, photos: Path, tmp_path: Path) -> None:
        self.photos = photos
        self.told, self.looking = (Collection.create([photos], at=tmp_path / name) for name in ("told", "looking"))
        self.index(None)

    def index(self, changed: set[str] | None, deleted: set[str] = frozenset()) -> None:
        """Brings both up to date."""
        (folder,) = self.told.folders()
        paths = None if changed is None else frozenset[FileKey]((folder.id, path) for path in changed)
        self.told.index_changes(Changes(deleted=frozenset((folder.id, path) for path in deleted), paths=paths))
        self.looking.index(forget_missing=True)

    def close(self) -> None:
        for collection in (self.told, self.looking):
            collection.close()


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The photo folders that were scanned as a whole."""
    seen: list[Path] = []

    def scan(root: Path, **options: object) -> object:
        seen.append(root)
        return scan_folder(root, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "scan_folder", scan)
    return seen


@pytest.fixture
def twins(photos: Path, tmp_path: Path, models: object) -> Iterator[Twins]:
    draw_photo(photos / "first.png", seed=1)
    made = Twins(photos, tmp_path)
    yield made
    made.close()


class Changer:
    """Does something to the files, and tells what the system would."""

    def __init__(self, photos: Path, seed: int) -> None:
        self.photos, self.dice, self.serial = photos, Random(seed), 100 * seed
        self.told: set[str] | None = set()
        self.deleted: set[str] = set()

    def act(self) -> None:
        often = [self.add, self.add, self.edit, self.delete, self.move, self.copy, self.write_beside, self.move_folder]
        self.dice.choice([*often, self.delete_folder, self.damage] * 2 + [self.leave_out])()

    def add(self) -> None:
        self.serial += 1
        path = self.photos / self.dice.choice(["", "a", "a/x", "b", "c/d", "c/d/e"]) / f"{self.dice.randrange(30)}.png"
        self.tell(path)
        draw_photo(path, self.dice.choice(COLOURS), seed=self.serial)

    def edit(self) -> None:
        if path := self.any_photo():
            self.serial += 1
            draw_photo(path, self.dice.choice(COLOURS), seed=self.serial, size=(50, 20))
            self.tell(path, may_be_lost=False)

    def delete(self) -> None:
        if path := self.any_photo():
            path.unlink()
            self.tell(path)

    def move(self) -> None:
        if path := self.any_photo():
            self.serial += 1
            target = (
                path.parent / f"moved {self.serial}.png" if self.dice.random() < 0.3 else self.photos / "b" / path.name
            )
            target.parent.mkdir(exist_ok=True)
            path.rename(target)
            self.tell(path)
            self.tell(target, may_be_lost=False)  # it may have taken the place of another one

    def copy(self) -> None:
        if path := self.any_photo():
            self.serial += 1
            self.tell(target := path.with_name(f"copy {self.serial}.png"))
            shutil.copy(path, target)

    def write_beside(self) -> None:
        if path := self.any_photo():
            beside = path.with_name(f"{path.name}.json")
            beside.write_text(json.dumps({"title": path.name, "description": f"text {self.dice.randrange(9)}"}))
            self.tell(beside, may_be_lost=False)

    def move_folder(self) -> None:
        self.serial += 1
        if folder := self.any_folder():
            folder.rename(target := self.photos / f"folder {self.serial}")
            self.tell(folder, may_be_lost=False)
            self.tell(target, may_be_lost=False)

    def delete_folder(self) -> None:
        if folder := self.any_folder():
            self.deleted |= {path.relative_to(self.photos).as_posix() for path in folder.rglob("*.png")}
            shutil.rmtree(folder)
            self.tell(folder)

    def damage(self) -> None:
        self.serial += 1
        self.tell(path := self.photos / f"damaged {self.serial}.png")
        path.write_bytes(b"no photo" + bytes([self.serial % 256]))

    def leave_out(self) -> None:
        name = self.dice.choice([".nomedia", ".twinlensignore"])
        folder = self.any_folder() or self.photos
        (folder / name).write_text("1*.png\n")
        self.told = None  # which is when the watch has everything looked at

    def any_photo(self) -> Path | None:
        found = sorted(path for path in self.photos.rglob("*.png") if path.name != "first.png")
        return self.dice.choice(found) if found else None

    def any_folder(self) -> Path | None:
        found = sorted(path for path in self.photos.rglob("*") if path.is_dir())
        return self.dice.choice(found) if found else None

    def tell(self, path: Path, *, may_be_lost: bool = True) -> None:
        """An event; one of a photo that came or went may be lost, which the date of its folder shows."""
        name = path.relative_to(self.photos).as_posix()
        if not path.exists():
            self.deleted.add(name)
        if self.told is not None and not (may_be_lost and not path.exists() and self.dice.random() < 0.3):
            self.told.add(name)


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_the_catalog_is_the_same(twins: Twins, photos: Path, looks: list[Path], seed: int) -> None:
    changer = Changer(photos, seed)
    for _ in range(10):
        changer.told, changer.deleted = set(), set()
        for _ in range(changer.dice.randint(1, 5)):
            changer.act()
        twins.index(changer.told, changer.deleted)
        assert state(twins.told) == state(twins.looking)
        if path := changer.any_photo():
            name = path.relative_to(photos).as_posix()
            for collection in (twins.told, twins.looking):
                if collection.photo(name):
                    collection.tags.add(["given"], [name])
    assert len(looks) <= 17, "most of the ten runs that are told what has changed look at all"


def test_only_the_folders_of_what_has_changed_are_listed(
    twins: Twins, photos: Path, looks: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("a", "b", "c"):
        draw_photo(photos / folder / "1.png", seed=ord(folder))
    twins.index(None)
    listed: list[str] = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda place: scandir(listed.append(str(place)) or place))
    looks.clear()
    draw_photo(photos / "b" / "2.png", "blue", seed=9)
    (folder,) = twins.told.folders()
    report = twins.told.index_changes(Changes(paths=frozenset({(folder.id, "b/2.png")})))
    assert (report.added, report.images, looks) == (1, 5, [])
    assert {place for place in listed if place.startswith(str(photos))} == {str(photos / "b")}


@pytest.mark.parametrize("kind", ["emptied", "no last scan", "links", "a link"])
def test_what_a_part_cannot_tell_is_left_to_a_look_at_everything(
    twins: Twins, photos: Path, looks: list[Path], kind: str
) -> None:
    draw_photo(photos / "a" / "1.png", seed=3)
    twins.index(None)
    looks.clear()
    (folder,) = twins.told.folders()
    if kind == "emptied":  # as if the disk of "a" were not mounted
        (photos / "a" / "1.png").unlink()
    elif kind == "no last scan":
        (twins.told.path / "last_scan.jsonl").unlink()
    elif kind == "links":
        twins.told.index(follow_links=True)
        looks.clear()
    else:
        shutil.rmtree(photos / "a")
        (photos / "a").symlink_to(photos.parent)
    report = twins.told.index_changes(Changes(paths=frozenset({(folder.id, "a/1.png")})))
    assert looks == [photos]
    assert len(report.kept_folders) == (kind == "emptied")
    assert report.images == (1 if kind == "a link" else 2)


def test_a_large_catalog_is_not_checked_for_a_part_nor_when_it_is_opened_next(
    twins: Twins, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(integrity, "QUICK_BYTES", 0)
    checks: list[object] = []
    monkeypatch.setattr(integrity, "structure_faults", lambda *args: checks.append(args) or [])
    draw_photo(photos / "a" / "1.png", seed=3)
    (folder,) = twins.told.folders()
    assert twins.told.index_changes(Changes(paths=frozenset({(folder.id, "a/1.png")}))).added == 1
    Collection.open(twins.told.path).close()
    assert not checks
    twins.told.index()
    (twins.told.path / integrity.CHECKED).unlink()
    Collection.open(twins.told.path).close()
    assert checks


def test_a_very_large_catalog_is_checked_again_from_time_to_time(
    twins: Twins, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(integrity, "QUICK_BYTES", 0)
    monkeypatch.setattr(integrity, "VERY_LARGE_BYTES", 0)
    checks: list[object] = []
    monkeypatch.setattr(integrity, "structure_faults", lambda *args: checks.append(args) or [])
    draw_photo(photos / "new" / "1.png", seed=1)
    assert twins.told.index().added == 1
    assert checks, "nothing tells when it was checked before"
    checks.clear()
    draw_photo(photos / "new" / "2.png", seed=2)
    assert twins.told.index().added == 1
    assert not checks
    note = twins.told.path / integrity.FULLY
    long_ago = time.time() - 86_400 * (integrity.CHECKED_DAYS + 1)
    note.write_text(json.dumps({"at": long_ago}), encoding="utf-8")
    draw_photo(photos / "new" / "3.png", seed=3)
    assert twins.told.index().added == 1
    assert len(checks) == 1
    assert json.loads(note.read_text(encoding="utf-8"))["at"] > long_ago
