"""A small pre-norm Transformer over words, trained from scratch; its features are the state of the CLS token."""

import math
from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from twinlens.errors import ConfigError
from twinlens.training.parts.text_towers.vocabulary import word_tokenizer
from twinlens.training.parts.towers import TextTower

FEED_FORWARD = 4  # width relative to the states, as in Vaswani et al.


class PreNormLayer(nn.Module):
    """Attention and feed-forward layer, each with a norm before it and a residual connection.

    Written out, since the eval-mode fast path of ``nn.TransformerEncoder`` cannot be exported.
    """

    def __init__(self, hidden: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.share = dropout
        self.attention_norm = nn.LayerNorm(hidden)
        self.queries_keys_values = nn.Linear(hidden, 3 * hidden)
        self.attended = nn.Linear(hidden, hidden)
        self.feed_forward = nn.Sequential(
            nn.LayerNorm(hidden),
            nn.Linear(hidden, FEED_FORWARD * hidden),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(FEED_FORWARD * hidden, hidden),
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, states: Tensor, seen: Tensor) -> Tensor:
        """[B, T, F] from [B, T, F]; ``seen`` [B, 1, 1, T] is false for tokens to be ignored."""
        projected = self.queries_keys_values(self.attention_norm(states))
        query, key, value = (
            part.unflatten(-1, (self.heads, -1)).transpose(1, 2)  # [B, heads, T, F / heads]
            for part in projected.chunk(3, dim=-1)
        )
        share = self.share if self.training else 0.0
        mixed = scaled_dot_product_attention(query, key, value, attn_mask=seen, dropout_p=share)
        states = states + self.dropout(self.attended(mixed.transpose(1, 2).flatten(2)))
        added: Tensor = states + self.dropout(self.feed_forward(states))
        return added


class TransformerTower(TextTower):
    """Word embeddings + sinusoidal positions → layers → norm → state of the first token, [CLS].

    Args:
        tokenizer: of words, [CLS] first; 0 is padding.
        hidden: size of the states and features; a multiple of twice ``heads``.
        layers: number of Transformer layers.
        heads: number of attention heads.
        dropout: in training.
        max_tokens: length of the longest text in tokens, including [CLS].
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        *,
        hidden: int = 256,
        layers: int = 2,
        heads: int = 4,
        dropout: float = 0.1,
        max_tokens: int = 128,
    ) -> None:
        super().__init__()
        if min(hidden, layers, heads, max_tokens) < 1 or hidden % (2 * heads):
            raise ConfigError(
                "layers, heads and max_tokens must be at least 1, and hidden a multiple of 2 × heads; "
                f"got hidden {hidden}, layers {layers}, heads {heads}, max_tokens {max_tokens}"
            )
        self.tokenizer = tokenizer
        self.features_dim = hidden
        self.max_positions = max_tokens
        self.words = nn.Embedding(tokenizer.get_vocab_size(), hidden, padding_idx=0)
        nn.init.normal_(self.words.weight, std=hidden**-0.5)  # scaled by √hidden in forward, to match the positions
        self.register_buffer("positions", sinusoids(max_tokens, hidden), persistent=False)
        self.layers = nn.ModuleList(PreNormLayer(hidden, heads, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(hidden)
        self.dropout = nn.Dropout(dropout)

    def blocks(self) -> list[nn.Module]:
        """The word embeddings, then each layer; the last one includes the final norm."""
        return [self.words, *self.layers[:-1], nn.ModuleList([self.layers[-1], self.norm])]

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """[B, F] state of the first token of [B, T] tokens."""
        words = self.words(input_ids) * math.sqrt(self.features_dim)
        positions: Tensor = self.positions[: input_ids.shape[1]]  # type: ignore[index]
        states = self.dropout(words + positions)  # [B, T, F]
        seen = attention_mask.bool()[:, None, None, :]
        for layer in self.layers:
            states = layer(states, seen)
        first: Tensor = self.norm(states[:, 0])
        return first


def sinusoids(tokens: int, dim: int) -> Tensor:
    """[T, F] positions: sines in the even, cosines in the odd columns, wavelengths from 2π to 10,000 · 2π.

    Vaswani et al. 2017, "Attention Is All You Need", section 3.5.
    """
    angles = torch.arange(tokens)[:, None] / 10_000 ** (torch.arange(0, dim, 2) / dim)  # [T, F / 2]
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)


def load_transformer(
    *,
    captions: Sequence[str] = (),
    tokenizer_file: Path | None = None,
    cleaning: Sequence[str] | None = None,
    max_words: int = 5000,
    min_count: int = 1,
    hidden: int = 256,
    layers: int = 2,
    heads: int = 4,
    dropout: float = 0.1,
    max_tokens: int = 128,
) -> TransformerTower:
    """A new Transformer tower, with the vocabulary of the tokenizer file, or else built from the captions."""
    tokenizer = word_tokenizer(
        captions, tokenizer_file, max_words=max_words, min_count=min_count, cleaning=cleaning, cls=True
    )
    return TransformerTower(
        tokenizer, hidden=hidden, layers=layers, heads=heads, dropout=dropout, max_tokens=max_tokens
    )
