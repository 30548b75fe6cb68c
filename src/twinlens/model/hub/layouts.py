"""The layouts in which ONNX exports of dual encoders are published, found by looking at the names of files."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PurePosixPath

from twinlens.errors import BundleError

VARIANTS = ("fp32", "fp16", "quantized", "int8", "uint8", "q4", "q4f16", "bnb4")
"""Of transformers.js: how the weights are stored."""

_USUAL = (".", "onnx")  # where a repository of one model has its graphs
_NAMED = 6  # folders that a message lists


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


def find_layout(name: str, files: Collection[str], *, variant: str = "fp32", folder: str | None = None) -> Layout:
    """The layout of a repository or folder.

    Args:
        name: of the repository, for messages.
        files: paths in it.
        variant: how the weights are stored.
        folder: of the graphs, where it has several models, such as "s2" for ``onnx/s2``; None = the only one.

    Raises:
        BundleError: it has none that is known, or not the variant, or several and no folder is given.
    """
    if folder is None and {"visual/model.onnx", "textual/model.onnx"} <= set(files):
        return _immich(name, files, variant)
    return _transformers_js(name, files, variant, folder)


def _transformers_js(name: str, files: Collection[str], variant: str, folder: str | None) -> Layout:
    found = _one_model(name, _models(files), folder)
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
    near = {what: _nearest(files, image, file) for what, file in settings.items()}
    return _layout(name, files, image, text, _nearest(files, image, "tokenizer.json"), near, is_open_clip=False)


def _models(files: Collection[str]) -> dict[str, dict[str, tuple[str, str]]]:
    """Folder → variant → the graphs for photos and for texts."""
    found: dict[str, dict[str, tuple[str, str]]] = {}
    there = set(files)
    for folder in sorted({str(PurePosixPath(file).parent) for file in files if file.endswith(".onnx")}):
        for towers in (("model", "model"), ("vision_model", "text_model")):  # the second is better
            for kind in VARIANTS:
                image, text = (_path(folder, tower, kind) for tower in towers)
                if {image, text} <= there:
                    found.setdefault(folder, {})[kind] = image, text
    return found


def _one_model(
    name: str, models: dict[str, dict[str, tuple[str, str]]], folder: str | None
) -> dict[str, tuple[str, str]]:
    """The variants of the model that is asked for."""
    if folder is not None:
        wanted = PurePosixPath(folder).parts
        fitting = [place for place in models if PurePosixPath(place).parts[-len(wanted) :] == wanted]
        if len(fitting) != 1:
            many = "more than one model" if fitting else "no model"
            raise BundleError(f"{name} has {many} in a folder {folder!r}; there are models in {_listed(models)}")
        return models[fitting[0]]
    usual = [(kind, graphs) for place in _USUAL for kind, graphs in models.get(place, {}).items()]
    if usual or not models:
        return dict(sorted(usual, key=lambda of: of[1][0] != of[1][1]))  # the last counts: nothing has to be split
    elsewhere = [place for place, found in models.items() if any(image != text for image, text in found.values())]
    if len(elsewhere) > 1:
        raise BundleError(f"{name} has several models, in {_listed(elsewhere)}: choose one with --folder")
    return models[elsewhere[0]] if elsewhere else {}  # a single graph in another folder may be anything


def _listed(models: Collection[str]) -> str:
    some = ", ".join(list(models)[:_NAMED])
    return (some + (" …" if len(models) > _NAMED else "")) or "none"


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
    return (PurePosixPath(folder) / f"{tower}{'' if variant == 'fp32' else '_' + variant}.onnx").as_posix()


def _nearest(files: Collection[str], graph: str, name: str) -> str:
    """A file of that name beside a graph, or in the nearest folder above; the plain name if there is none."""
    places = ((folder / name).as_posix() for folder in PurePosixPath(graph).parents)
    return next((place for place in places if place in files), name)


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
