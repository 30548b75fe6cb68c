"""Trains the recipes of the five documents on an official split and writes docs/results.md: ``make reproduce DATA=…``.

Each run is kept below ``runs/reproduce`` and goes on where it was, so the script can be interrupted at any time.
"""

import argparse
import json
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch

from twinlens.data.find import open_dataset
from twinlens.errors import TwinlensError
from twinlens.evaluation.audit.protocols import in_batches, in_chunks
from twinlens.evaluation.baselines.chance import random_baseline
from twinlens.evaluation.baselines.conse import conse_baseline
from twinlens.evaluation.baselines.row import Baseline
from twinlens.evaluation.baselines.words import bag_of_words_baseline, tf_idf_baseline
from twinlens.evaluation.pairs import EmbeddedPairs
from twinlens.evaluation.retrieval import evaluate_pairs
from twinlens.protocols import Dataset
from twinlens.training.feeding.features import FeatureCache
from twinlens.training.feeding.split_inputs import InputsFactory
from twinlens.training.loop.teacher import class_prompts
from twinlens.training.loop.validation import embed_split
from twinlens.training.recipe import load_recipe
from twinlens.training.runs.run import RunListener, load_run, run_recipe
from twinlens.training.runs.run_folder import RunFolder

RECIPES = Path(__file__).parents[1] / "recipes"
ALL_SPLITS = "all"


@dataclass(frozen=True)
class Row:
    """A line of the table: a recipe, how often, and what was changed for two cores."""

    name: str
    recipe: str
    seeds: int = 3
    changes: tuple[str, ...] = ()
    note: str = ""
    claim: str = ""
    own_protocol: str = ""
    hub: bool = field(default=True)


NO_FIGURE = "no figure"
ROWS = (
    Row("heads (ours)", "heads", hub=False),
    Row(
        "000 NT-Xent",
        "000-nt-xent",
        changes=(
            'stages=[{epochs=20, learning_rate=0.01, schedule="constant"}, '
            '{epochs=10, learning_rate=0.001, schedule="constant"}]',
        ),
        note="its first two stages; the two that train the towers take hours on two cores",
        claim=NO_FIGURE,
    ),
    Row(
        "001 CLIP",
        "001-clip",
        changes=('stages.0.image="frozen"', 'stages.0.text="frozen"'),
        note="heads only; towers trained as well take an hour an epoch on two cores",
        claim="val loss 2.31, no recall",
    ),
    Row("002 cosine", "002-cosine", claim=NO_FIGURE),
    Row(
        "003 LSTM",
        "003-lstm",
        seeds=1,
        changes=("stages.0.epochs=10", "stages.0.warmup_epochs=1"),
        note="10 epochs for 50 with patience; image tower frozen, two augmented views",
        claim="39.1/76.6/89.1, MRR 0.547, MedR 2",
        own_protocol="batches",
    ),
    Row(
        "003 Transformer",
        "003-transformer",
        seeds=1,
        changes=("stages.0.epochs=10", "stages.0.warmup_epochs=1"),
        note="10 epochs for 50 with patience; image tower frozen, two augmented views",
        claim="20.3/40.6/56.3, MRR 0.317, MedR 7",
        own_protocol="batches",
    ),
    Row("004 CLIP", "004-clip", claim="44.7/71.1/80.8 \\| 47.9/74.4/83.5", own_protocol="chunks"),
    Row("004 triplet", "004-triplet", claim=NO_FIGURE, own_protocol="chunks"),
    Row("004 InfoNCE", "004-infonce", claim=NO_FIGURE, own_protocol="chunks"),
)


def main() -> int:
    """Runs what is not there yet, and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("runs/reproduce"))
    parser.add_argument("--page", type=Path, default=Path("docs/results.md"))
    parser.add_argument("--hub", action="store_true", help="the documents' own backbones, whole stages")
    parser.add_argument("--only", nargs="*", default=[], help="recipes; the page then has what is there")
    options = parser.parse_args()
    dataset = open_dataset(options.data.expanduser())
    try:
        for row in ROWS:
            if not options.only or row.recipe in options.only:
                for seed in range(row.seeds):
                    measure(row, seed, dataset, options.out, hub=options.hub)
        options.page.write_text(page(dataset, options.out, hub=options.hub), encoding="utf-8")
    except TwinlensError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"wrote {options.page}")
    return 0


def run_folder(row: Row, seed: int, out: Path, *, hub: bool) -> Path:
    return out / f"{row.recipe}{'-hub' if hub and row.hub else ''}-{seed}"


def measure(row: Row, seed: int, dataset: Dataset, out: Path, *, hub: bool) -> None:
    """Trains to the end, then measures the best epoch on the test split, once."""
    folder = run_folder(row, seed, out, hub=hub)
    figures = folder / "test.json"
    if figures.is_file():
        return
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
    RunFolder(folder).write_json("test.json", found)


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


def page(dataset: Dataset, out: Path, *, hub: bool) -> str:
    """docs/results.md, of the runs that are there."""
    lines = [
        "# What the recipes give",
        "",
        f"Written by `make reproduce DATA=path/to/{dataset.name}{' HUB=1' if hub else ''}` on "
        f"{datetime.now(UTC).date()}; {torch.get_num_threads()} threads, torch {torch.__version__}.",
        "",
        f"{dataset.name}, official splits, {len(dataset.split('test')):,} test photos, whole gallery, any right "
        "caption counts, ties count against. R@1/5/10 text→image \\| image→text; the mean of the seeds, and the 95 % "
        "interval of R@1 from a bootstrap over photos (first seed). The epoch was chosen on the val split; the test "
        "split was measured once a run. Seconds are those of training, on cores that other work may have shared.",
        "",
        "| row | seeds | R@1/5/10 | R@1 interval | MRR | MedR | trained parameters | seconds | note |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    claims = [
        "",
        "## The documents' own figures",
        "",
        "What a document reports, what its own way of counting gives *our* model, and the right figure beside it. "
        "specs/003 ranked inside batches of 32; specs/004 scored all rows, training rows too, in chunks of 5,000 with "
        "one right caption a row.",
        "",
        "| row | the document says | our model, counted its way | our model, counted right |",
        "| --- | --- | --- | --- |",
    ]
    missing = []
    for row in ROWS:
        folders = [run_folder(row, seed, out, hub=hub) / "test.json" for seed in range(row.seeds)]
        runs = [json.loads(file.read_text(encoding="utf-8")) for file in folders if file.is_file()]
        if not runs:
            missing.append(row.name)
            continue
        lines.append(_line(row, runs))
        if row.claim:
            own = runs[0].get("own_protocol")
            counted = _recalls([own]) if own else "–"
            claims.append(f"| {row.name} | {row.claim} | {counted} | {_recalls(runs)} |")
    for found in baselines(dataset, out):
        both = [found.to_json()]
        lines.append(
            f"| *{found.name}* | | {_recalls(both)} | | {_both(both, 'MRR', 3)} | {_both(both, 'MedR', 1)} "
            f"| | | {found.uses} |"
        )
    if missing:
        lines += ["", f"Not run here: {', '.join(missing)}."]
    return "\n".join([*lines, *claims]) + "\n"


def _line(row: Row, runs: list[dict[str, Any]]) -> str:
    first = runs[0]
    intervals = " \\| ".join(
        "–".join(f"{bound:.1f}" for bound in first[way]["ci95"]["R@1"]) for way in ("text_to_image", "image_to_text")
    )
    seconds = np.mean([run["seconds"] for run in runs])
    return (
        f"| {row.name} | {len(runs)} | {_recalls(runs)} | {intervals} | {_both(runs, 'MRR', 3)} "
        f"| {_both(runs, 'MedR', 1)} | {first['parameters']:,} | {seconds:.0f} | {row.note} |"
    )


def _recalls(runs: list[dict[str, Any]]) -> str:
    return " \\| ".join(
        "/".join(f"{np.mean([run[way][name] for run in runs]):.1f}" for name in ("R@1", "R@5", "R@10"))
        for way in ("text_to_image", "image_to_text")
    )


def _both(runs: list[dict[str, Any]], name: str, digits: int) -> str:
    return " \\| ".join(
        f"{np.mean([run[way][name] for run in runs]):.{digits}f}" for way in ("text_to_image", "image_to_text")
    )


if __name__ == "__main__":
    sys.exit(main())
