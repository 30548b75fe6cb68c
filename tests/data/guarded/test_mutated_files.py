"""Damaged files of every kind: each is read or refused, none crashes us, none takes long."""

import os
import time

import numpy as np
import pytest

from data.layered_files import jpeg_xl, psd
from data.made_pictures import KINDS, encoded, mutated, noisy, picture
from data.raw_files import dng
from twinlens.data.guarded.guard import Guard
from twinlens.data.guarded.photos import open_guarded
from twinlens.errors import PhotoCrashError, PhotoError, PhotoTooSlowError

MOST_CPU_S = 10.0

MUTATIONS = int(os.environ.get("MUTATIONS", "1000"))  # of the slow test; 10000 take ten minutes


def whole_files() -> list[tuple[str, bytes]]:
    """A file of each kind, RAW with and without a preview."""
    image = noisy(128, 128)
    pixels = np.asarray(image)
    preview = {"preview": encoded(image, "JPEG"), "preview_size": image.size}
    others = {"RAW": dng(pixels), "RAW with a preview": dng(pixels, **preview), "JPEG XL": jpeg_xl(pixels)}
    others["PSD"] = psd(pixels.transpose(2, 0, 1).copy())
    return [*((kind, picture(kind, 128, 128)) for kind in KINDS), *others.items()]


def try_all(count: int, *, seed: int) -> dict[str, int]:
    """Opens so many mutated files, spread over all kinds, and counts what came of them."""
    random = np.random.default_rng(seed)
    whole = whole_files()
    outcomes: dict[str, int] = {}
    with Guard(processes=1) as guard:
        for number in range(count):
            kind, data = whole[number % len(whole)]
            damaged = mutated(data, random)
            started = time.thread_time()
            try:
                outcome = open_guarded(damaged, min_side=64, guard=guard).image.mode
            except PhotoCrashError as error:  # no harm done, but worth knowing
                outcome = f"{kind}: {error}"
            except PhotoTooSlowError:
                pytest.fail(f"mutation {number} of seed {seed}, {kind}, takes too long")
            except PhotoError:
                outcome = "refused"
            assert time.thread_time() - started < MOST_CPU_S, (kind, number)
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
    return outcomes


def test_three_hundred_mutated_files_are_read_or_refused() -> None:
    outcomes = try_all(300, seed=0)
    assert outcomes["RGB"] > 30
    assert outcomes["refused"] > 30


@pytest.mark.slow
def test_many_mutated_files_are_read_or_refused() -> None:
    outcomes = try_all(MUTATIONS, seed=1)
    assert outcomes["RGB"] + outcomes["refused"] > 0.99 * MUTATIONS
