"""Tiny models of each family, saved by transformers and laid out as they are published."""

import json
from pathlib import Path
from typing import Any

import onnx
import torch
import transformers
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from torch import nn

from training.importing import published
from twinlens.training.parts.export import quiet

SIDE = 32
_LAYERS = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
CLIP_TOKENS, SIGLIP_TOKENS = 24, 16
ALPHABET = sorted(pre_tokenizers.ByteLevel.alphabet())


class _Tower(nn.Module):
    """A model's part with chosen outputs."""

    def __init__(self, model: nn.Module, outputs: tuple[str, ...]) -> None:
        super().__init__()
        self.model, self.outputs = model, outputs

    def forward(self, given: torch.Tensor) -> tuple[torch.Tensor, ...]:
        found = self.model(given)
        return tuple(getattr(found, name) for name in self.outputs)


def export(model: nn.Module, path: Path, *, given: str, example: torch.Tensor, outputs: tuple[str, ...]) -> None:
    """One input, any batch, and texts of any length."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = {0: "batch"} if example.ndim == 4 else {0: "batch", 1: "tokens"}
    with quiet(), torch.no_grad():
        torch.onnx.export(
            _Tower(model.eval(), outputs), (example,), str(path), input_names=[given], output_names=list(outputs),
            dynamic_shapes=(shape,), opset_version=18, dynamo=True, external_data=False,
        )  # fmt: skip


def save_clip(folder: Path) -> tuple[Any, Any, Any]:
    """CLIP as transformers.js has it; gives the model, its tokenizer and its image processor."""
    torch.manual_seed(3)
    words = [*ALPHABET, *(letter + "</w>" for letter in ALPHABET), "<|startoftext|>", "<|endoftext|>"]
    vocabulary = {word: number for number, word in enumerate(words)}
    bos, eos = len(words) - 2, len(words) - 1
    text = {"vocab_size": len(words), "max_position_embeddings": CLIP_TOKENS, "bos_token_id": bos, "eos_token_id": eos}
    config = transformers.CLIPConfig(
        text_config={**_LAYERS, **text, "pad_token_id": eos},
        vision_config={**_LAYERS, "image_size": SIDE, "patch_size": 8},
        projection_dim=8,
    )
    model = transformers.CLIPModel(config).eval()
    tokenizer = transformers.CLIPTokenizer(vocabulary, [], model_max_length=CLIP_TOKENS)
    processor = transformers.CLIPImageProcessorPil(
        size={"shortest_edge": SIDE}, crop_size={"height": SIDE, "width": SIDE}, do_center_crop=True
    )
    _save_settings(folder, config, tokenizer, processor)
    vision = transformers.CLIPVisionModelWithProjection(config.vision_config)
    vision.vision_model, vision.visual_projection = model.vision_model, model.visual_projection
    textual = transformers.CLIPTextModelWithProjection(config.text_config)
    textual.text_model, textual.text_projection = model.text_model, model.text_projection
    pixels, ids = torch.zeros(2, 3, SIDE, SIDE), torch.tensor([[bos, 5, 300, eos], [bos, 9, eos, eos]])
    export(vision, folder / "onnx/vision_model.onnx", given="pixel_values", example=pixels, outputs=("image_embeds",))
    export(textual, folder / "onnx/text_model.onnx", given="input_ids", example=ids, outputs=("text_embeds",))
    return model, tokenizer, processor


def save_siglip(folder: Path, *, second: bool) -> tuple[Any, Any, Any]:
    """SigLIP or SigLIP 2 as transformers.js has them."""
    torch.manual_seed(4)
    tokenizer = _gemma_tokenizer() if second else _siglip_tokenizer()
    text = {"vocab_size": 400, "max_position_embeddings": SIGLIP_TOKENS, "projection_size": 16, "pad_token_id": 1}
    config = transformers.SiglipConfig(
        text_config={**_LAYERS, **text}, vision_config={**_LAYERS, "image_size": SIDE, "patch_size": 8}
    )
    model = transformers.SiglipModel(config).eval()
    processor = transformers.SiglipImageProcessorPil(size={"height": SIDE, "width": SIDE}, resample=2 if second else 3)
    _save_settings(folder, config, tokenizer, processor)
    _as_on_the_hub(folder, second=second)
    pixels, ids = torch.zeros(2, 3, SIDE, SIDE), torch.ones(2, SIGLIP_TOKENS, dtype=torch.int64)
    outputs = ("last_hidden_state", "pooler_output")
    vision, textual = model.vision_model, model.text_model
    export(vision, folder / "onnx/vision_model.onnx", given="pixel_values", example=pixels, outputs=outputs)
    export(textual, folder / "onnx/text_model.onnx", given="input_ids", example=ids, outputs=outputs)
    return model, tokenizer, processor


class _Both(nn.Module):
    """Both towers in one graph."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: torch.Tensor, pixels: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, ...]:
        texts = self.model.get_text_features(input_ids=ids, attention_mask=mask).pooler_output
        return self.model.get_image_features(pixel_values=pixels).pooler_output, texts


def save_chinese_clip(folder: Path) -> tuple[Any, Any, Any]:
    """Chinese-CLIP as transformers.js has it: one graph with both towers."""
    torch.manual_seed(5)
    published.save_chinese_clip(folder)
    model = transformers.ChineseCLIPModel.from_pretrained(folder, attn_implementation="eager").eval()
    (folder / "model.safetensors").unlink()
    (folder / "onnx").mkdir()
    ids, pixels = torch.ones(2, 6, dtype=torch.int64), torch.zeros(3, 3, SIDE, SIDE)
    texts = {0: "texts", 1: "tokens"}
    with quiet(), torch.no_grad():
        torch.onnx.export(
            _Both(model), (ids, pixels, torch.ones_like(ids)), str(folder / "onnx/model.onnx"),
            input_names=["input_ids", "pixel_values", "attention_mask"], output_names=["image_embeds", "text_embeds"],
            dynamic_shapes=(texts, {0: "photos"}, texts), opset_version=18, dynamo=True, external_data=False,
        )  # fmt: skip
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    return model, tokenizer, transformers.ChineseCLIPImageProcessorPil.from_pretrained(folder)


def save_immich(folder: Path, published: Path, *, tokens: int) -> None:
    """A model of transformers.js's layout in immich's: other names, one photo and one text of full length at a time."""
    for tower, ours in (("visual", "vision_model"), ("textual", "text_model")):
        graph = onnx.load(str(published / f"onnx/{ours}.onnx"))
        given, output = graph.graph.input[0], graph.graph.output[0]
        names = {"embedding": "inside", given.name: "image" if tower == "visual" else "text", output.name: "embedding"}
        for node in graph.graph.node:
            node.input[:] = [names.get(name, name) for name in node.input]
            node.output[:] = [names.get(name, name) for name in node.output]
        for weight in graph.graph.initializer:
            weight.name = names.get(weight.name, weight.name)
        given.name, output.name = names[given.name], names[output.name]
        if tower == "textual":
            _take_int32(graph)
            given.type.tensor_type.shape.dim[1].dim_value = tokens
        del graph.graph.value_info[:]
        (folder / tower).mkdir(parents=True)
        onnx.save(graph, str(folder / tower / "model.onnx"))
    photo = json.loads((published / "preprocessor_config.json").read_text())
    preprocess = {
        "size": [SIDE, SIDE], "mode": "RGB", "interpolation": "bicubic", "resize_mode": "shortest", "fill_color": 0,
        "mean": photo["image_mean"], "std": photo["image_std"],
    }  # fmt: skip
    (folder / "visual/preprocess_cfg.json").write_text(json.dumps(preprocess))
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / "textual" / name).write_bytes((published / name).read_bytes())
    text = {"context_length": tokens, "tokenizer_kwargs": None}
    (folder / "config.json").write_text(json.dumps({"embed_dim": 8, "vision_cfg": {}, "text_cfg": text}))


def _take_int32(graph: Any) -> None:
    """Lets a text graph take int32 ids."""
    given = graph.graph.input[0]
    given.type.tensor_type.elem_type = onnx.TensorProto.INT32
    for node in graph.graph.node:
        node.input[:] = ["ids_64" if name == given.name else name for name in node.input]
    graph.graph.node.insert(0, onnx.helper.make_node("Cast", [given.name], ["ids_64"], to=onnx.TensorProto.INT64))


def _save_settings(folder: Path, config: Any, tokenizer: Any, processor: Any) -> None:
    config.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    processor.save_pretrained(folder)


def _siglip_tokenizer() -> Any:
    """SigLIP's as transformers.js converts it, but without the cleaning, which then is the puller's."""
    pieces = [("<unk>", 0.0), ("</s>", -1.0), ("▁", -2.0), *((chr(code), -3.0 - code / 1e3) for code in range(33, 127))]
    pieces += [(f"▁{word}", -2.5) for word in ("a", "dog", "photo", "of", "two", "red")]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=0))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="<unk>",
        eos_token="</s>",
        pad_token="</s>",
        model_max_length=SIGLIP_TOKENS,
    )


def _gemma_tokenizer() -> Any:
    """SigLIP 2's of transformers, over bytes and letters."""
    words = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "▁", *(f"<0x{byte:02X}>" for byte in range(256))]
    vocabulary = {word: number for number, word in enumerate([*words, *(chr(code) for code in range(33, 127))])}
    return transformers.Siglip2Tokenizer(vocabulary, [], padding_side="right", model_max_length=SIGLIP_TOKENS)


def _as_on_the_hub(folder: Path, *, second: bool) -> None:
    """The hub's SigLIP 2 has Gemma's tokenizer as it is, which does not lower the case."""
    settings = folder / "tokenizer_config.json"
    fields = json.loads(settings.read_text())
    fields["tokenizer_class"] = "GemmaTokenizer" if second else "SiglipTokenizer"
    settings.write_text(json.dumps(fields))
    if second:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        tokenizer.normalizer = normalizers.Replace(" ", "▁")
        tokenizer.save(str(folder / "tokenizer.json"))
