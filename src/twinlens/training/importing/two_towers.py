"""A published checkpoint as a model that a run trains further: its towers, and its own projections as their heads."""

from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import nn

from twinlens.errors import TrainingError
from twinlens.training.feeding.features import weights_digest
from twinlens.training.importing.checkpoint import FULL_LENGTH, Checkpoint
from twinlens.training.importing.licence import licence_and_languages
from twinlens.training.parts.dual_encoder import ImageSide, Origin, TextSide, TwoTowers
from twinlens.training.parts.heads import LinearHead
from twinlens.training.parts.image_towers.pretrained_vision import PretrainedVision
from twinlens.training.parts.text_towers.pretrained_text import FixedLengthText, PretrainedText
from twinlens.training.parts.text_towers.vocabulary import read_tokenizer

FIRST_TOKEN = frozenset({"chinese_clip"})  # families whose texts are pooled at the first token, without a layer


def two_towers(
    checkpoint: Checkpoint, *, tokenizer_file: Path | None = None, dropout: tuple[float, float] = (0.0, 0.0)
) -> TwoTowers:
    """Both sides of a checkpoint, frozen, with the same embeddings as the checkpoint itself.

    Args:
        checkpoint: its model becomes part of the sides.
        tokenizer_file: of an earlier run, instead of the checkpoint's own.
        dropout: on the features before the image and the text head, in training.

    Raises:
        TrainingError: its texts are padded on the left.
    """
    model = checkpoint.model
    model.set_attn_implementation("sdpa")  # less memory than the one that all families export alike
    image = PretrainedVision(model.vision_model, checkpoint.preprocessing, pooling="pooled").eval()
    text, projection = _text(checkpoint, tokenizer_file)
    image_head = _head(getattr(model, "visual_projection", None), image.features_dim, dropout[0])
    text_head = _head(projection, text.features_dim, dropout[1])
    towers = TwoTowers(
        ImageSide(image, image_head, checkpoint.preprocessing),
        TextSide(text, text_head, max_tokens=checkpoint.max_tokens),
    )
    towers.origin = _origin(checkpoint, towers)
    return towers


def _text(checkpoint: Checkpoint, tokenizer_file: Path | None) -> tuple[PretrainedText, nn.Linear | None]:
    """The text tower, and the layer that projects its features to the embedding."""
    model, encoder = checkpoint.model, checkpoint.model.text_model
    tokenizer = read_tokenizer(tokenizer_file) if tokenizer_file else _tokenizer(checkpoint)
    if not checkpoint.has_full_length:
        pooling = "cls" if checkpoint.family in FIRST_TOKEN else "pooled"
        return PretrainedText(encoder, tokenizer, pooling=pooling).eval(), model.text_projection
    projection: nn.Linear = encoder.head  # SigLIP's is the last layer of the text model
    encoder.head = nn.Identity()
    text = FixedLengthText(encoder, tokenizer, pooling="pooled").eval()
    text.features_dim, text.max_positions = projection.in_features, checkpoint.max_tokens
    return text, projection


def _tokenizer(checkpoint: Checkpoint) -> Tokenizer:
    own = checkpoint.tokenizer
    if own.padding_side != "right":
        raise TrainingError(
            f"{checkpoint.directory} pads its texts on the {own.padding_side}, which cannot be trained; "
            f"give a model of {', '.join(sorted({'clip', *FULL_LENGTH}))} that pads them on the right"
        )
    tokenizer: Tokenizer = Tokenizer.from_str(checkpoint.text_tokenizer.to_str())
    if own.pad_token is not None:
        tokenizer.enable_padding(pad_id=own.pad_token_id, pad_token=own.pad_token)  # kept in the file
    return tokenizer


def _head(projection: nn.Linear | None, features_dim: int, dropout: float) -> LinearHead:
    """A head that projects as the layer does; without one (SigLIP's images) it starts as the identity."""
    if projection is None:
        head = LinearHead(features_dim, features_dim, dropout=dropout)
        nn.init.eye_(head.projection.weight)
        return head
    has_bias = projection.bias is not None
    head = LinearHead(projection.in_features, projection.out_features, dropout=dropout, bias=has_bias)
    with torch.no_grad():
        head.projection.load_state_dict(projection.state_dict())
    return head


def _origin(checkpoint: Checkpoint, towers: TwoTowers) -> Origin:
    licence, languages = licence_and_languages(checkpoint.directory)
    bias = getattr(checkpoint.model, "logit_bias", None)
    return Origin(
        family=checkpoint.family,
        license=licence,
        languages=tuple(languages),
        logit_scale=float(checkpoint.model.logit_scale.exp()),
        logit_bias=None if bias is None else float(bias),
        weights=weights_digest(towers),
    )
