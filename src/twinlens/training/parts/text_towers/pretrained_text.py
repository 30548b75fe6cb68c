"""Text encoders from transformers: BERT, RoBERTa, MiniLM, DistilBERT, MPNet, CLIP, SigLIP and others."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from twinlens.errors import TrainingError
from twinlens.model.tokenizer import pad_id
from twinlens.training.parts.blocks import layer_blocks
from twinlens.training.parts.pretrained import load_backbone, open_repository
from twinlens.training.parts.text_towers.cleaning import cleaned
from twinlens.training.parts.text_towers.repository import (
    reads_small_letters,
    repository_pooling,
    repository_tokenizer,
)
from twinlens.training.parts.text_towers.vocabulary import read_tokenizer
from twinlens.training.parts.towers import TextTower

POOLINGS = ("pooled", "cls", "mean")
_POSSIBLE_POOLINGS = {
    "clip_text_model": ("pooled", "mean"),  # its first token sees no other, so it is the same in all texts
    "siglip_text_model": ("pooled",),
}


class PretrainedText(TextTower):
    """A transformers text encoder with pooling.

    Args:
        encoder: returns ``last_hidden_state`` [B, T, F], and ``pooler_output`` for "pooled".
        tokenizer: that belongs to the weights.
        pooling: "mean" of the tokens, "cls" (the first token), or "pooled" (the model's own: in BERT the
            first token through a trained layer, in CLIP the end token).
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
        output = self.encode(input_ids, attention_mask)
        features = self._pooled(output, attention_mask)
        return nn.functional.normalize(features, dim=-1) if self.unit_length else features

    def encode(self, input_ids: Tensor, attention_mask: Tensor) -> Any:
        """The encoder's output for tokens [B, T]."""
        return self.encoder(input_ids=input_ids, attention_mask=attention_mask)

    def _pooled(self, output: Any, attention_mask: Tensor) -> Tensor:
        if self.pooling == "pooled":
            pooled: Tensor = output.pooler_output
            return pooled
        states: Tensor = output.last_hidden_state
        if self.pooling == "cls":
            return states[:, 0]
        weights = attention_mask.unsqueeze(-1).to(states.dtype)  # [B, T, 1]
        return (states * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1.0)


class FixedLengthText(PretrainedText):
    """A text encoder that reads padding too and pools by the last position, as in SigLIP.

    Texts are padded to the length it was trained with, whatever the length of the batch.
    """

    max_positions: int

    def __init__(self, encoder: Any, tokenizer: Tokenizer, *, pooling: str, unit_length: bool = False) -> None:
        super().__init__(encoder, tokenizer, pooling=pooling, unit_length=unit_length)
        self.pad_id = pad_id(tokenizer)
        self.features_dim = int(encoder.config.projection_size)

    def encode(self, input_ids: Tensor, attention_mask: Tensor) -> Any:
        """The encoder's output for tokens [B, T], padded to its longest text."""
        filler = input_ids.new_full((input_ids.shape[0], self.max_positions), self.pad_id)
        ids = torch.where(attention_mask == 1, input_ids, self.pad_id)
        return self.encoder(input_ids=torch.cat([ids, filler], dim=1)[:, : self.max_positions])


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
    else "pooled" for BERT, CLIP and SigLIP, and "mean" for other models, whose checkpoints
    often lack a trained pooler. Of a CLIP or SigLIP model it is the text part.

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
    encoder = load_backbone(
        repository, side="text", pooler=lambda family: (wanted or _usual_pooling(family)) == "pooled"
    )
    family = encoder.config.model_type
    if encoder.main_input_name != "input_ids" or encoder.config.is_encoder_decoder:
        raise TrainingError(f"{source!r} is a {family} model, not a text encoder; give one such as BERT or RoBERTa")
    tokenizer = read_tokenizer(tokenizer_file) if tokenizer_file else repository_tokenizer(repository)
    if family == "siglip_text_model" and not tokenizer_file and reads_small_letters(repository):
        tokenizer = cleaned(tokenizer, ["lower"])
    if cleaning and not tokenizer_file:
        tokenizer = cleaned(tokenizer, cleaning)
    wanted = wanted or _usual_pooling(family)
    if wanted not in (possible := _POSSIBLE_POOLINGS.get(family, POOLINGS)):
        raise TrainingError(
            f"{source!r} is a {family}, which does not support pooling {wanted!r}; choose {' or '.join(possible)}"
        )
    kind = FixedLengthText if family == "siglip_text_model" else PretrainedText
    tower = kind(encoder, tokenizer, pooling=wanted, unit_length=unit_length)
    _check(tower, source)
    return tower.eval()


def _usual_pooling(family: str) -> str:
    return "pooled" if family == "bert" or family in _POSSIBLE_POOLINGS else "mean"


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
