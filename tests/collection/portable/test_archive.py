"""An archive has all that people gave; what comes back from it is what went in."""

import json
import shutil
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from collection.portable.conftest import OpenCollection, given
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.curated.person import asked_by
from twinlens.collection.collection import Collection
from twinlens.collection.portable.exporting import export_catalog
from twinlens.collection.portable.importing import import_given, import_new
from twinlens.collection.portable.opened_archive import OpenedArchive
from twinlens.errors import AlreadyIndexingError, CollectionError, DataError, DiskFullError


@pytest.fixture
def archive(library: Collection, tmp_path: Path) -> Path:
    """Of ``library``, with vectors."""
    export_catalog(library.catalog, file := tmp_path / "library.zip", vectors=True)
    return file


def test_a_library_comes_back_at_another_place_and_no_photo_is_read(
    library: Collection, archive: Path, photos: Path, open_collection: OpenCollection, tmp_path: Path
) -> None:
    before = given(library)
    hits = [(hit.id, hit.score, hit.grade) for hit in library.search("blue", k=5)]
    moved = tmp_path / "elsewhere"
    shutil.copytree(photos, moved, ignore=shutil.ignore_patterns(".twinlens"))
    report = import_new(OpenedArchive(archive), moved / ".twinlens", {"photos": moved})
    assert (report.photos, report.added) == (4, 4)
    with open_collection(moved) as there:
        assert given(there) == before
        assert [(hit.id, hit.score, hit.grade) for hit in there.search("blue", k=5)] == hits
        assert there.faults() == []
        report_of_index = there.index()
        assert (report_of_index.added, report_of_index.updated, report_of_index.unchanged) == (0, 0, 3)


def test_what_was_given_comes_back_to_photos_that_were_indexed_anew(
    library: Collection, archive: Path, photos: Path, open_collection: OpenCollection, tmp_path: Path
) -> None:
    before = given(library)
    library.close()
    shutil.rmtree(photos / ".twinlens")
    fresh = open_collection()
    fresh.index()
    assert given(fresh)["albums"] == {}
    assert import_given(fresh.catalog, OpenedArchive(archive)).gained == 3
    assert given(fresh) == before
    assert import_given(fresh.catalog, OpenedArchive(archive)).gained == 0
    assert given(fresh) == before


def test_what_photos_were_given_that_are_not_here_waits_for_them(
    library: Collection, archive: Path, photos: Path, open_collection: OpenCollection, tmp_path: Path
) -> None:
    before = given(library)["photos"]["trip/blue.png"]
    (tmp_path / "new").mkdir()
    shutil.copy(photos / "copy.png", tmp_path / "new" / "other.png")
    there = open_collection(tmp_path / "new")
    there.index()
    report = import_given(there.catalog, OpenedArchive(archive))
    assert (report.gained, report.kept) == (1, 1)
    shutil.copy(photos / "trip" / "blue.png", tmp_path / "new" / "sea.png")
    there.index()
    assert given(there)["photos"]["sea.png"] == before


def test_an_archive_without_vectors_gives_its_things_to_the_first_index(
    library: Collection, photos: Path, open_collection: OpenCollection, tmp_path: Path
) -> None:
    before = given(library)["photos"]["trip/blue.png"]
    export_catalog(library.catalog, tmp_path / "small.zip", vectors=False)
    assert "embeddings.npy" not in zipfile.ZipFile(tmp_path / "small.zip").namelist()
    moved = shutil.copytree(photos, tmp_path / "moved", ignore=shutil.ignore_patterns(".twinlens"))
    import_new(OpenedArchive(tmp_path / "small.zip"), moved / ".twinlens", {"photos": moved})
    there = open_collection(moved)
    assert there.index().added == 3
    assert given(there)["photos"]["trip/blue.png"] == before


def test_ratings_that_photos_have_here_stay_and_tags_are_united(library: Collection, archive: Path) -> None:
    library.ratings.rate(1, ["copy.png"])
    library.tags.remove("Kids", ["trip/blue.png"])
    library.tags.add("sea", ["trip/blue.png"])
    import_given(library.catalog, OpenedArchive(archive))
    assert library.ratings.of("copy.png") == 1
    assert sorted(library.tags.of("trip/blue.png")) == ["Kids", "sea", "été"]


def test_a_live_album_with_another_search_gets_a_number_once(library: Collection, archive: Path) -> None:
    library.albums.save("Blue ones", "red")
    for _ in range(2):
        import_given(library.catalog, OpenedArchive(archive))
    assert {album.name: album.query for album in library.albums.all() if album.is_live} == {
        "Blue ones": "red",
        "Blue ones (2)": "blue",
    }


def test_favourites_of_persons_go_along_and_stay_apart(
    library: Collection, photos: Path, open_collection: OpenCollection, tmp_path: Path
) -> None:
    with asked_by("ana"):
        library.mark_favourites(["trip/blue.png", "red.png"])
    export_catalog(library.catalog, tmp_path / "own.zip", vectors=True)
    head = json.loads(zipfile.ZipFile(tmp_path / "own.zip").read("twinlens.json"))
    assert head["version"] == 3, "an earlier release would take all marks for everybody's"
    moved = shutil.copytree(photos, tmp_path / "moved", ignore=shutil.ignore_patterns(".twinlens"))
    import_new(OpenedArchive(tmp_path / "own.zip"), moved / ".twinlens", {"photos": moved})
    there = open_collection(moved)
    for _ in range(2):
        assert there.favourites() == ["red.png"]
        with asked_by("ana"):
            assert there.favourites() == ["red.png", "trip/blue.png"]
        with asked_by("ben"):
            assert there.favourites() == []
        import_given(there.catalog, OpenedArchive(tmp_path / "own.zip"))


def test_vectors_and_lines_are_as_the_format_says(library: Collection, archive: Path) -> None:
    with zipfile.ZipFile(archive) as content:
        head = json.loads(content.read("twinlens.json"))
        lines = [json.loads(line) for line in content.read("photos.jsonl").splitlines()]
        with content.open("embeddings.npy") as member:
            embeddings = np.load(member, allow_pickle=False)
    assert (head["format"], head["version"], head["photos"], head["vectors"]) == ("twinlens collection", 2, 4, 3)
    by_path = {line["path"]: line for line in lines}
    assert by_path["trip/blue.png"]["given"]["tag"] == ["Kids", "été"]
    assert by_path["trip/blue.png"]["given"]["album"] == [["Best", 1]]
    row = by_path["trip/blue.png"]["row"]
    number = library.catalog.id_of(1, "trip/blue.png")
    known = library.catalog.embedding(number or 0)
    assert known is not None
    assert np.array_equal(embeddings[row], known)
    assert "row" not in by_path["broken.png"]


# --- archives of strangers, and damaged ones --------------------------------------------------


def changed(archive: Path, part: str, change: Callable[[bytes], bytes]) -> Path:
    """A copy of an archive with one part changed."""
    made = archive.with_name("changed.zip")
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == part else old.read(name))
        if part not in old.namelist():
            new.writestr(part, change(b""))
    return made


def first_line(**values: Any) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        first, rest = content.split(b"\n", 1)
        return json.dumps({**json.loads(first), **values}).encode() + b"\n" + rest

    return change


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("../evil.sh", lambda _: b"rm"),
        ("photos.jsonl", first_line(path="../../etc/passwd")),
        ("photos.jsonl", first_line(path="/etc/passwd")),
        ("photos.jsonl", first_line(path="a\0b")),
        ("photos.jsonl", first_line(path="\ud800")),
        ("photos.jsonl", first_line(folder="another")),
        ("photos.jsonl", first_line(content="00")),
        ("photos.jsonl", first_line(row=7)),
        ("photos.jsonl", first_line(given={"rating": ["9"]})),
        ("photos.jsonl", first_line(given={"album": [["Unlisted", 1]]})),
        ("photos.jsonl", first_line(given=[1])),
        ("photos.jsonl", first_line(width=float("nan"))),
        ("photos.jsonl", first_line(size_bytes=2**70)),
        ("photos.jsonl", first_line(taken_at="yesterday")),
        ("photos.jsonl", first_line(taken_at="2020-01-01T00:00:00+05:00")),
        ("photos.jsonl", first_line(taken_at="2020-01-01T00:00:00", date_source="nobody")),
        ("photos.jsonl", lambda content: content[:-40]),
        ("photos.jsonl", lambda content: content + b"[" * 100_000),
        ("photos.jsonl", lambda content: content.split(b"\n", 1)[1]),
        ("photos.jsonl", lambda content: content + b" " * 60_000_000),
        ("albums.jsonl", lambda _: b'{"name": "", "query": ""}\n'),
        ("kept.jsonl", lambda _: b'{"content": "x"}\n'),
        ("embeddings.npy", lambda content: content[:-4]),
        ("embeddings.npy", lambda content: content[:-4] + b"\0\0\xc0\x7f"),
        ("embeddings.npy", lambda content: content.replace(b"<f4", b"|O8")),
        ("twinlens.json", lambda content: content.replace(b'"version": 2', b'"version": 4')),
        ("photos.jsonl", lambda content: content.replace(b'"favourite": [""]', b'"favourite": ["two\\nlines"]')),
        ("photos.jsonl", lambda content: content.replace(b'"favourite": [""]', b'"favourite": [7]')),
        ("twinlens.json", lambda _: b"[]"),
    ],
)  # fmt: skip
def test_a_damaged_or_hostile_archive_changes_nothing(
    library: Collection, archive: Path, tmp_path: Path, part: str, change: Callable[[bytes], bytes]
) -> None:
    made = changed(archive, part, change)
    generation = library.catalog.generation
    with pytest.raises(DataError, match=r"damaged, or no archive|update twinlens"):
        import_given(library.catalog, OpenedArchive(made))
    with pytest.raises(DataError):
        import_new(OpenedArchive(made), tmp_path / "new", {"photos": tmp_path})
    assert library.catalog.generation == generation
    assert not (tmp_path / "new").exists()


def test_a_file_cut_short_or_of_another_kind_is_refused_in_one_line(archive: Path, tmp_path: Path) -> None:
    for content in (archive.read_bytes()[:-200], b"", b"no zip"):
        (tmp_path / "cut.zip").write_bytes(content)
        with pytest.raises(DataError, match=r"^[^\n]*damaged, or no archive[^\n]*$"):
            OpenedArchive(tmp_path / "cut.zip").check()
    with pytest.raises(CollectionError, match="cannot be read"):
        OpenedArchive(tmp_path / "missing.zip")


def test_an_archive_does_not_say_which_ids_photos_have(archive: Path, tmp_path: Path) -> None:
    made = changed(archive, "photos.jsonl", first_line(id=2**62, generation=2**62))
    import_new(OpenedArchive(made), tmp_path / "new", {"photos": tmp_path})
    with closing(Catalog(tmp_path / "new" / "catalog.sqlite", create=False)) as catalog:
        assert max(catalog.rows("SELECT max(id), max(generation) FROM photos")[0]) < 100


def test_an_archive_tells_whether_zip_files_are_opened(library: Collection, photos: Path, tmp_path: Path) -> None:
    library.index(archives=True)
    export_catalog(library.catalog, file := tmp_path / "opens.zip", vectors=True)
    import_new(OpenedArchive(file), tmp_path / "new", {"photos": photos})
    with closing(Catalog(tmp_path / "new" / "catalog.sqlite", create=False)) as catalog:
        assert catalog.opens_archives


def test_a_fact_that_no_catalog_takes_leaves_no_collection_behind(archive: Path, tmp_path: Path) -> None:
    made = changed(archive, "photos.jsonl", first_line(size_bytes="many"))
    with pytest.raises(DataError, match="no catalog takes"):
        import_new(OpenedArchive(made), tmp_path / "new", {"photos": tmp_path})
    assert not [file for file in tmp_path.iterdir() if "new" in file.name]


def test_nothing_is_overwritten_and_a_full_disk_is_told_before(
    library: Collection, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CollectionError, match="exists; give another name"):
        export_catalog(library.catalog, archive, vectors=True)
    with pytest.raises(CollectionError, match="already; choose another place"):
        import_new(OpenedArchive(archive), library.path, {"photos": tmp_path})
    monkeypatch.setattr("twinlens.collection.place.room.shutil.disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 0))
    with pytest.raises(DiskFullError, match="but 0 MB are free"):
        export_catalog(library.catalog, tmp_path / "other.zip", vectors=True)
    with pytest.raises(DiskFullError, match="but 0 MB are free"):
        import_new(OpenedArchive(archive), tmp_path / "new", {"photos": tmp_path})


def test_an_export_that_fails_leaves_no_file(
    library: Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("twinlens.collection.portable.archive._write_rows", interrupted)
    with pytest.raises(KeyboardInterrupt):
        export_catalog(library.catalog, tmp_path / "out.zip", vectors=True)
    assert not list(tmp_path.glob("*out.zip*"))


def test_while_another_process_indexes_nothing_is_imported(library: Collection, archive: Path) -> None:
    from twinlens.collection.place.disk import only_writer

    with only_writer(library.path), pytest.raises(AlreadyIndexingError):
        import_given(library.catalog, OpenedArchive(archive))


def test_an_import_that_is_interrupted_is_finished_by_the_next_one(
    library: Collection,
    archive: Path,
    photos: Path,
    open_collection: OpenCollection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = given(library)
    library.close()
    shutil.rmtree(photos / ".twinlens")
    fresh = open_collection()
    fresh.index()

    def interrupted(done: int, _: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr("twinlens.collection.portable.take_in.AT_ONCE", 1)
    with pytest.raises(KeyboardInterrupt):
        import_given(fresh.catalog, OpenedArchive(archive), on_photos=interrupted)
    assert given(fresh) != before
    import_given(fresh.catalog, OpenedArchive(archive))
    found = given(fresh)
    found["albums"]["Best"] = ("", before["albums"]["Best"][1])  # what came first in the end comes first
    assert found == before
