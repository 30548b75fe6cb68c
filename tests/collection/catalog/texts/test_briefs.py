import numpy as np
import pytest

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.rows import FileState
from twinlens.collection.catalog.texts.briefs import LONGEST, Brief, briefs
from twinlens.data.exif import PhotoDetails
from twinlens.embedding.local import PhotoVector

ROW = np.eye(8, dtype=np.float32)[0]
FLORENCE = {"latitude": 43.77, "longitude": 11.25}


@pytest.fixture
def told(catalog: Catalog) -> Catalog:
    """Photos 1 to 5, of which files say more and less."""
    catalog.add_folder("photos", "..")
    said = [
        PhotoDetails(9, 9, title="A title", description="of the file", keywords=("kite",), **FLORENCE),
        PhotoDetails(9, 9, title="Low tide", description="A long walk"),
        PhotoDetails(9, 9, title="c", description="C.JPG", people=("Ana",)),
        PhotoDetails(9, 9, description="word " * LONGEST),
        PhotoDetails(9, 9),
    ]
    with catalog.writing() as writer:
        for number, details in enumerate(said):
            file = FileState(1, f"rome/{'abcde'[number]}.jpg", 10, 1_000, bytes([number] * 16))
            writer.put_photo(file, details, PhotoVector(ROW, None), reader_version=1)
    with catalog.writing() as writer:
        writer.put_caption(1, "the first caption", ROW)
        writer.put_caption(1, "a later one", ROW)
    return catalog


def paths(catalog: Catalog) -> dict[int, str]:
    return dict(catalog.rows("SELECT id, path FROM photos"))


def test_a_caption_comes_before_what_the_file_says_and_a_files_name_is_no_caption(told: Catalog) -> None:
    found = briefs(told, paths(told))
    assert found[1] == Brief("the first caption", "Italy|Tuscany|Florence")
    assert found[2] == Brief("A long walk", None)
    assert 3 not in found or found[3] == Brief()
    assert found[4] == Brief(("word " * LONGEST)[:LONGEST], None)
    assert 5 not in found


def test_the_photos_of_a_page_are_looked_up_by_one_query_that_goes_through_no_table(
    told: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, tuple[object, ...]]] = []
    rows = told.rows
    monkeypatch.setattr(told, "rows", lambda sql, values=(): asked.append((sql, tuple(values))) or rows(sql, values))
    assert len(briefs(told, paths(told))) > 1
    ((sql, values),) = [one for one in asked if "captions" in one[0]]
    plan = [row[3] for row in rows(f"EXPLAIN QUERY PLAN {sql}", values) if "json_each" not in row[3]]
    assert any("USING COVERING INDEX" in step and "captions" in step for step in plan), "embeddings are not read"
    assert any("photo_texts_of_photo (photo_id=?)" in step for step in plan)
    assert not [step for step in plan if step.startswith("SCAN")]


def test_of_no_photos_nothing_is_asked(told: Catalog) -> None:
    assert briefs(told, {}) == {}
