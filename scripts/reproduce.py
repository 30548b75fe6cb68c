"""Trains the recipes of the five documents on an official split and writes docs/results.md: ``make reproduce DATA=…``.

Each run is kept below ``runs/reproduce`` and continues where it was, so the script can be interrupted at any time.
What was measured is recorded in docs/results.json, from which the page is written. The models that
specs/003 and specs/004 offer for download are written to the user's models.
"""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from result_rows import ROWS, Row
from results_page import Records, results_page, run_name

from twinlens.data.find import open_dataset
from twinlens.errors import TwinlensError
from twinlens.evaluation.audit.protocols import in_batches, in_chunks
from twinlens.evaluation.baselines.chance import random_baseline
from twinlens.evaluation.baselines.conse import conse_baseline
from twinlens.evaluation.baselines.row import Baseline
from twinlens.evaluation.baselines.words import bag_of_words_baseline, tf_idf_baseline
from twinlens.evaluation.pairs import EmbeddedPairs
from twinlens.evaluation.retrieval import evaluate_pairs
from twinlens.model.bundle import MANIFEST
from twinlens.model.load import models_folder
from twinlens.protocols import Dataset
from twinlens.training.feeding.features import FeatureCache
from twinlens.training.feeding.split_inputs import InputsFactory
from twinlens.training.loop.teacher import class_prompts
from twinlens.training.loop.validation import embed_split
from twinlens.training.recipe import load_recipe
from twinlens.training.runs.export_run import export_run
from twinlens.training.runs.run import RunListener, load_run, run_recipe
from twinlens.training.runs.run_folder import RunFolder

RECIPES = Path(__file__).parents[1] / "recipes"
ALL_SPLITS = "all"


def main() -> int:
    """Runs what is not there yet, records what was measured, and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="captioned photos; without it, only the page is written")
    parser.add_argument("--out", type=Path, default=Path("runs/reproduce"))
    parser.add_argument("--page", type=Path, default=Path("docs/results.md"))
    parser.add_argument("--records", type=Path, default=Path("docs/results.json"))
    parser.add_argument("--hub", action="store_true", help="the documents' own backbones, whole stages")
    parser.add_argument("--only", nargs="*", default=[], help="recipes; the other rows stay as they were recorded")
    options = parser.parse_args()
    records = Records.read(options.records)
    try:
        if options.data:
            reproduce(open_dataset(options.data.expanduser()), records, options)
    except TwinlensError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    options.page.write_text(results_page(records, hub=options.hub), encoding="utf-8")
    print(f"wrote {options.page}; 'make docs' fills in the embedded model's row")
    return 0


def reproduce(dataset: Dataset, records: Records, options: argparse.Namespace) -> None:
    """Trains and measures each row, and records it at once."""
    records.data = dataset.name
    for row in ROWS:
        if options.only and row.recipe not in options.only:
            continue
        for seed in range(row.seeds):
            figures = measure(row, seed, dataset, options.out, hub=options.hub)
            records.add(run_name(row, seed, hub=options.hub), figures)
            records.write(options.records)
        if row.bundle:
            export(row, options.out, hub=options.hub)
    if not options.only:
        records.baselines = [
            found.to_json() | {"name": found.name, "uses": found.uses} for found in baselines(dataset, options.out)
        ]
        records.write(options.records)


def measure(row: Row, seed: int, dataset: Dataset, out: Path, *, hub: bool) -> dict[str, Any]:
    """Trains to the end, then measures the best epoch on the test split, once."""
    folder = out / run_name(row, seed, hub=hub)
    if (folder / "test.json").is_file():
        measured: dict[str, Any] = RunFolder(folder).read_json("test.json")
        return measured
    print(f"{row.recipe}, seed {seed}", flush=True)
    name = row.recipe if hub or not row.hub else f"{row.recipe}-hubfree"
    changes = () if hub else row.changes
    recipe = load_recipe(RECIPES / f"{name}.toml", changes=[*changes, f"seed={seed}"])
    listener = RunListener(on_epoch=lambda line: print(f"  epoch {line.epoch}, val loss {line.val_loss}", flush=True))
    resume = RunFolder(folder).exists
    run_recipe(recipe, dataset, folder, resume=resume, cache=out / "cache", listener=listener)
    test = embedded(folder, dataset, "test", out / "cache")
    found: dict[str, Any] = evaluate_pairs(test).to_json()
    found["parameters"] = trained_parameters(folder)
    found["seconds"] = RunFolder(folder).read_json("validation.json")["seconds"]
    if row.own_protocol == "batches":
        found["own_protocol"] = in_batches(test).to_json()
    elif row.own_protocol == "chunks":
        found["own_protocol"] = in_chunks(embedded(folder, dataset, ALL_SPLITS, out / "cache")).to_json()
    found["date"], found["torch"] = datetime.now(UTC).date().isoformat(), torch.__version__
    RunFolder(folder).write_json("test.json", found)
    return found


def embedded(folder: Path, dataset: Dataset, split: str, cache: Path) -> EmbeddedPairs:
    """A split in a run's space, by cached features."""
    recipe, model, _, checkpoint = load_run(folder)
    stage = recipe.stages[checkpoint.progress.stage]
    names = dataset.splits() if split == ALL_SPLITS else (split,)
    parts = []
    for name in names:
        inputs = InputsFactory(recipe, model, FeatureCache(cache)).split(dataset.split(name), stage, training=False)
        images, texts = embed_split(model, inputs, recipe, torch.device("cpu"))
        parts.append((images.numpy(), texts.numpy(), inputs.rows.photo.numpy()))
    starts = np.cumsum([0, *(len(images) for images, _, _ in parts)])
    index = np.concatenate([photo + start for (_, _, photo), start in zip(parts, starts, strict=False)])
    images, texts = (np.concatenate([part[side] for part in parts]) for side in (0, 1))
    return EmbeddedPairs(images, texts, index, f"{dataset.name}/{split}", None)


def trained_parameters(folder: Path) -> int:
    """Numbers that the run trained."""
    from safetensors import safe_open

    with safe_open(folder / "best.safetensors", framework="pt") as file:
        return sum(int(np.prod(file.get_slice(name).get_shape())) for name in file.keys())  # noqa: SIM118


def baselines(dataset: Dataset, out: Path) -> list[Baseline]:
    """What needs no training on captions."""
    photos = dataset.split("test")
    captions = [photo.captions for photo in photos]
    rows = [random_baseline(captions), bag_of_words_baseline(captions), tf_idf_baseline(captions)]
    recipe = load_recipe(RECIPES / "heads.toml")
    from twinlens.training.feeding.inputs import LiveTexts
    from twinlens.training.runs.build import build_model

    model, cache = build_model(recipe), FeatureCache(out / "cache")
    tower = model.image.tower
    features = cache.images(tower, model.image.preprocessing, [photo.path for photo in photos])
    if tower.classifier is None:
        return rows
    with torch.no_grad():
        probabilities = torch.softmax(tower.classifier(features), dim=1).numpy()

    def embed_text(texts: Any) -> Any:
        return cache.texts(model.text.tower, LiveTexts(list(texts), model.text.tower.tokenizer, max_tokens=128)).numpy()

    return [*rows, conse_baseline(probabilities, class_prompts("a photo of a {}"), captions, embed_text)]


def export(row: Row, out: Path, *, hub: bool) -> None:
    """Writes the first seed's run as a bundle to the user's models, where ``twinlens models list`` finds it."""
    folder = models_folder() / row.bundle
    if not (folder / MANIFEST).is_file():
        export_run(out / run_name(row, 0, hub=hub), folder)
        print(f"model {row.bundle}: {folder}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
