"""A bidirectional LSTM over words, trained from scratch; equivalent to packed sequences, but exportable."""

from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from twinlens.errors import ConfigError
from twinlens.training.parts.text_towers.vocabulary import word_tokenizer
from twinlens.training.parts.towers import TextTower


class BidirectionalLayer(nn.Module):
    """One LSTM per direction; the backward one reads each text from its last token to its first.

    Equivalent to ``pack_padded_sequence``, which cannot be exported to ONNX.
    """

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.ahead = nn.LSTM(inputs, hidden, batch_first=True)
        self.back = nn.LSTM(inputs, hidden, batch_first=True)

    def forward(self, states: Tensor, mirrored: Tensor) -> Tensor:
        """[B, T, 2 · hidden] from [B, T, inputs].

        Args:
            states: inputs; values at padding do not affect the outputs of tokens.
            mirrored: [B, T], position of the t-th token in reverse order.
        """
        ahead, _ = self.ahead(states)
        back, _ = self.back(_reordered(states, mirrored))
        return torch.cat([ahead, _reordered(back, mirrored)], dim=-1)


class LstmTower(TextTower):
    """Word embeddings → LSTM layers → last states of both directions.

    Args:
        tokenizer: of words; 0 is padding.
        word_dim: length of a word embedding.
        hidden: state size per direction; the features are twice as long.
        layers: number of LSTM layers.
        dropout: on word embeddings and between layers, in training.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        *,
        word_dim: int = 128,
        hidden: int = 256,
        layers: int = 2,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        if min(word_dim, hidden, layers) < 1:
            raise ConfigError(f"word_dim, hidden and layers must be at least 1; got {word_dim}, {hidden} and {layers}")
        self.tokenizer = tokenizer
        self.features_dim = 2 * hidden
        self.max_positions = None
        self.words = nn.Embedding(tokenizer.get_vocab_size(), word_dim, padding_idx=0)
        self.layers = nn.ModuleList(
            BidirectionalLayer(2 * hidden if number else word_dim, hidden) for number in range(layers)
        )
        self.dropout = nn.Dropout(dropout)

    def blocks(self) -> list[nn.Module]:
        """The word embeddings, then each layer."""
        return [self.words, *self.layers]

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """[B, F] last states of tokens [B, T], padded on the right; an empty text counts as one padding token."""
        lengths = attention_mask.sum(dim=1, keepdim=True).clamp(min=1)  # [B, 1]
        positions = torch.arange(input_ids.shape[1], device=input_ids.device).unsqueeze(0)  # [1, T]
        mirrored = torch.where(positions < lengths, lengths - 1 - positions, positions)  # [B, T]
        states = self.words(input_ids)  # [B, T, word_dim]
        for layer in self.layers:
            states = layer(self.dropout(states), mirrored)
        ahead, back = states.chunk(2, dim=-1)
        last = _reordered(ahead, lengths - 1)  # [B, 1, hidden]
        return torch.cat([last[:, 0], back[:, 0]], dim=-1)


def _reordered(states: Tensor, positions: Tensor) -> Tensor:
    """[B, P, F]: the states [B, T, F] at positions [B, P]."""
    return states.gather(1, positions.unsqueeze(-1).expand(-1, -1, states.shape[-1]))


def load_lstm(
    *,
    captions: Sequence[str] = (),
    tokenizer_file: Path | None = None,
    cleaning: Sequence[str] | None = None,
    max_words: int = 5000,
    min_count: int = 1,
    word_dim: int = 128,
    hidden: int = 256,
    layers: int = 2,
    dropout: float = 0.2,
) -> LstmTower:
    """A new LSTM tower, with the vocabulary of the tokenizer file, or else built from the captions."""
    tokenizer = word_tokenizer(
        captions, tokenizer_file, max_words=max_words, min_count=min_count, cleaning=cleaning, cls=False
    )
    return LstmTower(tokenizer, word_dim=word_dim, hidden=hidden, layers=layers, dropout=dropout)
