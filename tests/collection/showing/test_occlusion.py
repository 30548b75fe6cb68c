"""Occlusion on encoders small enough to follow by hand."""

from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image

from conftest import ColourEncoder
from twinlens.collection.showing.match_map import occlusion_map
from twinlens.collection.showing.occlusion import BATCH, CELLS, PASSES, cover_cells
from twinlens.protocols import DualEncoder, EncodedImages
from twinlens.types import Embeddings, Pixels

SIDE = 56
LIT, DARK = np.eye(2, dtype=np.float32)


class Brightest(DualEncoder):
    """Knows one thing, which is not linear in the pixels: how bright the brightest one is."""

    name, fingerprint, dim, input_side = "brightest", "brightest-1", 2, SIDE

    def __init__(self) -> None:
        self.batches: list[int] = []

    def encode_pixels(self, pixels: Pixels) -> EncodedImages:
        self.batches.append(len(pixels))
        lit = pixels.reshape(len(pixels), -1).max(axis=1) / 255
        rows = np.stack([lit, np.sqrt(1 - lit**2)], axis=1).astype(np.float32)
        return EncodedImages(rows, None)

    def encode_image(self, images: Sequence[Image.Image]) -> Embeddings:
        return self.encode_pixels(np.stack([self.prepare(image) for image in images])).embeddings

    def encode_text(self, texts: Sequence[str]) -> Embeddings:
        return np.stack([LIT if text == "lit" else DARK for text in texts])


def with_patch(row: int, column: int) -> Image.Image:
    """Dark, but for one bright cell."""
    pixels = np.full((SIDE, SIDE, 3), 20, dtype=np.uint8)
    edges = np.linspace(0, SIDE, CELLS + 1).astype(int)
    pixels[edges[row] : edges[row + 1], edges[column] : edges[column + 1]] = 255
    return Image.fromarray(pixels)


@pytest.mark.parametrize(("row", "column"), [(0, 0), (0, 5), (3, 4), (6, 1), (6, 6)])
def test_the_bright_patch_that_decides_the_score_is_found(row: int, column: int) -> None:
    drops = cover_cells(Brightest(), with_patch(row, column))
    relevance = occlusion_map(LIT, drops)
    assert relevance.shape == (CELLS, CELLS)
    assert relevance[row, column] == relevance.max() == 1.0
    assert np.count_nonzero(relevance) == 1
    assert occlusion_map(DARK, drops)[row, column] == 0.0


def test_cells_differ_by_the_drops_of_the_score() -> None:
    encoder, query = ColourEncoder(), ColourEncoder().encode_text(["red"])[0]
    image = Image.fromarray(np.random.default_rng(3).integers(0, 256, (16, 16, 3)).astype(np.uint8))
    pixels = encoder.prepare(image)
    whole = float(encoder.encode_pixels(pixels[None]).embeddings[0] @ query)
    edges = [0, 2, 5, 7, 9, 11, 14, 16]  # of 16 pixels
    drops = np.zeros((CELLS, CELLS))
    for row in range(CELLS):
        for column in range(CELLS):
            copy = pixels.copy()
            copy[edges[row] : edges[row + 1], edges[column] : edges[column + 1]] = pixels.mean(axis=(0, 1)).round()
            drops[row, column] = whole - float(encoder.encode_pixels(copy[None]).embeddings[0] @ query)
    told = cover_cells(encoder, image) @ query
    np.testing.assert_allclose(told - told.mean(), drops - drops.mean(), atol=1e-5)


def test_the_number_of_passes_and_of_copies_held_is_bounded() -> None:
    encoder = Brightest()
    cover_cells(encoder, with_patch(2, 2))
    assert sum(encoder.batches) == PASSES == 49
    assert max(encoder.batches) <= BATCH


@pytest.mark.parametrize("size", [(1, 1), (5, 300), (640, 9)])
def test_a_photo_of_any_shape_and_a_blank_one_have_a_map(size: tuple[int, int]) -> None:
    encoder = Brightest()
    encoder.input_side = 5  # fewer pixels than cells
    assert not occlusion_map(LIT, cover_cells(encoder, Image.new("RGB", size, "white"))).any()


def test_rounding_is_no_map() -> None:
    drops = np.random.default_rng(0).normal(scale=1e-6, size=(CELLS, CELLS, 1)).astype(np.float32)
    assert not occlusion_map(np.ones(1, dtype=np.float32), drops).any()


def test_a_query_that_every_cover_helps_still_has_a_strongest_cell() -> None:
    drops = -np.ones((2, 2, 1), dtype=np.float32)
    drops[1, 0] = -0.5
    np.testing.assert_array_equal(occlusion_map(np.ones(1, dtype=np.float32), drops), [[0, 0], [1, 0]])
