import io

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from twinlens.data.images import open_photo
from twinlens.data.photo_hash import photo_hash
from twinlens.embedding.photo_hashes import hash_photos
from twinlens.evaluation.audit.near_duplicates import near_duplicates


def scene(seed: int, *, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """A drawn picture with structure at every scale, as a photo has."""
    random = np.random.default_rng(seed)
    picture = np.zeros((size[1], size[0], 3))
    for cells in (3, 7, 15):
        noise = Image.fromarray(random.integers(0, 256, size=(cells, cells, 3), dtype=np.uint8))
        picture += np.asarray(noise.resize(size, Image.Resampling.BICUBIC), dtype=float) / 3
    return Image.fromarray(picture.astype(np.uint8))


def recompressed(image: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return open_photo(buffer.getvalue()).image


def bits(one: Image.Image, other: Image.Image) -> int:
    hashes = [photo_hash(image) for image in (one, other)]
    assert hashes[0] is not None
    assert hashes[1] is not None
    return int(np.bitwise_count(hashes[0] ^ hashes[1]).sum())


def test_hash_equals_a_plain_loop() -> None:
    grey = np.random.default_rng(0).integers(0, 256, size=(16, 17), dtype=np.uint8)
    found = photo_hash(Image.fromarray(grey).convert("RGB"))
    expected = [bool(grey[row, column + 1] > grey[row, column]) for row in range(16) for column in range(16)]
    assert found is not None
    assert np.unpackbits(found.view(np.uint8)).astype(bool).tolist() == expected


@pytest.mark.parametrize("seed", range(5))
def test_copies_stay_near_and_strangers_far(seed: int) -> None:
    photo = scene(seed)
    copies = [
        photo.resize((160, 120)),
        recompressed(photo, 40),
        ImageEnhance.Brightness(photo).enhance(0.8),
        photo.convert("L").convert("RGB"),
    ]
    assert max(bits(photo, copy) for copy in copies) <= 30
    assert bits(photo, scene(seed + 100)) > 64


def test_flat_photos_have_no_hash_and_are_nobodys_copy() -> None:
    flat = Image.new("RGB", (40, 40), (90, 90, 90))
    assert photo_hash(flat) is None
    assert near_duplicates({"a": None, "b": None}, {"a": "test", "b": "train"}, "test") == []


def test_only_pairs_across_the_audited_split_are_named() -> None:
    one, other = photo_hash(scene(1)), photo_hash(scene(2))
    hashes = {"test.jpg": one, "again.jpg": one, "train.jpg": one, "val.jpg": other, "val2.jpg": other, "loose": one}
    splits = {"test.jpg": "test", "again.jpg": "test", "train.jpg": "train", "val.jpg": "val", "val2.jpg": "val"}
    found = near_duplicates(hashes, splits, "test")
    assert [str(pair) for pair in found] == ["again.jpg ≈ train/train.jpg", "test.jpg ≈ train/train.jpg"]
    assert [pair.bits for pair in found] == [0, 0]


def test_a_cropped_copy_needs_the_model_to_agree() -> None:
    photo = scene(4)
    hashed = photo_hash(photo)
    assert hashed is not None
    changed = np.unpackbits(hashed.view(np.uint8))
    changed[:50] ^= 1  # as a crop of a few per cent does
    hashes = {"a": hashed, "b": np.packbits(changed).view(np.uint64)}
    splits = {"a": "test", "b": "train"}
    near, far = np.array([1, 0], dtype=np.float32), np.array([0.6, 0.8], dtype=np.float32)
    assert near_duplicates(hashes, splits, "test") == []
    assert near_duplicates(hashes, splits, "test", vectors={"a": near, "b": far}) == []
    assert [pair.cosine for pair in near_duplicates(hashes, splits, "test", vectors={"a": near, "b": near})] == [1.0]


def test_photos_that_cannot_be_read_have_no_hash(tmp_path) -> None:
    scene(1).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"no photo")
    told: list[tuple[int, int]] = []
    paths = [tmp_path / "a.png", tmp_path / "b.png", tmp_path / "gone.png"]
    found = hash_photos(paths, on_progress=lambda done, total: told.append((done, total)))
    assert [hashed is not None for hashed in found] == [True, False, False]
    assert told[-1] == (3, 3)
