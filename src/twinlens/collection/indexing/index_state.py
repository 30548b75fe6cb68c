"""How far an index run has come, kept in the catalog so that every process can tell."""

import json
import time
from dataclasses import asdict, dataclass, field, replace
from typing import Literal

from twinlens.collection.catalog.catalog import Catalog

KEY = "index_state"
STALE_S = 20.0  # a run that tells nothing for so long has ended without saying so
Stage = Literal["never", "running", "done", "failed", "stopped"]


@dataclass(frozen=True, slots=True)
class IndexState:
    """One index run, as it is or as it ended.

    Attributes:
        stage: "stopped" when it was interrupted; what it had done is kept.
        found: photo files in the folders; None until they were walked.
        to_read: files that are new or changed; None until the folders were walked.
        done: of them.
        skipped: files that could not be used.
        started_at: seconds since 1970.
        updated_at: seconds since 1970.
        counts: what it did, as ``added``; empty until its end.
        message: why it failed.
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


def write_index_state(catalog: Catalog, state: IndexState) -> None:
    """Remembers how far a run has come."""
    catalog.set_meta({KEY: json.dumps(asdict(state))})


def read_index_state(catalog: Catalog) -> IndexState:
    """How far the run has come that was told of last, by whatever process.

    Runs of ``twinlens index`` tell nothing; their photos are seen as they come.
    """
    text = catalog.meta(KEY)
    if text is None:
        return IndexState()
    state = IndexState(**json.loads(text))
    if state.stage == "running" and time.time() - (state.updated_at or 0.0) > STALE_S:
        return replace(state, stage="stopped")
    return state
