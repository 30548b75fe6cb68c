"""Export a run as a model bundle: compared with torch, optionally quantized and measured."""

import platform
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import Tensor

from twinlens.data.find import open_dataset
from twinlens.embedding.local import embed_photos
from twinlens.errors import TrainingError, TwinlensError
from twinlens.evaluation.retrieval import rank_both_ways
from twinlens.model.bundle import IMAGE_MODEL, MANIFEST, TEXT_MODEL, TOKENIZER, WITH_GRID, Bundle, save_bundle
from twinlens.model.onnx_encoder import OnnxDualEncoder
from twinlens.model.training_photos import TRAINING_PHOTOS, load_training_photos
from twinlens.protocols import Dataset, DualEncoder, Loss
from twinlens.training.feeding.inputs import LiveTexts
from twinlens.training.parts.dual_encoder import TwoTowers
from twinlens.training.parts.export import (
    ImageModel,
    TextModel,
    export_image_model,
    export_text_model,
)
from twinlens.training.parts.quantization import quantize_text, store_weights_as_float16
from twinlens.training.recipe import Recipe
from twinlens.training.runs.run import load_run
from twinlens.training.runs.run_folder import RunFolder
from twinlens.training.runs.torch_encoder import TorchDualEncoder
from twinlens.types import CaptionedImage, Embeddings

TOLERANCE = 1e-4  # largest difference between torch and the exported graph
POINTS = 0.5  # of R@1 (mean of both directions) that 8-bit weights may cost
PROBES = ("a dog", "two children play football on a wet street", "a man in a red jacket climbs a wall of ice at night")


@dataclass(frozen=True)
class Exported:
    """A bundle that was written.

    Attributes:
        bundle: the bundle; needs no torch.
        difference: largest difference between torch's embeddings and those of the float32 graphs.
        quantization: cost of ``--int8`` on the val split; None without it, or if the data is not available.
    """

    bundle: Bundle
    difference: float
    quantization: dict[str, float] | None


def export_run(
    run: Path,
    out: Path,
    *,
    int8: bool = False,
    wise_ft: float = 1.0,
    on_progress: Callable[[int, int], None] | None = None,
) -> Exported:
    """Writes a bundle with the weights of a run's best epoch.

    Args:
        run: the folder of a run.
        out: the bundle's folder; an existing bundle is replaced, other folders are not touched.
        int8: store 8-bit text weights and float16 image weights: a third of the size or less.
        wise_ft: share of these weights; the rest is of the published model that the run started from.
        on_progress: called with the number of photos compared and the total.

    Raises:
        TrainingError: no epoch was finished, a graph differs from torch, or 8-bit weights cost too much.
    """
    recipe, model, loss, checkpoint = load_run(run, wise_ft=wise_ft)
    if out.is_dir() and any(out.iterdir()) and not (out / MANIFEST).exists():
        raise TrainingError(f"{out} contains something other than a bundle; choose a new folder")
    run_folder = RunFolder(run)
    environment = run_folder.read_json("environment.json")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files, difference, grid = _graphs(model, folder)
        model.text.tower.tokenizer.save(str(folder / TOKENIZER))
        files[TOKENIZER] = folder / TOKENIZER
        if run_folder.training_photos.is_file():  # a run of an older release has none
            files[TRAINING_PHOTOS] = run_folder.training_photos
        fields = _fields(recipe, model, loss, environment, epoch=checkpoint.progress.best_epoch)
        if wise_ft != 1.0:
            fields["training"]["wise_ft"] = wise_ft
        fields["image"]["grid"] = grid
        full = save_bundle(folder / "float32", fields, files)
        if not int8:
            return Exported(save_bundle(out, fields, files), difference, None)
        smaller = dict(files)
        smaller[IMAGE_MODEL], smaller[TEXT_MODEL] = folder / "image16.onnx", folder / "text8.onnx"
        store_weights_as_float16(files[IMAGE_MODEL], smaller[IMAGE_MODEL])
        quantize_text(files[TEXT_MODEL], smaller[TEXT_MODEL])
        fields["image"]["quantization"], fields["text"]["quantization"] = "float16 weights", "int8 weights"
        small = save_bundle(folder / "int8", fields, smaller)
        cost = _cost(environment.get("source"), OnnxDualEncoder(full), OnnxDualEncoder(small), on_progress)
        if cost:
            if cost["R@1 lost"] > POINTS:
                raise TrainingError(
                    f"8-bit weights cost {cost['R@1 lost']:.2f} points of R@1 on the val split, more than {POINTS}; "
                    "export without --int8"
                )
            fields["training"]["int8"] = cost
        return Exported(save_bundle(out, fields, smaller), difference, cost)


def _graphs(model: TwoTowers, folder: Path) -> tuple[dict[str, Path], float, tuple[int, int] | None]:
    """Float32 graphs, their largest difference from torch, and the shape of the image graph's grid."""
    files = {IMAGE_MODEL: folder / "image32.onnx", TEXT_MODEL: folder / "text32.onnx"}
    image = ImageModel(model.image.tower, model.image.head).eval()
    text = TextModel(model.text.tower, model.text.head).eval()
    size = model.image.preprocessing.image_size
    grid = image.grid_shape(size)
    outputs = ("embedding", "features") if grid is None else ("embedding", "features", "grid")
    export_image_model(image, files[IMAGE_MODEL], image_size=size, outputs=outputs)
    export_text_model(text, files[TEXT_MODEL])
    generator = torch.Generator().manual_seed(0)
    pixels = [torch.randn(batch, 3, size, size, generator=generator) for batch in (1, 3)]
    texts = LiveTexts(PROBES, model.text.tower.tokenizer, max_tokens=model.text.max_tokens)
    tokens = [texts.take(torch.tensor(rows), epoch=None) for rows in ([0], [1, 2], [0, 1, 2])]
    difference = max(
        _difference(files[IMAGE_MODEL], ("pixels",), [(batch,) for batch in pixels], lambda batch: image(batch)[0]),
        _difference(files[TEXT_MODEL], ("input_ids", "attention_mask"), tokens, text),
    )
    if grid is not None:
        with_grid = [(batch, torch.tensor(True)) for batch in pixels]
        cells = _difference(
            files[IMAGE_MODEL], ("pixels", WITH_GRID), with_grid, lambda batch, _: image(batch)[2], output="grid"
        )
        difference = max(difference, cells)
    if not difference <= TOLERANCE:
        raise TrainingError(f"the exported graphs differ from torch by {difference:.1e}, more than {TOLERANCE:.0e}")
    return files, difference, grid


def _difference(
    file: Path,
    names: tuple[str, ...],
    batches: Sequence[tuple[Tensor, ...]],
    model: Callable[..., Tensor],
    *,
    output: str = "embedding",
) -> float:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors only: it warns about the optional grid
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    found = 0.0
    for batch in batches:
        feeds = {name: part.numpy() for name, part in zip(names, batch, strict=True)}
        with torch.no_grad():
            wanted = model(*batch).numpy()
        scale = max(1.0, float(np.abs(wanted).max()))  # grid cells may be longer than 1
        found = max(found, float(np.abs(session.run([output], feeds)[0] - wanted).max()) / scale)
    return found


def _fields(
    recipe: Recipe, model: TwoTowers, loss: Loss[Tensor], environment: dict[str, Any], *, epoch: int
) -> dict[str, Any]:
    """The manifest without the files."""
    published = _name(recipe.model) if recipe.model else ""
    origin = model.origin
    bias = getattr(loss, "logit_bias", None)  # of the sigmoid loss alone
    source = {key: environment[key] for key in ("data", "train_photos", "started", "packages")}
    return {
        "name": recipe.name,
        "description": recipe.description,
        "created": datetime.now(UTC).date().isoformat(),
        "license": recipe.license or (origin.license if origin else ""),
        "embedding_dim": model.text.head.project(torch.zeros(1, model.text.tower.features_dim)).shape[1],
        "logit_scale": round(loss.logit_scale, 4),
        "logit_bias": None if bias is None else round(bias, 4),
        "image": {
            "architecture": published or recipe.image.tower,
            "features_dim": model.image.tower.features_dim,
            "preprocessing": model.image.preprocessing.model_dump(mode="json"),
        },
        "text": {
            "architecture": published or recipe.text.tower,
            "features_dim": model.text.tower.features_dim,
            "max_tokens": model.text.max_tokens,
            "languages": origin.languages if origin else (),
        },
        "source": {"kind": "fine-tuned checkpoint", "family": origin.family, "model": published} if origin else {},
        "training": {
            **source,
            "recipe": _published(recipe),
            "epoch": epoch,
            "machine": platform.machine(),
        },
    }


def _name(model: str) -> str:
    """The name of a published model without folders, owner and revision."""
    is_folder = Path(model).expanduser().is_dir()
    return Path(model if is_folder else model.partition("@")[0]).name


def _published(recipe: Recipe) -> dict[str, Any]:
    """The recipe without local paths."""
    fields = recipe.model_dump(mode="json", exclude_none=True)
    if recipe.model and Path(recipe.model).expanduser().is_dir():
        fields["model"] = _name(recipe.model)
    if recipe.wise_ft and recipe.wise_ft.second_data:
        fields["wise_ft"]["second_data"] = Path(recipe.wise_ft.second_data).name
    if recipe.distillation and recipe.distillation.photos:
        fields["distillation"]["photos"] = Path(recipe.distillation.photos).name
    return fields


def _cost(
    source: dict[str, Any] | None,
    full: DualEncoder,
    small: DualEncoder,
    on_progress: Callable[[int, int], None] | None,
) -> dict[str, float] | None:
    """Cosine and R@1 of two encoders on the val split of the run's data; None if it is not available."""
    dataset = _reopen(source)
    if dataset is None:
        return None
    photos = [photo for photo in dataset.split("val") if photo.captions]
    total = 2 * len(photos)
    first = _embedded(full, photos, lambda done: on_progress(done, total) if on_progress else None)
    second = _embedded(small, photos, lambda done: on_progress(len(photos) + done, total) if on_progress else None)
    recalls = []
    for images, texts, index in (first, second):
        to_image, to_text = rank_both_ways(images, texts, index)
        recalls.append((to_image["R@1"] + to_text["R@1"]) / 2)
    return {
        "image cosine": round(float((first[0] * second[0]).sum(axis=1).mean()), 6),
        "text cosine": round(float((first[1] * second[1]).sum(axis=1).mean()), 6),
        "R@1 before": round(recalls[0], 4),
        "R@1 lost": round(recalls[0] - recalls[1], 4),
    }


def _reopen(source: dict[str, Any] | None) -> Dataset | None:
    if not source:
        return None
    file, images = (Path(source[key]) if source.get(key) else None for key in ("file", "images"))
    directory = Path(source["directory"])
    try:
        return open_dataset(directory, kind=source["kind"], file=file, images=images, ratios=source["ratios"])
    except TwinlensError:
        return None  # the caller reports that nothing was measured


def _embedded(
    encoder: DualEncoder, photos: list[CaptionedImage], on_progress: Callable[[int], None]
) -> tuple[Embeddings, Embeddings, NDArray[np.int64]]:
    images = embed_photos([photo.path for photo in photos], encoder, on_progress=on_progress)
    captions = [photos[place].captions for place in images.kept]
    texts = encoder.encode_text([caption for own in captions for caption in own])
    return images.embeddings, texts, np.repeat(np.arange(len(captions)), [len(own) for own in captions])


def open_run(run: Path) -> TorchDualEncoder:
    """The model of a run's best epoch, for evaluation.

    Raises:
        TrainingError: the folder contains no run with a finished epoch.
    """
    _, model, _, _ = load_run(run)
    hashes = RunFolder(run).training_photos
    return TorchDualEncoder(model, training_photos=load_training_photos(hashes) if hashes.is_file() else None)
