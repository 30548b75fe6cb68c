"""A bag of words, trained from scratch: the mean of word embeddings, whatever the order of the words."""

from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer
from torch import Tensor, nn

from twinlens.errors import ConfigError
from twinlens.training.parts.text_towers.vocabulary import word_tokenizer
from twinlens.training.parts.towers import TextTower


class BagOfWordsTower(TextTower):
    """Word embeddings → their mean.

    Args:
        tokenizer: of words; 0 is padding.
        word_dim: length of a word embedding, and of the features.
        dropout: on the mean, in training.
    """

    def __init__(self, tokenizer: Tokenizer, *, word_dim: int = 256, dropout: float = 0.2) -> None:
        super().__init__()
        if word_dim < 1:
            raise ConfigError(f"word_dim must be at least 1, got {word_dim}")
        self.tokenizer = tokenizer
        self.features_dim = word_dim
        self.max_positions = None
        self.words = nn.Embedding(tokenizer.get_vocab_size(), word_dim, padding_idx=0)
        self.dropout = nn.Dropout(dropout)

    def blocks(self) -> list[nn.Module]:
        """The word embeddings."""
        return [self.words]

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """[B, F] mean of the words of [B, T] tokens; zero for an empty text."""
        mask = attention_mask.unsqueeze(-1).to(self.words.weight.dtype)  # [B, T, 1]
        sums = (self.words(input_ids) * mask).sum(dim=1)
        mean: Tensor = self.dropout(sums / mask.sum(dim=1).clamp(min=1))
        return mean


def load_bag_of_words(
    *,
    captions: Sequence[str] = (),
    tokenizer_file: Path | None = None,
    cleaning: Sequence[str] | None = None,
    max_words: int = 5000,
    min_count: int = 1,
    word_dim: int = 256,
    dropout: float = 0.2,
) -> BagOfWordsTower:
    """A new bag of words, with the vocabulary of the tokenizer file, or else built from the captions."""
    tokenizer = word_tokenizer(
        captions, tokenizer_file, max_words=max_words, min_count=min_count, cleaning=cleaning, cls=False
    )
    return BagOfWordsTower(tokenizer, word_dim=word_dim, dropout=dropout)
