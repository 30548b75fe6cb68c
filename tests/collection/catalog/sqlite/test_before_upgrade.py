"""A catalog is copied before a new release changes its schema, so that the earlier release can have it again."""

import logging
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from collection.catalog.test_schema import FIRST_RELEASE
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.sqlite.before_upgrade import KEPT_DAYS, forget_after_upgrade

DAY_S = 86_400


@pytest.fixture
def first(tmp_path: Path) -> Path:
    path = tmp_path / "catalog.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(FIRST_RELEASE)
    return path


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [*connection.iterdump(), str(connection.execute("PRAGMA user_version").fetchone())]


def test_the_catalog_as_it_was_lies_beside_the_new_one_for_a_month(first: Path) -> None:
    before = dump(first)
    Catalog(first).close()
    copy = first.with_name("catalog-schema-1.sqlite")
    assert dump(copy) == before
    Catalog(first).close()
    forget_after_upgrade(first)
    assert copy.exists()
    os.utime(copy, (0, copy.stat().st_mtime - (KEPT_DAYS + 1) * DAY_S))
    forget_after_upgrade(first)
    assert not copy.exists()


def test_a_new_catalog_and_one_of_this_release_are_not_copied(tmp_path: Path) -> None:
    for _ in range(2):
        Catalog(tmp_path / "catalog.sqlite", create=True).close()
    assert not list(tmp_path.glob("catalog-schema-*"))


def test_without_room_for_a_copy_the_log_says_so_and_the_catalog_is_used(
    first: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    usage = shutil.disk_usage(first.parent)._replace(free=10)
    monkeypatch.setattr("twinlens.collection.catalog.sqlite.before_upgrade.shutil.disk_usage", lambda _: usage)
    with caplog.at_level(logging.WARNING, "twinlens"):
        Catalog(first).close()
    assert "without a copy of it as it was" in caplog.text
    assert not list(first.parent.glob("catalog-schema-*"))
