"""Trains the embedded default bundle: ``python -m twinlens.training.default_model --data DIR``."""

import argparse
import json
import logging
import platform
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from rich.progress import Progress
from torch import Tensor

from twinlens.config import HeadsRecipe, read_recipe
from twinlens.data.captions_json import CaptionsJson
from twinlens.data.classes_json import read_classes
from twinlens.errors import DataError, TwinlensError
from twinlens.evaluation.retrieval import evaluate_retrieval
from twinlens.evaluation.zero_shot import evaluate_zero_shot
from twinlens.model.bundle import IMAGE_MODEL, TEXT_MODEL, TOKENIZER, Bundle, save_bundle, write_manifest
from twinlens.model.onnx_encoder import OnnxDualEncoder
from twinlens.plugins import load_part
from twinlens.training.export import (
    ImageModel,
    TextModel,
    export_image_model,
    export_text_model,
    quantize_text_int8,
    store_weights_as_float16,
)
from twinlens.training.features import image_features
from twinlens.training.image_towers import IMAGE_TOWERS
from twinlens.training.text_towers import TEXT_TOWERS
from twinlens.training.trainer import EpochLog, TrainedHeads, TrainingFeatures, train_heads
from twinlens.types import CaptionedImage

logger = logging.getLogger(__name__)
CLASS_GROUPS = Path(__file__).with_name("imagenet_groups.txt")
CLASS_NAMES = Path(__file__).with_name("imagenet_classes.txt")


@dataclass(frozen=True)
class TowerPair:
    """The frozen towers of a recipe."""

    image: Any
    text: Any


def class_prompts(template: str, names: Path = CLASS_NAMES) -> list[str]:
    """One prompt a class; a class that shares its word with another has its gloss behind it.

    >>> prompts = class_prompts("a photo of a {}")
    >>> prompts[0], prompts[134]
    ('a photo of a tench', 'a photo of a crane, a wading bird')
    """
    rows = [line.split("\t") for line in names.read_text(encoding="utf-8").splitlines()]
    return [template.format(", ".join(row)) for row in rows]


def class_groups(classes: int, file: Path = CLASS_GROUPS) -> tuple[list[str], Tensor]:
    """The everyday words above the classes, and which class belongs to which: [C, H] of 0 and 1.

    >>> words, grouping = class_groups(1000)
    >>> words[14], grouping[:, 14].nonzero().flatten().tolist()
    ('cat', [281, 282, 283, 284, 285])
    """
    rows = [line.split("\t") for line in file.read_text(encoding="utf-8").splitlines()]
    grouping = torch.zeros(classes, len(rows))
    for column, (_, spans) in enumerate(rows):
        for span in spans.split(","):
            first, _, last = span.partition("-")
            grouping[int(first) : int(last or first) + 1, column] = 1.0
    return [word for word, _ in rows], grouping


def load_towers(recipe: HeadsRecipe) -> TowerPair:
    """The recipe's frozen backbones."""
    return TowerPair(
        load_part("image_tower", IMAGE_TOWERS, recipe.towers.image)(),
        load_part("text_tower", TEXT_TOWERS, recipe.towers.text)(),
    )


def gather_features(
    recipe: HeadsRecipe, towers: TowerPair, photos: Sequence[CaptionedImage], unlabeled: Sequence[Path], *, cache: Path
) -> TrainingFeatures:
    """What the frozen towers say of the training data; photo features are cached on disk."""
    preprocessing = towers.image.preprocessing()
    with Progress(transient=True) as progress:

        def features(title: str, paths: Sequence[Path]) -> Tensor:
            task = progress.add_task(title, total=len(paths))
            show = lambda done: progress.update(task, completed=done)  # noqa: E731
            return image_features(towers.image, preprocessing, paths, cache=cache, on_progress=show)

        images = features("captioned photos", [photo.path for photo in photos])
        others = features("photos without captions", unlabeled) if unlabeled else images
    most = max(len(photo.captions) for photo in photos)
    captions = [photo.captions[number % len(photo.captions)] for photo in photos for number in range(most)]
    tokens = recipe.towers.max_tokens
    prompts = class_prompts(recipe.distillation.prompt)
    words, grouping = class_groups(len(prompts))
    return TrainingFeatures(
        images=images,
        captions=towers.text.features(captions, max_tokens=tokens).reshape(len(photos), most, -1),
        unlabeled=others,
        class_prompts=towers.text.features(prompts, max_tokens=tokens),
        group_prompts=towers.text.features(
            [recipe.distillation.prompt.format(word) for word in words], max_tokens=tokens
        ),
        grouping=grouping,
        classifier=towers.image.classifier,
    )


def write_bundle(
    directory: Path, recipe: HeadsRecipe, towers: TowerPair, heads: TrainedHeads, training: dict[str, Any]
) -> Bundle:
    """Exports, quantises and saves: image weights as float16, text weights as int8."""
    preprocessing = towers.image.preprocessing().model_copy(update=recipe.inference.model_dump())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        exported = ImageModel(towers.image, heads.image)
        size = preprocessing.image_size
        export_image_model(exported, folder / "image32.onnx", image_size=size, outputs=("embedding", "features"))
        store_weights_as_float16(folder / "image32.onnx", folder / IMAGE_MODEL)
        export_text_model(TextModel(towers.text, heads.text), folder / "text32.onnx")
        quantize_text_int8(folder / "text32.onnx", folder / TEXT_MODEL)
        files = {name: folder / name for name in (IMAGE_MODEL, TEXT_MODEL)}
        files[TOKENIZER] = towers.text.tokenizer_file
        fields = {
            "name": recipe.name,
            "description": "EfficientNet-Lite2 and MiniLM-L6, frozen, with two linear heads.",
            "created": datetime.now(UTC).date().isoformat(),
            "license": "Apache-2.0",
            "embedding_dim": recipe.heads.embedding_dim,
            "logit_scale": round(heads.logit_scale().item(), 4),
            "image": {
                "architecture": recipe.towers.image,
                "features_dim": towers.image.features_dim,
                "preprocessing": preprocessing.model_dump(mode="json"),
                "quantization": "float16 weights",
            },
            "text": {
                "architecture": recipe.towers.text,
                "features_dim": towers.text.features_dim,
                "max_tokens": recipe.towers.max_tokens,
                "quantization": "int8 weights",
            },
            "training": training,
        }
        return save_bundle(directory, fields, files)


def train_default_model(
    recipe: HeadsRecipe,
    *,
    data: Path,
    unlabeled: Path | None,
    out: Path,
    cache: Path,
    log: Path | None = None,
    zero_shot: Path | None = None,
) -> Bundle:
    """Runs the recipe on a captioned data set's train split, writes the bundle and measures it on the test split."""
    started = time.perf_counter()
    dataset = CaptionsJson(data)
    photos = dataset.split("train")
    others = sorted(unlabeled.glob("*.jpg")) if unlabeled else []
    if unlabeled and not others:
        raise DataError(f"no .jpg photos in {unlabeled}")
    towers = load_towers(recipe)
    features = gather_features(recipe, towers, photos, others, cache=cache)
    lines = [
        json.dumps(
            {"recipe": recipe.model_dump(mode="json"), "torch": torch.__version__, "threads": torch.get_num_threads()}
        )
    ]

    def on_epoch(epoch: EpochLog) -> None:
        lines.append(json.dumps({key: round(value, 5) for key, value in asdict(epoch).items()}))
        logger.info(lines[-1])

    heads = train_heads(recipe, features, on_epoch=on_epoch)
    training = {
        "data": f"{dataset.name} train split, {len(photos):,} photos; {len(others):,} photos without captions",
        "recipe": recipe.model_dump(mode="json"),
        "machine": f"{platform.machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}",
        "seconds": round(time.perf_counter() - started),
    }
    bundle = write_bundle(out, recipe, towers, heads, training)
    if log:
        log.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return record_figures(bundle, dataset, zero_shot)


def record_figures(bundle: Bundle, dataset: CaptionsJson, zero_shot: Path | None) -> Bundle:
    """Measures a written bundle, as users get it, and keeps the figures in its manifest."""
    encoder = OnnxDualEncoder(bundle)
    figures = {f"{dataset.name}/test": evaluate_retrieval(encoder, dataset, "test").to_json()}
    if zero_shot:
        report = evaluate_zero_shot(encoder, read_classes(zero_shot))
        figures[report.data] = report.to_json()
    manifest = bundle.manifest.model_copy(update={"figures": figures})
    write_manifest(bundle.directory, manifest)
    return Bundle(bundle.directory, manifest)


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line of ``make default-model``."""
    parser = argparse.ArgumentParser(prog="python -m twinlens.training.default_model", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="captioned photos, as flickr8k/ with captions.json")
    parser.add_argument("--unlabeled", type=Path, help="folder of photos without captions")
    parser.add_argument("--recipe", type=Path, default=Path("recipes/default.toml"))
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="change one value of the recipe"
    )
    parser.add_argument("--out", type=Path, required=True, help="where the bundle goes")
    parser.add_argument("--cache", type=Path, default=Path("runs/features"))
    parser.add_argument("--log", type=Path, help="where the losses of each epoch go, as JSON lines")
    parser.add_argument("--zero-shot", type=Path, help="classified photos to measure on, as imagenet_sample/")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logger.setLevel(logging.INFO)
    try:
        recipe = read_recipe(options.recipe, HeadsRecipe, changes=options.set)
        bundle = train_default_model(
            recipe,
            data=options.data,
            unlabeled=options.unlabeled,
            out=options.out,
            cache=options.cache,
            log=options.log,
            zero_shot=options.zero_shot,
        )
    except TwinlensError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return 1
    print(f"wrote {bundle.directory}, fingerprint {bundle.fingerprint}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
