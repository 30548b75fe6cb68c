import time

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.indexing.index_state import STALE_S, IndexState, read_index_state, write_index_state


def test_a_state_is_read_as_it_was_written(catalog: Catalog) -> None:
    assert read_index_state(catalog) == IndexState()
    state = IndexState(
        "running", found=9, to_read=4, done=1, started_at=1.0, updated_at=time.time(), counts={"added": 1}
    )
    write_index_state(catalog, state)
    assert read_index_state(catalog) == state


def test_a_run_that_says_nothing_for_long_has_stopped(catalog: Catalog) -> None:
    write_index_state(catalog, IndexState("running", updated_at=time.time() - STALE_S - 1))
    assert read_index_state(catalog).stage == "stopped"
    write_index_state(catalog, IndexState("done", updated_at=0.0))
    assert read_index_state(catalog).stage == "done"


def test_a_state_is_no_new_generation(catalog: Catalog) -> None:
    before = catalog.generation
    write_index_state(catalog, IndexState("done"))
    assert catalog.generation == before
