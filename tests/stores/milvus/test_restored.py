"""A catalog that was restored from a backup, while the server has later vectors: docs/how-to/deploy-large.md."""

from pathlib import Path

import pytest

from conftest import ColourEncoder
from deploy.test_backup import N_PHOTOS, answers, back_up, draw_photos
from stores.milvus.running import RunningMilvus
from twinlens.api.library import Collection

pytest.importorskip("pymilvus")
pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.thorough]


def test_an_older_catalog_takes_back_its_vectors_on_milvus(
    tmp_path: Path, encoder: ColourEncoder, milvus: RunningMilvus
) -> None:
    photos = draw_photos(tmp_path)
    store = f"milvus://127.0.0.1:{milvus.port}/backup{tmp_path.name[-12:].replace('-', '')}"
    with Collection.create([photos], at=tmp_path / "library", model=encoder, store=store) as library:
        library.index()
        before = answers(library)
        back_up(tmp_path / "library/catalog.sqlite", tmp_path / "backup/catalog.sqlite")
        for number in range(0, N_PHOTOS, 2):
            (photos / f"photo{number}.jpg").unlink()
        library.index()
        assert answers(library) != before
    with Collection(tmp_path / "backup", model=encoder) as restored:
        assert answers(restored) == before
        assert restored.faults() == []
