import json
import sys
import time

import pytest

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.indexing.telling.index_state import (
    KEY,
    PROCESS_KEY,
    STALE_S,
    IndexState,
    read_index_state,
    write_index_state,
)


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


@pytest.mark.parametrize(
    "text",
    [
        '{"stage": "running", "updated_at": "x"}',
        '{"stage": "running", "updated_at": 1e999}',
        f'{{"stage": "running", "updated_at": 1{"0" * 400}}}',
        '{"stage": 5}',
        '{"stage": ["running"]}',
        '{"stage": "done", "counts": 5}',
        '{"stage": "done", "counts": {"added": "x"}}',
        '{"stage": "done", "kept_folders": 7}',
        '{"stage": "done", "found": "x"}',
        "[" * 100_000,
        "null",
    ],
)
def test_a_state_that_is_none_counts_as_never(catalog: Catalog, text: str) -> None:
    catalog.set_meta({KEY: text})
    assert read_index_state(catalog) == IndexState()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells")
def test_a_run_whose_process_has_died_has_stopped_at_once(catalog: Catalog) -> None:
    write_index_state(catalog, IndexState("running", updated_at=time.time()))
    assert read_index_state(catalog).stage == "running"
    process = json.loads(catalog.meta(PROCESS_KEY) or "")
    catalog.set_meta({PROCESS_KEY: json.dumps({**process, "started": "1"})})
    state = read_index_state(catalog)
    assert (state.stage, state.message) == ("stopped", "the process that was indexing has ended")
