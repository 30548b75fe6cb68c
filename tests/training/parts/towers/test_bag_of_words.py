"""The mean of word embeddings, against a plain loop."""

import pytest
import torch

from twinlens.errors import ConfigError
from twinlens.training.parts.text_towers.bag_of_words import BagOfWordsTower
from twinlens.training.parts.text_towers.load import load_text_tower

CAPTIONS = ["a dog runs", "a cat sleeps on a red sofa"]


@pytest.fixture
def tower() -> BagOfWordsTower:
    torch.manual_seed(0)
    loaded = load_text_tower("bag-of-words", captions=CAPTIONS, word_dim=6)
    assert isinstance(loaded, BagOfWordsTower)
    return loaded.eval()


def test_features_are_the_mean_of_the_words(tower: BagOfWordsTower) -> None:
    ids = torch.tensor([[3, 4, 4, 0], [5, 0, 0, 0], [3, 6, 2, 7]])
    mask = torch.tensor([[1, 1, 1, 0], [1, 0, 0, 0], [1, 1, 1, 1]])
    found = tower(ids, mask)
    for row, length in enumerate((3, 1, 4)):
        words = [tower.words.weight[ids[row, place]] for place in range(length)]
        torch.testing.assert_close(found[row], sum(words) / length)
    assert found.shape == (3, tower.features_dim)


def test_the_order_of_words_does_not_matter(tower: BagOfWordsTower) -> None:
    mask = torch.ones(1, 3, dtype=torch.int64)
    torch.testing.assert_close(tower(torch.tensor([[3, 4, 5]]), mask), tower(torch.tensor([[5, 3, 4]]), mask))


def test_an_empty_text_is_zero_and_not_a_division_by_zero(tower: BagOfWordsTower) -> None:
    empty = torch.zeros(1, 1, dtype=torch.int64)
    assert tower(empty, empty).tolist() == [[0.0] * 6]


def test_a_word_dim_below_one_is_refused() -> None:
    with pytest.raises(ConfigError, match="word_dim must be at least 1, got 0"):
        load_text_tower("bag-of-words", captions=CAPTIONS, word_dim=0)
