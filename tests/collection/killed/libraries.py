"""Collections just before a change that is to be killed, and that change."""

import os
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

from collection.killed.runner import Change
from conftest import COLOURS, draw_photo
from twinlens.collection.collection import Collection

PAGE_BYTES = 4096
NAMES = list(COLOURS)


def path_of(number: int) -> str:
    return f"{number % 3}/{number:02}.bmp"


def draw(photos: Path, name: str, *, seed: int, colour: int | None = None) -> None:
    """A photo with a date of its own; all have the same size in bytes."""
    file = draw_photo(photos / name, NAMES[(seed if colour is None else colour) % 6], seed=seed)
    os.utime(file, ns=(0, (1_500_000_000 + seed) * 10**9))


def write_captions(photos: Path, *, word: str, first: int = 0) -> str:
    """One to three captions of every second photo; the next list may have other ones."""
    rows = [
        f"{path_of(number)},{NAMES[(number + turn) % 6]} {word if turn else 'thing'} {number}"
        for number in range(first, 24, 2)
        for turn in range(number % 3 + 1)
    ]
    file = photos.with_name("captions.csv")
    file.write_text("\n".join(["image,caption", *rows]))
    return str(file)


def indexed(photos: Path) -> None:
    """24 photos, two of one content, with captions and eight favourites."""
    for number in range(24):
        draw(photos, path_of(number), seed=number % 23)
    with Collection.open(photos) as collection:
        collection.index(captions=write_captions(photos, word="old"))
        collection.mark_favourites([path_of(number) for number in range(0, 24, 3)])


def first_index(photos: Path) -> Change:
    for number in range(24):
        draw(photos, path_of(number), seed=number % 23)
    return Change("index", {"captions": write_captions(photos, word="old")})


def changed_files(photos: Path) -> Change:
    """New, changed, damaged, renamed, swapped, copied and deleted photos; other captions."""
    indexed(photos)
    for number in range(24, 30):
        draw(photos, path_of(number), seed=number)
    for number in (0, 1, 2):
        draw(photos, path_of(number), seed=100 + number, colour=5 - number)
    (photos / path_of(3)).write_bytes(b"BM" + bytes(100))
    for number in (4, 5, 6, 7):
        (photos / path_of(number)).rename(photos / f"renamed {number}.bmp")
    (photos / path_of(8)).rename(photos / "aside")
    (photos / path_of(9)).rename(photos / path_of(8))
    (photos / "aside").rename(photos / path_of(9))
    (photos / "copy.bmp").write_bytes((photos / path_of(10)).read_bytes())
    os.utime(photos / "copy.bmp", (0, 1_600_000_000))
    for number in range(12, 19):
        (photos / path_of(number)).unlink()
    return Change("index", {"captions": write_captions(photos, word="new", first=8)})


def changed_files_on_a_share(photos: Path) -> Change:
    return changed_files(photos)._replace(journal="DELETE")


def returned_files(photos: Path) -> Change:
    """Photos of which captions and marks were kept are back by other names; others are gone."""
    indexed(photos)
    away = photos.with_name("away")
    away.mkdir()
    for number in range(10):
        (photos / path_of(number)).rename(away / f"{number}.bmp")
    with Collection.open(photos) as collection:
        collection.index()
    for number in range(10):
        (away / f"{number}.bmp").rename(photos / f"back {number}.bmp")
    for number in range(14, 20):
        (photos / path_of(number)).unlink()
    return Change("index")


def another_model(photos: Path) -> Change:
    indexed(photos)
    return Change("switch_model", {"model": "turned"})


def another_model_and_files(photos: Path) -> Change:
    """Photos that have come or gone are indexed in the same run."""
    changed_files(photos)
    return Change("switch_model", {"model": "turned"})


def hidden_changes(photos: Path) -> Change:
    """Other content with the same size and date."""
    indexed(photos)
    for number in range(0, 24, 4):
        draw(photos, path_of(number), seed=number, colour=number + 1)
    return Change("index", {"verify": True})


def marks(photos: Path) -> Change:
    indexed(photos)
    marked, unmarked = [path_of(n) for n in range(1, 24, 2)], [path_of(n) for n in range(0, 24, 6)]
    return Change("mark", {"marked": marked, "unmarked": unmarked})


def damaged(*names: str) -> Callable[[Path], Change]:
    """A catalog of which the first pages of tables were overwritten; "" is the list of tables."""

    def destroy(photos: Path) -> Change:
        indexed(photos)
        catalog = photos / ".twinlens" / "catalog.sqlite"
        with closing(sqlite3.connect(catalog)) as connection:
            pages = dict(connection.execute("SELECT name, rootpage FROM sqlite_master")) | {"": 1}
        with catalog.open("r+b") as file:
            for name in names:
                file.seek((pages[name] - 1) * PAGE_BYTES)
                file.write(b"\x55" * PAGE_BYTES)
        return Change("mend")

    return destroy


LIBRARIES: Mapping[str, Callable[[Path], Change]] = {
    "first index": first_index,
    "changed files": changed_files,
    "changed files on a share": changed_files_on_a_share,
    "returned files": returned_files,
    "another model": another_model,
    "another model and files": another_model_and_files,
    "hidden changes": hidden_changes,
    "marks": marks,
    "damaged photos": damaged("photos"),
    "damaged captions and vectors": damaged("captions", "vectors"),
    "damaged list of tables": damaged(""),
}
