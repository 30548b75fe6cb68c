"""What a worker does with photos that it sees, sees otherwise, or does not see."""

import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from conftest import ColourEncoder, draw_photo
from twinlens.cluster.worker import NeedsMore
from twinlens.data.content_hash import content_hash
from twinlens.data.images import photo_stamp
from twinlens.data.objects.object_path import ObjectPath
from twinlens.embedding.local import EmbeddedPhoto
from twinlens.embedding.on_worker import EmbeddingWorker, HashesJob, PhotosJob, SentPhoto, TextsJob
from twinlens.errors import BundleError


class Told:
    """Stands for what the cluster shares."""

    def __init__(self, *contents: bytes) -> None:
        self.contents = np.array(sorted(contents), dtype="S16")

    def get(self) -> np.ndarray:
        return self.contents


@pytest.fixture
def worker() -> EmbeddingWorker:
    return EmbeddingWorker(ColourEncoder().opener(), ColourEncoder().fingerprint)


def sent(path: Path, **more: object) -> SentPhoto:
    stamp = photo_stamp(path) if path.exists() else (1, 1)
    return SentPhoto(path, "vector", "hash", stamp=stamp)._replace(**more)


def embedded(worker: EmbeddingWorker, *photos: SentPhoto, known: Told | None = None) -> list[EmbeddedPhoto[int]]:
    found = worker(PhotosJob(photos, known, check_rows=True))  # type: ignore[arg-type]
    assert isinstance(found, list)
    return found


def test_contents_that_are_known_are_only_hashed(worker: EmbeddingWorker, tmp_path: Path) -> None:
    red, blue = draw_photo(tmp_path / "red.png", "red"), draw_photo(tmp_path / "blue.png", "blue")
    known = Told(content_hash(red.read_bytes()), b"\x00" * 16, b"\xff" * 16)
    first, second = embedded(worker, sent(red), sent(blue), known=known)
    assert (first.content_hash, first.vector) == (content_hash(red.read_bytes()), None)
    assert second.vector is not None
    assert second.vector.embedding == pytest.approx(ColourEncoder().encode_text(["blue"])[0], abs=0.1)
    (checked,) = embedded(worker, sent(red, if_known="details"), known=known)
    assert (checked.details is not None, checked.vector) == (True, None)


def test_photos_in_archives_are_seen_like_files(worker: EmbeddingWorker, tmp_path: Path) -> None:
    red = draw_photo(tmp_path / "red.png", "red")
    with zipfile.ZipFile(tmp_path / "shard.zip", "w") as archive:
        archive.write(red, "inside/red.png")
    packed = SentPhoto(tmp_path / "shard.zip" / "inside" / "red.png", "vector", "hash")
    (found,) = embedded(worker, packed._replace(stamp=photo_stamp(packed.path)))
    assert found.vector is not None
    assert found.content_hash == content_hash(red.read_bytes())
    assert worker(PhotosJob((packed._replace(stamp=(1, 1)),), None, check_rows=True)) == NeedsMore(always=True)


def test_what_is_not_seen_is_asked_for_and_then_read_from_its_content(worker: EmbeddingWorker, tmp_path: Path) -> None:
    red, blue = draw_photo(tmp_path / "red.png", "red"), draw_photo(tmp_path / "blue.png", "blue")
    other, gone = sent(red, stamp=(5, 5)), sent(tmp_path / "gone.png")
    job = PhotosJob((other, gone), None, check_rows=True)
    assert worker(job) == NeedsMore(always=True)
    assert worker(PhotosJob((sent(blue), gone), None, check_rows=True)) == NeedsMore(always=False)
    assert worker(HashesJob((gone,))) == NeedsMore(always=True)
    told = gone._replace(reason="file is gone")
    left = gone._replace(is_left=True)
    found = embedded(worker, other._replace(content=red.read_bytes()), told, left, gone._replace(content=b""))
    assert found[0].vector is not None
    assert found[0].content_hash == content_hash(red.read_bytes())
    assert (found[1].content_hash, found[1].reason) == (None, "file is gone")
    assert (found[2].content_hash, found[2].reason) == (None, None)
    assert found[3].content_hash == content_hash(b"")
    assert found[3].reason


def test_objects_that_only_the_asking_process_can_read_are_asked_for(worker: EmbeddingWorker) -> None:
    photo = SentPhoto(ObjectPath("nowhere-at-all://bucket/a.jpg"), "vector", "hash", size_bytes=10)
    assert str(pickle.loads(pickle.dumps(photo)).path) == str(photo.path)
    assert isinstance(worker(PhotosJob((photo,), None, check_rows=True)), NeedsMore)


def test_texts_are_embedded_and_another_model_is_refused(worker: EmbeddingWorker) -> None:
    rows = worker(TextsJob(("red", "blue")))
    assert isinstance(rows, np.ndarray)
    assert rows == pytest.approx(ColourEncoder().encode_text(["red", "blue"]))
    with pytest.raises(BundleError, match="install the same twinlens"):
        EmbeddingWorker(ColourEncoder().opener(), "another")
