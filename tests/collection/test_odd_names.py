"""Files whose names are no Unicode, or hold what separates lines: found, kept, shown and opened like any other."""

import io
import json
import os
import shutil
import sys
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from conftest import COLOURS, ColourEncoder, draw_photo
from twinlens.collection.collection import Collection
from twinlens.collection.showing.exporting.contact_sheet import write_contact_sheet
from twinlens.collection.showing.file import photo_file
from twinlens.errors import UnknownFolderError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="names are bytes on Linux only")
OpenCollection = Callable[..., Collection]
# id in answers → name on disk
NAMES = {
    r"caf\xe9.png": b"caf\xe9.png",
    r"caf\x5cxe9.png": rb"caf\xe9.png",  # somebody typed a backslash
    r"d\xefr/\xff.png": b"d\xefr/\xff.png",
    r"back\slash.png": rb"back\slash.png",
    "new\nline.png": b"new\nline.png",
    "tab\t.png": b"tab\t.png",
}
FOLDER = r"d\xefr"


@pytest.fixture
def odd(photos: Path) -> Path:
    for number, name in enumerate(NAMES.values()):
        draw_photo(photos / os.fsdecode(name), list(COLOURS)[number], seed=number)
    return photos


@pytest.fixture
def collection(odd: Path, open_collection: OpenCollection) -> Collection:
    opened = open_collection()
    report = opened.index()
    assert (report.added, report.skipped) == (len(NAMES), [])
    return opened


def test_every_name_is_indexed_and_its_file_is_known(collection: Collection, odd: Path) -> None:
    hits = collection.search("red", k=10)
    assert {hit.id: os.fsencode(hit.path) for hit in hits} == {
        shown: os.fsencode(odd) + b"/" + name for shown, name in NAMES.items()
    }
    for hit in hits:
        assert hit.path.is_file()
    report = collection.index()
    assert (report.unchanged, report.added, report.removed) == (len(NAMES), 0, 0)


def test_answers_are_json_that_leads_back_to_the_file(collection: Collection, odd: Path) -> None:
    answer = collection.answer("red", k=10, show_all=True).to_json()
    read = json.loads(json.dumps(answer, ensure_ascii=False).encode("utf-8"))
    assert {one["image_id"]: one["image_path"] for one in read["results"]} == {
        shown: f"{odd}/{shown}" for shown in NAMES
    }


@pytest.mark.parametrize("shown", NAMES)
def test_a_photo_is_opened_through_its_id(collection: Collection, odd: Path, shown: str) -> None:
    card = collection.photo(shown)
    assert card is not None
    assert card.id == shown
    assert photo_file(card).path == odd / os.fsdecode(NAMES[shown])
    data, _ = collection.thumbnails(max_bytes=10**6).thumbnail(photo_file(card), side=32)
    assert Image.open(io.BytesIO(data)).size == (32, 24)
    same = collection.photo(os.fsdecode(NAMES[shown]))
    assert same is not None
    if not shown.startswith("caf"):  # there, the name on disk of one file is the id of the other
        assert same.id == shown


def test_a_photo_finds_itself_by_its_path(collection: Collection, odd: Path) -> None:
    path = odd / os.fsdecode(NAMES[r"caf\xe9.png"])
    found = collection.similar(path, include_query_photo=True)[0]
    assert (found.id, round(found.score, 5)) == (r"caf\xe9.png", 1.0)
    assert r"caf\xe9.png" not in [hit.id for hit in collection.similar(path)]
    answer = collection.answer(str(path), k=1)
    assert answer.to_json()["query"].endswith(r"caf\xe9.png")
    assert answer.to_json()["understood"] == r"caf\xe9.png"


@pytest.mark.parametrize("folder", [FOLDER, os.fsdecode(b"d\xefr"), f"{FOLDER}/"])
def test_a_folder_is_found_as_it_is_shown_and_as_it_is_on_disk(collection: Collection, odd: Path, folder: str) -> None:
    for asked in (folder, str(odd / folder)):
        answer = collection.answer("red", folder=asked, show_all=True)
        assert [hit.id for hit in answer.hits] == [r"d\xefr/\xff.png"]
        json.dumps(answer.to_json(), ensure_ascii=False).encode("utf-8")
    assert collection.facts().folders == [(FOLDER, 1)]
    with pytest.raises(UnknownFolderError, match="holds no indexed photos"):
        collection.search("red", folder="d\udcfer")


def test_renames_are_found_and_keep_what_people_gave(collection: Collection, odd: Path) -> None:
    assert collection.mark_favourites([r"caf\xe9.png", "tab\t.png"]) == 2
    (odd / os.fsdecode(b"caf\xe9.png")).rename(odd / "plain.png")
    (odd / "tab\t.png").rename(odd / os.fsdecode(b"\xfe.png"))
    report = collection.index()
    assert (report.renamed, report.added, report.removed) == (2, 0, 0)
    assert collection.favourites() == [r"\xfe.png", "plain.png"]


def test_another_model_embeds_photos_of_odd_names(collection: Collection) -> None:
    report = collection.reindex(ColourEncoder(fingerprint="colour0000000002"))
    assert report.model_change is not None
    assert (report.model_change.is_complete, report.model_change.photos) == (True, len(NAMES))


def test_captions_beside_photos_of_odd_names_are_matched(collection: Collection, odd: Path) -> None:
    (odd / os.fsdecode(b"caf\xe9.txt")).write_text("a red thing\n")
    (odd / os.fsdecode(rb"caf\xe9.txt")).write_text("a green thing\n")
    assert collection.add_captions(odd).added == 2
    assert collection.captions_of(r"caf\xe9.png") == ["a red thing"]
    assert collection.captions_of(r"caf\x5cxe9.png") == ["a green thing"]


def test_exports_hold_every_photo(collection: Collection, odd: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(b"".join(collection.zip_photos(NAMES)))) as archive:
        assert archive.namelist() == [name.replace("\\", "_") for name in NAMES]
        assert archive.testzip() is None
    draw_photo(odd / "caf_xe9.png")
    collection.index()
    with zipfile.ZipFile(io.BytesIO(b"".join(collection.zip_photos(["caf_xe9.png", r"caf\xe9.png"])))) as archive:
        assert archive.namelist() == ["caf_xe9.png", "_caf_xe9.png"]
    assert collection.list_photos(NAMES).encode("utf-8").count(b"file") == len(NAMES)
    hits = collection.search("red", k=10)
    for suffix in (".png", ".html"):
        write_contact_sheet([("all", hits)], tmp_path / f"sheet{suffix}")
    assert "no such" not in (tmp_path / "sheet.html").read_text("utf-8")


def test_a_library_below_such_a_folder_is_indexed(tmp_path: Path) -> None:
    root = tmp_path / os.fsdecode(b"Bilder\xfc")
    draw_photo(root / "red.png")
    with Collection.create([root], model=ColourEncoder()) as inside:
        assert inside.index().added == 1
        assert inside.search("red", k=1)[0].path.is_file()
    other = tmp_path / "other"
    draw_photo(other / "blue.png", "blue")
    with Collection.create([root, other], at=tmp_path / "both", model=ColourEncoder()) as both:
        assert both.index().added == 2
        found = both.search("red", k=2)
        assert [hit.id for hit in found] == [r"Bilder\xfc/red.png", "other/blue.png"]
        assert all(hit.path.is_file() for hit in found)
        assert [hit.id for hit in both.search("red", folder=r"Bilder\xfc")] == [r"Bilder\xfc/red.png"]
        json.dumps(both.status(), ensure_ascii=False).encode("utf-8")
    assert Collection.open(tmp_path / "both", model=ColourEncoder()).index().unchanged == 2


def test_what_is_skipped_is_told_in_valid_unicode(open_collection: OpenCollection, photos: Path) -> None:
    draw_photo(photos / "red.png")
    (photos / os.fsdecode(b"\xff.txt")).touch()
    (photos / os.fsdecode(b"broken\xff.png")).write_bytes(b"no picture")
    skipped = open_collection().index().skipped
    assert {one.path for one in skipped} == {r"\xff.txt", r"broken\xff.png"}
    (photos / os.fsdecode(b"broken\xff.png")).unlink()


class TestForms:
    """macOS writes an umlaut as two characters, others as one."""

    ONE, TWO = (unicodedata.normalize(form, "Grüße") for form in ("NFC", "NFD"))

    @pytest.fixture(params=["NFC", "NFD"])
    def on_disk(self, request: pytest.FixtureRequest, photos: Path) -> str:
        name = unicodedata.normalize(request.param, "Grüße")
        draw_photo(photos / name / f"{name} Bär.png".replace("Bär", unicodedata.normalize(request.param, "Bär")))
        draw_photo(photos / "Grußkarten" / "blue.png", "blue")
        draw_photo(photos / "Gr" / "green.png", "green")
        return name

    @pytest.fixture
    def german(self, on_disk: str, open_collection: OpenCollection) -> Collection:
        opened = open_collection()
        assert opened.index().added == 3
        return opened

    @pytest.mark.parametrize("asked", [ONE, TWO])
    def test_a_folder_is_found_in_any_form(self, german: Collection, photos: Path, asked: str, on_disk: str) -> None:
        for folder in (asked, f"{asked}/", f"./{asked}", str(photos / asked)):
            (hit,) = german.search("red", folder=folder)
            assert hit.id.startswith(f"{on_disk}/")
            assert hit.path.is_file()
        for other in ("grüße", "Gruße", "Grü"):
            with pytest.raises(UnknownFolderError):
                german.search("red", folder=other)

    @pytest.mark.parametrize("form", ["NFC", "NFD"])
    def test_an_id_is_found_in_any_form(self, german: Collection, photos: Path, form: str, on_disk: str) -> None:
        (known,) = [hit.id for hit in german.search("red", k=5) if "B" in hit.id]
        asked = unicodedata.normalize(form, known)
        card = german.photo(asked)
        assert card is not None
        assert card.id == known
        assert german.mark_favourites([asked]) == 1
        assert german.favourites() == [known]
        assert german.captions_of(asked) == []
        assert list(german.zip_photos([asked]))
        assert known not in [hit.id for hit in german.similar(photos / known)]

    @pytest.mark.parametrize("form", ["NFC", "NFD"])
    def test_captions_are_matched_in_any_form(
        self, german: Collection, tmp_path: Path, form: str, on_disk: str
    ) -> None:
        (known,) = [hit.id for hit in german.search("red", k=5) if "B" in hit.id]
        asked = unicodedata.normalize(form, known)
        for number, name in enumerate((asked, asked.rpartition("/")[2])):
            captions = tmp_path / f"{number}.csv"
            captions.write_text(f"image,caption\n{name},caption {number}\n", encoding="utf-8")
            assert german.add_captions(captions).added == 1
            assert german.captions_of(known) == [f"caption {number}"]

    def test_two_folders_that_differ_in_form_only_are_both_meant(
        self, photos: Path, open_collection: OpenCollection
    ) -> None:
        for number, name in enumerate((self.ONE, self.TWO)):
            draw_photo(photos / name / "red.png", seed=number)
        opened = open_collection()
        opened.index()
        assert {hit.id for hit in opened.search("red", folder=self.ONE)} == {
            f"{self.ONE}/red.png",
            f"{self.TWO}/red.png",
        }
        for name in (self.ONE, self.TWO):
            card = opened.photo(f"{name}/red.png")
            assert card is not None
            assert card.id == f"{name}/red.png", "the exact name wins"

    def test_the_name_of_a_photo_folder_is_found_in_any_form(self, tmp_path: Path) -> None:
        roots = [tmp_path / self.TWO, tmp_path / "other"]
        for root in roots:
            draw_photo(root / "red.png")
        with Collection.create(roots, at=tmp_path / "both", model=ColourEncoder()) as both:
            both.index()
            assert [hit.id for hit in both.search("red", folder=self.ONE)] == [f"{self.TWO}/red.png"]
            card = both.photo(f"{self.ONE}/red.png")
            assert card is not None
            assert card.id == f"{self.TWO}/red.png"
            assert len(both.search("red", folder=str(tmp_path / self.ONE))) == 1

    def test_a_copy_between_systems_is_a_rename(self, german: Collection, photos: Path, on_disk: str) -> None:
        other = self.ONE if on_disk == self.TWO else self.TWO
        shutil.move(photos / on_disk, photos / other)
        report = german.index()
        assert (report.renamed, report.added, report.removed) == (1, 0, 0)
