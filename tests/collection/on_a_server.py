"""The tests of collections with catalogs on a server: ``TWINLENS_TEST_CATALOG=server pytest tests/collection/…``.

Each collection folder then belongs to a schema of its own. Tests of damaged files, earlier releases and media that
cannot be written are of an SQLite file, and are skipped.
"""

import hashlib
import os
import sys
from pathlib import Path

import pytest

from postgres_server import SECRET, Server
from twinlens.collection import collection as collections
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.postgres.address import PASSWORD, Address
from twinlens.collection.place import locate

IS_ASKED_FOR = os.environ.get("TWINLENS_TEST_CATALOG") == "server"
OF_A_FILE = frozenset(
    (
        "test_a_catalog_of_the_release_before_gets_a_table_for_shares",
        "test_a_catalog_that_does_not_note_renames_is_indexed_anew",
        "test_a_page_of_an_album_opens_no_photos_of_others",
        "test_a_process_killed_while_it_writes_does_no_harm",
        "test_a_rating_that_was_overwritten_is_not_believed",
        "test_a_read_only_collection_of_an_older_release_has_none",
        "test_a_table_or_its_copy_may_be_lost",
        "test_all_of_it_survives_the_loss_of_the_list_of_tables",
        "test_an_older_catalog_that_cannot_be_written_has_no_feedback",
        "test_repair_keeps_feedback",
    )
)


def use_server(server: Server, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Makes each new catalog one on a server; returns the schemas that come to be."""
    schemas: set[str] = set()
    is_collection = locate.is_collection

    def schema_of(path: Path) -> str:
        return f"of_{hashlib.sha256(str(path).encode()).hexdigest()[:20]}"

    def open_catalog(path: Path, *, create: bool = False, read_only: bool = False) -> Catalog:
        from twinlens.collection.catalog.postgres.catalog import ServedCatalog

        schemas.add(schema_of(path))
        return ServedCatalog(path, Address.parse(f"{server.address}?schema={schema_of(path)}"), create=create)

    def is_there(folder: Path) -> bool:
        return is_collection(folder) or (schema_of(folder / locate.CATALOG_NAME) in schemas and folder.is_dir())

    monkeypatch.setenv(PASSWORD, SECRET)
    monkeypatch.setattr(collections, "open_catalog", open_catalog)
    for module in (locate, collections):
        monkeypatch.setattr(module, "is_collection", is_there)
    for name, module in [*sys.modules.items()]:
        if name.rpartition(".")[2].startswith(("test_", "conftest")) and getattr(module, "Catalog", None) is Catalog:
            monkeypatch.setattr(module, "Catalog", open_catalog)
    return schemas
