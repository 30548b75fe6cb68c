"""Embeddings corrected for hubs: what is taken off, what a bundle with banks gives, and damaged ones."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from twinlens.errors import BundleError, TrainingError
from twinlens.model.bundle import BANKS, HUBS, Bundle, HubSettings, open_bundle
from twinlens.model.hubs import MOST_WITHOUT_THREADS, Bank, Hubs, open_hubs
from twinlens.model.onnx_encoder import OnnxDualEncoder
from twinlens.training.languages.hub_banks import HubPlan, add_hubs, fit_bank

BANKS_LEVEL = {"words": 0.1, "captions": 0.15, "photos": 0.2}
STRENGTH = {"words": 0.25, "captions": 0.75, "photos": 0.5}
SETTINGS = HubSettings(sharpness=20, width=0.4, reach=0.9, short=2, long=6, strength=STRENGTH, level=BANKS_LEVEL)
PLAN = HubPlan(clusters={"words": 8, "captions": 8, "photos": 8}, short=2, long=6)


def unit_rows(count: int, dim: int = 6, *, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def even(rows: np.ndarray) -> Bank:
    return Bank(rows, np.full(len(rows), 1 / len(rows), dtype=np.float32))


def corrected(texts: np.ndarray, photos: np.ndarray, lengths: list[int], banks: dict[str, Bank]) -> np.ndarray:
    hubs = Hubs(banks, SETTINGS)
    rows, columns = hubs.corrected_texts(texts, np.array(lengths)), hubs.corrected_photos(photos)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(columns, axis=1), 1, rtol=1e-5)
    return rows @ columns.T


def test_one_photo_is_corrected_as_among_many() -> None:
    hubs = Hubs({name: even(unit_rows(40, seed=seed)) for seed, name in enumerate(BANKS, start=3)}, SETTINGS)
    photos = unit_rows(MOST_WITHOUT_THREADS + 1)
    alone = np.concatenate([hubs.corrected_photos(photo[None]) for photo in photos])
    np.testing.assert_allclose(hubs.corrected_photos(photos), alone, atol=1e-6)


def test_a_score_is_less_by_what_both_sides_have_in_common_with_everything() -> None:
    texts, photos = unit_rows(3, seed=1), unit_rows(7, seed=2)
    banks = {name: even(unit_rows(40, seed=seed)) for seed, name in enumerate(BANKS, start=3)}

    def above(rows: np.ndarray, name: str) -> np.ndarray:
        return np.log(np.exp(20 * rows @ banks[name].rows.T).mean(axis=1)) / 20 - BANKS_LEVEL[name]

    short, half, long = corrected(texts, photos, [1, 4, 9], banks)
    shared = texts @ photos.T - 0.5 * above(texts, "photos")[:, None]
    words, captions = 0.25 * above(photos, "words"), 0.75 * above(photos, "captions")
    wanted = np.stack([shared[0] - words, shared[1] - (words + captions) / 2, shared[2] - captions])
    share = short[0] / wanted[0, 0]
    assert 0 < share < 1
    np.testing.assert_allclose(np.stack([short, half, long]), share * wanted, atol=1e-5)


def test_a_photo_near_to_every_text_is_no_longer_first_for_each() -> None:
    hub = np.eye(16, dtype=np.float32)[:1]
    texts = unit_rows(60, 16, seed=1) + 2 * hub
    texts /= np.linalg.norm(texts, axis=1, keepdims=True)
    photos = np.concatenate([hub, texts + 0.8 * unit_rows(60, 16, seed=2)])
    photos /= np.linalg.norm(photos, axis=1, keepdims=True)
    banks = dict.fromkeys(BANKS, even(texts))
    before, after = (texts @ photos.T).argmax(axis=1), corrected(texts, photos, [9] * 60, banks).argmax(axis=1)
    assert (after == 0).sum() < (before == 0).sum()
    assert (after == np.arange(1, 61)).sum() > (before == np.arange(1, 61)).sum()


def test_a_photo_beyond_reach_still_has_length_one() -> None:
    hubs = Hubs(dict.fromkeys(BANKS, even(unit_rows(1))), SETTINGS.model_copy(update={"reach": 0.0}))
    assert np.linalg.norm(hubs.corrected_photos(unit_rows(1))) == pytest.approx(1)


def test_no_rows_stay_no_rows() -> None:
    hubs = Hubs(dict.fromkeys(BANKS, even(unit_rows(3))), SETTINGS)
    none = np.empty((0, 6), dtype=np.float32)
    assert hubs.corrected_texts(none, np.empty(0, dtype=np.int64)).shape == (0, 11)
    assert hubs.corrected_photos(none).shape == (0, 11)


def test_a_bank_of_clusters_is_about_as_near_as_all_rows() -> None:
    rows = np.repeat(unit_rows(30), 20, axis=0) + 0.02 * unit_rows(600, seed=1)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    bank, some = fit_bank(rows, 100), unit_rows(50, seed=2)
    assert bank.shares.sum() == pytest.approx(1)
    np.testing.assert_allclose(bank.nearness(some, 20), even(rows).nearness(some, 20), atol=0.01)


class TestBundle:
    @pytest.fixture
    def with_hubs(self, bundle_folder: Path) -> Bundle:
        return add_hubs(open_bundle(bundle_folder), some_banks(), PLAN)

    def test_it_is_another_model_of_more_dimensions(self, with_hubs: Bundle, tiny_bundle: Bundle) -> None:
        old, new = OnnxDualEncoder(tiny_bundle), OnnxDualEncoder(open_bundle(with_hubs.directory))
        assert new.dim == old.dim + 5
        assert len({old.fingerprint, new.fingerprint, weaker(with_hubs).fingerprint}) == 3
        photo, text = Image.new("RGB", (20, 20), "red"), ["a red dog", "the beach"]
        assert new.encode_text(text).shape == (2, new.dim)
        assert new.encode_image([photo]).shape == (1, new.dim)
        assert new.encode_text([]).shape == (0, new.dim)
        plain = OnnxDualEncoder(with_hubs.without_hubs())
        np.testing.assert_array_equal(plain.encode_text(text), old.encode_text(text))
        np.testing.assert_array_equal(plain.encode_image([photo]), old.encode_image([photo]))

    def test_a_longer_text_is_read_as_a_caption(self, with_hubs: Bundle) -> None:
        rows = OnnxDualEncoder(with_hubs).encode_text(["dog", "a red dog runs on the beach"])[:, 6:8]
        assert rows[0, 0] > 0 == rows[0, 1]
        assert rows[1, 1] > 0 == rows[1, 0]

    def test_the_level_makes_the_mean_correction_nothing(self, with_hubs: Bundle) -> None:
        assert with_hubs.manifest.hubs is not None
        hubs = open_hubs(with_hubs.directory / HUBS, with_hubs.manifest.hubs, dim=6)
        assert np.abs(hubs.corrected_photos(some_banks()["photos"])[:, 6:8].mean(axis=0)).max() < 0.02

    def test_collections_of_the_bundle_before_need_no_photo_again(self, with_hubs: Bundle, tiny_bundle: Bundle) -> None:
        assert tiny_bundle.fingerprint in with_hubs.manifest.same_features

    def test_a_damaged_file_of_banks_is_refused(self, with_hubs: Bundle) -> None:
        path = with_hubs.directory / HUBS
        whole = path.read_bytes()
        path.write_bytes(whole[:-40] + bytes(40))
        with pytest.raises(BundleError, match="is damaged: its content does not match"):
            OnnxDualEncoder(with_hubs).encode_text(["dog"])
        path.write_bytes(whole[:-1])
        with pytest.raises(BundleError, match="is damaged"):
            open_bundle(with_hubs.directory)

    def test_banks_of_another_model_are_refused(self, with_hubs: Bundle, tmp_path: Path) -> None:
        assert with_hubs.manifest.hubs is not None
        with pytest.raises(BundleError, match=r"must hold banks \[K, 7\], got \[8, 6\]"):
            open_hubs(with_hubs.directory / HUBS, with_hubs.manifest.hubs, dim=7)
        np.savez(tmp_path / HUBS, words=np.zeros(3))
        with pytest.raises(BundleError, match="does not hold the banks words, captions, photos"):
            open_hubs(tmp_path / HUBS, with_hubs.manifest.hubs, dim=6)

    def test_settings_that_cannot_be_are_refused(self) -> None:
        fields = SETTINGS.model_dump()
        with pytest.raises(ValidationError, match="long must be more than short, 2"):
            HubSettings(**{**fields, "long": 2})
        with pytest.raises(ValidationError, match="expected the banks words, captions, photos"):
            HubSettings(**{**fields, "level": {"words": 0.1}})

    def test_a_bank_needs_enough_embeddings(self, bundle_folder: Path) -> None:
        with pytest.raises(TrainingError, match="the bank of photos has 8 clusters; got 3 embeddings"):
            add_hubs(open_bundle(bundle_folder), some_banks() | {"photos": unit_rows(3)}, PLAN)


def some_banks() -> dict[str, np.ndarray]:
    return {name: unit_rows(20, seed=seed) for seed, name in enumerate(BANKS)}


def weaker(bundle: Bundle) -> Bundle:
    assert bundle.manifest.hubs is not None
    hubs = bundle.manifest.hubs.model_copy(update={"strength": STRENGTH})
    return Bundle(bundle.directory, bundle.manifest.model_copy(update={"hubs": hubs}))
