"""An opened collection is searched by words, by photos, and under filters."""

import shutil
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from collection.opened.conftest import OpenCollection, ids
from conftest import COLOURS, ColourEncoder, PhotoMaker, without_date
from twinlens.collection.collection import Collection
from twinlens.errors import QueryError


def taken(path: Path, date: str, camera: str, *, colour: str = "red") -> Path:
    """A photo with a date and a camera."""
    exif = Image.Exif()
    exif[ExifTags.Base.Model] = camera
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = date
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (48, 36), COLOURS[colour]).save(path, exif=exif)
    return path


class TestSearching:
    def test_words_find_what_they_say(self, indexed: Collection, photos: Path) -> None:
        for colour, path in (("red", "red.png"), ("green", "sub/green.png"), ("yellow", "sub/deep/yellow.png")):
            (hit,) = indexed.search(f"something {colour}", k=1)
            assert (hit.rank, hit.id, hit.path) == (1, path, photos / path)
            assert hit.score > 0.99

    def test_a_sum_finds_what_is_between(self, indexed: Collection, photos: Path) -> None:
        assert set(ids(indexed.search("red + green", k=3))) == {"red.png", "sub/green.png", "sub/deep/yellow.png"}
        assert ids(indexed.search(f"red + {photos / 'sub' / 'green.png'} - blue", k=2, include_query_photo=True)) == [
            "sub/deep/yellow.png",
            "red.png",
        ]

    def test_pages_join_without_gap_or_overlap(self, indexed: Collection) -> None:
        whole = indexed.search("red", k=10)
        assert [hit.rank for hit in whole] == [1, 2, 3, 4]
        pages = [indexed.search("red", k=3, offset=offset) for offset in (0, 3, 6)]
        assert pages[0] + pages[1] == whole
        assert pages[2] == []

    def test_the_answer_counts_the_candidates(self, indexed: Collection, photos: Path) -> None:
        answer = indexed.answer("red", k=2)
        assert (len(answer.hits), answer.num_candidates) == (2, 4)
        assert answer.took_ms > 0
        assert indexed.answer(str(photos / "red.png")).num_candidates == 3

    def test_a_senseless_query_is_refused(self, indexed: Collection) -> None:
        for query in ("", "red - 1.0 red", "./none.jpg"):
            with pytest.raises(QueryError):
                indexed.search(query)
        with pytest.raises(QueryError, match="k must be at least 1"):
            indexed.search("red", k=0)

    def test_sorted_by_date_the_newest_comes_first(self, open_collection: OpenCollection, photos: Path) -> None:
        for year in ("2021", "2023", "2022"):
            taken(photos / f"{year}.jpg", f"{year}:05:05 10:00:00", "Nikon")
        Image.new("RGB", (9, 9), "red").save(photos / "undated.png")
        without_date(photos / "undated.png")
        collection = open_collection()
        collection.index()
        assert ids(collection.search("red", sort="date")) == ["2023.jpg", "2022.jpg", "2021.jpg", "undated.png"]


class TestQueryPhotos:
    def test_the_query_photo_is_left_out_and_its_copy_is_found(
        self, indexed: Collection, photos: Path, make_photo: PhotoMaker
    ) -> None:
        shutil.copy(photos / "red.png", photos / "sub" / "copy.png")
        indexed.index()
        hits = indexed.similar(photos / "red.png")
        assert hits[0].id == "sub/copy.png"
        assert hits[0].score == pytest.approx(1.0, abs=1e-6)
        assert "red.png" not in ids(hits)
        assert [hit.rank for hit in hits] == [1, 2, 3, 4]

    def test_the_query_photo_finds_itself_on_request(self, indexed: Collection, photos: Path) -> None:
        assert indexed.similar(photos / "red.png", include_query_photo=True)[0].id == "red.png"
        assert indexed.search(str(photos / "red.png"), include_query_photo=True)[0].id == "red.png"

    def test_a_query_photo_of_a_sum_is_left_out_too(self, indexed: Collection, photos: Path) -> None:
        assert "red.png" not in ids(indexed.search(f"yellow + 0.5 {photos / 'red.png'}"))

    def test_a_photo_from_elsewhere_finds_what_looks_like_it(self, indexed: Collection, tmp_path: Path) -> None:
        Image.new("RGB", (30, 30), COLOURS["green"]).save(tmp_path / "other.png")
        hits = indexed.similar(tmp_path / "other.png")
        assert (hits[0].id, len(hits)) == ("sub/green.png", 4)

    def test_a_relative_path_is_understood(
        self, indexed: Collection, photos: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(photos / "sub")
        for query in ("./green.png", "../red.png", "deep/../../red.png"):
            assert len(indexed.search(query)) == 3

    def test_an_indexed_photo_is_not_decoded_again(
        self, indexed: Collection, photos: Path, encoder: ColourEncoder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(encoder, "encode_image", lambda images: pytest.fail("it was decoded"))
        assert len(indexed.similar(photos / "red.png")) == 3

    def test_a_photo_that_changed_since_is_looked_at_again(
        self, indexed: Collection, photos: Path, make_photo: PhotoMaker
    ) -> None:
        make_photo("red.png", "green", seed=4)
        assert indexed.similar(photos / "red.png", k=1)[0].id == "sub/green.png"

    def test_a_photo_reached_through_a_link_is_left_out(
        self, indexed: Collection, photos: Path, tmp_path: Path
    ) -> None:
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        Image.new("RGB", (30, 30), COLOURS["white"]).save(elsewhere / "white.png")
        (photos / "folder").symlink_to(elsewhere)
        (photos / "linked.png").symlink_to(elsewhere / "white.png")
        indexed.index(follow_links=True)
        assert ids(indexed.search("white", k=2)) == ["folder/white.png", "linked.png"]
        for name, other in (("folder/white.png", "linked.png"), ("linked.png", "folder/white.png")):
            hits = indexed.similar(photos / name)
            assert hits[0].id == other
            assert name not in ids(hits)

    def test_a_photo_folder_given_through_a_link_is_the_same(
        self, indexed: Collection, photos: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "shortcut").symlink_to(photos)
        assert "red.png" not in ids(indexed.similar(tmp_path / "shortcut" / "red.png"))


class TestFilters:
    @pytest.fixture
    def dated(self, open_collection: OpenCollection, photos: Path) -> Collection:
        taken(photos / "2021" / "a.jpg", "2021:12:31 23:59:59", "Canon EOS R5")
        taken(photos / "2022" / "b.jpg", "2022:01:01 00:00:00", "NIKON D850")
        taken(photos / "2022" / "c.jpg", "2022:06:30 18:00:00", "Canon EOS R5", colour="blue")
        taken(photos / "2022b" / "d.jpg", "2023:01:01 00:00:00", "iPhone", colour="green")
        Image.new("RGB", (9, 9), "red").save(photos / "e.png")
        without_date(photos / "e.png")
        collection = open_collection()
        collection.index()
        return collection

    def test_dates_are_inclusive_and_narrow_before_the_top_k(self, dated: Collection) -> None:
        assert ids(dated.search("red", after="2022", before="2022")) == ["2022/b.jpg", "2022/c.jpg"]
        assert ids(dated.search("red", k=1, after="2022-06", before="2022")) == ["2022/c.jpg"]
        assert set(ids(dated.search("red", before="2022-06-30"))) == {"2021/a.jpg", "2022/b.jpg", "2022/c.jpg"}
        assert dated.search("red", after="2024") == []

    def test_a_camera_is_found_by_a_part_of_its_name(self, dated: Collection) -> None:
        assert ids(dated.search("red", camera="canon")) == ["2021/a.jpg", "2022/c.jpg"]
        assert ids(dated.search("red", camera="canon", after="2022")) == ["2022/c.jpg"]

    @pytest.mark.parametrize("folder", ["2022", "2022/", "./2022", "/2022/", "2022//", "2021/../2022"])
    def test_a_folder_is_taken_with_what_is_below_it(self, dated: Collection, folder: str, photos: Path) -> None:
        folder = str(photos) + folder if folder.startswith("/") else folder
        assert set(ids(dated.search("red", folder=folder))) == {"2022/b.jpg", "2022/c.jpg"}

    def test_an_absolute_folder_is_understood(
        self, dated: Collection, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert set(ids(dated.search("red", folder=str(photos / "2022")))) == {"2022/b.jpg", "2022/c.jpg"}
        for whole in (photos, tmp_path, "."):
            assert len(dated.search("red", folder=str(whole))) == 5
        monkeypatch.setenv("HOME", str(photos))
        assert ids(dated.search("red", folder="~/2021")) == ["2021/a.jpg"]

    def test_a_nested_folder_is_understood(self, indexed: Collection) -> None:
        assert set(ids(indexed.search("red", folder="sub"))) == {"sub/green.png", "sub/deep/yellow.png"}
        assert ids(indexed.search("red", folder="sub/deep")) == ["sub/deep/yellow.png"]

    @pytest.mark.parametrize("folder", ["none", "202", "2022/b.jpg", "../photos/2022", "/somewhere/else", "2022%"])
    def test_a_folder_that_is_not_there_is_an_error(self, dated: Collection, folder: str) -> None:
        with pytest.raises(QueryError, match=r"the folder .* holds no indexed photos"):
            dated.search("red", folder=folder)

    def test_a_folder_whose_photos_are_filtered_away_is_no_error(self, dated: Collection) -> None:
        assert dated.search("red", folder="2022", after="2023") == []

    def test_candidates_are_those_that_pass(self, dated: Collection, photos: Path) -> None:

        assert dated.answer("red", folder="2022").num_candidates == 2
        answer = dated.answer(str(photos / "2022" / "b.jpg"), folder="2022")
        assert (answer.num_candidates, ids(answer.hits)) == (1, ["2022/c.jpg"])
