"""Moments of videos, and what is written in pictures, go wherever their photos go: nothing is looked at twice."""

import json
import shutil
import zipfile
from pathlib import Path

import pytest

from collection.portable.conftest import OpenCollection
from conftest import ColourEncoder, draw_photo
from made_videos import BLUE, GREEN, make_video
from twinlens.api.upkeep.portable import merge, split
from twinlens.collection.collection import Collection
from twinlens.collection.indexing import moments
from twinlens.collection.portable.exporting import export_catalog
from twinlens.collection.portable.importing import import_given, import_new
from twinlens.collection.portable.opened_archive import OpenedArchive
from twinlens.errors import DataError

pytest.importorskip("av")


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """clips/two.mp4 with two scenes, and clips/red.png and yellow.png, in which something is written."""
    folder = tmp_path_factory.mktemp("carried") / "photos"
    make_video(folder / "clips" / "two.mp4", [GREEN, BLUE])
    draw_photo(folder / "clips" / "red.png", "red")
    draw_photo(folder / "yellow.png", "yellow")
    with Collection.open(folder, model=ColourEncoder()) as collection:
        collection.index()
        known = {path: file.content_hash or b"" for (_, path), file in collection.catalog.files.all().items()}
        with collection.catalog.writing() as writer:
            writer.put_read_texts([(known["clips/red.png"], "way out"), (known["yellow.png"], "no smoking")])
    return folder


@pytest.fixture
def library(
    indexed: Path,
    tmp_path: Path,
    models: dict[str, ColourEncoder],
    open_collection: OpenCollection,
    monkeypatch: pytest.MonkeyPatch,
) -> Collection:
    """A copy of that; no video is looked at any more."""
    shutil.copytree(indexed, tmp_path / "photos", dirs_exist_ok=True)
    models["colours"] = models["default"]
    monkeypatch.setattr(moments, "read_moments", lambda *_, **__: pytest.fail("a video was looked at again"))
    return open_collection(tmp_path / "photos")


def seen(collection: Collection, folder: str = "clips/") -> tuple[object, ...]:
    """When the video is blue, how well it fits, what is found by its text, and how many have some."""
    collection.index()
    hit = next(hit for hit in collection.answer("blue", k=4).hits if hit.id == f"{folder}two.mp4")
    written = [hit.id.removeprefix(folder) for hit in collection.answer("text:way").hits]
    return hit.at_s, hit.score, written, collection.catalog.read_texts.counts().with_text


def test_they_come_back_from_an_archive(library: Collection, open_collection: OpenCollection, tmp_path: Path) -> None:
    before = seen(library)
    assert before[0] == 5.0
    export_catalog(library.catalog, file := tmp_path / "library.zip", vectors=True)
    moved = shutil.copytree(tmp_path / "photos", tmp_path / "moved", ignore=shutil.ignore_patterns(".twinlens"))
    import_new(OpenedArchive(file), moved / ".twinlens", {"photos": moved})
    with open_collection(moved) as there:
        assert seen(there) == before
        assert there.faults() == []


def test_texts_come_to_photos_that_were_indexed_anew_and_those_here_stay(
    library: Collection, open_collection: OpenCollection, tmp_path: Path
) -> None:
    export_catalog(library.catalog, file := tmp_path / "small.zip", vectors=False)
    assert "moments.npy" not in zipfile.ZipFile(file).namelist()
    new = tmp_path / "new"
    shutil.copytree(tmp_path / "photos" / "clips", new, ignore=shutil.ignore_patterns("*.mp4"))
    shutil.copy(tmp_path / "photos" / "yellow.png", new)
    with open_collection(new) as there:
        there.index()
        known = there.catalog.files.at(1, "yellow.png")
        assert known is not None
        with there.catalog.writing() as writer:
            writer.put_read_texts([(known.content_hash or b"", "read here")])
        import_given(there.catalog, OpenedArchive(file))
        assert [hit.id for hit in there.answer("text:way").hits] == ["red.png"]
        assert there.catalog.read_texts.of_content(known.content_hash or b"") == "read here"


def test_they_are_split_off_and_merged(library: Collection, open_collection: OpenCollection, tmp_path: Path) -> None:
    before = seen(library)
    library.close()
    split(tmp_path / "photos", "clips", tmp_path / "part", remove=True)
    with open_collection(tmp_path / "part") as part:
        assert seen(part, "") == (*before[:3], 1), "what was read in other photos is no business of the part"
        assert "no smoking" not in str(part.catalog.rows("SELECT text FROM read_texts"))
    draw_photo(tmp_path / "others" / "white.png", "white")
    with Collection.create([tmp_path / "others"], at=tmp_path / "both", model=ColourEncoder()) as collection:
        collection.index()
    assert merge(tmp_path / "both", tmp_path / "part").taken.added == 2
    with open_collection(tmp_path / "both") as both:
        assert seen(both, "clips/") == (*before[:3], 1)


def test_moments_that_are_none_are_refused(library: Collection, tmp_path: Path) -> None:
    export_catalog(library.catalog, file := tmp_path / "library.zip", vectors=True)
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    lines = [json.loads(line) for line in parts["photos.jsonl"].splitlines()]
    video = next(line for line in lines if "moments" in line)
    assert len(video["moments"]) == 2
    for change in ({"moments": video["moments"][::-1]}, {"moments": [*video["moments"], 10**6]}, {"moments": ["0"]}):
        changed = [{**line, **change} if line is video else line for line in lines]
        content = b"".join(json.dumps(line).encode() + b"\n" for line in changed)
        with zipfile.ZipFile(made := tmp_path / "changed.zip", "w") as archive:
            for name, part in {**parts, "photos.jsonl": content}.items():
                archive.writestr(name, part)
        with pytest.raises(DataError, match="damaged, or no archive"):
            OpenedArchive(made).check()
    for name in ("moments.npy", "read_texts.jsonl"):
        with zipfile.ZipFile(made := tmp_path / "changed.zip", "w") as archive:
            for one, part in {**parts, name: parts[name][:-4]}.items():
                archive.writestr(one, part)
        with pytest.raises(DataError, match="damaged, or no archive"):
            OpenedArchive(made).check()
