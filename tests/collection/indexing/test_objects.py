"""Photos in object storage are indexed in place; what cannot be asked is no deletion."""

import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from conftest import ColourEncoder, PhotoMaker
from stored_photos import asked, coloured, put, remove
from twinlens.api.indexing import open_for_index
from twinlens.api.library import open_for_search, open_for_serving
from twinlens.collection.collection import Collection
from twinlens.collection.indexing.telling.report import IndexReport
from twinlens.collection.indexing.watching.changes import Changes
from twinlens.data.objects.stamp import SECOND_NS, date_ns
from twinlens.errors import CollectionError, NoPhotosError, PhotosMissingError, TwinlensError

XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:subject><rdf:Bag><rdf:li>lighthouse</rdf:li>'
    b"</rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>"
)


@pytest.fixture
def bucket() -> str:
    """The name of a bucket of this test with a red and a blue photo."""
    name = f"bucket-{uuid4().hex[:8]}"
    put(name, {"lib/red.png": coloured("red"), "lib/sea/blue.png": coloured("blue")})
    return name


@pytest.fixture
def library(bucket: str, models: dict[str, ColourEncoder]) -> Iterator[Collection]:
    """A collection of what is below ``lib``, not indexed yet."""
    with Collection.create(f"memory://{bucket}/lib") as made:
        yield made


def ids(library: Collection, query: str, k: int = 1) -> list[str]:
    return [hit.id for hit in library.search(query, k=k)]


def test_a_bucket_is_indexed_and_searched_like_a_folder(library: Collection, bucket: str, own_home: Path) -> None:
    report = library.index()
    assert (report.added, report.images, report.skipped) == (2, 2, [])
    assert library.path.is_relative_to(own_home)
    assert ids(library, "blue") == ["sea/blue.png"]
    (hit,) = library.search("red", k=1)
    assert str(hit.path) == f"memory://{bucket}/lib/red.png"
    assert [hit.id for hit in library.similar(str(hit.path), k=1)] == ["sea/blue.png"]
    assert ids(library, f"memory://{bucket}/lib/sea/blue.png") != ["sea/blue.png"]
    assert [hit.id for hit in library.search("red", folder=f"memory://{bucket}/lib/sea")] == ["sea/blue.png"]
    found = Collection.open(f"memory://{bucket}/lib")
    assert found.path == library.path
    found.close()
    with pytest.raises(CollectionError, match="is inside a folder that is already indexed"):
        Collection.open(f"memory://{bucket}/lib/sea")


def test_what_has_not_changed_is_not_read_again(
    library: Collection, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.index()
    with asked(monkeypatch) as counts:
        assert library.index().unchanged == 2
    assert counts["cat_file"] == 0
    assert counts["ls"] == 2
    put(bucket, {"lib/red.png": coloured("green")})
    with asked(monkeypatch) as counts:
        assert library.index().updated == 1
    assert counts["cat_file"] == 1
    assert ids(library, "green") == ["red.png"]


def test_an_object_that_was_copied_over_itself_is_known_by_its_etag(
    library: Collection, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tags = {"red.png": "1", "blue.png": "2"}
    seen_ns = []

    def with_tag(info: dict[str, object]) -> int:
        name = str(info["name"]).rpartition("/")[2]
        seen_ns.append(date_ns({**info, "ETag": tags[name]}))
        return seen_ns[-1]

    monkeypatch.setattr("twinlens.data.objects.stamp.date_ns", with_tag)
    library.index()
    for key in ("lib/red.png", "lib/sea/blue.png"):
        MemoryFileSystem().store[f"/{bucket}/{key}"].created = (
            MemoryFileSystem().created(f"/{bucket}/{key}").replace(year=2031)
        )
    tags["blue.png"] = "3"
    with asked(monkeypatch) as counts:
        assert library.index().unchanged == 2
    assert counts["cat_file"] == 1  # of the one with another ETag
    card = library.photo("red.png")
    assert card is not None
    assert card.mtime_ns // SECOND_NS > 1_900_000_000  # its new date was taken over


def test_a_photo_that_was_renamed_keeps_its_vector_and_one_that_was_deleted_goes(
    library: Collection, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.index()
    library.mark_favourites(["red.png"])
    put(bucket, {"lib/new/red.png": coloured("red")})
    remove(bucket, "lib/red.png")
    report = library.index()
    assert (report.renamed, report.added, report.removed) == (1, 0, 0)
    assert library.favourites() == ["new/red.png"]
    remove(bucket, "lib/sea/blue.png")
    assert library.index().removed == 1


@pytest.mark.parametrize("fault", [ConnectionError("refused"), PermissionError("denied"), TimeoutError("slow")])
def test_storage_that_cannot_be_asked_is_no_deletion(
    library: Collection, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    library.index()
    with asked(monkeypatch, fails=fault), pytest.raises(PhotosMissingError, match=r"cannot be reached|refuses access"):
        library.index()
    assert ids(library, "blue") == ["sea/blue.png"]
    assert library.index().unchanged == 2


def test_a_bucket_that_is_gone_is_no_deletion(library: Collection, bucket: str) -> None:
    library.index()
    remove(bucket)
    with pytest.raises(PhotosMissingError, match=r"there is nothing at .*/lib .*Nothing was changed"):
        library.index()
    assert len(library) == 2
    put(bucket, {"lib/notes.txt": b"."})
    with pytest.raises(CollectionError, match="contains no photos, but 2 were indexed there"):
        library.index()
    assert library.index(forget_missing=True).removed == 2


def test_storage_that_goes_away_in_the_middle_stops_the_run_and_keeps_what_was_read(
    library: Collection, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.index()
    put(bucket, {f"lib/more/{number:03}.png": coloured("green", side=16 + number) for number in range(70)})
    read, cat_file = [], MemoryFileSystem.cat_file

    def failing(self: MemoryFileSystem, path: str, **options: object) -> bytes:
        if len(read) >= 40:
            raise ConnectionError("reset by peer")
        read.append(path)
        return bytes(cat_file(self, path, **options))

    def away(self: MemoryFileSystem, path: str, **options: object) -> dict[str, object]:
        raise ConnectionError("reset by peer")

    with monkeypatch.context() as patch:
        patch.setattr("twinlens.data.objects.storage.FIRST_WAIT_S", 0.0)
        patch.setattr(MemoryFileSystem, "cat_file", failing)
        patch.setattr(MemoryFileSystem, "info", away)
        with pytest.raises(PhotosMissingError, match=r"cannot be reached .reset by peer.*What was read is kept"):
            library.index()
    assert 2 <= len(library) < 72
    assert library.status()["skipped"] == 0  # nobody was called unreadable
    known = len(library)
    report = library.index()
    assert (report.images, report.added, report.skipped) == (72, 72 - known, [])


def test_an_object_that_is_deleted_while_a_run_reads_is_skipped(
    library: Collection, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cat_file = MemoryFileSystem.cat_file

    def late(self: MemoryFileSystem, path: str, **options: object) -> bytes:
        if path.endswith("blue.png"):
            remove(bucket, "lib/sea/blue.png")
        return bytes(cat_file(self, path, **options))

    with monkeypatch.context() as patch:
        patch.setattr(MemoryFileSystem, "cat_file", late)
        report = library.index()
    assert [(file.path, file.reason) for file in report.skipped] == [("sea/blue.png", "file is gone")]
    assert report.added == 1
    assert library.index().skipped == []


def test_an_object_that_is_replaced_while_a_run_reads_is_right_after_the_next(
    library: Collection, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cat_file = MemoryFileSystem.cat_file

    def replaced_first(self: MemoryFileSystem, path: str, **options: object) -> bytes:
        if path.endswith("blue.png"):
            put(bucket, {"lib/sea/blue.png": coloured("yellow")})
        return bytes(cat_file(self, path, **options))

    def replaced_then(self: MemoryFileSystem, path: str, **options: object) -> bytes:
        content = bytes(cat_file(self, path, **options))
        if path.endswith("blue.png"):
            put(bucket, {"lib/sea/blue.png": coloured("green")})
        return content

    for meanwhile in (replaced_first, replaced_then):
        with monkeypatch.context() as patch:
            patch.setattr(MemoryFileSystem, "cat_file", meanwhile)
            library.index()
    assert library.index().skipped == []
    assert ids(library, "green") == ["sea/blue.png"]


def test_names_of_any_kind(library: Collection, bucket: str) -> None:
    names = ("new\nline.png", "é/ü ß.png", "a#b?c%20d+e&f.png", r"back\slash.png", "\u202e.png")
    put(bucket, {f"lib/{name}": coloured("green", side=16 + 2 * number) for number, name in enumerate(names)})
    report = library.index()
    assert report.images == 2 + len(names)
    assert {hit.id for hit in library.search("green", k=len(names))} == set(names)
    assert library.index().unchanged == 2 + len(names)


def test_what_is_not_read_is_told(library: Collection, bucket: str) -> None:
    others = {
        "film.mp4": b"x",
        "trip.zip": b"x",
        "notes.txt": b"x",
        ".hidden.png": b"x",
        "empty.png": b"",
        "bad.png": b"x",
    }
    put(bucket, {f"lib/{name}": content for name, content in others.items()})
    report = library.index(archives=True)
    assert report.images == 2
    told = {file.path: file.reason for file in report.skipped}
    assert told == {
        "film.mp4": "video in object storage, not read; a copy in a folder is",
        "trip.zip": "archive in object storage, not opened; unpack it there",
        "notes.txt": "not an image by its name (.txt)",
        "empty.png": "empty file",
        "bad.png": "not an image, or a damaged one",
    }
    assert [one.reason for one in report.left_out] == ["hidden file"]


def test_files_beside_photos_and_patterns_count_as_in_folders(
    library: Collection, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(
        bucket,
        {
            "lib/red.xmp": XMP,
            "lib/private/green.png": coloured("green"),
            "lib/private/.nomedia": b"",
            "lib/old/white.png": coloured("white"),
            "lib/drafts/black.png": coloured("black"),
            "lib/.twinlensignore": b"drafts/\n",
        },
    )
    with asked(monkeypatch) as counts:
        assert library.index(exclude=["old/"]).images == 2
    assert counts["ls"] == 3  # what patterns leave out is not listed: drafts and old
    assert ids(library, "tag:lighthouse") == ["red.png"]


def test_a_collection_may_have_a_bucket_and_a_folder(
    bucket: str, make_photo: PhotoMaker, photos: Path, tmp_path: Path, models: dict[str, ColourEncoder]
) -> None:
    make_photo("green.png", "green")
    with Collection.create([photos, f"memory://{bucket}/lib"], at=tmp_path / "all") as library:
        assert library.index().images == 3
        assert {hit.id for hit in library.search("red", k=3)} == {"photos/green.png", "lib/red.png", "lib/sea/blue.png"}
        make_photo("black.png", "black")
        (folder, _) = library.folders()
        changes = Changes(frozenset(), frozenset(), frozenset([(folder.id, "black.png")]))
        assert library.index_changes(changes).added == 1
        assert len(library) == 4
        remove(bucket)
        with pytest.raises(PhotosMissingError, match="memory://"):
            library.check_present()
        with pytest.raises(CollectionError, match="overlap"):
            Collection.create([f"memory://{bucket}/lib/sea"], at=tmp_path / "all")


def test_a_place_without_photos_and_a_collection_in_a_bucket_are_refused(
    bucket: str, models: dict[str, ColourEncoder]
) -> None:
    put(bucket, {"texts/a.txt": b"."})
    with Collection.create(f"memory://{bucket}/texts") as empty, pytest.raises(NoPhotosError):
        empty.index()
    with pytest.raises(CollectionError, match="a collection needs a folder of this machine"):
        Collection.create(f"memory://{bucket}/lib", at="s3://other/collection")


def test_duplicates_and_another_model_read_the_objects(library: Collection, bucket: str) -> None:
    put(bucket, {"lib/copy of red.png": coloured("red")})
    library.index()
    groups = library.duplicates().groups
    assert [[other.photo.id for other in group.others] for group in groups] == [["red.png"]] or [
        [other.photo.id for other in group.others] for group in groups
    ] == [["copy of red.png"]]
    change = library.reindex("other").model_change
    assert change is not None
    assert change.is_complete
    assert (change.photos, change.waiting) == (3, [])


def test_nothing_is_written_to_object_storage(
    library: Collection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    library.index()
    library.tags.add(["sea"], ["sea/blue.png"])
    monkeypatch.chdir(tmp_path)
    written, refused = library.write_tag_sidecars(["sea/blue.png"])
    assert (written, len(refused)) == ([], 1)
    assert refused[0].endswith("/lib/sea/blue.png is in object storage, where nothing is written")
    assert list(tmp_path.rglob("*.xmp")) == []


def test_a_bucket_is_followed_by_runs_that_look_at_all(library: Collection, bucket: str) -> None:
    stop, reports, told = threading.Event(), list[IndexReport](), list[TwinlensError]()

    def note(report: IndexReport) -> None:
        reports.append(report)
        stop.set()

    library.follow(stop, on_report=note, on_error=told.append)
    assert told == []
    assert [report.added for report in reports] == [2]
    assert library.since_index() is None  # nothing can be said without asking


def test_commands_and_servers_open_it_by_its_url(library: Collection, bucket: str) -> None:
    library.index()
    url = f"memory://{bucket}/lib"
    with open_for_serving(url) as served:
        assert served.path == library.path
    with pytest.raises(CollectionError, match="is part of the collection of memory://"):
        open_for_serving(f"{url}/sea")
    opened = open_for_search(Path(f"{url}/sea"))
    with opened.collection as collection:
        assert not opened.is_new
        assert [hit.id for hit in collection.answer("red", k=9, **opened.filters()).hits] == ["sea/blue.png"]
    with open_for_index([Path(url)], at=None, model=None).collection as updated:
        assert updated.path == library.path
