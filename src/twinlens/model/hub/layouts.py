"""The layouts in which ONNX exports of dual encoders are published, found by looking at the names of files."""

from collections.abc import Collection
from dataclasses import dataclass

from twinlens.errors import BundleError

VARIANTS = ("fp32", "fp16", "quantized", "int8", "uint8", "q4", "q4f16", "bnb4")
"""Of transformers.js: how the weights are stored."""


@dataclass(frozen=True)
class Layout:
    """Which file is what.

    Attributes:
        image: the image tower's graph.
        text: the text tower's graph; the same file if one graph has both.
        weights: files beside the graphs with their weights, where these are too large for one file.
        tokenizer: tokenizer.json.
        settings: files of settings that are there, by what they hold: config, image, tokenizer, processor.
        is_open_clip: whether settings are open_clip's, as in immich's exports; else they are transformers'.
    """

    image: str
    text: str
    weights: tuple[str, ...]
    tokenizer: str
    settings: dict[str, str]
    is_open_clip: bool

    @property
    def files(self) -> tuple[str, ...]:
        """All that a bundle is made from; small files first."""
        return tuple(dict.fromkeys((*self.settings.values(), self.tokenizer, self.text, self.image, *self.weights)))


def find_layout(name: str, files: Collection[str], *, variant: str = "fp32") -> Layout:
    """The layout of a repository or folder.

    Raises:
        BundleError: it has none that is known, or not the variant.
    """
    if {"visual/model.onnx", "textual/model.onnx"} <= set(files):
        return _immich(name, files, variant)
    return _transformers_js(name, files, variant)


def _transformers_js(name: str, files: Collection[str], variant: str) -> Layout:
    found: dict[str, tuple[str, str]] = {}
    for towers in (("model", "model"), ("vision_model", "text_model")):  # the second is better: nothing has to be split
        for folder in ("", "onnx/"):
            for kind in VARIANTS:
                image, text = (_path(folder, tower, kind) for tower in towers)
                if {image, text} <= set(files):
                    found[kind] = image, text
    if not found:
        raise BundleError(f"{name} is no model that can be pulled: {_why(files)}")
    if variant not in found:
        raise BundleError(f"{name} has no variant {variant}; it has {', '.join(found)}: give one with --variant")
    image, text = found[variant]
    settings = {
        "config": "config.json",
        "image": "preprocessor_config.json",
        "processor": "processor_config.json",
        "tokenizer": "tokenizer_config.json",
    }
    return _layout(name, files, image, text, "tokenizer.json", settings, is_open_clip=False)


def _immich(name: str, files: Collection[str], variant: str) -> Layout:
    if variant != "fp32":
        raise BundleError(f"{name} has no variant {variant}; it has fp32 only")
    settings = {
        "config": "config.json",
        "image": "visual/preprocess_cfg.json",
        "tokenizer": "textual/tokenizer_config.json",
    }
    tokenizer = "textual/tokenizer.json"
    return _layout(name, files, "visual/model.onnx", "textual/model.onnx", tokenizer, settings, is_open_clip=True)


def _layout(
    name: str,
    files: Collection[str],
    image: str,
    text: str,
    tokenizer: str,
    settings: dict[str, str],
    *,
    is_open_clip: bool,
) -> Layout:
    if tokenizer not in files:
        raise BundleError(f"{name} is no model that can be pulled: it has no {tokenizer}")
    there = {what: path for what, path in settings.items() if path in files}
    if not {"image", "processor"} & there.keys():
        raise BundleError(
            f"{name} is no model that can be pulled: it has no {settings['image']}, which tells how photos are prepared"
        )
    weights = tuple(
        graph + end for graph in dict.fromkeys((image, text)) for end in ("_data", ".data") if graph + end in files
    )
    return Layout(image, text, weights, tokenizer, there, is_open_clip)


def _path(folder: str, tower: str, variant: str) -> str:
    return f"{folder}{tower}{'' if variant == 'fp32' else '_' + variant}.onnx"


def _why(files: Collection[str]) -> str:
    graphs = [path for path in files if path.endswith(".onnx")]
    if any(path.endswith((".safetensors", ".bin", ".pt", ".pth", ".ckpt")) for path in files) and not graphs:
        return (
            "it has weights for torch, but no ONNX graphs; look for an export of it, or convert it: "
            "pip install 'twinlens[train]', then twinlens models import"
        )
    if graphs:
        return (
            f"its graphs ({', '.join(sorted(graphs)[:3])}) are not one for photos and one for texts; expected "
            "vision_model.onnx with text_model.onnx, or visual/model.onnx with textual/model.onnx"
        )
    return "it has no ONNX graphs"
