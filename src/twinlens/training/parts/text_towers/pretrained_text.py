"""Text encoders from transformers: BERT, RoBERTa, MiniLM, DistilBERT, MPNet and others."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from twinlens.errors import TrainingError
from twinlens.training.parts.blocks import layer_blocks
from twinlens.training.parts.pretrained import load_backbone, open_repository
from twinlens.training.parts.text_towers.cleaning import cleaned
from twinlens.training.parts.text_towers.repository import repository_pooling, repository_tokenizer
from twinlens.training.parts.text_towers.vocabulary import read_tokenizer
from twinlens.training.parts.towers import TextTower

POOLINGS = ("pooled", "cls", "mean")


class PretrainedText(TextTower):
    """A transformers text encoder with pooling.

    Args:
        encoder: returns ``last_hidden_state`` [B, T, F], and ``pooler_output`` for "pooled".
        tokenizer: that belongs to the weights.
        pooling: "mean" of the tokens, "cls" (the first token), or "pooled" (as in BERT: the
            first token through a trained layer).
        unit_length: whether features are normalized, like sentence embeddings.
    """

    def __init__(self, encoder: Any, tokenizer: Tokenizer, *, pooling: str, unit_length: bool = False) -> None:
        super().__init__()
        self.encoder = encoder
        self.tokenizer = tokenizer
        self.pooling = pooling
        self.unit_length = unit_length
        self.max_positions = _max_positions(encoder)
        self.features_dim = int(encoder.config.hidden_size)

    def blocks(self) -> list[nn.Module]:
        """The embeddings, then each layer; the last one includes the pooler."""
        return layer_blocks(self.encoder)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """[B, F] features of tokens [B, T]."""
        output = self.encoder(input_ids=input_ids, attention_mask=attention_mask)
        features = self._pooled(output, attention_mask)
        return nn.functional.normalize(features, dim=-1) if self.unit_length else features

    def _pooled(self, output: Any, attention_mask: Tensor) -> Tensor:
        if self.pooling == "pooled":
            pooled: Tensor = output.pooler_output
            return pooled
        states: Tensor = output.last_hidden_state
        if self.pooling == "cls":
            return states[:, 0]
        weights = attention_mask.unsqueeze(-1).to(states.dtype)  # [B, T, 1]
        return (states * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1.0)


def load_pretrained_text(
    source: str,
    *,
    pooling: str | None = None,
    captions: Sequence[str] = (),  # noqa: ARG001 - its vocabulary is fixed
    tokenizer_file: Path | None = None,
    cleaning: Sequence[str] | None = None,
) -> PretrainedText:
    """The text encoder of a directory or hub repository, frozen.

    The default pooling (and normalization) is that of a sentence-transformers repository,
    else "pooled" for BERT and "mean" for other models, whose checkpoints often lack a
    trained pooler.

    Raises:
        TrainingError: it cannot be loaded, is not a text encoder, or does not match the
            pooling or the tokenizer file.
    """
    if pooling not in (None, *POOLINGS):
        raise TrainingError(f"no pooling {pooling!r} for {source!r}; choose one of {', '.join(POOLINGS)}")
    repository = open_repository(source)
    own_pooling, unit_length = repository_pooling(repository)
    wanted = pooling or own_pooling
    if wanted not in (None, *POOLINGS):
        raise TrainingError(
            f"{source!r} pools by {wanted}, which is not supported; choose one of {', '.join(POOLINGS)}"
        )
    encoder = load_backbone(repository, pooler=lambda family: (wanted or _usual_pooling(family)) == "pooled")
    family = encoder.config.model_type
    if encoder.main_input_name != "input_ids" or encoder.config.is_encoder_decoder:
        raise TrainingError(f"{source!r} is a {family} model, not a text encoder; give one such as BERT or RoBERTa")
    tokenizer = read_tokenizer(tokenizer_file) if tokenizer_file else repository_tokenizer(repository)
    if cleaning and not tokenizer_file:
        tokenizer = cleaned(tokenizer, cleaning)
    tower = PretrainedText(encoder, tokenizer, pooling=wanted or _usual_pooling(family), unit_length=unit_length)
    _check(tower, source)
    return tower.eval()


def _usual_pooling(family: str) -> str:
    return "pooled" if family == "bert" else "mean"


def _check(tower: PretrainedText, source: str) -> None:
    rows = tower.encoder.get_input_embeddings().num_embeddings
    if (most := max(tower.tokenizer.get_vocab().values())) >= rows:
        raise TrainingError(
            f"the tokenizer has ids up to {most}, but {source!r} has {rows} token embeddings; "
            "use the tokenizer that belongs to it"
        )
    with torch.no_grad():
        example = torch.ones(1, 2, dtype=torch.int64)
        features = tower.encoder(input_ids=example, attention_mask=example)
    if tower.pooling == "pooled" and getattr(features, "pooler_output", None) is None:
        raise TrainingError(f"{source!r} has no pooler; choose pooling 'cls' or 'mean'")


def _max_positions(encoder: Any) -> int | None:
    table = getattr(getattr(encoder, "embeddings", None), "position_embeddings", None)
    if isinstance(table, nn.Embedding):
        # RoBERTa's positions start after its padding index
        return table.num_embeddings - (0 if table.padding_idx is None else table.padding_idx + 1)
    limit = getattr(encoder.config, "max_position_embeddings", None)
    return int(limit) if isinstance(limit, int) and limit > 0 else None
