"""What files say about photos reaches the catalog, and stays right when the files beside photos change."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from conftest import PhotoMaker
from twinlens.collection.catalog.texts.said import Told
from twinlens.collection.collection import Collection

OpenCollection = Callable[..., Collection]
TAKEN = {"photoTakenTime": {"timestamp": "1625398599"}}  # 2021-07-04 11:36:39 UTC


def xmp(keyword: str = "sea", *, attributes: str = "") -> str:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
        f'xmlns:exif="http://ns.adobe.com/exif/1.0/" {attributes}><dc:subject><rdf:Bag><rdf:li>{keyword}</rdf:li>'
        "</rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>"
    )


def told(collection: Collection, photo_id: str) -> Told:
    card = collection.photo(photo_id)
    assert card is not None
    return collection.catalog.said.of_photo(card.number)


@pytest.fixture
def collection(open_collection: OpenCollection, make_photo: PhotoMaker, photos: Path) -> Collection:
    make_photo("red.png", "red")
    make_photo("blue.png", "blue")
    (photos / "red.png.xmp").write_text(xmp(attributes='xmp:Rating="4"'))
    opened = open_collection()
    assert opened.index().retold == 1
    return opened


def test_file_beside_a_photo_is_read_with_it(collection: Collection) -> None:
    assert told(collection, "red.png") == Told(keywords=("sea",), rating=4)
    assert told(collection, "blue.png") == Told()
    again = collection.index()
    assert (again.retold, again.skipped, again.unchanged) == (0, [], 2)


def test_edited_and_removed_file_beside_a_photo_is_noticed_without_decoding_the_photo(
    collection: Collection, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twinlens.embedding.local.prepare_photo", None)  # would fail
    (photos / "red.png.xmp").write_text(xmp("dunes"))
    (photos / "blue.xmp").write_text(xmp("sky", attributes='exif:DateTimeOriginal="2020-01-01T10:00:00"'))
    report = collection.index()
    assert (report.retold, report.unchanged) == (2, 2)
    assert told(collection, "red.png") == Told(keywords=("dunes",))
    card = collection.photo("blue.png")
    assert card is not None
    assert (card.taken_at, card.date_source) == ("2020-01-01T10:00:00", "xmp")
    for file in ("red.png.xmp", "blue.xmp"):
        (photos / file).unlink()
    assert collection.index().retold == 2
    assert told(collection, "red.png") == Told()
    card = collection.photo("blue.png")
    assert card is not None
    assert card.date_source == "file"


def test_renamed_photo_keeps_what_was_beside_it_only_if_that_comes_along(collection: Collection, photos: Path) -> None:
    (photos / "red.png").rename(photos / "crimson.png")
    assert collection.index().renamed == 1
    assert told(collection, "crimson.png") == Told()
    (photos / "red.png.xmp").rename(photos / "crimson.xmp")
    collection.index()
    assert told(collection, "crimson.png") == Told(keywords=("sea",), rating=4)


def test_edited_file_beside_a_photo_leaves_the_date_of_its_name_and_file_alone(
    collection: Collection, photos: Path
) -> None:
    (photos / "red.png").rename(photos / "20210704_113639.png")
    os.utime(photos / "blue.png", (1_588_672_800, 1_588_672_800))
    collection.index()
    os.utime(photos / "blue.png")
    (photos / "red.png.xmp").rename(photos / "20210704_113639.xmp")
    (photos / "blue.xmp").write_text(xmp("sky"))
    collection.index()
    found = {
        card.id: (card.taken_at or "")[:10]
        for card in map(collection.photo, ("20210704_113639.png", "blue.png"))
        if card
    }
    assert found == {"20210704_113639.png": "2021-07-04", "blue.png": "2020-05-05"}


def test_copy_has_what_the_content_says_not_what_is_beside_the_other(collection: Collection, photos: Path) -> None:
    (photos / "copy.png").write_bytes((photos / "red.png").read_bytes())
    collection.index()
    assert told(collection, "copy.png") == Told()


def test_edited_photo_keeps_what_is_beside_it(collection: Collection, make_photo: PhotoMaker) -> None:
    make_photo("red.png", "red", seed=1)
    assert collection.index().updated == 1
    assert told(collection, "red.png") == Told(keywords=("sea",), rating=4)


def test_unreadable_file_beside_a_photo_is_listed_in_every_run_until_it_is_mended(
    collection: Collection, photos: Path
) -> None:
    (photos / "blue.json").write_text("[1, 2]")
    (photos / "red.xmp").write_text("<!DOCTYPE a><a/>")
    for _ in range(2):
        generation = collection.catalog.generation
        reasons = {item.path: item.reason for item in collection.index().skipped}
        assert reasons == {
            "blue.json": "says nothing about its photo: JSON, but not of Google Takeout",
            "red.xmp": "says nothing about its photo: XML with a document type, which could grow without end",
        }
        assert collection.catalog.generation == generation
    assert told(collection, "red.png") == Told(keywords=("sea",), rating=4)
    (photos / "blue.json").write_text(json.dumps(TAKEN | {"people": [{"name": "Ana"}]}))
    collection.index()
    assert told(collection, "blue.png") == Told(people=("Ana",))


def test_photos_of_an_earlier_release_are_read_for_texts_without_being_decoded(
    collection: Collection, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exif = Image.Exif()
    exif[0x010E] = "The old harbour"
    exif.get_ifd(0x8769)[0xA434] = "EF50mm f/1.8"
    Image.new("RGB", (48, 36), "green").save(photos / "green.jpg", exif=exif)
    Image.new("RGB", (48, 36), "green").save(photos / "green.webp", exif=exif)
    collection.index()
    with collection.catalog.transaction() as connection:
        connection.execute("DELETE FROM photo_texts")
        connection.execute("DELETE FROM content_details")
        connection.execute("UPDATE photos SET beside = NULL, file_rating = NULL")
    monkeypatch.setattr("twinlens.embedding.local.prepare_photo", None)  # would fail
    (photos / "copy.jpg").write_bytes((photos / "green.jpg").read_bytes())
    assert collection.index().retold == 5
    assert told(collection, "red.png") == Told(keywords=("sea",), rating=4)
    for name in ("green.jpg", "green.webp", "copy.jpg"):
        assert told(collection, name) == Told(description="The old harbour", lens="EF50mm f/1.8")
    assert {hit.id for hit in collection.answer('lens:"50 mm"').hits} == {"green.jpg", "green.webp", "copy.jpg"}
    assert collection.answer("lens:85mm").hits == []
    assert collection.index().retold == 0


def test_verifying_again_changes_nothing_of_what_is_beside(collection: Collection) -> None:
    report = collection.index(verify=True)
    assert report.verification is not None
    assert (report.verification.refreshed, report.updated) == (0, 0)
    assert told(collection, "red.png") == Told(keywords=("sea",), rating=4)


def test_what_files_say_is_searched_by_words_fields_and_phrases(collection: Collection, photos: Path) -> None:
    (photos / "blue.json").write_text(
        json.dumps(TAKEN | {"description": "Windy day", "people": [{"name": "Ana Silva"}]})
    )
    collection.index()
    for query in ("person:Ana", "people:silva", 'description:"windy day"', "has:people", '"windy day"', "year:2021"):
        assert [hit.id for hit in collection.answer(query).hits] == ["blue.png"], query
    for query in ("keyword:sea", "tag:sea", "rating>=4", "rating:4", "has:keywords -has:people"):
        assert [hit.id for hit in collection.answer(query).hits] == ["red.png"], query
    card = collection.photo("blue.png")
    assert card is not None
    assert (card.told.description, card.told.people) == ("Windy day", ("Ana Silva",))
    described = {"title": 0, "description": 1, "keyword": 1, "person": 1, "place": 0, "rating": 1}
    assert collection.status()["described"] == described
    assert collection.answer("Ana Silva").hits[0].found_by == ("person",)
    assert collection.answer("windy day").hits[0].found_by == ("description",)
    assert collection.answer("person:Ana rating>4").hits == []


def test_photo_is_found_by_the_names_of_the_place_where_it_was_taken(collection: Collection, photos: Path) -> None:
    position = 'exif:GPSLatitude="43,46.2N" exif:GPSLongitude="11,15.0E"'
    (photos / "blue.xmp").write_text(xmp("bridge", attributes=position))
    collection.index()
    for query in ("place:Italy", "near:Florence", "location:florenz", '"tuscany"', "has:gps"):
        assert [hit.id for hit in collection.answer(query).hits] == ["blue.png"], query
    assert collection.answer("florence").hits[0].found_by == ("place",)
    assert collection.answer("near:Rome").hits == []
    assert told(collection, "blue.png").place == "Italy|Tuscany|Florence"
    (photos / "blue.xmp").unlink()
    collection.index()
    assert told(collection, "blue.png").place is None
    assert collection.answer("place:Italy").hits == []
