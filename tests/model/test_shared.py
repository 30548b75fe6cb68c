"""A model that several collections use is in memory once."""

import gc
import os
import shutil
import weakref
from pathlib import Path

from twinlens.api.library import Collection
from twinlens.model.bundle import MANIFEST
from twinlens.model.load import DEFAULT_BUNDLE, load_model


def test_a_model_in_use_is_not_opened_twice_and_goes_with_its_last_user(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(DEFAULT_BUNDLE, tmp_path / "model", copy_function=os.link))
    first = load_model(folder)
    assert load_model(folder) is first
    assert load_model(folder, threads=1) is not first
    gone = weakref.ref(first)
    del first
    gc.collect()
    assert gone() is None


def test_a_changed_model_is_another_one(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(DEFAULT_BUNDLE, tmp_path / "model", copy_function=os.link))
    first = load_model(folder)
    text = (folder / MANIFEST).read_text(encoding="utf-8")
    (folder / MANIFEST).unlink()
    (folder / MANIFEST).write_text(text + " ", encoding="utf-8")
    assert load_model(folder) is not first


def test_two_collections_share_their_model(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    with Collection.open(tmp_path / "a") as a, Collection.open(tmp_path / "b") as b:
        assert a.encoder is b.encoder
