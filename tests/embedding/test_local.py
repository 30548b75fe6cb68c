"""Photos and texts in, embeddings out; what cannot be read is skipped and named."""

import sys
import threading
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.made_pictures import picture
from twinlens.data.guarded.guard import Guard
from twinlens.data.guarded.limits import Limits
from twinlens.data.images import open_photo
from twinlens.embedding import local
from twinlens.embedding.local import BATCH_SIZE, embed_photos, map_ahead
from twinlens.errors import DataError
from twinlens.model.load import load_model


def test_results_come_in_order_however_long_each_takes() -> None:
    def slow_first(number: int) -> int:
        time.sleep(0.02 if number == 0 else 0)
        return number * number

    assert list(map_ahead(slow_first, range(20), workers=4)) == [(number, number * number) for number in range(20)]


def test_never_more_than_lookahead_items_are_ahead_of_the_reader() -> None:
    started: list[int] = []
    lock = threading.Lock()

    def note(number: int) -> int:
        with lock:
            started.append(number)
        return number

    results = map_ahead(note, range(1000), workers=3, lookahead=8)
    for taken, _ in enumerate(results, start=1):
        assert len(started) <= taken + 8
        if taken == 50:
            results.close()
            break
    assert len(started) <= 58


def test_an_error_in_a_worker_reaches_the_reader() -> None:
    def fail(number: int) -> int:
        raise ValueError(number)

    with pytest.raises(ValueError, match="0"):
        list(map_ahead(fail, range(3)))


def test_unreadable_photos_are_skipped_and_the_others_keep_their_places(encoder, make_photo) -> None:
    paths = [make_photo(f"{number}.png", "red", seed=number) for number in range(BATCH_SIZE + 5)]
    paths[3].write_bytes(b"no photo")
    paths.append(Path("missing.png"))
    progress: list[int] = []
    result = embed_photos(paths, encoder, on_progress=progress.append)
    assert result.kept == [number for number in range(BATCH_SIZE + 5) if number != 3]
    assert result.embeddings.shape == (BATCH_SIZE + 4, encoder.dim)
    assert [skipped.path for skipped in result.skipped] == [str(paths[3]), "missing.png"]
    assert progress == [BATCH_SIZE, BATCH_SIZE + 6]
    np.testing.assert_allclose(np.linalg.norm(result.embeddings, axis=1), 1.0, atol=1e-6)


def test_no_readable_photo_at_all_is_an_error_that_names_one(encoder, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none of 1 photo could be read, for example .*gone"):
        embed_photos([tmp_path / "gone.jpg"], encoder)


@pytest.mark.skipif(sys.platform == "win32", reason="no CPU timers there")
def test_a_photo_that_takes_too_long_is_skipped_and_the_others_are_embedded(encoder, make_photo, monkeypatch) -> None:
    monkeypatch.setattr(local, "Guard", partial(Guard, Limits(cpu_s=0.05, wall_s=600)))
    paths = [make_photo(f"{number}.png", "red", seed=number) for number in range(4)]
    Image.new("L", (12_000, 12_000)).save(paths[1])  # 140 KB; half a second
    result = embed_photos(paths, encoder)
    assert result.kept == [0, 2, 3]
    assert result.skipped == [local.Skipped(str(paths[1]), "takes more than 0.05 s to decode")]


@pytest.mark.parametrize("kind", ["HEIC", "TIFF", "JPEG 2000"])
def test_under_guard_an_encoder_of_any_class_gets_the_same_pixels(encoder, kind: str) -> None:
    data = picture(kind, 256, 128)
    expected = encoder.prepare(open_photo(data, min_side=encoder.input_side).image)
    np.testing.assert_array_equal(local.prepare_photo(data, encoder).pixels, expected)
    bundled = load_model("default")
    expected = bundled.prepare(open_photo(data, min_side=bundled.input_side).image)
    np.testing.assert_array_equal(local.prepare_photo(data, bundled).pixels, expected)


def test_stopping_early_does_not_wait_for_a_photo_that_hangs() -> None:
    with Guard(Limits(wall_s=600)) as guard:
        results = map_ahead(lambda seconds: guard.run(time.sleep, seconds), [0, 600, 600], on_stop=guard.close)
        assert next(results) == (0, None)
        results.close()  # as Ctrl+C does
