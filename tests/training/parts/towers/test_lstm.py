"""The LSTM tower equals torch's packed bidirectional LSTM."""

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from training.parts.towers.checks import check_blocks, check_last_block_learns, token_batch
from twinlens.errors import ConfigError
from twinlens.training.parts.text_towers.load import load_text_tower
from twinlens.training.parts.text_towers.lstm import LstmTower

CAPTIONS = ["a red dog runs", "two dogs on the beach", "a cat in the snow"]


@pytest.fixture
def tower() -> LstmTower:
    torch.manual_seed(2)
    return load_text_tower("lstm", captions=CAPTIONS, word_dim=6, hidden=5, layers=2, dropout=0.0)


def packed(tower: LstmTower, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The last states of ``nn.LSTM`` with the same weights."""
    layers = len(tower.layers)
    inputs, hidden = tower.words.embedding_dim, tower.features_dim // 2
    reference = nn.LSTM(inputs, hidden, num_layers=layers, bidirectional=True, batch_first=True)
    with torch.no_grad():
        for number, layer in enumerate(tower.layers):
            for direction, suffix in ((layer.ahead, ""), (layer.back, "_reverse")):
                for name, value in direction.named_parameters():
                    getattr(reference, name.replace("_l0", f"_l{number}{suffix}")).copy_(value)
    sequence = pack_padded_sequence(tower.words(ids), mask.sum(1), batch_first=True, enforce_sorted=False)
    _, (last, _) = reference(sequence)  # [2 · layers, B, hidden]
    return torch.cat([last[-2], last[-1]], dim=-1)


@pytest.mark.parametrize(("batch", "length"), [(1, 1), (1, 7), (6, 2), (9, 12)])
def test_features_are_the_last_states_of_the_packed_lstm(tower: LstmTower, batch: int, length: int) -> None:
    ids, mask = token_batch(batch, length, words=tower.words.num_embeddings)
    assert torch.allclose(tower(ids, mask), packed(tower, ids, mask), atol=1e-6)


@pytest.mark.parametrize("layers", [1, 3])
def test_any_number_of_layers_equals_the_packed_lstm(layers: int) -> None:
    tower = load_text_tower("lstm", captions=CAPTIONS, word_dim=4, hidden=3, layers=layers, dropout=0.0)
    ids, mask = token_batch(5, 8, words=tower.words.num_embeddings)
    assert torch.allclose(tower(ids, mask), packed(tower, ids, mask), atol=1e-6)
    assert len(tower.blocks()) == 1 + layers


def test_gradients_are_those_of_the_packed_lstm(tower: LstmTower) -> None:
    ids, mask = token_batch(5, 8, words=tower.words.num_embeddings)
    (ours,) = torch.autograd.grad(tower(ids, mask).square().sum(), tower.words.weight)
    (theirs,) = torch.autograd.grad(packed(tower, ids, mask).square().sum(), tower.words.weight)
    assert torch.allclose(ours, theirs, atol=1e-6)


def test_its_defaults_are_those_of_the_published_recipe() -> None:
    tower = load_text_tower("lstm", captions=CAPTIONS)
    assert (tower.words.embedding_dim, tower.features_dim, len(tower.layers)) == (128, 512, 2)
    assert tower.max_positions is None
    assert all(parameter.requires_grad for parameter in tower.parameters())
    assert tower.training


def test_dropout_acts_while_training_only() -> None:
    tower = load_text_tower("lstm", captions=CAPTIONS, dropout=0.5)
    ids, mask = token_batch(3, 5, words=tower.words.num_embeddings)
    assert not torch.equal(tower(ids, mask), tower(ids, mask))
    tower.eval()
    assert torch.equal(tower(ids, mask), tower(ids, mask))


def test_an_empty_text_has_features_whatever_stands_beside_it(tower: LstmTower) -> None:
    ids, mask = torch.tensor([[0, 0, 0], [3, 4, 5]]), torch.tensor([[0, 0, 0], [1, 1, 1]])
    assert torch.allclose(tower(ids, mask)[0], tower(ids[:1, :1], mask[:1, :1])[0], atol=1e-6)


def test_blocks_hold_each_parameter_once(tower: LstmTower) -> None:
    check_blocks(tower)
    check_last_block_learns(tower, *token_batch(3, 4, words=tower.words.num_embeddings))


def test_sizes_below_one_are_refused() -> None:
    with pytest.raises(ConfigError, match="at least 1; got 128, 0 and 2"):
        load_text_tower("lstm", captions=CAPTIONS, hidden=0)
