"""A collection follows its folders: whatever happens in them is in the collection a moment later."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from watchfiles import Change

from conftest import PhotoMaker, draw_photo
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.collection import Collection
from twinlens.collection.indexing.scanning.missing import EMPTY, NO_DISK, MissingFolder
from twinlens.collection.indexing.telling.report import IndexReport
from twinlens.collection.indexing.watching import watch as module
from twinlens.collection.indexing.watching.changes import Changes
from twinlens.collection.place.photo_folders import PhotoFolder, PhotoFolders
from twinlens.errors import AlreadyIndexingError, AlreadyWatchedError, CollectionError

OpenCollection = Callable[..., Collection]
HANGS_S = 60


class Followed:
    """A collection that follows its folder in a thread."""

    def __init__(self, collection: Collection) -> None:
        self.collection, self.stop = collection, threading.Event()
        self.reports: list[IndexReport] = []
        self.errors: list[str] = []
        self._thread = threading.Thread(target=self._follow)

    def _follow(self) -> None:
        self.collection.follow(
            self.stop, on_report=self.reports.append, on_error=lambda error: self.errors.append(str(error))
        )

    def __enter__(self) -> "Followed":
        self._thread.start()
        self.until(lambda: bool(self.reports))
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self._thread.join()

    def until(self, is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + HANGS_S
        while not is_so():
            assert time.monotonic() < deadline, (self.found(), self.errors, self.reports)
            assert self._thread.is_alive()
            time.sleep(0.02)

    def found(self) -> list[str]:
        known = self.collection.catalog.files.all()
        return sorted(path for (_, path), file in known.items() if file.skip_reason is None)

    def until_found(self, *paths: str) -> None:
        self.until(lambda: self.found() == sorted(paths))


@pytest.fixture(params=["events", "looks"])
def followed(
    request: pytest.FixtureRequest,
    make_photo: PhotoMaker,
    open_collection: OpenCollection,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Followed]:
    """A library of a.png and trip/b.png, by the system's events, or as on a network drive."""
    monkeypatch.setattr(module, "LEAST_LOOK_S", 0.1)
    monkeypatch.setattr(module, "PRESENCE_S", 0.1)
    monkeypatch.setattr(module, "network_file_system", lambda _: "nfs4" if request.param == "looks" else None)
    make_photo("a.png", "red")
    make_photo("trip/b.png", "green")
    collection = open_collection()
    collection.index()
    with Followed(collection) as made:
        yield made


def test_photos_that_come_move_and_go_are_in_the_collection_a_moment_later(
    followed: Followed, photos: Path, tmp_path: Path
) -> None:
    draw_photo(photos / "new" / "deep" / "c.png", "blue", seed=3)
    followed.until_found("a.png", "new/deep/c.png", "trip/b.png")
    (photos / "trip").rename(photos / "tour")
    followed.until_found("a.png", "new/deep/c.png", "tour/b.png")
    followed.until(lambda: sum(report.renamed for report in followed.reports) == 1)
    shutil.rmtree(photos / "new")
    followed.until_found("a.png", "tour/b.png")
    many = tmp_path / "many"
    for number in range(40):
        draw_photo(many / f"{number:02}.png", seed=number + 9)
    many.rename(photos / "many")
    followed.until_found("a.png", "tour/b.png", *(f"many/{number:02}.png" for number in range(40)))
    assert followed.errors == []


def test_a_photo_folder_that_disappears_is_waited_for_and_nothing_is_removed(
    followed: Followed, photos: Path, tmp_path: Path
) -> None:
    elsewhere = draw_photo(tmp_path / "c.png", "blue", seed=5)
    for entry in (photos / "a.png", photos / "trip"):  # as if the disk were unmounted: the catalog lies in .twinlens
        entry.rename(tmp_path / entry.name)
    time.sleep(0.5)
    assert followed.found() == ["a.png", "trip/b.png"]
    for name in ("a.png", "trip"):
        (tmp_path / name).rename(photos / name)
    elsewhere.rename(photos / "c.png")
    followed.until_found("a.png", "c.png", "trip/b.png")
    assert sum(report.removed for report in followed.reports) == 0


@pytest.mark.parametrize("followed", ["events"], indirect=True)
class TestEvents:
    def test_an_edited_photo_is_read_again(self, followed: Followed, photos: Path) -> None:
        draw_photo(photos / "a.png", "blue", seed=4)
        followed.until(lambda: sum(report.updated for report in followed.reports) == 1)

    def test_the_last_photo_of_a_folder_can_be_deleted(self, followed: Followed, photos: Path) -> None:
        (photos / "trip" / "b.png").unlink()
        followed.until_found("a.png")

    def test_what_is_left_out_starts_no_run(self, followed: Followed, photos: Path) -> None:
        runs = len(followed.reports)
        (photos / "trip" / ".twinlensignore").write_text("*.jpg")
        followed.until(lambda: len(followed.reports) > runs)
        runs = len(followed.reports)
        for name in (".hidden.png", "notes.txt", "@eaDir/x.jpg", ".cache/x.png", "trip/x.jpg"):
            (photos / name).parent.mkdir(exist_ok=True)
            (photos / name).touch()
        draw_photo(photos / "last.png", "white", seed=7)
        followed.until_found("a.png", "last.png", "trip/b.png")
        assert len(followed.reports) <= runs + 2  # a run may begin between two events of the last one

    def test_an_ignore_file_takes_effect_at_once(self, followed: Followed, photos: Path) -> None:
        (photos / ".twinlensignore").write_text("trip/")
        followed.until_found("a.png")
        (photos / ".twinlensignore").unlink()
        followed.until_found("a.png", "trip/b.png")

    def test_one_process_follows_a_collection(self, followed: Followed) -> None:
        with pytest.raises(AlreadyWatchedError, match="up to date already"):
            followed.collection.follow(threading.Event())


def test_a_run_that_fails_is_tried_again_and_told_once(
    make_photo: PhotoMaker, open_collection: OpenCollection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twinlens.collection.indexing.watching.follow.FAILED_S", 0.0)
    monkeypatch.setattr("twinlens.collection.indexing.watching.follow.BUSY_S", 0.0)
    make_photo("a.png")
    collection, stop = open_collection(), threading.Event()
    failures = iter([CollectionError("disk"), CollectionError("disk"), AlreadyIndexingError("busy")])
    errors: list[str] = []

    def run(_: object) -> IndexReport:
        if (failure := next(failures, None)) is not None:
            raise failure
        stop.set()
        return IndexReport()

    collection.follow(stop, run=run, on_error=lambda error: errors.append(str(error)))
    assert errors == ["disk"]


def test_a_file_is_complete_when_no_event_has_come_for_a_while(
    photos: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    (photos / "other.txt").touch()  # an empty folder would be waited for
    catalog.add_folder("photos", str(photos))
    stop, clock = threading.Event(), [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: clock[0])

    def scripted(*_: object, **__: object) -> Iterator[set[tuple[Change, str]]]:
        """slow.jpg is written for two seconds, quick.jpg comes in the middle."""
        for tenth in range(40):
            clock[0] += 0.1
            events = {(Change.modified, str(photos / "slow.jpg"))} if tenth < 20 else set()
            yield events | ({(Change.added, str(photos / "quick.jpg"))} if tenth == 5 else set())
        stop.set()

    monkeypatch.setattr(module, "watch", scripted)
    runs = [
        (round(clock[0] - 100, 1), changes.being_written)
        for changes in module.Watch(catalog, PhotoFolders(photos, catalog), stop, polls=False).changes()
    ]
    assert runs == [
        (0.1, {(1, "slow.jpg")}),  # at first
        (1.2, {(1, "slow.jpg")}),  # quick.jpg is complete
        (2.5, set()),
    ]


@pytest.mark.parametrize(
    ("names", "paths"),
    [
        (["a.jpg", "trip/b.jpg.json"], {(1, "a.jpg"), (1, "trip/b.jpg.json")}),
        (["a.jpg", "trip/.twinlensignore"], None),  # what is left out may change anywhere below
        ([f"{number}.jpg" for number in range(30)], None),  # so many that some may not have been told
    ],
)
def test_a_run_is_told_what_has_changed_and_the_first_one_looks_at_everything(
    photos: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch, names: list[str], paths: set | None
) -> None:
    (photos / "other.txt").touch()
    catalog.add_folder("photos", str(photos))
    stop, clock = threading.Event(), [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(module, "MOST_TOLD", 20)

    def scripted(*_: object, **__: object) -> Iterator[set[tuple[Change, str]]]:
        for tenth in range(20):
            clock[0] += 0.1
            yield {(Change.added, str(photos / name)) for name in names} if tenth == 3 else set()
        clock[0] += module.FULL_S
        yield set()
        stop.set()

    monkeypatch.setattr(module, "watch", scripted)
    watch = module.Watch(catalog, PhotoFolders(photos, catalog), stop, polls=False)
    assert [changes.paths for changes in watch.changes()] == [None, paths, None]


def test_a_change_does_not_wait_as_long_as_a_look_at_everything_takes(
    photos: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    (photos / "other.txt").touch()
    catalog.add_folder("photos", str(photos))
    stop, clock = threading.Event(), [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: clock[0])

    def scripted(*_: object, **__: object) -> Iterator[set[tuple[Change, str]]]:
        for tenth in range(60):
            clock[0] += 0.1
            yield {(Change.added, str(photos / "a.jpg"))} if tenth == 3 else set()
        stop.set()

    monkeypatch.setattr(module, "watch", scripted)
    runs = []
    for changes in module.Watch(catalog, PhotoFolders(photos, catalog), stop, polls=False).changes():
        runs.append((round(clock[0] - 100, 1), changes.paths))
        clock[0] += 20.0 if changes.paths is None else 0.1
    assert runs == [(0.1, None), (20.9, {(1, "a.jpg")})]


def test_a_run_that_failed_is_followed_by_one_that_looks_at_everything(
    photos: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    (photos / "other.txt").touch()
    catalog.add_folder("photos", str(photos))
    stop, clock = threading.Event(), [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: clock[0])

    def scripted(*_: object, **__: object) -> Iterator[set[tuple[Change, str]]]:
        for tenth in range(40):
            clock[0] += 0.1
            yield {(Change.added, str(photos / f"{tenth}.jpg"))} if tenth in (3, 20) else set()
        stop.set()

    monkeypatch.setattr(module, "watch", scripted)
    watch = module.Watch(catalog, PhotoFolders(photos, catalog), stop, polls=False)
    told = []
    for changes in watch.changes():
        told.append(changes.paths)
        if len(told) == 2:  # as when the catalog could not be written
            watch.again_in(60.0)
    assert told == [None, {(1, "3.jpg")}, None]


def test_only_a_folder_that_was_emptied_file_by_file_is_explained() -> None:
    folders = [PhotoFolder(1, Path("p"), "p/"), PhotoFolder(2, Path("q"), "q/")]
    deleted = Changes(deleted=frozenset({(1, "trip/a.jpg"), (1, "trip/deep/b.jpg"), (2, "trip/c.jpg")}))
    assert deleted.explain(MissingFolder("p/trip", 2, EMPTY), folders)
    assert not deleted.explain(MissingFolder("p/trip", 3, EMPTY), folders)
    assert not deleted.explain(MissingFolder("p/trip", 2, NO_DISK), folders)
    assert not Changes().explain(MissingFolder("p/trip", 1, EMPTY), folders)


def test_a_file_that_is_being_written_is_left_as_it_is_known(
    make_photo: PhotoMaker, open_collection: OpenCollection, photos: Path
) -> None:
    make_photo("a.png", "red")
    collection = open_collection()
    collection.index()
    (photos / "a.png").write_bytes((photos / "a.png").read_bytes()[:99])
    (photos / "b.png").write_bytes(b"\x89PNG")
    report = collection.index(being_written=frozenset({(1, "a.png"), (1, "b.png")}))
    assert (report.unchanged, report.skipped, report.removed) == (1, [], 0)
    assert [file.path for file in collection.index().skipped] == ["a.png", "b.png"]


def test_where_the_system_gives_no_events_folders_are_looked_at(
    make_photo: PhotoMaker,
    open_collection: OpenCollection,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def no_events(*_: object, **__: object) -> None:
        raise OSError("OS file watch limit reached")

    monkeypatch.setattr(module, "watch", no_events)
    monkeypatch.setattr(module, "LEAST_LOOK_S", 0.1)
    make_photo("a.png")
    with Followed(open_collection()) as followed:
        make_photo("b.png", seed=1)
        followed.until_found("a.png", "b.png")
    assert "the system tells of no changes (OS file watch limit reached)" in caplog.text
