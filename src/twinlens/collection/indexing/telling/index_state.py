"""Progress of an index run, stored in the catalog for all processes to read."""

import json
import time
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, get_args

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.indexing.writer_process import this_process, was_ended

KEY = "index_state"
PROCESS_KEY = "index_process"  # beside the state, which an earlier release may read
LATEST_S = 1e11  # a later time was overwritten
STALE_S = 20.0  # a run without updates for this long has died
Stage = Literal["never", "running", "done", "failed", "stopped"]


@dataclass(frozen=True, slots=True)
class IndexState:
    """Progress or result of one index run.

    Attributes:
        stage: "stopped" if it was interrupted or its process has ended; finished work is kept.
        found: photo files in the folders; None until they are scanned.
        to_read: new or changed files; None until the folders are scanned.
        done: number of these that are finished.
        skipped: files that could not be used.
        started_at: seconds since 1970.
        updated_at: seconds since 1970.
        counts: results such as ``added``; empty until the end.
        message: why it failed or stopped, if that is known.
        kept_folders: folders whose photos are missing, but stay in the collection; as in ``IndexReport.to_json``.
    """

    stage: Stage = "never"
    found: int | None = None
    to_read: int | None = None
    done: int = 0
    skipped: int = 0
    started_at: float | None = None
    updated_at: float | None = None
    counts: dict[str, int] = field(default_factory=dict)
    message: str | None = None
    kept_folders: list[dict[str, Any]] = field(default_factory=list)


def write_index_state(catalog: Catalog, state: IndexState) -> None:
    """Stores the progress of a run of this process."""
    catalog.set_meta({KEY: json.dumps(asdict(state)), PROCESS_KEY: this_process()})


def read_index_state(catalog: Catalog) -> IndexState:
    """Progress of the last recorded run, from any process.

    Runs of ``twinlens index`` are not recorded.
    """
    text = catalog.meta(KEY)
    if text is None:
        return IndexState()
    try:
        state = IndexState(**json.loads(text))
    except (ValueError, TypeError, RecursionError):  # overwritten, or of another release
        return IndexState()
    if not _is_plausible(state):
        return IndexState()
    if state.stage == "running" and _has_died(catalog, state):
        return replace(state, stage="stopped", message="the process that was indexing has ended")
    return state


def _is_plausible(state: IndexState) -> bool:
    """Whether the types are right: the catalog may have been overwritten, or come from somebody else."""
    numbers = (state.found, state.to_read, state.done, state.skipped, *_values(state.counts))
    times = (state.started_at, state.updated_at)
    return (
        state.stage in get_args(Stage)
        and all(number is None or type(number) is int for number in numbers)
        and all(at is None or (isinstance(at, int | float) and 0 <= at < LATEST_S) for at in times)
        and isinstance(state.message, str | None)
        and isinstance(state.counts, dict)
        and isinstance(state.kept_folders, list)
    )


def _values(counts: object) -> list[object]:
    return list(counts.values()) if isinstance(counts, dict) else []


def _has_died(catalog: Catalog, state: IndexState) -> bool:
    is_silent = time.time() - (state.updated_at or 0.0) > STALE_S
    return is_silent or was_ended(catalog.meta(PROCESS_KEY) or "")
