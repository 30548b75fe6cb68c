from pathlib import Path

from catalog_photos import put_photos
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.rows import FileState
from twinlens.collection.place.photo_folders import PhotoFolders
from twinlens.collection.showing.facts import library_facts


def test_a_library_is_counted(catalog: Catalog, tmp_path: Path) -> None:
    put_photos(
        catalog,
        ["x.jpg", "trip/a.jpg", "trip/b.jpg", "trip/day/c.jpg"],
        taken_at=[None, "2020-01-01T00:00:00", None, "2021-01-01T00:00:00"],
        cameras=["Canon", "Canon", None, "Nikon"],
    )
    with catalog.writing() as writer:
        writer.put_skipped(FileState(1, "broken.jpg", 1, 1, None), "damaged", reader_version=1)
    facts = library_facts(catalog, PhotoFolders(tmp_path, catalog).all(), is_complete=True)
    assert (facts.photos, facts.captions, facts.skipped, facts.located) == (4, 0, 1, 0)
    assert (facts.first_taken, facts.last_taken) == ("2020-01-01T00:00:00", "2021-01-01T00:00:00")
    assert facts.cameras == [("Canon", 2), ("Nikon", 1)]
    assert facts.folders == [("trip", 2), ("trip/day", 1)]
    assert facts.generation == catalog.generation
