"""Paths in any Unicode form, without reading all of them for each."""

import unicodedata
from pathlib import Path

import pytest

from catalog_photos import put_photos
from twinlens.collection.catalog.catalog import Catalog

COMPOSED = "café/größe.jpg"
DECOMPOSED = unicodedata.normalize("NFD", COMPOSED)
MIXED = unicodedata.normalize("NFD", "café") + "/größe.jpg"


@pytest.mark.parametrize("written", [COMPOSED, DECOMPOSED, MIXED])
@pytest.mark.parametrize("asked", [COMPOSED, DECOMPOSED, MIXED])
def test_a_path_is_found_in_any_form(catalog: Catalog, written: str, asked: str) -> None:
    put_photos(catalog, ["plain.jpg", written])
    (folder,) = catalog.folders()
    assert catalog.path_forms.as_written(folder.id, asked) == written
    assert catalog.id_of(folder.id, asked) is not None
    assert catalog.path_forms.as_written(folder.id, "é.jpg") == "é.jpg"
    assert catalog.id_of(folder.id + 1, asked) is None


def test_of_two_forms_the_one_that_was_asked_for_is_found(catalog: Catalog) -> None:
    put_photos(catalog, [COMPOSED, DECOMPOSED])
    (folder,) = catalog.folders()
    for path in (COMPOSED, DECOMPOSED):
        assert catalog.path_forms.as_written(folder.id, path) == path


def test_thousands_of_unknown_paths_read_the_catalog_once(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    put_photos(catalog, [DECOMPOSED])
    (folder,) = catalog.folders()
    asked: list[str] = []
    rows = Catalog.rows
    monkeypatch.setattr(Catalog, "rows", lambda self, sql, *values: (asked.append(sql), rows(self, sql, *values))[1])
    for number in range(1000):
        assert catalog.id_of(folder.id, f"é{number}.jpg") is None
    assert sum("GLOB" in sql for sql in asked) == 1
    assert not any("same_form" in sql for sql in asked)


def test_another_process_adds_a_photo(catalog: Catalog, tmp_path: Path) -> None:
    put_photos(catalog, ["a.jpg"])
    (folder,) = catalog.folders()
    assert catalog.id_of(folder.id, COMPOSED) is None
    other = Catalog(catalog.path)
    put_photos(other, [DECOMPOSED])
    other.close()
    assert catalog.id_of(folder.id, COMPOSED) is not None
