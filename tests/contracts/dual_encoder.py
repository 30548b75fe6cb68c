"""What every dual encoder must do; an encoder's tests inherit this before they have their own."""

import numpy as np
import pytest
from PIL import Image

from twinlens.errors import BundleError
from twinlens.protocols import DualEncoder
from twinlens.types import GRADES, QueryKind

ROUNDING = 1e-4  # a sum of float32 depends a little on the size of the batch
SIZES = ((64, 48), (48, 64), (300, 20), (1, 1), (640, 480))
TEXTS = ("a red kite over the sea", "blue", "two dogs play on green grass " * 40, "…")


def drawn(size: tuple[int, int], *, seed: int) -> Image.Image:
    """A picture of large patches of colour."""
    patches = np.random.default_rng(seed).integers(0, 256, size=(4, 5, 3), dtype=np.uint8)
    return Image.fromarray(patches).resize(size)


class DualEncoderContract:
    """Inherit it and say how your encoder opens."""

    def open_encoder(self) -> DualEncoder:
        """The encoder, anew at each call."""
        raise NotImplementedError

    @pytest.fixture
    def encoder(self) -> DualEncoder:
        return self.open_encoder()

    @pytest.fixture
    def images(self) -> list[Image.Image]:
        """Upright RGB pictures of any shape, as photos are after decoding."""
        return [drawn(size, seed=seed) for seed, size in enumerate(SIZES)]

    def test_rows_are_unit_vectors_of_one_space(self, encoder: DualEncoder, images: list[Image.Image]) -> None:
        for rows, count in ((encoder.encode_image(images), len(images)), (encoder.encode_text(TEXTS), len(TEXTS))):
            assert rows.shape == (count, encoder.dim)
            assert rows.dtype == np.float32
            np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-3)

    def test_the_batch_changes_no_embedding(self, encoder: DualEncoder, images: list[Image.Image]) -> None:
        for together, alone in (
            (encoder.encode_image(images), [encoder.encode_image([one])[0] for one in images]),
            (encoder.encode_text(TEXTS), [encoder.encode_text([one])[0] for one in TEXTS]),
        ):
            np.testing.assert_allclose(together, alone, atol=ROUNDING)

    def test_prepared_photos_have_one_size_and_the_same_embeddings(
        self, encoder: DualEncoder, images: list[Image.Image]
    ) -> None:
        pixels = np.stack([encoder.prepare(image) for image in images])
        assert pixels.dtype == np.uint8
        assert pixels.shape[3:] == (3,)
        encoded = encoder.encode_pixels(pixels)
        by_image = encoder.encode_image([Image.fromarray(one) for one in pixels])
        np.testing.assert_allclose(encoded.embeddings, by_image, atol=ROUNDING)
        if encoder.features_dim:
            assert encoded.features is not None
            assert encoded.features.shape == (len(images), encoder.features_dim)
        else:
            assert encoded.features is None

    def test_the_fingerprint_is_that_of_the_model_and_not_of_the_object(self, encoder: DualEncoder) -> None:
        again = self.open_encoder()
        assert encoder.name.strip()
        assert encoder.fingerprint.strip()
        assert (encoder.name, encoder.fingerprint, encoder.dim) == (again.name, again.fingerprint, again.dim)
        np.testing.assert_array_equal(encoder.encode_text(TEXTS[:1]), again.encode_text(TEXTS[:1]))

    def test_what_is_read_of_a_text_is_its_start(self, encoder: DualEncoder) -> None:
        for text in TEXTS:
            assert text.startswith(encoder.seen_part(text))

    @pytest.mark.parametrize("kind", ["text", "photo"])
    def test_a_better_score_is_never_less_probable(self, encoder: DualEncoder, kind: QueryKind) -> None:
        judge = encoder.relevance()
        query, scores = encoder.encode_text(TEXTS[:1])[0], np.linspace(-1, 1, 41)
        judgement = judge.judge(query, kind) if judge else None
        if judgement is None:
            return  # its hits are judged by the library itself
        probabilities = judgement.probability(scores.tolist())
        assert (np.diff(probabilities) >= 0).all()
        assert 0 <= probabilities[0] <= probabilities[-1] <= 1
        grades = judgement.grades(scores.tolist())
        sureness = [len(GRADES) - GRADES.index(grade) if grade else 0 for grade in grades]
        assert sureness == sorted(sureness)

    def test_a_grid_is_in_the_same_space_or_refused_in_one_line(
        self, encoder: DualEncoder, images: list[Image.Image]
    ) -> None:
        try:
            grids = encoder.encode_grid(images[:2])
        except BundleError as error:
            lines = str(error).splitlines()
        else:
            lines = []
        assert encoder.has_grid is not bool(lines)
        if lines:
            assert len(lines) == 1
            return
        assert (len(grids), grids.shape[-1]) == (2, encoder.dim)
        for image in images:
            left, top, right, bottom = encoder.seen_box(image)
            assert left < right
            assert top < bottom

    def test_it_can_be_checked_warmed_and_described(self, encoder: DualEncoder) -> None:
        encoder.verify()
        encoder.warm_up(image=True)
        described = encoder.describe()
        assert (described.fingerprint, described.dim) == (encoder.fingerprint, encoder.dim)
