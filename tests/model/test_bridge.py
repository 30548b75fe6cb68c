from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from twinlens.errors import BundleError
from twinlens.model.bridge import Bridge, BridgedEncoder, fit_map, open_bridge, save_bridge
from twinlens.model.bundle import Bundle, open_bundle
from twinlens.model.onnx_encoder import OnnxDualEncoder

OLD = "0123456789abcdef"
DIM, OLD_DIM = 6, 4


@pytest.fixture
def bridge() -> Bridge:
    random = np.random.default_rng(5)
    text, image = (random.normal(size=(DIM, OLD_DIM)).astype(np.float16).astype(np.float32) for _ in range(2))
    return Bridge(OLD, text, image)


@pytest.fixture
def bundle(bundle_folder: Path) -> Bundle:
    return open_bundle(bundle_folder)


def test_a_bridge_is_kept_in_the_bundle_and_its_fingerprint_stays(bundle: Bundle, bridge: Bridge) -> None:
    path = save_bridge(bundle, bridge)
    assert path == bundle.directory / "bridges" / f"{OLD}.npz"
    again = open_bundle(bundle.directory)
    assert again.fingerprint == bundle.fingerprint
    assert list(again.manifest.bridges) == [OLD]
    opened = open_bridge(again, OLD)
    assert opened is not None
    assert opened.fingerprint == OLD
    np.testing.assert_array_equal(opened.text, bridge.text)
    np.testing.assert_array_equal(opened.image, bridge.image)


def test_a_bridge_is_small() -> None:
    maps = np.zeros((512, 512), dtype=np.float16)
    assert 2 * maps.nbytes < 1.1e6


def test_a_model_without_a_bridge_says_so(bundle: Bundle) -> None:
    assert open_bridge(bundle, OLD) is None


def test_a_second_bridge_leaves_the_first(bundle: Bundle, bridge: Bridge) -> None:
    save_bridge(bundle, bridge)
    save_bridge(open_bundle(bundle.directory), Bridge("f" * 16, bridge.text, bridge.image))
    assert sorted(open_bundle(bundle.directory).manifest.bridges) == [OLD, "f" * 16]


@pytest.mark.parametrize("damage", ["cut", "changed", "gone"])
def test_a_damaged_bridge_is_refused(bundle: Bundle, bridge: Bridge, damage: str) -> None:
    path = save_bridge(bundle, bridge)
    data = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(data[:50] if damage == "cut" else data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(BundleError, match="get the bundle again"):
        open_bridge(open_bundle(bundle.directory), OLD)


@pytest.mark.parametrize("shape", [(5, 4), (6,)])
def test_a_bridge_of_another_model_is_refused(bundle: Bundle, shape: tuple[int, ...]) -> None:
    maps = np.ones(shape, dtype=np.float32)
    save_bridge(bundle, Bridge(OLD, maps, maps))
    with pytest.raises(BundleError, match="create it again with"):
        open_bridge(open_bundle(bundle.directory), OLD)


def test_a_file_that_is_no_bridge_is_refused(bundle: Bundle, bridge: Bridge) -> None:
    path = save_bridge(bundle, bridge)
    with path.open("wb") as file:
        np.savez(file, text=bridge.text)
    records = {OLD: {"size_bytes": path.stat().st_size, "sha256": "0" * 64}}
    manifest = bundle.manifest.model_copy(update={"bridges": records})
    with pytest.raises(BundleError):
        open_bridge(Bundle(bundle.directory, manifest), OLD)


class TestBridgedEncoder:
    @pytest.fixture
    def model(self, bundle: Bundle) -> OnnxDualEncoder:
        return OnnxDualEncoder(bundle)

    def test_its_embeddings_are_the_models_led_and_of_length_1(self, model: OnnxDualEncoder, bridge: Bridge) -> None:
        bridged = BridgedEncoder(model, bridge)
        texts = ["a red dog", "the blue cat", "beach"]
        pictures = [Image.new("RGB", (20, 30), colour) for colour in ("red", "navy")]
        for found, rows, way in (
            (bridged.encode_text(texts), model.encode_text(texts), bridge.text),
            (bridged.encode_image(pictures), model.encode_image(pictures), bridge.image),
        ):
            assert found.shape == (len(rows), OLD_DIM)
            assert found.dtype == np.float32
            for number, row in enumerate(rows):
                led = [sum(float(row[d]) * float(way[d, e]) for d in range(DIM)) for e in range(OLD_DIM)]
                length = sum(value**2 for value in led) ** 0.5
                np.testing.assert_allclose(found[number], [value / length for value in led], rtol=1e-4, atol=1e-6)
        pixels = np.stack([bridged.prepare(picture) for picture in pictures])
        np.testing.assert_array_equal(bridged.encode_pixels(pixels).embeddings, bridged.encode_image(pictures))
        assert bridged.encode_pixels(pixels).features is None

    def test_it_goes_by_the_earlier_models_fingerprint(self, model: OnnxDualEncoder, bridge: Bridge) -> None:
        bridged = BridgedEncoder(model, bridge)
        assert (bridged.fingerprint, bridged.dim, bridged.features_dim) == (OLD, OLD_DIM, 0)
        assert (bridged.name, bridged.input_side) == (model.name, model.input_side)
        assert bridged.relevance() is None
        assert bridged.describe().is_calibrated is False
        assert bridged.seen_part("a dog") == "a dog"
        assert bridged.has_grid is False
        cropping = model.manifest.image.preprocessing.model_copy(update={"resize_mode": "crop"})
        model.manifest = model.manifest.model_copy(
            update={"image": model.manifest.image.model_copy(update={"preprocessing": cropping})}
        )
        assert bridged.seen_box(Image.new("RGB", (90, 30))) == (30, 0, 60, 30)


def test_the_map_is_that_of_least_squares_where_the_penalty_is_nothing() -> None:
    random = np.random.default_rng(2)
    here, there = random.normal(size=(50, DIM)), random.normal(size=(50, OLD_DIM))
    expected, *_ = np.linalg.lstsq(here, there, rcond=None)
    fitted = fit_map(here.astype(np.float32), there.astype(np.float32), ridge=1e-9)
    np.testing.assert_allclose(fitted, expected, atol=1e-4)


def test_a_large_penalty_makes_the_map_small() -> None:
    random = np.random.default_rng(3)
    here, there = random.normal(size=(50, DIM)).astype(np.float32), random.normal(size=(50, OLD_DIM)).astype(np.float32)
    sizes = [float(np.abs(fit_map(here, there, ridge=ridge)).sum()) for ridge in (0.001, 1.0, 100.0)]
    assert sizes[0] > sizes[1] > 10 * sizes[2]
