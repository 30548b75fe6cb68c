"""The Transformer tower equals its formula, written as plain loops."""

import math

import pytest
import torch
from torch import Tensor, nn

from training.parts.towers.checks import check_blocks, check_last_block_learns, token_batch
from twinlens.errors import ConfigError
from twinlens.training.parts.text_towers.load import load_text_tower
from twinlens.training.parts.text_towers.transformer import PreNormLayer, TransformerTower, sinusoids

CAPTIONS = ["a red dog runs", "two dogs on the beach", "a cat in the snow"]


@pytest.fixture
def tower() -> TransformerTower:
    torch.manual_seed(2)
    return load_text_tower("transformer", captions=CAPTIONS, hidden=16, heads=2, max_tokens=20).eval()


def attended_by_loop(layer: PreNormLayer, states: Tensor) -> Tensor:
    """Attention of one text [T, F], head by head and token by token."""
    tokens, hidden = states.shape
    size = hidden // layer.heads
    query, key, value = layer.queries_keys_values(layer.attention_norm(states)).chunk(3, dim=-1)
    rows = []
    for token in range(tokens):
        heads = []
        for head in range(layer.heads):
            part = slice(head * size, (head + 1) * size)
            scores = torch.stack([query[token, part] @ key[other, part] for other in range(tokens)]) / math.sqrt(size)
            heads.append((scores.softmax(0)[:, None] * value[:, part]).sum(0))
        rows.append(torch.cat(heads))
    return layer.attended(torch.stack(rows))


def test_features_are_those_of_the_formula_on_each_text_alone(tower: TransformerTower) -> None:
    ids, mask = token_batch(4, 7, words=tower.words.num_embeddings)
    features = tower(ids, mask)
    for row in range(4):
        text = ids[row, : int(mask[row].sum())]
        states = torch.stack([tower.words.weight[number] * 4 + tower.positions[t] for t, number in enumerate(text)])
        for layer in tower.layers:
            states = states + attended_by_loop(layer, states)
            states = states + layer.feed_forward(states)
        expected = nn.functional.layer_norm(states[0], (16,), tower.norm.weight, tower.norm.bias)
        assert torch.allclose(features[row], expected, atol=1e-5)


def test_positions_are_sines_and_cosines() -> None:
    table = sinusoids(5, 6)
    for token in range(5):
        for pair in range(3):
            angle = token / 10_000 ** (2 * pair / 6)
            assert table[token, 2 * pair].item() == pytest.approx(math.sin(angle), abs=1e-6)
            assert table[token, 2 * pair + 1].item() == pytest.approx(math.cos(angle), abs=1e-6)


def test_each_text_starts_with_cls_and_the_order_of_words_matters(tower: TransformerTower) -> None:
    first, second = (torch.tensor([tower.tokenizer.encode(text).ids]) for text in ("dog cat", "cat dog"))
    assert first[0, 0] == tower.tokenizer.token_to_id("[CLS]") == 2
    assert not torch.allclose(tower(first, torch.ones_like(first)), tower(second, torch.ones_like(second)), atol=1e-3)


def test_its_defaults_are_those_of_the_published_recipe() -> None:
    tower = load_text_tower("transformer", captions=CAPTIONS)
    assert (len(tower.layers), tower.layers[0].heads) == (2, 4)
    assert tower.max_positions == 128
    assert all(parameter.requires_grad for parameter in tower.parameters())


def test_dropout_acts_while_training_only() -> None:
    tower = load_text_tower("transformer", captions=CAPTIONS, hidden=16, dropout=0.5)
    ids, mask = token_batch(3, 5, words=tower.words.num_embeddings)
    assert not torch.equal(tower(ids, mask), tower(ids, mask))
    tower.eval()
    assert torch.equal(tower(ids, mask), tower(ids, mask))


def test_blocks_hold_each_parameter_once(tower: TransformerTower) -> None:
    assert len(tower.blocks()) == 3
    check_blocks(tower)
    check_last_block_learns(tower, *token_batch(3, 4, words=tower.words.num_embeddings))


def test_a_width_that_heads_cannot_share_is_refused() -> None:
    with pytest.raises(ConfigError, match="multiple of 2 × heads; got hidden 30"):
        load_text_tower("transformer", captions=CAPTIONS, hidden=30)
