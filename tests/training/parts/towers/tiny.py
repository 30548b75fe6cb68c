"""Tiny models of each family, made from their configurations and saved as a hub repository has them."""

from collections.abc import Callable
from pathlib import Path

import torch
import transformers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

WORDS = "a red green blue dog cat runs on the beach in snow two and with of ##s".split()
SIDE = 32
HIDDEN = 16


def save_resnet(folder: Path) -> Path:
    """Three stages of basic blocks; 16 features."""
    config = transformers.ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 12, HIDDEN], depths=[1, 2, 1], layer_type="basic"
    )  # fmt: skip
    _save(transformers.ResNetForImageClassification(config), folder)
    return _save_processor(transformers.ConvNextImageProcessorPil(size={"shortest_edge": SIDE}, crop_pct=0.8), folder)


def save_efficientnet(folder: Path) -> Path:
    """Three inverted residuals."""
    config = transformers.EfficientNetConfig(
        width_coefficient=0.25, depth_coefficient=0.5, image_size=SIDE, hidden_dim=320,
        kernel_sizes=[3, 5, 3], in_channels=[32, 16, 24], out_channels=[16, 24, 40], depthwise_padding=[],
        strides=[1, 2, 2], num_block_repeats=[1, 2, 1], expand_ratios=[1, 6, 6],
    )  # fmt: skip
    _save(transformers.EfficientNetForImageClassification(config), folder)
    processor = transformers.EfficientNetImageProcessorPil(
        size={"height": SIDE, "width": SIDE}, resample=0,
        image_mean=[0.485, 0.456, 0.406], image_std=[0.478, 0.473, 0.474],
    )  # fmt: skip
    return _save_processor(processor, folder)


def save_vit(folder: Path) -> Path:
    """Two layers; a classification checkpoint, so without a pooler."""
    config = transformers.ViTConfig(**_layers(), image_size=SIDE, patch_size=8)
    _save(transformers.ViTForImageClassification(config), folder)
    return _save_processor(transformers.ViTImageProcessorPil(size={"height": SIDE, "width": SIDE}), folder)


def save_convnext(folder: Path) -> Path:
    """Two stages."""
    config = transformers.ConvNextConfig(num_stages=2, hidden_sizes=[8, HIDDEN], depths=[1, 2], image_size=SIDE)
    _save(transformers.ConvNextForImageClassification(config), folder)
    return _save_processor(transformers.ConvNextImageProcessorPil(size={"shortest_edge": SIDE}), folder)


def save_dinov2(folder: Path) -> Path:
    """Two layers, with positions of larger photos than the processor gives."""
    config = transformers.Dinov2Config(**_layers(), image_size=56, patch_size=8, mlp_ratio=2)
    _save(transformers.Dinov2Model(config), folder)
    processor = transformers.BitImageProcessorPil(
        size={"shortest_edge": 40}, crop_size={"height": SIDE, "width": SIDE}, do_center_crop=True
    )
    return _save_processor(processor, folder)


def save_clip(folder: Path) -> Path:
    """Both parts with two layers each; texts end with [SEP], photos begin with a class embedding."""
    words = {"vocab_size": len(WORDS) + 5, "max_position_embeddings": 24, "bos_token_id": 2, "eos_token_id": 3}
    config = transformers.CLIPConfig(
        text_config={**_layers(), **words, "pad_token_id": 0},
        vision_config={**_layers(), "image_size": SIDE, "patch_size": 8},
        projection_dim=8,
    )
    save_wordpiece(_save(transformers.CLIPModel(config), folder))
    size = {"height": SIDE, "width": SIDE}
    return _save_processor(
        transformers.CLIPImageProcessorPil(size={"shortest_edge": SIDE}, crop_size=size, do_center_crop=True), folder
    )


def save_siglip(folder: Path) -> Path:
    """Both parts with two layers each; texts are pooled at their last position, photos by attention."""
    words = {"vocab_size": len(WORDS) + 5, "max_position_embeddings": 24, "projection_size": HIDDEN}
    config = transformers.SiglipConfig(
        text_config={**_layers(), **words}, vision_config={**_layers(), "image_size": SIDE, "patch_size": 8}
    )
    save_roberta_tokenizer(_save(transformers.SiglipModel(config), folder))
    return _save_processor(transformers.SiglipImageProcessorPil(size={"height": SIDE, "width": SIDE}), folder)


def save_bert(folder: Path) -> Path:
    """Two layers and a pooler."""
    config = transformers.BertConfig(**_layers(), vocab_size=len(WORDS) + 5, max_position_embeddings=24)
    save_wordpiece(_save(transformers.BertModel(config), folder))
    return folder


def save_roberta(folder: Path) -> Path:
    """Two layers of a masked language model, so without a pooler; the padding is number 1."""
    config = transformers.RobertaConfig(
        **_layers(), vocab_size=len(WORDS) + 5, max_position_embeddings=26,
        pad_token_id=1, bos_token_id=0, eos_token_id=2,
    )  # fmt: skip
    save_roberta_tokenizer(_save(transformers.RobertaForMaskedLM(config), folder))
    return folder


def save_distilbert(folder: Path) -> Path:
    """Two layers of a family that never has a pooler."""
    config = transformers.DistilBertConfig(
        dim=HIDDEN, n_layers=2, n_heads=2, hidden_dim=32, vocab_size=len(WORDS) + 5, max_position_embeddings=24
    )
    save_wordpiece(_save(transformers.DistilBertModel(config), folder))
    return folder


def save_mpnet(folder: Path) -> Path:
    """Two layers with relative positions; the padding is number 1."""
    config = transformers.MPNetConfig(**_layers(), vocab_size=len(WORDS) + 5, max_position_embeddings=26)
    save_roberta_tokenizer(_save(transformers.MPNetModel(config), folder))
    return folder


def save_wordpiece(folder: Path) -> Path:
    """BERT's tokenizer over the tiny words; padding is number 0."""
    vocabulary = {word: number for number, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS])}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return _save_tokenizer(tokenizer, folder)


def save_roberta_tokenizer(folder: Path) -> Path:
    """RoBERTa's marks around words that keep their case; padding is number 1."""
    vocabulary = {word: number for number, word in enumerate(["<s>", "<pad>", "</s>", "<unk>", "<mask>", *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return _save_tokenizer(tokenizer, folder)


Saver = Callable[[Path], Path]
VISION: dict[str, Saver] = {
    "resnet": save_resnet,
    "efficientnet": save_efficientnet,
    "vit": save_vit,
    "convnext": save_convnext,
    "dinov2": save_dinov2,
    "clip": save_clip,
    "siglip": save_siglip,
}
TEXT: dict[str, Saver] = {
    "bert": save_bert,
    "roberta": save_roberta,
    "distilbert": save_distilbert,
    "mpnet": save_mpnet,
    "clip": save_clip,
    "siglip": save_siglip,
}


def _layers() -> dict[str, int]:
    return {"hidden_size": HIDDEN, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}


def _save(model: torch.nn.Module, folder: Path) -> Path:
    draw = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():  # also norms and biases, so that leaving one out would show
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=draw))
    model.eval().save_pretrained(folder)
    return folder


def _save_processor(processor: transformers.BaseImageProcessor, folder: Path) -> Path:
    processor.save_pretrained(folder)
    return folder


def _save_tokenizer(tokenizer: Tokenizer, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder
