"""Changes collections in child processes, each of which may be killed at one of its calls to the file system."""

import ctypes
import functools
import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from conftest import ColourEncoder
from twinlens.collection.catalog import database
from twinlens.collection.collection import Collection
from twinlens.collection.indexing import captions, giving_back, index
from twinlens.collection.indexing.models import model_change, model_of_record
from twinlens.collection.repairing.repair import repair
from twinlens.types import Embeddings

A_BATCH = 4  # many small transactions


class Turned(ColourEncoder):
    """A model of the same angles along other axes: it answers alike, a mixture of both does not."""

    def _embed(self, colours: np.ndarray) -> Embeddings:
        return np.roll(super()._embed(colours), 6, axis=1)


MODELS = {"default": ColourEncoder(), "turned": Turned(fingerprint="colour0000000003", dim=12)}


class Change(NamedTuple):
    """A change of a collection that may be killed."""

    action: str
    options: Mapping[str, Any] = {}
    journal: str = "WAL"


def index_photos(photos: Path, **options: Any) -> None:
    with Collection.open(photos) as collection:
        collection.index(**options)


def switch_model(photos: Path, *, model: str) -> None:
    with Collection.open(photos) as collection:
        collection.reindex(model)


def mark(photos: Path, *, marked: list[str], unmarked: list[str]) -> None:
    with Collection.open(photos) as collection:
        collection.mark_favourites(marked)
        collection.mark_favourites(unmarked, is_favourite=False)


def mend(photos: Path) -> None:
    repair(photos / ".twinlens")


ACTIONS: Mapping[str, Callable[..., None]] = {
    "index": index_photos,
    "switch_model": switch_model,
    "mark": mark,
    "mend": mend,
}


def run_child(photos: Path, change: Change, at: int, half: bool, told: int) -> None:
    """Runs a change, kills this process at a call, or tells how many calls there were."""
    killer = ctypes.CDLL(None)
    killer.calls_seen.restype = ctypes.c_long
    database.journal_for = lambda folder: change.journal
    killer.kill_at_call(os.fsencode(photos / ".twinlens"), ctypes.c_long(at), half)
    ACTIONS[change.action](photos, **change.options)
    os.write(told, str(killer.calls_seen()).encode())


def main() -> None:
    """For each line of JSON: runs a change, and tells the status of its process and its number of calls."""
    model_of_record.load_model = lambda source: MODELS[str(source)]
    index.embed_batches = functools.partial(index.embed_batches, batch_size=A_BATCH)
    captions.BATCH_SIZE = giving_back.BATCH_SIZE = A_BATCH
    model_change.BATCH_SIZE = model_change.CAPTION_BATCH = A_BATCH
    for line in sys.stdin:
        photos, change, at, half = json.loads(line)
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            status = 1
            try:
                os.close(reader)
                run_child(Path(photos), Change(*change), at, half, writer)
                status = 0
            finally:
                os._exit(status)
        os.close(writer)
        status = os.waitpid(child, 0)[1]
        with os.fdopen(reader) as told:
            sys.stdout.write(json.dumps([status, int(told.read() or 0)]) + "\n")
        sys.stdout.flush()
