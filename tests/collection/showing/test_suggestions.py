"""What is suggested while somebody types: of each kind of name, the one that is meant, in a query that finds it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import PhotoMaker
from twinlens.collection.collection import Collection
from twinlens.collection.searching.query import words_query
from twinlens.collection.searching.search import Search

PEOPLE = "<Iptc4xmpExt:PersonInImage><rdf:Bag><rdf:li>Wanda Ros</rdf:li></rdf:Bag></Iptc4xmpExt:PersonInImage>"
SIDECAR = f"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:exif="http://ns.adobe.com/exif/1.0/"
 xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 exif:GPSLatitude="52,13.8N" exif:GPSLongitude="21,0.6E">{PEOPLE}
<dc:subject><rdf:Bag><rdf:li>Wardrobe</rdf:li><rdf:li>WARM</rdf:li></rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>"""


@pytest.fixture
def collection(make_photo: PhotoMaker, photos: Path, open_collection: Callable[..., Collection]) -> Collection:
    """Photos whose names all begin alike, and one that stands for none of them."""
    for name in ("War of snow/2020/a.png", "War of snow/2021/b.png", "home/war.png", "home/c.png"):
        make_photo(name, "red")
    (photos / "home/c.xmp").write_text(SIDECAR, encoding="utf-8")
    opened = open_collection()
    opened.index()
    opened.tags.add("warm", ["home/c.png"])
    opened.albums.add("Wars|2", ["home/war.png", "home/c.png"])
    return opened


def suggested(collection: Collection, text: str, k: int = 20) -> list[tuple[str, str, str, int | None]]:
    found = collection.suggest(text, collection.facts(), k=k)
    return [(one.kind, one.text, one.query, one.photos) for one in found]


def test_each_kind_of_name_is_suggested_with_a_query_that_finds_its_photos(collection: Collection) -> None:
    found = suggested(collection, "a red war")
    assert found == [
        ("place", "Warsaw, Poland", 'a red place:"Warsaw, Poland"', 1),
        ("tag", "warm", "a red tag:warm", None),
        ("tag", "Wardrobe", "a red tag:Wardrobe", None),
        ("album", "Wars|2", 'a red album:"Wars|2"', None),
        ("folder", "War of snow", 'a red folder:"War of snow"', 2),
    ]
    assert suggested(collection, "wan") == [("person", "Wanda Ros", 'person:"Wanda Ros"', 1)]
    for text, ids in (
        ("warsaw", {"home/c.png"}),
        ("wardr", {"home/c.png"}),
        ("war of", {"War of snow/2020/a.png", "War of snow/2021/b.png"}),
    ):
        ((_, _, query, _),) = suggested(collection, text)
        answer = collection.answer(replace(Search(words_query(query)), group=False))
        assert {hit.id for hit in answer.hits} == ids


def test_words_of_a_name_that_are_typed_already_are_part_of_it(collection: Collection) -> None:
    assert suggested(collection, "red war of sn") == [("folder", "War of snow", 'red folder:"War of snow"', 2)]
    assert suggested(collection, "w") == []
    collection.tags.add("snails", ["home/c.png"])
    assert suggested(collection, "war of sn") == [("folder", "War of snow", 'folder:"War of snow"', 2)]
    assert suggested(collection, "warm sn")[0] == ("tag", "snails", "warm tag:snails", None)


def test_no_kind_takes_the_room_of_another(collection: Collection) -> None:
    assert [kind for kind, *_ in suggested(collection, "war", k=3)] == ["place", "tag", "album"]
    assert ("name", "war.png") in [(kind, text) for kind, text, *_ in suggested(collection, "war")]
