"""A checkpoint of a published dual encoder, with model, image processor and tokenizer as transformers has them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from tokenizers import Tokenizer, normalizers
from torch import Tensor

from twinlens.errors import BundleError, TrainingError
from twinlens.model.bundle import MANIFEST
from twinlens.model.hub.patches import FIXED_SIZE, refuse_patches
from twinlens.model.preprocess import Preprocessing
from twinlens.training.importing.open_clip.opening import OpenClip, is_open_clip, open_file, open_folder
from twinlens.training.parts.image_towers.image_processor import preprocessing_of
from twinlens.training.parts.pretrained import quiet_transformers, reading
from twinlens.training.parts.text_towers.vocabulary import refuse_unfit_tokenizer

FAMILIES = {
    "clip": "CLIP",
    "metaclip_2": "MetaCLIP 2",
    "siglip": "SigLIP",
    "altclip": "AltCLIP",
    "chinese_clip": "Chinese-CLIP",
    "vision-text-dual-encoder": "VisionTextDualEncoder",
}
FULL_LENGTH = frozenset({"siglip"})  # trained on texts filled up to their full length, without a mask
SENTENCE_TRANSFORMERS = "0_CLIPModel"  # the folder in which sentence-transformers keeps a CLIP model
MANY_TOKENS = 100_000  # transformers writes 1e30 for a tokenizer without a limit


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that was opened, with transformers' own parts as the reference.

    Attributes:
        directory: the folder of its files.
        family: a key of ``FAMILIES``.
        model: float32, in eval mode, frozen.
        image_processor: of transformers.
        tokenizer: of transformers.
        max_tokens: longest text.
        kind: whose checkpoint it is.
    """

    directory: Path
    family: str
    model: Any
    image_processor: Any
    tokenizer: Any
    max_tokens: int
    kind: str = "transformers checkpoint"

    @property
    def has_full_length(self) -> bool:
        """Whether texts are always filled up to their full length, and there is no mask."""
        return self.family in FULL_LENGTH

    @property
    def preprocessing(self) -> Preprocessing:
        """What the image processor does, as our preprocessing."""
        found = preprocessing_of(self.image_processor, str(self.directory))
        return found.model_copy(update={"resize_mode": "whole-pixel-crop"}) if found.resize_mode == "crop" else found

    @property
    def text_tokenizer(self) -> Tokenizer:
        """The tokenizer as ``tokenizer.json`` has it."""
        found: Tokenizer = self.tokenizer.backend_tokenizer
        return found

    def prepare_images(self, images: Sequence[Image.Image]) -> Tensor:
        """[B, 3, H, W], normalised pixels, by transformers alone."""
        pixels: Tensor = self.image_processor(images=list(images), return_tensors="pt")["pixel_values"]
        return pixels

    def tokenize(self, texts: Sequence[str], *, is_full: bool | None = None) -> dict[str, Tensor]:
        """``input_ids`` and ``attention_mask``, [B, T], by transformers alone.

        Args:
            texts: B texts.
            is_full: whether they are filled up to their full length, or to the longest; None = as the family was
                trained.
        """
        fills = self.has_full_length if is_full is None else is_full
        given = self.tokenizer(
            list(texts),
            padding="max_length" if fills else True,
            truncation=True,
            max_length=self.max_tokens,
            return_attention_mask=True,
            return_tensors="pt",
        )
        return {"input_ids": given["input_ids"], "attention_mask": given["attention_mask"]}

    def embed_images(self, images: Sequence[Image.Image]) -> Tensor:
        """[B, D], unit rows, by transformers alone."""
        with torch.no_grad():
            return _unit(self.model.get_image_features(pixel_values=self.prepare_images(images)).pooler_output)

    def embed_texts(self, texts: Sequence[str]) -> Tensor:
        """[B, D], unit rows, by transformers alone."""
        given = self.tokenize(texts)
        mask = {} if self.has_full_length else {"attention_mask": given["attention_mask"]}
        with torch.no_grad():
            return _unit(self.model.get_text_features(input_ids=given["input_ids"], **mask).pooler_output)


def open_checkpoint(source: Path, *, architecture: str | None = None) -> Checkpoint:
    """Opens a checkpoint that is here; safetensors only, and no code of the folder is run.

    Args:
        source: a folder of transformers, sentence-transformers or open_clip, or a file with open_clip's weights.
        architecture: what model the file is; folders say it themselves.

    Raises:
        TrainingError: it is not one of the families, lacks files or weights, has pickled weights only, or
            its tokenizer does not work.
    """
    found = _open(source, architecture)
    refuse_unfit_tokenizer(found.text_tokenizer, str(found.directory))
    return found


def _open(source: Path, architecture: str | None) -> Checkpoint:
    if source.is_file():
        return _of_open_clip(source.parent, open_file(source, architecture))
    if not source.is_dir():
        raise TrainingError(f"there is no folder {source}; give one with config.json and model.safetensors")
    if (source / MANIFEST).is_file():
        raise TrainingError(f"{source} is a bundle already; use it with --model {source}")
    if is_open_clip(source):
        return _of_open_clip(source, open_folder(source))
    inner = source / SENTENCE_TRANSFORMERS
    return _of_transformers(inner if inner.is_dir() else source)


def _of_open_clip(directory: Path, parts: OpenClip) -> Checkpoint:
    return Checkpoint(
        directory,
        "clip",
        parts.model,
        parts.image_processor,
        parts.tokenizer,
        parts.max_tokens,
        kind="open_clip checkpoint",
    )


def _of_transformers(directory: Path) -> Checkpoint:
    if not (directory / "config.json").is_file():
        raise TrainingError(f"{directory} has no config.json; give the folder that save_pretrained wrote")
    if not any(directory.glob("*.safetensors")):
        if any(directory.glob("**/*.onnx")):
            raise TrainingError(f"{directory} has ONNX files instead of weights: twinlens models pull {directory}")
        raise TrainingError(
            f"{directory} has no .safetensors file; weights in other formats can run code and are not read: "
            "get the checkpoint's safetensors, or save it again with save_pretrained"
        )
    _refuse_patches(directory)
    from transformers import AutoConfig, AutoImageProcessor

    with reading(str(directory)), quiet_transformers():
        config = AutoConfig.from_pretrained(directory, trust_remote_code=False, local_files_only=True)
        family = config.model_type
        if family not in FAMILIES:
            raise TrainingError(
                f"{directory} is a {family} model, which cannot be imported; known: {', '.join(FAMILIES)}"
            )
        model = _load_model(directory, config)
        options = {"trust_remote_code": False, "local_files_only": True, "backend": "pil"}  # as the models were trained
        processor = AutoImageProcessor.from_pretrained(directory, **options)
        tokenizer = _load_tokenizer(directory)
    if family == "siglip" and "gemma" in type(tokenizer).__name__.lower():  # SigLIP 2: trained on small letters
        inner = tokenizer.backend_tokenizer
        steps = [normalizers.Lowercase(), *([inner.normalizer] if inner.normalizer else [])]
        inner.normalizer = normalizers.Sequence(steps)
    return Checkpoint(directory, family, model, processor, tokenizer, _max_tokens(config, tokenizer))


def _refuse_patches(directory: Path) -> None:
    """Reads config.json itself: transformers does not know every such family, and says so at length."""
    try:
        config = json.loads((directory / "config.json").read_text(encoding="utf-8"))
    except ValueError as error:
        raise TrainingError(f"{directory / 'config.json'} is not JSON ({error}); get it again") from error
    try:
        refuse_patches(str(directory), config=config if isinstance(config, dict) else {}, instead=FIXED_SIZE[1])
    except BundleError as error:
        raise TrainingError(str(error)) from error


def _load_model(directory: Path, config: Any) -> Any:
    from transformers import AutoModel

    model, report = AutoModel.from_pretrained(
        directory,
        config=config,
        dtype=torch.float32,
        attn_implementation="eager",  # the only one that all families export alike
        use_safetensors=True,
        trust_remote_code=False,
        local_files_only=True,
        output_loading_info=True,
    )
    if missing := sorted(report["missing_keys"]):
        named = ", ".join(missing[:3]) + (" …" if len(missing) > 3 else "")
        raise TrainingError(f"the weights in {directory} lack {named}, which would be random; get the whole checkpoint")
    return model.eval().requires_grad_(False)


def _load_tokenizer(directory: Path) -> Any:
    """The family's tokenizer; where a package for it is missing (sentencepiece for SigLIP's), ``tokenizer.json``."""
    from transformers import AutoTokenizer, PreTrainedTokenizerFast

    options = {"trust_remote_code": False, "local_files_only": True}
    has_file = (directory / "tokenizer.json").is_file()
    try:
        found = AutoTokenizer.from_pretrained(directory, **options)
    except (ImportError, ValueError):
        if not has_file:
            raise
        return PreTrainedTokenizerFast.from_pretrained(directory, **options)
    if hasattr(found, "backend_tokenizer"):
        return found
    if has_file:
        return PreTrainedTokenizerFast.from_pretrained(directory, **options)
    raise TrainingError(f"{directory} has no tokenizer.json, and its tokenizer cannot be turned into one")


def _max_tokens(config: Any, tokenizer: Any) -> int:
    """The longest text: by the tokenizer, and by the number of positions, some of which may come before the text."""
    text = config.text_config
    positions = int(text.max_position_embeddings)
    if text.model_type in ("xlm-roberta", "roberta", "camembert", "altclip_text_model"):
        positions -= int(text.pad_token_id) + 1
    limit = int(tokenizer.model_max_length)
    return min(positions, limit) if limit < MANY_TOKENS else positions


def _unit(rows: Tensor) -> Tensor:
    return torch.nn.functional.normalize(rows, dim=-1)
