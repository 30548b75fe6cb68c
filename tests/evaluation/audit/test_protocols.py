import numpy as np
import pytest

from twinlens.evaluation.audit.protocols import (
    diagonal_only,
    in_batches,
    in_chunks,
    right_protocol,
    with_training_rows,
    wrong_protocols,
)
from twinlens.evaluation.pairs import EmbeddedPairs, checked_pairs
from twinlens.evaluation.retrieval import rank_both_ways


def drawn_pairs(n_images: int, captions: int, *, noise: float, seed: int = 0) -> EmbeddedPairs:
    random = np.random.default_rng(seed)
    images = random.normal(size=(n_images, 16)).astype(np.float32)
    index = np.repeat(np.arange(n_images), captions)
    return checked_pairs(images, images[index] + noise * random.normal(size=(len(index), 16)), index)


@pytest.fixture
def pairs() -> EmbeddedPairs:
    return drawn_pairs(40, 5, noise=2.0)


def loop_ranks(queries: np.ndarray, candidates: np.ndarray) -> list[int]:
    """Row i is right for query i; what is strictly better stands before it."""
    scores = queries @ candidates.T
    return [1 + sum(scores[row] > scores[row, row] + 1e-5) for row in range(len(queries))]


def test_right_protocol_is_that_of_the_measures(pairs: EmbeddedPairs) -> None:
    row = right_protocol(pairs)
    assert (row.text_to_image, row.image_to_text) == rank_both_ways(pairs.images, pairs.texts, pairs.text_image_index)
    assert row.is_right
    assert not any(wrong.is_right for wrong in wrong_protocols(pairs))


def test_diagonal_only_counts_the_other_captions_as_wrong(pairs: EmbeddedPairs) -> None:
    row = diagonal_only(pairs)
    ranks = loop_ranks(pairs.images[pairs.text_image_index], pairs.texts)
    assert row.image_to_text["MeanR"] == pytest.approx(np.mean(ranks), abs=1e-3)
    assert row.image_to_text["R@5"] == pytest.approx(100 * np.mean(np.array(ranks) <= 5), abs=1e-3)
    right = right_protocol(pairs)
    assert row.image_to_text["R@1"] < right.image_to_text["R@1"]  # one right answer in place of five
    assert row.text_to_image == right.text_to_image  # without ties nothing changes this way


def test_batches_are_ranked_by_themselves_and_chance_is_one_in_their_size() -> None:
    row = in_batches(drawn_pairs(640, 2, noise=1e3), rows=32, seed=1)
    assert row.text_to_image["MeanR"] == pytest.approx(16.5, abs=1.0)
    assert row.text_to_image["R@1"] == pytest.approx(100 / 32, abs=1.6)
    assert row.image_to_text["R@10"] == pytest.approx(1000 / 32, abs=4)


def test_batches_flatter_and_the_seed_decides_them(pairs: EmbeddedPairs) -> None:
    row = in_batches(pairs, seed=0)
    assert row.text_to_image["R@1"] > right_protocol(pairs).text_to_image["R@1"]
    assert row == in_batches(pairs, seed=0)
    assert row.text_to_image != in_batches(pairs, seed=1).text_to_image


def test_batches_equal_a_plain_loop(pairs: EmbeddedPairs) -> None:
    order, ranks = np.random.default_rng(5).permutation(200), []
    for start in range(0, 192, 32):  # the last eight rows are dropped
        batch = order[start : start + 32]
        ranks += loop_ranks(pairs.texts[batch], pairs.images[pairs.text_image_index[batch]])
    assert in_batches(pairs, seed=5).text_to_image["MeanR"] == pytest.approx(np.mean(ranks), abs=1e-3)


def test_a_split_smaller_than_a_batch_is_one_batch() -> None:
    assert in_batches(drawn_pairs(3, 2, noise=0.0)).text_to_image["R@1"] == 100.0


def test_chunks_equal_a_plain_loop_and_the_last_may_be_short(pairs: EmbeddedPairs) -> None:
    ranks = []
    for rows in (np.arange(0, 90), np.arange(90, 180), np.arange(180, 200)):
        ranks += loop_ranks(pairs.images[pairs.text_image_index[rows]], pairs.texts[rows])
    assert in_chunks(pairs, rows=90).image_to_text["MeanR"] == pytest.approx(np.mean(ranks), abs=1e-3)


def test_ties_in_favour_make_a_collapsed_model_perfect() -> None:
    collapsed = checked_pairs(np.ones((30, 4)), np.ones((60, 4)), np.repeat(np.arange(30), 2))
    rows = {row.name: row for row in wrong_protocols(collapsed)}
    assert rows["ties in favour"].text_to_image["R@1"] == 100.0
    assert rows["in batches of 32"].image_to_text["R@1"] == 100.0
    assert right_protocol(collapsed).text_to_image["R@1"] == 0.0


def test_one_caption_a_photo_leaves_the_others_out(pairs: EmbeddedPairs) -> None:
    row = next(row for row in wrong_protocols(pairs) if row.name == "one caption a photo")
    assert (row.n_images, row.n_captions) == (40, 40)
    first = np.arange(0, 200, 5)
    assert row.text_to_image == rank_both_ways(pairs.images, pairs.texts[first], np.arange(40))[0]


def test_training_photos_are_drawn_as_many_as_the_split_has() -> None:
    known, new = drawn_pairs(60, 2, noise=0.1, seed=1), drawn_pairs(20, 2, noise=50.0, seed=2)
    everything = EmbeddedPairs(
        np.concatenate([known.images, new.images]),
        np.concatenate([known.texts, new.texts]),
        np.concatenate([known.text_image_index, 60 + new.text_image_index]),
    )
    seen, mixed, chunks = with_training_rows(everything, np.arange(60), 20)
    assert (seen.n_images, seen.n_captions, mixed.n_images, mixed.n_captions) == (20, 40, 80, 160)
    assert seen.text_to_image["R@1"] == 100.0  # none of the new ones is among them
    assert right_protocol(new).text_to_image["R@1"] < mixed.text_to_image["R@1"] < 100.0
    assert chunks.n_captions == 160
