"""Tiny checkpoints of published families, with random weights, saved by transformers itself."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

SIDE, HIDDEN, DIM = 32, 32, 24
WORDS = "a red green blue dog cat on the beach in snow of photo with and person child".split()
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789,.!'"


def save_clip(folder: Path) -> Path:
    """OpenAI's CLIP: byte pairs, the end token pools, a centre crop."""
    text = {**_layers(), "vocab_size": 400, "max_position_embeddings": 20, "bos_token_id": 0, "eos_token_id": 1}
    config = transformers.CLIPConfig(
        text_config={**text, "pad_token_id": 1}, vision_config=_vision(), projection_dim=DIM
    )  # fmt: skip
    _save(transformers.CLIPModel(config), folder)
    _clip_tokenizer().save_pretrained(folder)
    return _save_processor(transformers.CLIPImageProcessorPil(**_cropped()), folder)


def save_siglip(folder: Path) -> Path:
    """SigLIP: texts of one length without a mask, pooled at the last position; a bias; photos are squashed."""
    text = {**_layers(), "vocab_size": 400, "max_position_embeddings": 16, "projection_size": HIDDEN}
    config = transformers.SiglipConfig(text_config=text, vision_config=_vision())
    model = transformers.SiglipModel(config)
    _save(model, folder)
    _tokenizer_file(folder, lowercase=True)
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "SiglipTokenizer", "pad_token": "</s>", "model_max_length": 16})
    )
    return _save_processor(transformers.SiglipImageProcessorPil(size={"height": SIDE, "width": SIDE}), folder)


def save_siglip2(folder: Path) -> Path:
    """SigLIP 2 at a fixed size: the SigLIP model, with Gemma's tokenizer, which keeps capital letters by itself."""
    save_siglip(folder)
    vocabulary = {token: number for number, token in enumerate(["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"])}
    vocabulary |= {letter: len(vocabulary) + place for place, letter in enumerate(LETTERS + LETTERS.upper()[:26] + "▁")}
    tokenizer = transformers.GemmaTokenizer(
        vocab=vocabulary, merges=[], model_max_length=16, padding_side="right", add_bos_token=False, add_eos_token=True
    )
    for file in ("tokenizer.json", "tokenizer_config.json"):
        (folder / file).unlink()
    tokenizer.save_pretrained(folder)
    return folder


def save_altclip(folder: Path) -> Path:
    """AltCLIP: XLM-RoBERTa's texts, pooled at the first token through a layer."""
    text = {
        **_layers(), "vocab_size": 400, "max_position_embeddings": 26, "project_dim": HIDDEN,
        "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2,
    }  # fmt: skip
    config = transformers.AltCLIPConfig(text_config=text, vision_config=_vision(), projection_dim=DIM)
    _save(transformers.AltCLIPModel(config), folder)
    pieces = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", -9.0), ("▁", -3.0)]
    pieces += [(letter, -4.0) for letter in LETTERS] + [("▁" + word, -2.0) for word in WORDS[1:]]
    transformers.XLMRobertaTokenizer(vocab=pieces, model_max_length=24).save_pretrained(folder)
    return _save_processor(transformers.CLIPImageProcessorPil(**_cropped()), folder)


def save_chinese_clip(folder: Path) -> Path:
    """Chinese-CLIP: BERT's texts, pooled at the first token."""
    text = {**_layers(), "vocab_size": 400, "max_position_embeddings": 24, "pad_token_id": 0}
    config = transformers.ChineseCLIPConfig(text_config=text, vision_config=_vision(), projection_dim=DIM)
    _save(transformers.ChineseCLIPModel(config), folder)
    _bert_tokenizer(24).save_pretrained(folder)
    size = {"height": SIDE, "width": SIDE}
    return _save_processor(transformers.ChineseCLIPImageProcessorPil(size=size, do_center_crop=False), folder)


def save_pair(folder: Path) -> Path:
    """VisionTextDualEncoder: any two towers, here ViT and BERT with their poolers."""
    vision = transformers.ViTConfig(**_layers(), image_size=SIDE, patch_size=8)
    text = transformers.BertConfig(**_layers(), vocab_size=400, max_position_embeddings=24)
    config = transformers.VisionTextDualEncoderConfig.from_vision_text_configs(vision, text, projection_dim=DIM)
    _save(transformers.VisionTextDualEncoderModel(config), folder)
    _bert_tokenizer(24).save_pretrained(folder)
    return _save_processor(transformers.ViTImageProcessorPil(size={"height": SIDE, "width": SIDE}), folder)


def save_sentence_transformers(folder: Path) -> Path:
    """A CLIP model as sentence-transformers keeps it."""
    save_clip(folder / "0_CLIPModel")
    (folder / "modules.json").write_text(json.dumps([{"idx": 0, "name": "0", "path": "0_CLIPModel", "type": "CLIP"}]))
    return folder


SAVED: dict[str, Callable[[Path], Path]] = {
    "clip": save_clip,
    "siglip": save_siglip,
    "siglip2": save_siglip2,
    "altclip": save_altclip,
    "chinese-clip": save_chinese_clip,
    "vision-text-dual-encoder": save_pair,
    "sentence-transformers": save_sentence_transformers,
}


def _layers() -> dict[str, Any]:
    return {"hidden_size": HIDDEN, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}


def _vision() -> dict[str, Any]:
    return {**_layers(), "image_size": SIDE, "patch_size": 8}


def _cropped() -> dict[str, Any]:
    return {
        "size": {"shortest_edge": SIDE}, "crop_size": {"height": SIDE, "width": SIDE}, "do_center_crop": True
    }  # fmt: skip


def _clip_tokenizer() -> Any:
    letters = list(LETTERS)
    tokens = ["<|startoftext|>", "<|endoftext|>", *letters, *(letter + "</w>" for letter in letters), "re", "red</w>"]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    return transformers.CLIPTokenizer(vocab=vocabulary, merges=[("r", "e"), ("re", "d</w>")], model_max_length=20)


def _bert_tokenizer(length: int) -> Any:
    tokens = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        *WORDS,
        *(f"##{letter}" for letter in LETTERS),
        *"红狗的一只",
    ]
    tokens += "红狗的一只"
    vocabulary = {token: number for number, token in enumerate(tokens)}
    return transformers.BertTokenizer(vocab=vocabulary, model_max_length=length)


def _tokenizer_file(folder: Path, *, lowercase: bool) -> None:
    """As SigLIP's: small letters, no punctuation, an end token, which is the padding too."""
    vocabulary = {token: number for number, token in enumerate(["<unk>", "</s>", *WORDS, *LETTERS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Lowercase(), normalizers.Replace(Regex("[,.!']"), "")])
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    tokenizer.save(str(folder / "tokenizer.json"))


def _save(model: torch.nn.Module, folder: Path) -> Path:
    draw = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():  # also norms and biases, so that leaving one out would show
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=draw))
    model.eval().save_pretrained(folder)
    return folder


def _save_processor(processor: Any, folder: Path) -> Path:
    processor.save_pretrained(folder)
    return folder
