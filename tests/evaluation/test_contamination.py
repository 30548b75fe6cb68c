import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from conftest import ColourEncoder
from twinlens.data.photo_hash import photo_hash
from twinlens.data.readers.captions_json import CaptionsJson
from twinlens.data.readers.classes_json import ClassifiedImages
from twinlens.embedding.photo_hashes import hash_photos
from twinlens.errors import BundleError
from twinlens.evaluation.audit.dataset import audit_dataset
from twinlens.evaluation.contamination import are_among, find_trained_on
from twinlens.evaluation.pairs import checked_pairs, embed_split
from twinlens.evaluation.retrieval import evaluate_pairs
from twinlens.evaluation.zero_shot import evaluate_zero_shot
from twinlens.model.training_photos import load_training_photos, save_training_photos
from twinlens.types import PhotoHashes


class EncoderWithMemory(ColourEncoder):
    """A model that lists the photos it was trained on."""

    def __init__(self, trained: PhotoHashes) -> None:
        super().__init__()
        self._trained = trained

    def training_photos(self) -> PhotoHashes:
        return self._trained


def scene(seed: int) -> Image.Image:
    noise = np.random.default_rng(seed).integers(0, 256, size=(9, 12, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((240, 180), Image.Resampling.BICUBIC)


def hashes_of(*paths: Path) -> PhotoHashes:
    return np.array([own for own in hash_photos(paths) if own is not None], dtype=np.uint64).reshape(-1, 4)


@pytest.fixture
def data(tmp_path: Path) -> CaptionsJson:
    """Six photos without splits."""
    (tmp_path / "data" / "images").mkdir(parents=True)
    names = [f"{seed}.png" for seed in range(6)]
    for seed, name in enumerate(names):
        scene(seed).save(tmp_path / "data" / "images" / name)
    rows = ", ".join(f'{{"file_name": "{name}", "caption": "a red thing {name}"}}' for name in names)
    (tmp_path / "data" / "captions.json").write_text(f"[{rows}]", encoding="utf-8")
    return CaptionsJson(tmp_path / "data")


def test_photos_and_their_copies_are_recognized_and_others_are_not(tmp_path: Path) -> None:
    scene(1).save(tmp_path / "trained.png")
    scene(1).resize((120, 90)).save(tmp_path / "copy.jpg", quality=60)
    scene(2).save(tmp_path / "other.png")
    Image.new("RGB", (50, 50), "grey").save(tmp_path / "flat.png")
    encoder = EncoderWithMemory(hashes_of(tmp_path / "trained.png"))
    paths = [tmp_path / name for name in ("copy.jpg", "other.png", "flat.png", "trained.png")]
    assert find_trained_on(encoder, paths) == [True, False, False, True]


def test_many_photos_are_compared_block_by_block_as_by_a_plain_loop() -> None:
    drawn = np.random.default_rng(0).integers(0, 2**63, size=(150, 4), dtype=np.uint64)
    trained = drawn[::3].copy()
    trained[:, 0] ^= np.uint64(0b111)  # three bits differ
    expected = [any(int(np.bitwise_count(one ^ other).sum()) <= 30 for other in trained) for one in drawn]
    assert are_among(list(drawn), trained) == expected
    assert sum(expected) == 50
    assert are_among(list(drawn), np.empty((0, 4), dtype=np.uint64)) == [False] * 150


def test_evaluate_says_how_many_photos_the_model_was_trained_on(data: CaptionsJson) -> None:
    photos = data.split("all")
    encoder = EncoderWithMemory(hashes_of(photos[1].path, photos[4].path))
    told: list[tuple[int, int]] = []
    pairs = embed_split(encoder, data, "all", on_compared=lambda *done: told.append(done))
    assert pairs.trained_on == ("1.png", "4.png")
    assert told[-1] == (6, 6)
    report = evaluate_pairs(pairs, resamples=0)
    assert report.to_json()["num_trained_on"] == 2
    assert "note: the model was trained on 2 of these 6 photos: the figures are too high" in str(report)


def test_evaluate_is_silent_where_nothing_was_trained_on_or_nothing_is_known(data: CaptionsJson) -> None:
    clean = EncoderWithMemory(np.empty((0, 4), dtype=np.uint64))
    for encoder, known in ((clean, 0), (ColourEncoder(), None)):
        report = evaluate_pairs(embed_split(encoder, data, "all"), resamples=0)
        assert report.to_json()["num_trained_on"] == known
        assert "trained on" not in str(report)


def test_zero_shot_photos_are_compared_as_well(data: CaptionsJson) -> None:
    photos = data.split("all")
    classified = ClassifiedImages("drawn", tuple(photo.path for photo in photos), (0, 1) * 3, ("red", "blue"))
    report = evaluate_zero_shot(EncoderWithMemory(hashes_of(photos[0].path)), classified)
    assert report.to_json()["num_trained_on"] == 1
    assert "the model was trained on 1 of these 6 photos" in str(report)


def test_audit_names_the_photos_as_an_error(data: CaptionsJson) -> None:
    photos = data.split("all")
    report = audit_dataset(
        data, "captions-json", "all", encoder=EncoderWithMemory(hashes_of(photos[2].path)), quick=True
    )
    (finding,) = [one for one in report.findings if one.code == "trained-on"]
    assert (finding.severity, finding.examples) == ("error", ("2.png",))
    assert "training photos" in report.checked


def test_audit_says_what_it_cannot_check(data: CaptionsJson) -> None:
    report = audit_dataset(data, "captions-json", "all", encoder=ColourEncoder(), quick=True)
    assert any("trained on" in what for what in report.not_checked)
    assert checked_pairs(np.eye(3), np.eye(3), [0, 1, 2]).trained_on is None


def test_a_damaged_list_is_named(tmp_path: Path) -> None:
    path = tmp_path / "training_photos.npy"
    save_training_photos(path, [photo_hash(scene(1)), None, photo_hash(scene(2))])
    assert load_training_photos(path).shape == (2, 4)
    np.save(path, np.zeros((3, 5)))
    with pytest.raises(BundleError, match=r"must be \[N, 4\] uint64"):
        load_training_photos(path)
    path.write_bytes(b"nothing")
    with pytest.raises(BundleError, match="cannot be read"):
        load_training_photos(path)
    shutil.rmtree(tmp_path)
    with pytest.raises(BundleError, match="cannot be read"):
        load_training_photos(path)
