"""The file of near copies belongs to the model whose features were compared."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.rows import FileState, ModelRecord
from twinlens.collection.likeness.copies_file import DerivedCopies
from twinlens.data.exif import PhotoDetails
from twinlens.embedding.local import PhotoVector


def test_copies_are_of_the_model_that_there_is_when_photos_are_compared(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog.add_folder("photos", "..")
    catalog.remember_model(ModelRecord("one", "first", 8))
    with catalog.writing() as writer:
        vector = PhotoVector(np.eye(1, 8, dtype=np.float32)[0], np.ones(2, dtype=np.float32))
        writer.put_photo(FileState(1, "a.jpg", 1, 1, b"a"), PhotoDetails(4, 3), vector, reader_version=1)
    other, snapshot = Catalog(catalog.path), catalog.snapshot

    @contextmanager
    def after_another_model() -> Iterator[None]:
        other.remember_model(ModelRecord("two", "second", 8))
        with snapshot():
            yield

    copies = DerivedCopies(catalog, tmp_path / "likeness", writable=False)
    monkeypatch.setattr(catalog, "snapshot", after_another_model)
    copies.synced()
    other.close()
    assert copies._state is not None
    assert "/second/" in copies._state.owner
