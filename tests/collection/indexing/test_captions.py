import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from conftest import COLOURS, ColourEncoder, PhotoMaker, without_date
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.rows import FileState
from twinlens.collection.collection import Collection
from twinlens.collection.indexing import captions as captions_module
from twinlens.collection.indexing.captions import match_photos
from twinlens.collection.indexing.telling.progress import CaptionPlan, SilentListener
from twinlens.collection.indexing.telling.report import IndexReport
from twinlens.collection.place.photo_folders import PhotoFolder
from twinlens.data.exif import PhotoDetails
from twinlens.embedding.local import PhotoVector
from twinlens.errors import (
    BundleError,
    CollectionBusyError,
    CollectionError,
    CollectionNotFoundError,
    DataError,
    DiskFullError,
    ModelMismatchError,
    QueryError,
)
from twinlens.stores.exact import ExactStore
from twinlens.types import CaptionedImage, Hit

OpenCollection = Callable[..., Collection]
CAPTIONS = {
    "red.png": ["a red thing", "red and yellow"],
    "blue.png": ["a blue thing"],
    "sub/green.png": ["a green thing", "green yellow"],
}


class CountingEncoder(ColourEncoder):
    """Counts the texts that it embeds."""

    texts = 0

    def encode_text(self, texts: Sequence[str]) -> np.ndarray:
        self.texts += len(texts)
        return super().encode_text(texts)


def write(file: Path, captions: Mapping[str, Sequence[str]]) -> Path:
    """A table of captions."""
    rows = [f"{name},{caption}\n" for name, own in captions.items() for caption in own]
    file.write_text("image,caption\n" + "".join(rows))
    return file


def found(hits: Sequence[Hit]) -> list[tuple[str, str | None]]:
    return [(hit.id, hit.caption) for hit in hits]


def known(collection: Collection) -> dict[str, set[str]]:
    """Captions of each photo, searchable or not."""
    folders = {folder.id: folder.prefix for folder in collection.folders()}
    paths = {file.id: folders[key[0]] + key[1] for key, file in collection.catalog.files.all().items()}
    return {paths[photo]: set(texts) for photo, texts in collection.catalog.captions.known().items()}


@pytest.fixture
def indexed(make_photo: PhotoMaker, open_collection: OpenCollection) -> Collection:
    """red.png, blue.png and sub/green.png, without captions."""
    for name in CAPTIONS:
        make_photo(name, Path(name).stem)
    collection = open_collection()
    collection.index()
    return collection


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return write(tmp_path / "captions.csv", CAPTIONS)


@pytest.fixture
def captioned(indexed: Collection, table: Path) -> Collection:
    indexed.add_captions(table)
    return indexed


class TestLearning:
    def test_captions_are_learned_with_the_photos(
        self, make_photo: PhotoMaker, open_collection: OpenCollection, table: Path
    ) -> None:
        for name in CAPTIONS:
            make_photo(name, Path(name).stem)
        collection = open_collection()
        report = collection.index(captions=table)
        assert report.added == 3
        assert report.captions is not None
        assert (report.captions.captions, report.captions.added, report.captions.unmatched) == (5, 5, 0)
        assert known(collection) == {name: set(own) for name, own in CAPTIONS.items()}
        assert collection.faults() == []

    def test_the_report_has_the_fields_that_others_rely_on(self, indexed: Collection, tmp_path: Path) -> None:
        file = write(tmp_path / "c.csv", {"red.png": ["red", "a red one"], "gone.png": ["x", "y"]})
        fields = indexed.index(captions=file).to_json()
        assert {name: value for name, value in fields.items() if name.startswith("captions")} == {
            "captions": 2,
            "captions_added": 2,
            "captions_removed": 0,
            "captions_unchanged": 0,
            "captions_cut": 0,
            "captions_unmatched": 2,
            "captions_unmatched_photos": [{"path": "gone.png", "reason": "no photo has this path or this name"}],
        }
        assert not [name for name in indexed.index().to_json() if name.startswith("captions")]

    def test_a_second_run_embeds_nothing(
        self, models: dict, make_photo: PhotoMaker, open_collection: OpenCollection, table: Path
    ) -> None:
        models["default"] = counting = CountingEncoder()
        for name in CAPTIONS:
            make_photo(name)
        collection = open_collection()
        collection.index(captions=table)
        assert counting.texts == 5
        report = collection.add_captions(table)
        assert (report.added, report.removed, report.unchanged, counting.texts) == (0, 0, 5, 5)

    def test_a_listed_photo_has_what_is_listed_and_any_other_keeps_its_own(
        self, captioned: Collection, tmp_path: Path
    ) -> None:
        file = write(tmp_path / "new.csv", {"red.png": ["a red thing", "scarlet"]})
        report = captioned.add_captions(file)
        assert (report.added, report.removed, report.unchanged, report.captions) == (1, 1, 1, 5)
        assert known(captioned) == {
            **{name: set(own) for name, own in CAPTIONS.items()},
            "red.png": {"a red thing", "scarlet"},
        }
        assert captioned.faults() == []

    def test_a_caption_listed_twice_is_kept_once_and_on_one_line(self, indexed: Collection, tmp_path: Path) -> None:
        file = write(tmp_path / "c.csv", {"red.png": ["a red  thing", "a red thing", '"a\nred thing"', "red"]})
        assert indexed.add_captions(file).added == 2
        assert known(indexed) == {"red.png": {"a red thing", "red"}}

    def test_what_is_no_valid_text_is_mended(self, indexed: Collection, tmp_path: Path) -> None:
        file = tmp_path / "captions.json"
        file.write_text('[{"file_name": "red.png", "caption": "red \\ud800"}]')
        indexed.add_captions(file)
        assert known(indexed) == {"red.png": {"red ?"}}

    def test_captions_longer_than_the_model_reads_are_counted(
        self, models: dict, make_photo: PhotoMaker, open_collection: OpenCollection, table: Path
    ) -> None:
        models["default"].seen_part = lambda text: text[:12]
        for name in CAPTIONS:
            make_photo(name)
        report = open_collection().index(captions=table).captions
        assert report is not None
        assert report.cut == sum(len(text) > 12 for own in CAPTIONS.values() for text in own) == 2

    def test_a_data_sets_folder_is_read_with_its_own_photos(self, indexed: Collection, tmp_path: Path) -> None:
        """Its photos lie elsewhere, so only their names tell which photos of the collection they are."""
        data = tmp_path / "data"
        (data / "images").mkdir(parents=True)
        (data / "captions.json").write_text('[{"file_name": "green.png", "caption": "grass"}]')
        assert indexed.add_captions(data).added == 1
        assert known(indexed) == {"sub/green.png": {"grass"}}

    def test_texts_beside_the_photos_are_captions(self, indexed: Collection, photos: Path) -> None:
        (photos / "sub" / "green.txt").write_text("grass\na lawn\n")
        for place in (photos, photos / "sub"):
            indexed.add_captions(place)
            assert known(indexed) == {"sub/green.png": {"grass", "a lawn"}}

    def test_a_table_beside_the_photos_may_be_named_by_its_folder(self, indexed: Collection, photos: Path) -> None:
        write(photos / "captions.csv", CAPTIONS)
        assert indexed.add_captions(photos).added == 5

    @pytest.mark.parametrize("batch", [1, 2, 3, 100])
    def test_batches_change_no_embedding(
        self, indexed: Collection, table: Path, monkeypatch: pytest.MonkeyPatch, batch: int
    ) -> None:
        monkeypatch.setattr(captions_module, "BATCH_SIZE", batch)
        indexed.add_captions(table)
        texts = [text for own in CAPTIONS.values() for text in own]
        rows = indexed.catalog.captions.embeddings(indexed.catalog.captions.select_ids())
        embeddings = np.concatenate([part for _, part in rows])
        np.testing.assert_allclose(embeddings, ColourEncoder().encode_text(texts), atol=1e-6)

    def test_a_model_that_gives_no_unit_vectors_is_refused(
        self, indexed: Collection, models: dict, table: Path
    ) -> None:
        models["default"].encode_text = lambda texts: np.full((len(texts), 8), np.nan, dtype=np.float32)
        with pytest.raises(BundleError, match="not unit vectors"):
            indexed.add_captions(table)
        assert known(indexed) == {}


class TestMatching:
    def catalog_of(self, catalog: Catalog, paths: Sequence[str], skipped: Sequence[str] = ()) -> Catalog:
        catalog.add_folder("photos", "..")
        embedding = np.eye(8, dtype=np.float32)[0]
        with catalog.writing() as writer:
            for path in paths:
                file = FileState(1, path, 1, 1, None)
                writer.put_photo(file, PhotoDetails(9, 9), PhotoVector(embedding, None), reader_version=1)
            for path in skipped:
                writer.put_skipped(FileState(1, path, 1, 1, None), "truncated", reader_version=1)
        return catalog

    def match(self, catalog: Catalog, names: Sequence[str]) -> dict[str, str]:
        images = [CaptionedImage(name, Path("/elsewhere") / name, ("x",)) for name in names]
        paths = {file.id: key[1] for key, file in catalog.files.all().items()}
        matched = match_photos(images, catalog, [PhotoFolder(1, Path("/photos"), "")])
        return {name: paths[found] if isinstance(found, int) else f"no: {found}" for name, found in matched.items()}

    def test_by_path_then_by_name(self, catalog: Catalog) -> None:
        self.catalog_of(catalog, ["a.jpg", "sub/a.jpg", "sub/b.jpg"])
        expected = {"a.jpg": "a.jpg", "sub/a.jpg": "sub/a.jpg", "Images/b.jpg": "sub/b.jpg"}
        assert self.match(catalog, list(expected)) == expected
        assert self.match(catalog, ["./sub//b.jpg"]) == {"./sub//b.jpg": "sub/b.jpg"}
        assert self.match(catalog, ["sub\\b.jpg"]) == {"sub\\b.jpg": "sub/b.jpg"}

    def test_a_name_that_stands_for_two_photos_is_not_guessed(self, catalog: Catalog) -> None:
        self.catalog_of(catalog, ["x/a.jpg", "y/a.jpg", "b.jpg"])
        ambiguous = "no: no photo has this path, and the name 'a.jpg' is not unique"
        assert self.match(catalog, ["a.jpg"]) == {"a.jpg": ambiguous}
        two = self.match(catalog, ["p/b.jpg", "q/b.jpg"])
        assert all("is not unique" in why for why in two.values())

    def test_a_photo_that_cannot_be_read_is_named_with_its_reason(self, catalog: Catalog) -> None:
        self.catalog_of(catalog, ["a.jpg"], skipped=["b.jpg"])
        assert self.match(catalog, ["b.jpg"]) == {"b.jpg": "no: the photo was skipped: truncated"}

    def test_names_in_two_folders_are_found_below_either(
        self, models: dict, make_photo: PhotoMaker, photos: Path, tmp_path: Path
    ) -> None:
        make_photo("red.png", "red")
        (tmp_path / "more").mkdir()
        shutil.copyfile(photos / "red.png", tmp_path / "more" / "other.png")
        file = write(tmp_path / "c.csv", {"red.png": ["one"], "other.png": ["two"]})
        with Collection.create([photos, tmp_path / "more"], at=tmp_path / "both") as collection:
            collection.index(captions=file)
            assert known(collection) == {"photos/red.png": {"one"}, "more/other.png": {"two"}}
            collection.add_captions(write(file, {"photos/red.png": ["three"]}))
            assert known(collection)["photos/red.png"] == {"three"}

    def test_captions_of_no_photo_here_are_one_clear_error_and_the_photos_stay(
        self, make_photo: PhotoMaker, open_collection: OpenCollection, tmp_path: Path, photos: Path
    ) -> None:
        make_photo("red.png", "red")
        collection = open_collection()
        file = write(tmp_path / "c.csv", {"x/1.jpg": ["a"], "x/2.jpg": ["b"]})
        with pytest.raises(
            DataError,
            match=rf"none of the 2 photos that the captions name .* {photos} by path or file name, .* 'x/1.jpg'",
        ):
            collection.index(captions=file)
        assert (len(collection), collection.is_complete, known(collection)) == (1, True, {})

    def test_a_file_that_cannot_be_read_is_told_before_any_photo_is_opened(
        self, make_photo: PhotoMaker, open_collection: OpenCollection, tmp_path: Path
    ) -> None:
        make_photo("red.png", "red")
        collection = open_collection()
        with pytest.raises(DataError, match="cannot be read"):
            collection.index(captions=tmp_path / "missing.csv")
        assert len(collection) == 0


class TestFollowingThePhotos:
    def test_a_renamed_photo_keeps_its_captions(self, captioned: Collection, photos: Path) -> None:
        (photos / "red.png").rename(photos / "sub" / "scarlet.png")
        assert captioned.index().renamed == 1
        assert known(captioned)["sub/scarlet.png"] == set(CAPTIONS["red.png"])
        assert found(captioned.search("red", target="caption", k=1)) == [("sub/scarlet.png", "a red thing")]
        assert captioned.faults() == []

    def test_a_deleted_photo_takes_its_captions_along(self, captioned: Collection, photos: Path) -> None:
        (photos / "red.png").unlink()
        captioned.index()
        assert set(known(captioned)) == {"blue.png", "sub/green.png"}
        assert len(captioned.search("red", target="caption")) == 3
        assert captioned.faults() == []

    def test_a_photo_that_is_broken_for_a_while_hides_its_captions(self, captioned: Collection, photos: Path) -> None:
        data = (photos / "red.png").read_bytes()
        (photos / "red.png").write_bytes(data[:50])
        captioned.index()
        assert len(captioned.search("red", target="caption")) == 3
        assert captioned.faults() == []
        (photos / "red.png").write_bytes(data)
        captioned.index()
        assert len(captioned.search("red", target="caption")) == 5
        assert captioned.faults() == []

    def test_captions_stay_and_are_embedded_again_where_another_model_begins_anew(
        self, captioned: Collection, photos: Path, make_photo: PhotoMaker, open_collection: OpenCollection
    ) -> None:
        for file in photos.rglob("*.png"):
            file.write_bytes(b"broken")
        captioned.index()
        assert (len(captioned), len(known(captioned))) == (0, 3)
        captioned.close()
        make_photo("red.png", "red", seed=5)
        other = open_collection(model="other")
        other.index()
        assert (len(other), len(known(other)), other.faults()) == (1, 3, [])
        hits = other.search("red", k=9, target="caption")
        assert {hit.caption for hit in hits} == known(other)["red.png"]
        assert hits[0].caption == "a red thing"

    def test_another_model_than_the_collections_is_refused(
        self, captioned: Collection, open_collection: OpenCollection, table: Path
    ) -> None:
        captioned.close()
        other = open_collection(model="other")
        for action in (lambda: other.search("red", target="caption"), lambda: other.add_captions(table)):
            with pytest.raises(ModelMismatchError, match="was indexed with model default"):
                action()


class TestSearching:
    @pytest.mark.parametrize("query", ["red", "green yellow", "blue + 0.5 white", "black - 1.0 red"])
    @pytest.mark.parametrize("k", [1, 3, 5, 50])
    def test_words_find_captions_as_a_plain_loop_does(self, captioned: Collection, query: str, k: int) -> None:
        encoder = ColourEncoder()
        parts = {"blue + 0.5 white": [(1, "blue"), (0.5, "white")], "black - 1.0 red": [(1, "black"), (-1, "red")]}
        vector = sum(weight * encoder.encode_text([words])[0] for weight, words in parts.get(query, [(1, query)]))
        vector = vector / np.linalg.norm(vector)
        truth = []
        for photo, own in CAPTIONS.items():
            for text in own:
                score = sum(float(a) * float(b) for a, b in zip(vector, encoder.encode_text([text])[0], strict=True))
                truth.append((score, photo, text))
        truth.sort(reverse=True)
        hits = captioned.search(query, target="caption", k=k)
        assert found(hits) == [(photo, text) for _, photo, text in truth[:k]]
        np.testing.assert_allclose([hit.score for hit in hits], [score for score, _, _ in truth[:k]], atol=1e-6)
        assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))

    def test_a_hit_tells_whose_caption_it_is(self, captioned: Collection, photos: Path) -> None:
        (hit,) = captioned.search("green", target="caption", k=1)
        assert (hit.id, hit.path, hit.caption) == ("sub/green.png", photos / "sub/green.png", "a green thing")

    def test_photos_are_found_as_before(self, captioned: Collection) -> None:
        assert found(captioned.search("green", k=1)) == [("sub/green.png", None)]

    def test_a_photos_own_captions_are_answers(self, captioned: Collection, models: dict, photos: Path) -> None:
        models["default"].encode_image = lambda images: pytest.fail("the photo was decoded again")
        hits = captioned.caption(photos / "blue.png", k=5)
        assert found(hits[:1]) == [("blue.png", "a blue thing")]
        assert len(hits) == 5

    def test_a_photo_from_elsewhere_finds_captions(self, captioned: Collection, tmp_path: Path) -> None:
        Image.new("RGB", (40, 40), COLOURS["red"]).save(tmp_path / "elsewhere.png")
        assert found(captioned.caption(tmp_path / "elsewhere.png", k=1)) == [("red.png", "a red thing")]

    def test_pages_join_without_gap_or_overlap(self, captioned: Collection) -> None:
        every = captioned.search("yellow", target="caption", k=50)
        pages = [captioned.search("yellow", target="caption", k=2, offset=offset) for offset in (0, 2, 4, 6)]
        assert [hit for page in pages for hit in page] == every

    def test_filters_are_on_the_photo_and_narrow_before_the_top_k(
        self, open_collection: OpenCollection, photos: Path, tmp_path: Path
    ) -> None:
        for name, date, camera in (("old.png", "2019", "Canon"), ("new.png", "2023", "Nikon")):
            exif = Image.Exif()
            exif[ExifTags.Base.Model] = camera
            exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = f"{date}:05:01 10:00:00"
            (photos / "sub").mkdir(exist_ok=True)
            Image.new("RGB", (20, 20), COLOURS["red"]).save(photos / "sub" / name, exif=exif)
        Image.new("RGB", (20, 20), COLOURS["red"]).save(photos / "undated.png")
        without_date(photos / "undated.png")
        captions = {
            "sub/old.png": ["red old"],
            "sub/new.png": ["blue new", "green new"],
            "undated.png": ["red undated"],
        }
        collection = open_collection()
        collection.index(captions=write(tmp_path / "c.csv", captions))

        def texts(**filters: str) -> set[str | None]:
            return {hit.caption for hit in collection.search("red", target="caption", k=2, **filters)}  # type: ignore[arg-type]

        assert texts(after="2020") == {"blue new", "green new"}
        assert texts(before="2020") == {"red old"}
        assert texts(camera="nikon") == {"blue new", "green new"}
        assert texts(folder="sub", before="2022") == {"red old"}
        assert texts(after="2099") == set()
        with pytest.raises(QueryError, match="holds no indexed photos"):
            texts(folder="nowhere")
        newest = collection.search("red", target="caption", k=4, sort="date")
        assert [hit.caption for hit in newest][2:] == ["red old", "red undated"]
        answer = collection.answer("red", target="caption", k=1)
        assert answer.num_candidates == 4

    def test_a_folder_whose_photos_have_no_captions_is_no_error(self, indexed: Collection, tmp_path: Path) -> None:
        indexed.add_captions(write(tmp_path / "c.csv", {"red.png": ["a red thing"]}))
        assert indexed.search("red", target="caption", folder="sub") == []

    def test_without_captions_it_is_said_how_to_add_them(self, indexed: Collection) -> None:
        for action in (
            lambda: indexed.search("red", target="caption"),
            lambda: indexed.search("red", target="caption", folder="sub"),
        ):
            with pytest.raises(CollectionNotFoundError, match="twinlens index PHOTOS --captions FILE"):
                action()

    def test_an_unknown_target_is_refused(self, captioned: Collection) -> None:
        with pytest.raises(QueryError, match="target must be one of image, caption, got 'text'"):
            captioned.search("red", target="text")  # type: ignore[arg-type]

    def test_a_reopened_collection_gives_the_same_captions_and_writes_nothing(
        self, captioned: Collection, open_collection: OpenCollection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        expected = captioned.search("red yellow", target="caption", k=5)
        captioned.close()
        monkeypatch.setattr(ExactStore, "update", lambda *_, **__: pytest.fail("the vectors were written again"))
        assert open_collection().search("red yellow", target="caption", k=5) == expected


class TestDerivedVectors:
    def test_a_collection_without_captions_has_no_files_of_them(self, indexed: Collection) -> None:
        assert not (indexed.path / "captions").exists()

    def test_deleted_and_damaged_vectors_are_made_anew(
        self, captioned: Collection, open_collection: OpenCollection
    ) -> None:
        expected = captioned.search("red", target="caption", k=5)
        shutil.rmtree(captioned.path / "captions")
        for collection in (captioned, open_collection()):
            assert collection.search("red", target="caption", k=5) == expected
            assert collection.faults() == []
        for file in (captioned.path / "captions").iterdir():
            captioned.close()
            file.write_bytes(b"\0" * 7)
            collection = open_collection()
            assert collection.search("red", target="caption", k=5) == expected
            assert collection.faults() == []

    def test_wrong_vectors_are_found_by_the_check(self, captioned: Collection, open_collection: OpenCollection) -> None:
        with captioned.catalog.transaction() as connection:
            connection.execute("UPDATE captions SET embedding = (SELECT embedding FROM captions WHERE id = 3)")
        (fault,) = open_collection().faults()
        assert fault == f"the vector files of captions differ from the catalog: {captioned.path / 'captions'}"
        with captioned.catalog.transaction() as connection:
            connection.execute("DELETE FROM captions WHERE id = 1")
        assert open_collection().faults() == ["the vector files of captions contain 5 captions, the catalog 4"]

    def test_a_catalog_put_back_from_a_copy_is_followed(
        self, indexed: Collection, open_collection: OpenCollection, table: Path, tmp_path: Path
    ) -> None:
        indexed.catalog.checkpoint()
        shutil.copy(indexed.path / "catalog.sqlite", tmp_path / "copy")
        indexed.add_captions(table)
        indexed.close()
        for file in indexed.path.glob("catalog.sqlite-*"):
            file.unlink()
        shutil.copy(tmp_path / "copy", indexed.path / "catalog.sqlite")
        restored = open_collection()
        restored.index()
        for number in range(6):  # its generation overtakes that of the vectors
            restored.add_captions(write(table, {"red.png": [f"red {number}"], "blue.png": ["blue"]}))
        assert {hit.caption for hit in restored.search("red", target="caption", k=9)} == {"red 5", "blue"}
        assert restored.faults() == []

    def test_every_search_during_learning_sees_whole_batches(
        self, indexed: Collection, open_collection: OpenCollection, table: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(captions_module, "BATCH_SIZE", 2)
        other, seen = open_collection(), []

        class Searching(SilentListener):
            def captions_advanced(self, done: int) -> None:
                seen.append((done, len(other.search("red", target="caption", k=99)), len(other.search("red", k=99))))

        indexed.add_captions(table, listener=Searching())
        assert seen == [(2, 2, 3), (4, 4, 3), (5, 5, 3)]


class TestInterruptions:
    def test_an_interrupt_keeps_whole_batches_and_the_next_run_goes_on(
        self,
        models: dict,
        make_photo: PhotoMaker,
        open_collection: OpenCollection,
        table: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(captions_module, "BATCH_SIZE", 2)
        models["default"] = counting = CountingEncoder()
        for name in CAPTIONS:
            make_photo(name)

        class Stop(SilentListener):
            def captions_advanced(self, done: int) -> None:
                raise KeyboardInterrupt

        collection = open_collection()
        with pytest.raises(KeyboardInterrupt):
            collection.index(captions=table, listener=Stop())
        assert (collection.catalog.captions.count(), collection.faults()) == (2, [])
        assert collection.is_complete
        report = collection.add_captions(table)
        assert (report.unchanged, report.added, counting.texts) == (2, 3, 5)

    def test_the_listener_is_told_of_plan_and_progress(
        self, indexed: Collection, table: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(captions_module, "BATCH_SIZE", 3)
        told: list[object] = []

        class Listening(SilentListener):
            def planned(self, plan: object) -> None:
                told.append("photos")

            def advanced(self, done: int, report: IndexReport) -> None:
                pytest.fail("no photo was to be read")

            def captions_planned(self, plan: CaptionPlan) -> None:
                told.append((plan.found, plan.to_embed))

            def captions_advanced(self, done: int) -> None:
                told.append(done)

        for _ in range(2):
            indexed.index(captions=table, listener=Listening())
        assert told == ["photos", (5, 5), 3, 5, "photos", (5, 0)]

    def test_a_plan_that_does_not_fit_is_refused_before_anything_is_written(
        self, indexed: Collection, table: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        usage = shutil.disk_usage(indexed.path)._replace(free=100)
        monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
        with pytest.raises(DiskFullError, match="free some space"):
            indexed.add_captions(table)
        assert known(indexed) == {}

    def test_who_indexes_meanwhile_is_told(
        self, indexed: Collection, open_collection: OpenCollection, table: Path
    ) -> None:
        other = open_collection()

        class Meanwhile(SilentListener):
            def captions_advanced(self, done: int) -> None:
                with pytest.raises(CollectionBusyError):
                    other.add_captions(table)

        assert indexed.add_captions(table, listener=Meanwhile()).added == 5

    def test_a_collection_without_photos_learns_none(self, open_collection: OpenCollection, table: Path) -> None:
        with pytest.raises(CollectionError, match="nothing is indexed"):
            open_collection().add_captions(table)
