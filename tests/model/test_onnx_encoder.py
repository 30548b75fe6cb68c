from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnxruntime
import pytest
from PIL import Image

from twinlens.errors import BundleError
from twinlens.model.bundle import MODEL_FILES, open_bundle
from twinlens.model.onnx_encoder import IMAGE_BATCH, OnnxDualEncoder
from twinlens.model.text_encoder import BATCH as TEXT_BATCH

CAPTIONS = ["a red dog", "dog", "", "the cat runs on the beach", "blue , green .", "zebra"]


@pytest.fixture(scope="module")
def tiny(tiny_bundle):
    return OnnxDualEncoder(tiny_bundle, threads=1)


def photos(count: int) -> list[Image.Image]:
    random = np.random.default_rng(5)
    sizes = random.integers(5, 60, size=(count, 2))
    return [Image.fromarray(random.integers(0, 256, (h, w, 3), dtype=np.uint8)) for h, w in sizes]


def texts(count: int) -> list[str]:
    words = "a red blue green dog cat run running on the beach".split()
    random = np.random.default_rng(6)
    return [" ".join(random.choice(words, size=random.integers(0, 9))) for _ in range(count)]


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_encoder_tells_what_its_manifest_says(tiny, tiny_bundle):
    assert (tiny.name, tiny.dim, tiny.features_dim, tiny.input_side) == ("tiny", 6, 12, 16)
    assert tiny.fingerprint == tiny_bundle.fingerprint


def test_input_side_leaves_room_for_the_crop(reseal):
    bundle = reseal(image__preprocessing__resize_mode="crop", image__preprocessing__crop_fraction=0.5)
    assert OnnxDualEncoder(bundle).input_side == 32


class TestImages:
    def test_embedding_is_the_graph_worked_out_in_numpy(self, tiny, weights):
        images = photos(5)
        pixels = np.stack([np.asarray(image.resize((16, 16), Image.Resampling.BILINEAR)) for image in images]) / 255
        planes = ((pixels - (0.5, 0.4, 0.3)) / (0.2, 0.25, 0.3)).transpose(0, 3, 1, 2)  # [B, 3, 16, 16]
        features = planes.reshape(5, 3, 2, 8, 2, 8).mean(axis=(3, 5)).reshape(5, 12)
        encoded = tiny.encode_pixels(np.stack([tiny.prepare(image) for image in images]))
        np.testing.assert_allclose(encoded.features, features, atol=1e-5)
        np.testing.assert_allclose(encoded.embeddings, unit(features @ weights.image_head), atol=1e-5)
        np.testing.assert_allclose(tiny.encode_image(images), encoded.embeddings, atol=1e-6)

    def test_rows_are_float32_of_length_one(self, tiny):
        rows = tiny.encode_image(photos(4))
        assert rows.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)

    def test_batch_size_changes_no_embedding(self, tiny):
        images = photos(2 * IMAGE_BATCH + 5)
        alone = np.concatenate([tiny.encode_image([image]) for image in images])
        np.testing.assert_allclose(tiny.encode_image(images), alone, atol=1e-6)

    def test_order_changes_no_embedding(self, tiny):
        images = photos(IMAGE_BATCH + 3)
        order = np.random.default_rng(1).permutation(len(images))
        shuffled = tiny.encode_image([images[row] for row in order])
        np.testing.assert_allclose(shuffled, tiny.encode_image(images)[order], atol=1e-6)

    @pytest.mark.parametrize("count", [0, 1, IMAGE_BATCH, IMAGE_BATCH + 1])
    def test_any_number_of_photos_gives_as_many_rows(self, tiny, count):
        assert tiny.encode_image(photos(count)).shape == (count, 6)

    def test_no_pixels_give_no_rows(self, tiny):
        encoded = tiny.encode_pixels(np.zeros((0, 16, 16, 3), dtype=np.uint8))
        assert encoded.embeddings.shape == (0, 6)
        assert encoded.features.shape == (0, 12)


class TestTexts:
    def test_embedding_is_the_mean_of_its_words_worked_out_in_numpy(self, tiny, weights):
        ids = {"dog": [0, 8, 1], "a red dog": [0, 4, 5, 8, 1], "": [0, 1]}
        wanted = unit(np.stack([weights.words[row].mean(axis=0) for row in ids.values()]) @ weights.text_head)
        np.testing.assert_allclose(tiny.encode_text(list(ids)), wanted, atol=1e-6)

    def test_rows_are_float32_of_length_one(self, tiny):
        rows = tiny.encode_text(CAPTIONS)
        assert rows.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)

    def test_batch_size_changes_no_embedding(self, tiny):
        captions = texts(2 * TEXT_BATCH + 7)
        alone = np.concatenate([tiny.encode_text([caption]) for caption in captions])
        np.testing.assert_allclose(tiny.encode_text(captions), alone, atol=1e-6)

    def test_order_changes_no_embedding(self, tiny):
        captions = texts(TEXT_BATCH + 9)
        order = np.random.default_rng(2).permutation(len(captions))
        shuffled = tiny.encode_text([captions[row] for row in order])
        np.testing.assert_allclose(shuffled, tiny.encode_text(captions)[order], atol=1e-6)

    def test_words_that_differ_give_different_rows(self, tiny):
        red, blue = tiny.encode_text(["a red dog", "a blue dog"])
        assert np.abs(red - blue).max() > 0.01

    def test_no_texts_give_no_rows(self, tiny):
        assert tiny.encode_text([]).shape == (0, 6)

    def test_long_text_is_encoded_by_its_seen_part(self, tiny):
        text = "a red dog running on the beach , a cat on the beach"
        seen = tiny.seen_part(text)
        assert seen == "a red dog running on"
        np.testing.assert_allclose(tiny.encode_text([text]), tiny.encode_text([seen]), atol=1e-6)
        assert tiny.seen_part("a red dog") == "a red dog"


class TestTowers:
    def test_words_alone_never_open_the_image_tower(self, bundle_folder):
        (bundle_folder / "image.onnx").write_bytes(b"?" * (bundle_folder / "image.onnx").stat().st_size)
        encoder = OnnxDualEncoder(open_bundle(bundle_folder))
        assert encoder.encode_text(["dog"]).shape == (1, 6)
        with pytest.raises(BundleError, match=r"image\.onnx is damaged"):
            encoder.encode_image(photos(1))

    def test_photos_alone_never_open_the_text_tower(self, bundle_folder):
        for name in ("text.onnx", "tokenizer.json"):
            (bundle_folder / name).write_bytes(b"?" * (bundle_folder / name).stat().st_size)
        assert OnnxDualEncoder(open_bundle(bundle_folder)).encode_image(photos(1)).shape == (1, 6)

    def test_warm_towers_do_not_need_their_files_again(self, bundle_folder):
        encoder = OnnxDualEncoder(open_bundle(bundle_folder))
        encoder.warm_up(image=True)
        for name in MODEL_FILES:
            (bundle_folder / name).unlink()
        assert encoder.encode_text(["dog"]).shape == (1, 6)
        assert encoder.encode_image(photos(1)).shape == (1, 6)

    def test_threads_share_one_encoder(self, tiny_bundle):
        encoder = OnnxDualEncoder(tiny_bundle)
        captions = texts(60)
        with ThreadPoolExecutor(8) as threads:
            rows = np.concatenate(list(threads.map(lambda caption: encoder.encode_text([caption]), captions)))
        np.testing.assert_allclose(rows, encoder.encode_text(captions), atol=1e-6)

    @pytest.mark.parametrize("threads", [None, 1, 2])
    def test_number_of_threads_changes_no_embedding(self, tiny, tiny_bundle, threads):
        encoder = OnnxDualEncoder(tiny_bundle, threads=threads)
        np.testing.assert_allclose(encoder.encode_text(CAPTIONS), tiny.encode_text(CAPTIONS), atol=1e-6)

    def test_graph_of_another_opset_says_which_onnx_runtime_refused_it(self, bundle_folder, reseal):
        import onnx

        model = onnx.load(str(bundle_folder / "text.onnx"))
        model.opset_import[0].version = 10_000
        onnx.save(model, str(bundle_folder / "text.onnx"))
        encoder = OnnxDualEncoder(reseal())
        with pytest.raises(BundleError, match=f"ONNX Runtime {onnxruntime.__version__}"):
            encoder.encode_text(["dog"])


@pytest.mark.parametrize("field", ["embedding_dim", "image__features_dim"])
def test_a_graph_that_does_not_fit_its_manifest_is_refused(reseal, field):
    encoder = OnnxDualEncoder(reseal(**{field: 5}))
    with pytest.raises(BundleError, match="does not match its manifest"):
        encoder.encode_image(photos(1))


def test_a_model_without_a_grid_says_so_in_one_line(tiny):
    with pytest.raises(BundleError, match="model 'tiny' has no grid output") as raised:
        tiny.encode_grid(photos(1))
    assert "\n" not in str(raised.value)


def test_a_grid_that_the_manifest_promises_must_be_in_the_graph(reseal):
    encoder = OnnxDualEncoder(reseal(image__grid=[2, 2]))
    with pytest.raises(BundleError, match="expected output 'grid' of length 6"):
        encoder.encode_grid(photos(1))
