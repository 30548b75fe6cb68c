"""Which of open_clip's models can be imported: ViT image towers with CLIP's own text transformer."""

from collections.abc import Mapping
from typing import Any

from twinlens.errors import TrainingError

SUPPORTED = "supported are ViT image towers with the text transformer of CLIP, such as ViT-B-32 and ViT-L-14"
_MODEL = frozenset({"embed_dim", "vision_cfg", "text_cfg", "quick_gelu", "init_logit_scale", "init_logit_bias"})
_VISION: dict[str, Any] = {"width": 768, "layers": 12, "head_width": 64, "mlp_ratio": 4.0, "patch_size": 16}
_VISION_ALONE = frozenset({"image_size", "patch_dropout"})  # dropout of patches is for training
_TEXT: dict[str, Any] = {"width": 512, "layers": 12, "heads": 8, "mlp_ratio": 4.0}
_TEXT_ALONE = frozenset({"context_length", "vocab_size", "bos_id", "eos_id", "pad_id", "text_mask"})
_USUAL = {"pool_type": ("tok", "argmax"), "pos_embed_type": ("learnable",), "proj_type": ("linear",)}
_OTHERS = {  # what other models have, with a name that people know
    "multimodal_cfg": "a CoCa model",
    "timm_model_name": "a model with a timm image tower",
    "hf_model_name": "a model with a text tower of transformers",
    "hf_tokenizer_name": "a model with a tokenizer other than CLIP's",
}
_B32 = {"embed_dim": 512, "vision_cfg": {"image_size": 224, "patch_size": 32}, "text_cfg": {}}
_L14 = {
    "embed_dim": 768,
    "vision_cfg": {"image_size": 224, "layers": 24, "width": 1024, "patch_size": 14},
    "text_cfg": {"width": 768, "heads": 12},
}
_PLUS = {
    "embed_dim": 640,
    "vision_cfg": {"image_size": 240, "width": 896, "patch_size": 16},
    "text_cfg": {"width": 640, "heads": 10},
}
NAMED: dict[str, dict[str, Any]] = {  # as open_clip calls and configures them; larger ones exceed one ONNX file
    "ViT-B-32": _B32,
    "ViT-B-32-256": _B32 | {"vision_cfg": {"image_size": 256, "patch_size": 32}},
    "ViT-B-16": _B32 | {"vision_cfg": {"image_size": 224, "patch_size": 16}},
    "ViT-B-16-plus-240": _PLUS,
    "ViT-L-14": _L14,
    "ViT-L-14-336": _L14 | {"vision_cfg": {**_L14["vision_cfg"], "image_size": 336}},  # type: ignore[dict-item]
}
QUICK = "-quickgelu"


def named_architecture(name: str) -> dict[str, Any]:
    """The configuration that open_clip has under a name.

    Raises:
        TrainingError: there is none, or it cannot be imported.
    """
    base, is_quick = name.removesuffix(QUICK), name.endswith(QUICK)
    if base not in NAMED:
        raise TrainingError(f"no architecture {name!r} is known; known: {', '.join(NAMED)}, each also with {QUICK}")
    return NAMED[base] | {"quick_gelu": is_quick}


def clip_config(name: str, model: Mapping[str, Any], *, start: int, end: int) -> Any:
    """Configuration of transformers' CLIP for the ``model_cfg`` of an ``open_clip_config.json``.

    Args:
        name: of the checkpoint, for messages.
        model: open_clip's configuration.
        start: number of the token before each text.
        end: of the one after it, whose place pools a text.

    Raises:
        TrainingError: the model is none that can be imported.
    """
    from transformers import CLIPConfig

    vision, text = dict(model.get("vision_cfg") or {}), dict(model.get("text_cfg") or {})
    _check(name, model, _MODEL | {"custom_text"})
    _check(name, vision, {*_VISION, *_VISION_ALONE})
    _check(name, text, {*_TEXT, *_TEXT_ALONE})
    sides, words = _VISION | vision, _TEXT | text
    if isinstance(sides["layers"], list):
        raise TrainingError(f"{name} is a model with a ResNet image tower, which cannot be imported; {SUPPORTED}")
    act = "quick_gelu" if model.get("quick_gelu") else "gelu"
    return CLIPConfig(
        vision_config={
            **_layers(sides, int(sides["width"]) // int(sides["head_width"]), act),
            "image_size": _side(sides.get("image_size", 224)),
            "patch_size": _side(sides["patch_size"]),
        },
        text_config={
            **_layers(words, int(words["heads"]), act),
            "vocab_size": int(words.get("vocab_size", 49408)),
            "max_position_embeddings": int(words.get("context_length", 77)),
            "bos_token_id": start,
            "eos_token_id": end,
            "pad_token_id": end,
        },
        projection_dim=int(model["embed_dim"]),
        attn_implementation="eager",
    )


def _check(name: str, given: Mapping[str, Any], known: set[str] | frozenset[str]) -> None:
    """Refuses options that change a model in ways that transformers' CLIP does not have."""
    for option, value in given.items():
        if option in known or not value or value in _USUAL.get(option, ()):
            continue
        what = _OTHERS.get(option, f"a model with {option} = {value!r}")
        raise TrainingError(f"{name} is {what}, which cannot be imported; {SUPPORTED}")


def _layers(tower: Mapping[str, Any], heads: int, act: str) -> dict[str, Any]:
    width = int(tower["width"])
    return {
        "hidden_size": width,
        "num_hidden_layers": int(tower["layers"]),
        "num_attention_heads": heads,
        "intermediate_size": int(width * tower["mlp_ratio"]),
        "hidden_act": act,
    }


def _side(size: Any) -> int:
    sides = size if isinstance(size, list) else [size]
    if len(set(sides)) != 1:
        raise TrainingError(
            f"photos or patches of {' × '.join(map(str, sides))} pixels cannot be imported, only squares"
        )
    return int(sides[0])
