"""A checkpoint of open_clip as transformers' model, image processor and tokenizer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from twinlens.errors import BundleError, TrainingError
from twinlens.model.hub.photo_settings import photo_settings
from twinlens.training.importing.open_clip.architecture import clip_config, named_architecture
from twinlens.training.importing.open_clip.weights import clip_weights
from twinlens.training.parts.pretrained import reading

CONFIG = "open_clip_config.json"
WEIGHTS = "open_clip_model.safetensors"
START, END = "<|startoftext|>", "<|endoftext|>"


@dataclass(frozen=True)
class OpenClip:
    """The parts of a ``Checkpoint``."""

    model: Any
    image_processor: Any
    tokenizer: Any
    max_tokens: int


def is_open_clip(directory: Path) -> bool:
    """Whether a folder has open_clip's files; where it has those of transformers besides, either will do."""
    return (directory / CONFIG).is_file() and (
        (directory / WEIGHTS).is_file() or not (directory / "model.safetensors").is_file()
    )


def open_folder(directory: Path) -> OpenClip:
    """Opens a folder with ``open_clip_config.json`` and ``open_clip_model.safetensors``.

    Raises:
        TrainingError: files are missing, or the model is none that can be imported.
    """
    if not (directory / WEIGHTS).is_file():
        raise TrainingError(
            f"{directory} has {CONFIG} but no {WEIGHTS}; weights in other formats can run code and are not read"
        )
    with reading(str(directory)):
        settings = json.loads((directory / CONFIG).read_text(encoding="utf-8"))
        return _open(directory / WEIGHTS, settings["model_cfg"], settings.get("preprocess_cfg") or {})


def open_file(weights: Path, architecture: str | None) -> OpenClip:
    """Opens a single file of weights, with its tokenizer beside it.

    Args:
        weights: the file.
        architecture: as open_clip calls it, such as ``ViT-B-32``; photos are prepared as CLIP's.

    Raises:
        TrainingError: files are missing, or the model is none that can be imported.
    """
    if weights.suffix != ".safetensors":
        raise TrainingError(
            f"{weights} is no .safetensors file; weights in other formats can run code and are not read"
        )
    if architecture is None:
        raise TrainingError(f"{weights} does not say what model it is; name it: --architecture ViT-B-32")
    with reading(str(weights)):
        return _open(weights, named_architecture(architecture), {})


def _open(file: Path, model_settings: Mapping[str, Any], photos: Mapping[str, Any]) -> OpenClip:
    from safetensors.torch import load_file
    from transformers import CLIPModel

    text = model_settings.get("text_cfg") or {}
    tokenizer = _tokenizer(file.parent, int(text.get("context_length", 77)))
    start, end = tokenizer.convert_tokens_to_ids([START, END])
    config = clip_config(str(file.parent), model_settings, start=start, end=end)
    if end != config.text_config.vocab_size - 1:
        raise TrainingError(f"the tokenizer beside {file} is not CLIP's, whose last token is {END}")
    found = load_file(file)
    model = CLIPModel(config)
    _fill(model, clip_weights(found), file)
    if (bias := found.get("logit_bias")) is not None:
        model.logit_bias = nn.Parameter(bias.float())
    processor = _image_processor(file, {"size": config.vision_config.image_size, **photos})
    return OpenClip(
        model.eval().requires_grad_(False), processor, tokenizer, config.text_config.max_position_embeddings
    )


def _fill(model: nn.Module, weights: Mapping[str, torch.Tensor], file: Path) -> None:
    own = model.state_dict()
    if missing := sorted(own.keys() ^ weights.keys()):
        raise TrainingError(
            f"the weights in {file} are not those of its configuration: {missing[0]} is on one side only"
        )
    for name, value in weights.items():
        if value.shape != own[name].shape:
            found, wanted = (" × ".join(map(str, shape)) for shape in (value.shape, own[name].shape))
            raise TrainingError(
                f"the weights in {file} are not those of its configuration: {name} is {found}, wanted {wanted}"
            )
    model.load_state_dict(weights)


def _image_processor(file: Path, settings: Mapping[str, Any]) -> Any:
    """transformers' processor that prepares photos as open_clip does."""
    from PIL.Image import Resampling
    from transformers import CLIPImageProcessorPil

    try:
        found = photo_settings(str(file.parent), settings, is_open_clip=True)
    except BundleError as error:
        raise TrainingError(str(error)) from error
    side = {"height": found.image_size, "width": found.image_size}
    crops = found.resize_mode != "squash"
    return CLIPImageProcessorPil(
        size={"shortest_edge": found.image_size} if crops else side,
        do_center_crop=crops,
        crop_size=side,
        resample=Resampling[found.interpolation.upper()],
        image_mean=list(found.mean),
        image_std=list(found.std),
    )


def _tokenizer(directory: Path, length: int) -> Any:
    """CLIP's tokenizer, from ``tokenizer.json`` or from its vocabulary and merges."""
    from tokenizers import Tokenizer
    from transformers import CLIPTokenizer, PreTrainedTokenizerFast

    file, vocabulary, merges = (directory / name for name in ("tokenizer.json", "vocab.json", "merges.txt"))
    names = {"bos_token": START, "eos_token": END, "pad_token": END, "unk_token": END, "model_max_length": length}
    if file.is_file():
        found = PreTrainedTokenizerFast(tokenizer_object=Tokenizer.from_file(str(file)), **names)
    elif vocabulary.is_file() and merges.is_file():
        lines = merges.read_text(encoding="utf-8").splitlines()
        pairs = [tuple(line.split()) for line in lines if line and not line.startswith("#version")]
        found = CLIPTokenizer(vocab=json.loads(vocabulary.read_text(encoding="utf-8")), merges=pairs, **names)
    else:
        raise TrainingError(
            f"{directory} has no tokenizer; put CLIP's tokenizer.json there, or its vocab.json and merges.txt"
        )
    return found
