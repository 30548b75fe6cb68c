"""open_clip's names of weights, and those that transformers has for the same ones."""

import re
from collections.abc import Mapping

from torch import Tensor

from twinlens.errors import TrainingError

_BLOCK = re.compile(r"(visual\.)?transformer\.resblocks\.(\d+)\.(.+)\.(weight|bias)")
_IN_BLOCK = {
    "ln_1": "layer_norm1",
    "ln_2": "layer_norm2",
    "attn.out_proj": "self_attn.out_proj",
    "mlp.c_fc": "mlp.fc1",
    "mlp.c_proj": "mlp.fc2",
}
_WHOLE = {
    "visual.class_embedding": "vision_model.embeddings.class_embedding",
    "visual.positional_embedding": "vision_model.embeddings.position_embedding.weight",
    "visual.conv1.weight": "vision_model.embeddings.patch_embedding.weight",
    "visual.ln_pre.weight": "vision_model.pre_layrnorm.weight",
    "visual.ln_pre.bias": "vision_model.pre_layrnorm.bias",
    "visual.ln_post.weight": "vision_model.post_layernorm.weight",
    "visual.ln_post.bias": "vision_model.post_layernorm.bias",
    "token_embedding.weight": "text_model.embeddings.token_embedding.weight",
    "positional_embedding": "text_model.embeddings.position_embedding.weight",
    "ln_final.weight": "text_model.final_layer_norm.weight",
    "ln_final.bias": "text_model.final_layer_norm.bias",
    "logit_scale": "logit_scale",
}
_TRANSPOSED = {"visual.proj": "visual_projection.weight", "text_projection": "text_projection.weight"}
_NO_WEIGHTS = frozenset({"attn_mask", "input_resolution", "context_length", "vocab_size", "logit_bias"})


def clip_weights(found: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights of open_clip under transformers' names, in float32.

    Raises:
        TrainingError: some have no place in transformers' CLIP.
    """
    weights: dict[str, Tensor] = {}
    unknown = []
    for name, value in found.items():
        own = name.removeprefix("text.")  # before the text tower's names where it is a module of its own
        if own in _NO_WEIGHTS:
            continue
        if not (named := _named(own, value.float())):
            unknown.append(name)
        weights |= named
    if unknown:
        named_ones = ", ".join(sorted(unknown)[:3]) + (" …" if len(unknown) > 3 else "")
        raise TrainingError(f"the weights {named_ones} belong to no ViT with CLIP's text transformer")
    return weights


def _named(name: str, value: Tensor) -> dict[str, Tensor]:
    """A weight's names in transformers: one, three where queries, keys and values are one matrix, or none."""
    if name in _WHOLE:
        return {_WHOLE[name]: value}
    if name in _TRANSPOSED:
        return {_TRANSPOSED[name]: value.T.contiguous()}
    in_proj = re.fullmatch(r"(.*\.attn\.)in_proj_(weight|bias)", name)
    block = _BLOCK.fullmatch(f"{in_proj[1]}in_proj.{in_proj[2]}" if in_proj else name)
    if block is None:
        return {}
    side, number, part, kind = block.groups()
    layer = f"{'vision' if side else 'text'}_model.encoder.layers.{number}"
    if in_proj:
        rows = zip("qkv", value.chunk(3), strict=True)
        return {f"{layer}.self_attn.{letter}_proj.{kind}": part.contiguous() for letter, part in rows}
    return {f"{layer}.{_IN_BLOCK[part]}.{kind}": value} if part in _IN_BLOCK else {}
