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
        "test_a_catalog_put_back_from_a_copy_is_followed",
        "test_a_catalog_put_back_from_a_copy_is_noticed_before_its_generation_catches_up",
        "test_a_catalog_that_does_not_note_renames_is_indexed_anew",
        "test_a_change_is_given_up_by_going_back",
        "test_a_copied_folder_has_a_collection_of_its_own",
        "test_a_damaged_catalog_is_named_and_indexing_anew_mends_it",
        "test_a_disk_that_gets_full_keeps_what_was_committed",
        "test_a_disk_that_gets_full_keeps_what_was_embedded",
        "test_a_first_run_that_was_killed_at_once_is_no_hindrance",
        "test_a_full_disk_keeps_what_was_committed_and_the_next_run_goes_on",
        "test_a_model_of_another_name_and_the_same_weights_changes_no_vector",
        "test_a_moved_folder_takes_its_collection_along",
        "test_a_page_of_an_album_opens_no_photos_of_others",
        "test_a_process_killed_while_it_writes_does_no_harm",
        "test_a_rating_that_was_overwritten_is_not_believed",
        "test_a_read_only_collection_of_an_older_release_has_none",
        "test_a_switch_that_fails_half_way_changes_nothing",
        "test_a_table_or_its_copy_may_be_lost",
        "test_after_a_change_all_is_as_if_the_new_model_had_indexed",
        "test_after_any_history_the_catalog_is_that_of_a_first_run",
        "test_all_of_it_survives_the_loss_of_the_list_of_tables",
        "test_an_interrupted_change_goes_on_where_it_was",
        "test_an_older_catalog_that_cannot_be_written_has_no_feedback",
        "test_an_unknown_model_changes_nothing",
        "test_another_process_may_search_while_this_one_indexes",
        "test_back_again_all_is_as_it_was",
        "test_many_may_open_a_new_collection_at_once",
        "test_new_changed_and_moved_photos_are_found_in_the_end",
        "test_photos_in_an_archive_are_there_when_a_collection_is_verified_or_moved",
        "test_repair_keeps_feedback",
        "test_what_a_killed_clearing_left_is_of_no_consequence",
        "test_what_comes_and_goes_between_interrupts_is_followed",
        "test_wrong_vectors_are_found_by_the_check",
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
