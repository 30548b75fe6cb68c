"""The same photos in an SQLite file and on a server give the same answers, whatever is asked."""

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collection.catalog.postgres.conftest import OpenServed
from conftest import COLOURS, PhotoMaker
from twinlens.collection.catalog.curated.person import asked_by
from twinlens.collection.collection import Collection
from twinlens.errors import TwinlensError

FOLDERS = ("", "Italy/", "Italy/Süd/", "2023/")
TAGS = ("kids", "Zürich", "on holiday")
TERMS = st.sampled_from(
    [
        *COLOURS,
        *('"red"', '"zur"', "name:red*", "name:RED", "name:é", "folder:Italy", "folder:Italy/Süd", "folder:nowhere"),
        *("tag:kids", "tag:zürich", "tag:none", "album:best", "favourite:yes", "rating>=3", "rating:1..2", "rating:5"),
        *("camera:canon", "camera:ÉTÉ", "lens:50mm", 'lens:"50 mm"', "type:png", "type:jpg,png", "has:gps", "has:date"),
        *("has:caption", "has:tag", "has:rating", "has:people", "has:text", "has:title", "has:gps,tag"),
        *("near:48.85,2.35,10km", "near:48.85,2.35,900km", "near:89.9,0,2000km", "within:-10,-60,100,60"),
        *("year:2023", "month:2023-06", "month:june", "after:2023-03", "before:2022", "date:2022-01..2023-06"),
        *("day:06-21", "width>40", "height<=36", "size>1kB", "size>0.001MP", "orientation:landscape"),
        *("orientation:square", "person:Ana", "keyword:beach", "title:harbour", "description:rain", 'caption:"a dog"'),
        *("place:Paris", 'text:"no entry"', "caption:ÉCLAIR", "name:%", "name:_", "tag:'", "name:?????.png"),
    ]
)
QUERIES = st.recursive(
    TERMS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(" ".join),
        st.tuples(inner, inner).map(lambda two: f"({two[0]}) OR ({two[1]})"),
        inner.map(lambda one: f"-({one})"),
    ),
    max_leaves=5,
)
SORTS = st.sampled_from(["relevance", "date", "oldest", "name", "size"])


@pytest.fixture
def both(open_served: OpenServed, make_photo: PhotoMaker, tmp_path: Path) -> tuple[Collection, Collection]:
    """Sixty photos with all that can be known of photos, in a file and on the server."""
    drawn = random.Random(7)
    for number in range(40):
        colour = drawn.choice(list(COLOURS))
        name = f"{drawn.choice(FOLDERS)}{colour}{drawn.choice(['', 'é', '_x', ' (1)'])}{number}.png"
        make_photo(name, colour, seed=number, size=drawn.choice([(48, 36), (36, 48), (40, 40)]))
    file, served = Collection.create([tmp_path / "photos"]), open_served()
    for collection in (file, served):
        collection.index()
        give(collection, random.Random(11))
    return file, served


def give(collection: Collection, drawn: random.Random) -> None:
    """The same to both: dates, places, cameras, texts, tags, stars, albums, favourites, captions."""
    ids = [path for (path,) in collection.catalog.rows("SELECT path FROM photos ORDER BY path")]
    for name in ids:
        if drawn.random() < 0.4:
            collection.tags.add([drawn.choice(TAGS)], [name])
        if drawn.random() < 0.4:
            collection.ratings.rate(drawn.randint(1, 5), [name])
        if drawn.random() < 0.3:
            with asked_by(drawn.choice(["", "ana"])):
                collection.mark_favourites([name])
        if drawn.random() < 0.3:
            collection.albums.add("best", [name])
    with collection.catalog.transaction() as connection:
        for (number,) in collection.catalog.rows("SELECT id FROM photos ORDER BY folder_id, path"):
            moment = f"{drawn.choice([2022, 2023])}-{drawn.choice(['01', '06'])}-{drawn.choice([20, 21])}T10:00:00"
            place = drawn.choice([(None, None), (48.86, 2.34), (43.78, 11.25), (-33.9, 151.2), (89.95, 170.0)])
            camera = drawn.choice([None, "Canon EOS R5", "ÉTÉ 1"])
            connection.execute(
                "UPDATE photos SET taken_at = ?, latitude = ?, longitude = ?, camera = ?, file_rating = ? WHERE id = ?",
                (drawn.choice([None, moment]), *place, camera, drawn.choice([None, 3]), number),
            )
            told = [
                *("person", drawn.choice(["Ana", "Béa"])),
                *("keyword", drawn.choice(["beach", "old harbour"])),
                *(drawn.choice(["title", "description"]), drawn.choice(["The old Harbour", "in the rain"])),
                *("lens", drawn.choice(["EF50mm f/1.8", "RF 24-70"])),
            ]
            for kind, text in zip(told[::2], told[1::2], strict=True):
                if drawn.random() < 0.5:
                    connection.execute("INSERT INTO photo_texts VALUES (?, ?, ?)", (number, kind, text))
    with collection.catalog.writing() as writer:
        for (number,) in collection.catalog.rows("SELECT id FROM photos ORDER BY folder_id, path"):
            if drawn.random() < 0.4:
                text = drawn.choice(["a dog", "un éclair"])
                writer.put_caption(number, text, collection.encoder.encode_text([text])[0])
            if drawn.random() < 0.2:
                sql = "SELECT content_hash FROM photos WHERE id = ?"
                writer.put_read_texts([(collection.catalog.rows(sql, (number,))[0][0], "No Entry\nexit")])
            writer.reword([number])


def told(collection: Collection, query: str, sort: str) -> object:
    """All that is answered, or refused."""
    try:
        answer = collection.answer(query, k=100, sort=sort)
        found = sorted(collection.find_all(query)) if "-(" not in query else None
    except TwinlensError as error:
        return type(error).__name__, str(error)
    hits = [
        (hit.id, hit.score, hit.grade, hit.found_by, hit.caption, hit.own_caption, hit.place) for hit in answer.hits
    ]
    if sort == "relevance":
        hits.sort(key=lambda hit: (-round(hit[1] or 0.0, 5), hit[0]))
    return answer.num_candidates, hits, found


def check(both: tuple[Collection, Collection], queries: Callable, number: int) -> None:
    @settings(max_examples=number, database=None, suppress_health_check=list(HealthCheck))
    @given(queries, SORTS, st.sampled_from(["", "ana"]))
    def agree(query: str, sort: str, person: str) -> None:
        with asked_by(person):
            one, other = (told(collection, query, sort) for collection in both)
        assert one == other

    agree()


def test_every_query_has_the_same_answer(both: tuple[Collection, Collection]) -> None:
    check(both, QUERIES, 25)
    file, served = both
    assert served.faults() == []
    assert replace(file.facts(), generation=0, scan_stamp=0) == replace(served.facts(), generation=0, scan_stamp=0)
    assert file.facets() == served.facets()
    assert file.months() == served.months()
    assert {**file.status(), "collection": "", "disk_bytes": 0, "indexed_at": 0, "catalog": ""} == {
        **served.status(),
        **{"collection": "", "disk_bytes": 0, "indexed_at": 0, "catalog": ""},
    }


@pytest.mark.thorough
def test_hundreds_of_queries_have_the_same_answer(both: tuple[Collection, Collection]) -> None:
    check(both, QUERIES, 500)
