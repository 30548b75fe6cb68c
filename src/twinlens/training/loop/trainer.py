"""The training loop: stages, epochs, validation, checkpoints and early stopping."""

import copy
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import torch
from torch import Tensor, nn

from twinlens.counted import counted
from twinlens.errors import ConfigError, TrainingError
from twinlens.protocols import Loss
from twinlens.training.feeding.batches import CaptionRows, Epochs
from twinlens.training.feeding.hard_negatives import mine, mixed_order
from twinlens.training.feeding.seeds import derived_seed
from twinlens.training.feeding.split_inputs import InputsFactory, SplitInputs, embed
from twinlens.training.loop.checkpoints import Checkpoint, Progress
from twinlens.training.loop.compiled import compile_towers
from twinlens.training.loop.precision import arithmetic
from twinlens.training.loop.processes import Processes
from twinlens.training.loop.run_log import EpochLog, Listener
from twinlens.training.loop.stage_run import StageInputs, StageRun, start_stage
from twinlens.training.loop.stages import batch_statistics, close_stage, open_stage, set_modes
from twinlens.training.loop.step import BadBatchError, Step
from twinlens.training.loop.teacher import ClassifierTeacher, teacher_prompts
from twinlens.training.loop.validation import Validation, embed_split, update_best, validate
from twinlens.training.loop.weights import load_finished, load_weights, trained_weights
from twinlens.training.parts.dual_encoder import TwoTowers
from twinlens.training.parts.gradient_checkpointing import checkpoint_blocks
from twinlens.training.parts.heads import LogitScale
from twinlens.training.recipe import Recipe, Stage
from twinlens.types import CaptionedImage

IDS_SHOWN = 5


class Trainer:
    """Runs a recipe.

    Random choices depend only on seed, epoch and step: a run resumed from a
    checkpoint takes the same steps as one that was never interrupted.

    Args:
        recipe: the run.
        model: the model to train.
        loss: of the pairs.
        photos: of the train split.
        val_photos: of the validation split.
        factory: creates the inputs of a stage.
        processes: the processes of the run.
        unlabeled: photos without captions for the teacher; if empty, those of the train split.
        listener: called on each event.
    """

    def __init__(
        self,
        recipe: Recipe,
        model: TwoTowers,
        loss: Loss[Tensor],
        photos: Sequence[CaptionedImage],
        val_photos: Sequence[CaptionedImage],
        *,
        factory: InputsFactory,
        processes: Processes,
        unlabeled: Sequence[Path] = (),
        listener: Listener | None = None,
    ) -> None:
        self.recipe, self.model, self.loss = recipe, model, loss
        self.photos, self.val_photos = list(photos), list(val_photos)
        self.factory, self.processes, self.unlabeled = factory, processes, unlabeled
        self.listener = listener or Listener()
        self.progress = Progress()
        trains_images = any(stage.image != "frozen" for stage in recipe.stages)
        self.pretrained = copy.deepcopy(model.image.tower).eval() if recipe.distillation and trains_images else None
        if recipe.optimizer.gradient_checkpointing:
            checkpoint_blocks(model.image.tower)
            checkpoint_blocks(model.text.tower)
        self.step = Step(recipe, model, loss, processes)
        self._epochs_of(
            CaptionRows(self.photos)
        )  # fails if a batch is larger than the data, before features are computed
        if recipe.optimizer.batch_size % processes.count:
            raise ConfigError(
                f"optimizer.batch_size {recipe.optimizer.batch_size} is not divisible by {processes.count} processes"
            )

    def fit(self, checkpoint: Checkpoint | None = None) -> None:
        """Trains to the end, from the start or from a checkpoint.

        Raises:
            TrainingError: the loss is NaN or infinite, or memory ran out.
        """
        if checkpoint:
            self.progress = checkpoint.progress
        for number in range(self.progress.stage, len(self.recipe.stages)):
            # trained weights are loaded before LoRA is injected: a stage that freezes them computes features with them
            resumed = checkpoint if checkpoint and checkpoint.progress.stage == number else None
            run = self._open(number, resumed)
            if self.model.origin and number == 0 and resumed is None:
                self._measure_origin(run)
            self._run_stage(run)
            close_stage(self.model)
            if number + 1 < len(self.recipe.stages):
                if self._ran_out_of_patience():
                    self._return_to_best(number)
                kept = self.progress
                self.progress = Progress(
                    number + 1, kept.epoch, best=kept.best, best_epoch=kept.best_epoch, left_out=kept.left_out
                )
                self._save("last", None)
        self.progress.done = True
        self._save("last", None)

    def _measure_origin(self, run: StageRun) -> None:
        """Tells how well the published model retrieves before it is trained."""
        found = self.processes.broadcast(self._validate(run))
        ways = f"{found.text_to_image['R@1']:.1f} | {found.image_to_text['R@1']:.1f}"
        self.listener.on_note(f"before training: val R@1 {ways} (text → image | image → text)")

    def _record_unreadable(self, *splits: tuple[list[CaptionedImage], SplitInputs]) -> None:
        readable = {photo.image_id for _, inputs in splits for photo in inputs.photos}
        unreadable = [photo.image_id for photos, _ in splits for photo in photos if photo.image_id not in readable]
        if len(unreadable) > len(self.progress.left_out):
            count = f"{counted(len(unreadable), 'photo')} cannot be read"
            self.listener.on_note(f"{count}, e.g. {unreadable[0]}; left out")
        self.progress.left_out = unreadable

    def _run_stage(self, run: StageRun) -> None:
        while self.progress.stage_epoch < run.stage.epochs and not self._ran_out_of_patience():
            self._epoch(run)

    def _ran_out_of_patience(self) -> bool:
        patience = self.recipe.trainer.patience
        return patience is not None and self.progress.waited >= patience

    def _return_to_best(self, number: int) -> None:
        """After an early stop: the weights of the best epoch, so that the next stage does not start from worse ones."""
        if best := self.listener.on_early_stop():
            load_finished(self.model, self.loss, best, self.recipe)
            self.listener.on_note(
                f"stage {number + 1} stopped early; stage {number + 2} starts from the best weights, "
                f"those of epoch {best.progress.best_epoch}"
            )

    def _open(self, number: int, checkpoint: Checkpoint | None) -> StageRun:
        stage = self.recipe.stages[number]
        stage_started = checkpoint is not None and bool(checkpoint.part("optimizer"))
        if checkpoint and not stage_started:
            self._load(checkpoint)
        torch.manual_seed(derived_seed(self.recipe.seed, "stage", number))
        groups = open_stage(self.model, self.loss, stage, number=number)
        if checkpoint and stage_started:  # now that LoRA's matrices exist
            self._load(checkpoint)
        with self.processes.main_process_first():
            inputs = self._inputs(stage)
        if self.recipe.trainer.compile:
            compile_towers(self.model, stage)
        self.model.to(self.processes.device)
        self.loss.to(self.processes.device)
        run = start_stage(number, stage, inputs, groups, self.recipe.optimizer, statistics=batch_statistics(self.model))
        if checkpoint and stage_started:
            run.restore(checkpoint, self.processes.device)
        return run

    def _load(self, checkpoint: Checkpoint) -> None:
        load_weights(self.model, checkpoint)
        self.loss.load_state_dict(checkpoint.part("loss"))

    def _inputs(self, stage: Stage) -> StageInputs:
        train = self.factory.split(self.photos, stage, training=True, left_out=self.progress.left_out)
        val = self.factory.split(self.val_photos, stage, training=False, left_out=self.progress.left_out)
        self._record_unreadable((self.photos, train), (self.val_photos, val))
        epochs, settings = self._epochs_of(train.rows), self.recipe.distillation
        if settings is None:
            return StageInputs(train, val, epochs)
        unlabeled = self.factory.photos(self.unlabeled or [photo.path for photo in train.photos], stage)
        scale = next((module for module in self.loss.modules() if isinstance(module, LogitScale)), None)
        teacher = ClassifierTeacher(
            settings,
            self.model.image.tower.classifier,
            unlabeled,
            scale,
            tower=self.pretrained.to(self.processes.device) if self.pretrained and stage.image != "frozen" else None,
        )
        prompts = self.factory.texts(teacher_prompts(settings), stage, training=False)
        return StageInputs(train, val, epochs, teacher, prompts)

    def _epochs_of(self, rows: CaptionRows) -> Epochs:
        settings = self.recipe.optimizer
        return Epochs(rows, sampling=self.recipe.data.captions, batch_size=settings.batch_size, seed=self.recipe.seed)

    def _epoch(self, run: StageRun) -> None:
        progress, every = self.progress, self.recipe.trainer.checkpoint_every_steps
        if progress.step == 0:
            progress.sums = {}
            run.order = self._mixed_order(run)
            run.prompts = self._all_prompts(run)
        set_modes(self.model, run.stage)
        began, first = time.perf_counter(), progress.step
        for batch in run.inputs.epochs.batches(progress.epoch, order=run.order, start=progress.step):
            try:
                losses = self.step.take(run, batch, progress)
            except BadBatchError as error:
                raise self._training_error(error, run) from error
            for name, value in losses.items():
                progress.sums[name] = progress.sums.get(name, 0.0) + value
            progress.step += 1
            self.listener.on_step(progress.epoch + 1, progress.step, run.steps)
            if every and progress.step % every == 0 and progress.step < run.steps:
                self._save("last", run)
        seconds = time.perf_counter() - began
        shown = (run.steps - first) * self.recipe.optimizer.batch_size
        self._finish_epoch(run, seconds=seconds, photos_per_s=shown / max(seconds, 1e-9))

    def _finish_epoch(self, run: StageRun, *, seconds: float, photos_per_s: float) -> None:
        progress, settings = self.progress, self.recipe.trainer
        means = {name: value / run.steps for name, value in progress.sums.items()}
        last = progress.stage_epoch + 1 == run.stage.epochs
        progress.epoch, progress.stage_epoch, progress.step = progress.epoch + 1, progress.stage_epoch + 1, 0
        run.order = None
        found, better = Validation(), False
        if progress.epoch % settings.validate_every == 0 or last:
            with run.average.applied() if run.average else nullcontext():
                found = self.processes.broadcast(self._validate(run))
                better = update_best(progress, found.measure(settings.measure))
                if better:
                    self._save("best", None)
        line = EpochLog(
            progress.epoch,
            run.number + 1,
            means,
            found.loss,
            found.text_to_image,
            found.image_to_text,
            learning_rates={group["name"]: group["lr"] for group in run.optimizer.param_groups},
            logit_scale=self.loss.logit_scale,
            photos_per_s=photos_per_s,
            seconds=seconds,
            best=better,
        )
        self.listener.on_epoch(line)
        if progress.epoch % settings.checkpoint_every == 0 or last:
            self._save("last", run)

    def _validate(self, run: StageRun) -> Validation:
        """Result of the main process; empty in the others, which wait for it."""
        if not self.processes.is_main:
            return Validation()
        return validate(self.model, self.loss, run.inputs.val, self.recipe, self.processes.device)

    def _mixed_order(self, run: StageRun) -> Tensor | None:
        settings, epoch = self.recipe.hard_negatives, self.progress.epoch
        if settings is None or epoch < settings.after_epochs:
            return None
        order, epochs = None, run.inputs.epochs
        if self.processes.is_main:
            if run.neighbours is None or (epoch - settings.after_epochs) % settings.every == 0:
                run.neighbours = self._mined(run, settings.neighbours)
            order = mixed_order(epochs.order(epoch), run.neighbours, batch_size=epochs.batch_size, share=settings.share)
        return self.processes.broadcast(order)

    def _mined(self, run: StageRun, neighbours: int) -> Tensor:
        train = run.inputs.train
        self.model.eval()
        images, texts = embed_split(self.model, train, self.recipe, self.processes.device)
        return mine(images, texts[train.rows.first[:-1]], min(neighbours, len(images) - 1))

    def _all_prompts(self, run: StageRun) -> Tensor | None:
        """Features of all the teacher's prompts, if a step uses only some of them; else None."""
        prompts, teacher = run.inputs.prompts, run.inputs.teacher
        if teacher is None or prompts is None or teacher.uses_all_prompts(prompts):
            return None
        self.model.eval()
        device = self.processes.device
        with arithmetic(device, self.recipe.optimizer.precision):
            return embed(prompts, self.model.text.tower, nn.Identity(), device=device)

    def _save(self, name: str, run: StageRun | None) -> None:
        """Passes a checkpoint to the listener; without ``run`` it has no optimizer state."""
        if not self.processes.is_main:
            return
        tensors = {f"model.{key}": value for key, value in trained_weights(self.model, self.recipe).items()}
        tensors |= {f"loss.{key}": value for key, value in self.loss.state_dict().items()}
        self.listener.on_checkpoint(name, self.progress, {**tensors, **(run.state() if run else {})})

    def _training_error(self, error: BadBatchError, run: StageRun) -> TrainingError:
        epoch, step, ids = self.progress.epoch + 1, self.progress.step + 1, error.photos
        where = {"epoch": epoch, "step": step, "losses": error.values, "photos": ids}
        last_good = self.listener.on_bad_batch(where)
        shown = ", ".join(ids[:IDS_SHOWN]) + (f" and {len(ids) - IDS_SHOWN:,} more" if len(ids) > IDS_SHOWN else "")
        return TrainingError(
            f"{error} at epoch {epoch}, step {step} of stage {run.number + 1}, with the photos {shown}; {last_good}; "
            "lower the learning rate, or set optimizer.max_grad_norm = 1.0"
        )
