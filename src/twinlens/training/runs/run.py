"""A training run from recipe to report."""

import logging
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from twinlens.data.images import PHOTO_SUFFIXES, photo_exists
from twinlens.data.splits import held_out
from twinlens.embedding.photo_hashes import hash_photos
from twinlens.errors import ConfigError, DataError, TrainingError
from twinlens.model.training_photos import save_training_photos
from twinlens.protocols import Dataset, Loss
from twinlens.training.feeding.features import FeatureCache, OnProgress, weights_digest
from twinlens.training.feeding.split_inputs import InputsFactory
from twinlens.training.loop.checkpoints import Checkpoint, read_checkpoint, write_checkpoint
from twinlens.training.loop.precision import find_device
from twinlens.training.loop.processes import Processes
from twinlens.training.loop.run_log import EpochLog, Listener
from twinlens.training.loop.trainer import Trainer
from twinlens.training.loop.weights import load_finished, trained_towers
from twinlens.training.parts.dual_encoder import TwoTowers
from twinlens.training.recipe import Recipe
from twinlens.training.runs.build import build_model
from twinlens.training.runs.build_loss import build_loss
from twinlens.training.runs.examples import example_retrievals
from twinlens.training.runs.report import TensorBoard, write_report
from twinlens.training.runs.run_folder import BAD_BATCH, REPORT, TOKENIZER, VALIDATION, WISE_FT, RunFolder
from twinlens.training.runs.wise_ft import CaptionedSet, Weights, interpolate, measure_curve, second_set, weights_of
from twinlens.types import CaptionedImage

logger = logging.getLogger(__name__)


@dataclass
class RunListener:
    """Callbacks for the events of a run; every field is optional."""

    on_prepare: OnProgress = lambda _what, _done, _total: None
    on_step: Callable[[int, int, int], None] = lambda _epoch, _done, _steps: None
    on_epoch: Callable[[EpochLog], None] = lambda _: None
    on_note: Callable[[str], None] = lambda _: None


@dataclass(frozen=True)
class FinishedRun:
    """The result of a run.

    Attributes:
        folder: of the run.
        report: the HTML page with its curves.
        best: the checkpoint of the best epoch.
        validation: metrics of that epoch, as in ``validation.json``.
    """

    folder: Path
    report: Path
    best: Path
    validation: dict[str, Any]


def run_recipe(
    recipe: Recipe,
    dataset: Dataset,
    out: Path,
    *,
    resume: bool = False,
    source: dict[str, Any] | None = None,
    cache: Path | None = None,
    listener: RunListener | None = None,
) -> FinishedRun:
    """Trains on the train split of a data set, validates on its val split, and writes everything to a folder.

    Args:
        recipe: the run.
        dataset: captioned photos with the splits train and val.
        out: the run's folder.
        resume: continue from the run's last checkpoint.
        source: location of the data set, saved to measure an export later.
        cache: of features and pixels; None = ``cache/`` beside the run's folder.
        listener: called on each event.

    Raises:
        TrainingError: the folder already contains a run, or the run cannot continue.
        DataError: a split is missing or empty.
        ConfigError: the recipe does not fit the data.
    """
    folder, processes = RunFolder(out), Processes(find_device(recipe.trainer.device))
    listener = listener if listener and processes.is_main else RunListener()
    finished_normally = False
    try:
        with folder.locked() if processes.is_main else nullcontext():
            finished = _run(recipe, dataset, folder, processes, cache, listener, resume=resume, source=source)
        finished_normally = True
        return finished
    finally:
        processes.close(wait=finished_normally)


def _run(
    recipe: Recipe,
    dataset: Dataset,
    folder: RunFolder,
    processes: Processes,
    cache: Path | None,
    listener: RunListener,
    *,
    resume: bool,
    source: dict[str, Any] | None,
) -> FinishedRun:
    checkpoint = _begin(recipe, folder, processes, resume=resume)
    photos, val_photos = _split(dataset, "train", listener), _split(dataset, "val", listener)
    second_set(recipe)  # one that cannot be read is told before the training, not after it
    if recipe.data.held_out:
        left_out = held_out([photo.image_id for photo in photos], recipe.data.held_out)
        photos = [photo for photo in photos if photo.image_id not in left_out]
    tokenizer_file = folder.path / TOKENIZER if checkpoint else None
    captions = [caption for photo in photos for caption in photo.captions]
    model = build_model(recipe, captions=captions, tokenizer_file=tokenizer_file)
    loss = build_loss(recipe, model.origin)
    digests = _digests(recipe, model)
    _check_digests(checkpoint, digests)
    if processes.is_main and not checkpoint:
        about = {"data": dataset.name, "train_photos": len(photos), "val_photos": len(val_photos), "source": source}
        origin = {"model": asdict(model.origin)} if model.origin else {}
        folder.begin(recipe, {**about, **origin, "device": str(processes.device), "processes": processes.count})
        model.text.tower.tokenizer.save(str(folder.path / TOKENIZER))
    features = FeatureCache(
        cache or folder.path.parent / "cache", device=processes.device, on_progress=listener.on_prepare
    )
    factory = InputsFactory(recipe, model, features)
    unlabeled = _photos_below(recipe.distillation.photos) if recipe.distillation and recipe.distillation.photos else []
    if processes.is_main and not folder.training_photos.is_file():
        hashes = hash_photos(
            [*(photo.path for photo in photos), *unlabeled], on_progress=partial(listener.on_prepare, "hashing photos")
        )
        save_training_photos(folder.training_photos, hashes)
    writer = _Writer(folder, digests, listener, processes)
    trainer = Trainer(
        recipe,
        model,
        loss,
        photos,
        val_photos,
        factory=factory,
        processes=processes,
        unlabeled=unlabeled,
        listener=Listener(
            listener.on_step, writer.epoch, writer.checkpoint, writer.best, writer.bad_batch, listener.on_note
        ),
    )
    if checkpoint is None or not checkpoint.progress.done:
        trainer.fit(checkpoint)
    writer.close()
    if not processes.is_main:
        return FinishedRun(folder.path, folder.path / REPORT, folder.best, {})
    return _finish(folder, recipe, val_photos, features, processes.device, listener)


def _finish(
    folder: RunFolder,
    recipe: Recipe,
    val_photos: Sequence[CaptionedImage],
    features: FeatureCache,
    device: torch.device,
    listener: RunListener,
) -> FinishedRun:
    """Writes the measures and the report of a run that has come to its end."""
    validation = _validation(folder, recipe)
    folder.write_json(VALIDATION, validation)
    environment = folder.read_json("environment.json")
    _, best, loss, checkpoint = load_run(folder.path)
    stage = recipe.stages[checkpoint.progress.stage]
    examples = example_retrievals(recipe, best.to(device), stage, val_photos, cache=features, device=device)
    curve = None
    if recipe.wise_ft and best.origin:
        loss.to(device)
        curve = measure_curve(
            recipe,
            best,
            loss,
            published_weights(folder.path),
            stage=stage,
            sets=[CaptionedSet(f"{environment['data']}/val", val_photos), *second_set(recipe)],
            cache=features,
            device=device,
            on_progress=listener.on_prepare,
        )
        folder.write_json(WISE_FT, curve)
        listener.on_note(
            f"WiSE-FT: on val the best share of the trained weights is {curve['best']:g}; all are in "
            f"{folder.path / WISE_FT}, and 'twinlens export {folder.path} --out DIR --wise-ft SHARE' takes one"
        )
    report = write_report(folder.path / REPORT, recipe, folder.logs(), validation, environment, examples, curve)
    return FinishedRun(folder.path, report, folder.best, validation)


class _Writer:
    """Writes the trainer's events to the run's folder; only the main process writes."""

    def __init__(self, folder: RunFolder, digests: dict[str, str], listener: RunListener, processes: Processes) -> None:
        self.folder, self.digests, self.listener, self.is_main = folder, digests, listener, processes.is_main
        self.board = TensorBoard(folder.path) if self.is_main else None

    def epoch(self, line: EpochLog) -> None:
        if self.is_main:
            self.folder.log(line)
            self.listener.on_epoch(line)
            if self.board:
                self.board.add(line)

    def checkpoint(self, name: str, progress: Any, tensors: dict[str, torch.Tensor]) -> None:
        write_checkpoint(self.folder.path / f"{name}.safetensors", progress, tensors, towers=self.digests)

    def best(self) -> Checkpoint:
        return read_checkpoint(self.folder.best)

    def bad_batch(self, where: dict[str, Any]) -> str:
        if self.is_main:
            self.folder.write_json(BAD_BATCH, where)
        file = self.folder.path / BAD_BATCH
        good = (
            f"the last good checkpoint is {self.folder.last}" if self.folder.last.exists() else "no epoch was finished"
        )
        return f"{good}, the batch is in {file}"

    def close(self) -> None:
        if self.board:
            self.board.close()


def _begin(recipe: Recipe, folder: RunFolder, processes: Processes, *, resume: bool) -> Checkpoint | None:
    """The checkpoint to continue from; None for a new run."""
    with processes.main_process_first():
        if processes.is_main:
            _check_folder(recipe, folder, resume=resume)
        checkpoint = read_checkpoint(folder.last) if resume and folder.last.exists() else None
        if processes.is_main and resume:
            folder.logs(until=checkpoint.progress.epoch if checkpoint else 0)
            if checkpoint and not checkpoint.progress.done:
                folder.resumed(after_epoch=checkpoint.progress.epoch, step=checkpoint.progress.step)
    return checkpoint


def _check_folder(recipe: Recipe, folder: RunFolder, *, resume: bool) -> None:
    if not resume:
        if folder.exists:
            raise TrainingError(
                f"{folder.path} already contains a run; continue it with --resume, or choose another --out"
            )
        return
    if not folder.exists:
        raise TrainingError(f"there is no run in {folder.path} to continue; remove --resume")
    check_same_recipe(recipe, folder)


def check_same_recipe(recipe: Recipe, folder: RunFolder) -> None:
    """Raises ``TrainingError`` if the run in a folder was started with a recipe that gives other results."""
    changed = _differences(folder.recipe().model_dump(mode="json"), recipe.model_dump(mode="json"))
    if changed:
        raise TrainingError(
            f"the run in {folder.path} was started with other values of {', '.join(changed)}; resume it with its own "
            f"recipe, or choose another --out"
        )


RESUMABLE = (
    "trainer.device",
    "trainer.checkpoint_every",
    "trainer.checkpoint_every_steps",
    "trainer.compile",
    "data.image_cache",
    "optimizer.gradient_checkpointing",
    "wise_ft",
)


def _differences(first: Any, second: Any, key: str = "") -> list[str]:
    """Keys whose values differ, except those that do not affect results."""
    if isinstance(first, dict) and isinstance(second, dict):
        found = [
            _differences(first.get(name), second.get(name), f"{key}.{name}".lstrip("."))
            for name in sorted({*first, *second})
        ]
        return [name for part in found for name in part]
    return [key] if first != second and not key.startswith(RESUMABLE) else []


def _split(dataset: Dataset, name: str, listener: RunListener) -> list[CaptionedImage]:
    """Photos of a split that have a caption and a file; others are left out and reported."""
    photos = dataset.split(name)
    uncaptioned = [photo.image_id for photo in photos if not any(caption.strip() for caption in photo.captions)]
    missing = [photo.image_id for photo in photos if not photo_exists(photo.path)]
    for left_out, lack in ((uncaptioned, "caption"), (missing, "file")):
        if left_out:
            count = f"{len(left_out):,} photos" if len(left_out) > 1 else "a photo"
            listener.on_note(f"{count} without a {lack} in split {name!r}, e.g. {left_out[0]}; left out")
    gone = {*uncaptioned, *missing}
    kept = [photo for photo in photos if photo.image_id not in gone]
    if not kept:
        raise DataError(f"split {name!r} of {dataset.name} has no photo with a file and a caption")
    return kept


def _photos_below(directory: str) -> list[Path]:
    folder = Path(directory).expanduser()
    if not folder.is_dir():
        raise ConfigError(f"distillation.photos: there is no folder {folder}")
    found = sorted(file for file in folder.rglob("*") if file.suffix.lower() in PHOTO_SUFFIXES)
    if not found:
        raise ConfigError(f"distillation.photos: no photos in {folder}")
    return found


def _digests(recipe: Recipe, model: TwoTowers) -> dict[str, str]:
    """Side → digest of the weights of towers that are not trained, which checkpoints do not contain."""
    towers: dict[str, nn.Module] = {"image": model.image.tower, "text": model.text.tower}
    return {side: weights_digest(tower) for side, tower in towers.items() if side not in trained_towers(recipe)}


def _check_digests(checkpoint: Checkpoint | None, digests: dict[str, str]) -> None:
    for side, digest in (checkpoint.towers if checkpoint else {}).items():
        if digests.get(side) != digest:
            raise TrainingError(
                f"the weights of the {side} tower have changed since the run was started; restore the old ones"
            )


def load_run(path: Path, *, wise_ft: float = 1.0) -> tuple[Recipe, TwoTowers, Loss[Tensor], Checkpoint]:
    """Recipe, model and loss with the weights of a run's best epoch, and its checkpoint.

    Args:
        path: the run's folder.
        wise_ft: share of these weights; the rest is of the published model that the run started from.

    Raises:
        ConfigError: the share is not from 0 to 1.
        TrainingError: the folder contains no run, no epoch was finished, or there is no published model.
    """
    if not 0.0 <= wise_ft <= 1.0:  # NaN is not either
        raise ConfigError(f"the share of the fine-tuned weights (wise_ft) must be from 0 to 1, got {wise_ft:g}")
    folder = RunFolder(path)
    recipe = folder.recipe()
    if not folder.best.exists():
        raise TrainingError(f"the run in {path} has no best checkpoint yet; continue it with --resume")
    checkpoint = read_checkpoint(folder.best)
    model = build_model(recipe, tokenizer_file=folder.path / TOKENIZER)
    loss = build_loss(recipe, model.origin)
    _check_digests(checkpoint, _digests(recipe, model))
    load_finished(model, loss, checkpoint, recipe)
    if wise_ft != 1.0:
        interpolate(model, loss, published_weights(path), weights_of(model, loss), wise_ft)
    return recipe, model.eval().requires_grad_(False), loss, checkpoint


def published_weights(path: Path) -> Weights:
    """The weights that a run started from, those of its published model.

    Raises:
        TrainingError: its heads were new, or the published model has changed since.
    """
    folder = RunFolder(path)
    recipe = folder.recipe()
    model = build_model(recipe, tokenizer_file=folder.path / TOKENIZER)
    if model.origin is None:
        raise TrainingError(
            f"the run in {path} did not start from a published model, so there is nothing to interpolate with; "
            "WiSE-FT needs a recipe with 'model'"
        )
    if model.origin.weights != folder.read_json("environment.json")["model"]["weights"]:
        raise TrainingError(
            f"the weights of {recipe.model} have changed since the run was started; restore the old ones"
        )
    return weights_of(model, build_loss(recipe, model.origin))


def _validation(folder: RunFolder, recipe: Recipe) -> dict[str, Any]:
    """The content of ``validation.json``: the measures of the best epoch."""
    logs = folder.logs()
    measured = [line for line in logs if line.best]
    if not measured:
        raise TrainingError(f"the run in {folder.path} has no validation results; see trainer.validate_every")
    best = measured[-1]
    environment = folder.read_json("environment.json")
    return {
        "run": str(folder.path),
        "recipe": recipe.name,
        "data": environment["data"],
        "split": "val",
        "n_images": environment["val_photos"],
        "epoch": best.epoch,
        "epochs": logs[-1].epoch,
        "loss": best.val_loss,
        "text_to_image": best.text_to_image,
        "image_to_text": best.image_to_text,
        "seconds": round(sum(line.seconds for line in logs), 1),
    }
