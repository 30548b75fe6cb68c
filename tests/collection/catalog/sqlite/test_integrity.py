import os
from pathlib import Path

import pytest

from catalog_photos import put_photos
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.sqlite import integrity
from twinlens.collection.catalog.sqlite.integrity import structure_faults, was_used
from twinlens.errors import CatalogDamagedError


@pytest.fixture
def closed(catalog: Catalog) -> Path:
    put_photos(catalog, [f"{number}.jpg" for number in range(50)])
    catalog.checkpoint()
    catalog.close()
    return catalog.path


def overwrite(path: Path, text: bytes, new: bytes) -> None:
    content = path.read_bytes()
    assert text in content
    path.write_bytes(content.replace(text, new, 1))


def test_a_row_that_was_overwritten_is_noticed_when_the_catalog_is_opened(closed: Path) -> None:
    overwrite(closed, b"37.jpg", b"99.jpg")
    with pytest.raises(CatalogDamagedError, match="missing from index"):
        Catalog(closed)


def test_a_catalog_is_checked_again_only_once_it_has_changed(closed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Catalog(closed).close()
    checks: list[object] = []

    def count(*arguments: object) -> list[str]:
        checks.append(arguments)
        return []

    monkeypatch.setattr(integrity, "structure_faults", count)
    first = Catalog(closed)
    assert (first.is_intact, checks) == (True, [])
    first.close()
    os.utime(closed, ns=(1, 1))
    Catalog(closed).close()
    assert len(checks) == 1


def test_of_a_large_catalog_only_the_tables_without_vectors_are_checked_at_once(
    closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(integrity, "QUICK_BYTES", 0)
    catalog = Catalog(closed)
    assert not catalog.is_intact
    assert not (closed.parent / "checked.json").exists()
    catalog.close()
    overwrite(closed, b"37.jpg", b"99.jpg")
    with pytest.raises(CatalogDamagedError):
        Catalog(closed)


def test_tables_of_a_large_catalog_are_checked_once(closed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(integrity, "QUICK_BYTES", 0)
    Catalog(closed).close()
    monkeypatch.setattr(integrity, "structure_faults", lambda *_: pytest.fail("it is checked again"))
    catalog = Catalog(closed)
    assert not catalog.is_intact
    catalog.close()


def test_a_large_catalog_stays_known_to_be_intact_when_this_program_changes_it(
    closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(integrity, "QUICK_BYTES", 0)
    catalog = Catalog(closed)
    integrity.check_fully(catalog)
    catalog.close()
    monkeypatch.setattr(integrity, "structure_faults", lambda *_: pytest.fail("it is checked again"))
    before = closed.stat().st_mtime_ns
    catalog = Catalog(closed)
    catalog.marks.mark([1], is_favourite=True)
    catalog.close()
    assert closed.stat().st_mtime_ns > before
    catalog = Catalog(closed)
    assert catalog.is_intact
    checks: list[object] = []
    monkeypatch.setattr(integrity, "structure_faults", lambda *args: checks.append(args) or [])
    integrity.check_fully(catalog)
    assert checks, "an index run checks it again"
    catalog.close()


def test_what_another_program_has_changed_is_not_known_to_be_intact(
    closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Catalog(closed).close()
    monkeypatch.setattr(integrity, "QUICK_BYTES", 0)
    catalog = Catalog(closed)
    assert catalog.is_intact
    os.utime(closed, ns=(1, 1))
    catalog.marks.mark([1], is_favourite=True)
    catalog.close()
    catalog = Catalog(closed)
    assert not catalog.is_intact
    catalog.close()


def test_a_whole_catalog_has_no_faults(closed: Path) -> None:
    catalog = Catalog(closed)
    assert structure_faults(catalog) == structure_faults(catalog, "photos") == []
    catalog.close()


def test_what_shows_that_a_collection_was_used(tmp_path: Path) -> None:
    assert not was_used(tmp_path)
    (tmp_path / "exact").mkdir()
    assert not was_used(tmp_path)
    (tmp_path / "exact" / "stamp.json").touch()
    assert was_used(tmp_path)


def test_values_of_the_catalog_itself_are_checked(catalog: Catalog) -> None:
    catalog.set_meta({"generation": "1\x00"})
    with pytest.raises(CatalogDamagedError, match="generation is"):
        _ = catalog.generation
