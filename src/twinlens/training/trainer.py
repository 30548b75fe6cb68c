"""The training loop: stages, epochs, steps; validation, checkpoints and early stopping."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from twinlens.errors import ConfigError, TrainingError
from twinlens.evaluation.retrieval import rank_both_ways
from twinlens.training.batches import Batch, CaptionRows, Epochs
from twinlens.training.checkpoints import Checkpoint, Progress, optimizer_tensors, restore_optimizer
from twinlens.training.dual_encoder import TwoTowers
from twinlens.training.ema import MovingAverage
from twinlens.training.gradient_cache import Part, backward_in_chunks
from twinlens.training.hard_negatives import mine, mixed_order
from twinlens.training.heads import LogitScale
from twinlens.training.inputs import Inputs
from twinlens.training.precision import arithmetic
from twinlens.training.processes import Processes
from twinlens.training.recipe import Recipe, Stage
from twinlens.training.seeds import derived
from twinlens.training.split_inputs import InputsFactory, SplitInputs, embed
from twinlens.training.stages import Group, close_stage, decayed, open_stage, set_modes, share_of_rate
from twinlens.training.teacher import ClassifierTeacher, Lesson, teacher_prompts
from twinlens.types import CaptionedImage

IDS_SHOWN = 5


@dataclass(frozen=True)
class EpochLog:
    """One line of ``metrics.jsonl``.

    Attributes:
        epoch: of the run, from 1.
        stage: from 1.
        losses: mean over the epoch's steps: ``loss`` is what was minimised, the rest its parts.
        val_loss: the pairs' loss on the validation split; None where it was not measured.
        text_to_image: measures on the validation split; empty where it was not measured.
        image_to_text: likewise.
        learning_rates: group → rate in the last step.
        logit_scale: of the loss.
        photos_per_s: pairs that went through a step a second.
        seconds: of the epoch, without validation.
        best: whether this is the best epoch so far.
    """

    epoch: int
    stage: int
    losses: dict[str, float]
    val_loss: float | None
    text_to_image: dict[str, float]
    image_to_text: dict[str, float]
    learning_rates: dict[str, float]
    logit_scale: float
    photos_per_s: float
    seconds: float
    best: bool


@dataclass
class Listener:
    """Told what happens; every field may be left out."""

    on_step: Callable[[int, int, int], None] = lambda _epoch, _done, _steps: None
    on_epoch: Callable[[EpochLog], None] = lambda _: None
    on_checkpoint: Callable[[str, Progress, dict[str, Tensor]], None] = lambda _name, _progress, _tensors: None
    on_bad_batch: Callable[[dict[str, Any]], str] = lambda _: "there is no checkpoint"
    on_note: Callable[[str], None] = lambda _: None


@dataclass
class _StageRun:
    """What one stage works with."""

    number: int
    stage: Stage
    train: SplitInputs
    val: SplitInputs
    epochs: Epochs
    groups: list[Group]
    optimizer: torch.optim.Optimizer
    average: MovingAverage | None
    teacher: ClassifierTeacher | None
    prompts: Inputs | None
    order: Tensor | None = None
    names: dict[int, str] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        return self.epochs.steps

    @property
    def trained(self) -> list[nn.Parameter]:
        return [value for group in self.groups for value in group.parameters.values()]


class Trainer:
    """Runs a recipe.

    Everything drawn follows from seed, epoch and step: a run that goes on from a
    checkpoint takes the same steps as one that was never interrupted.

    Args:
        recipe: the run.
        model: what is trained.
        loss: of the pairs.
        photos: of the train split.
        val_photos: of the validation split.
        factory: makes the inputs of a stage.
        processes: this one among those of the run.
        unlabeled: features of photos without captions, for the teacher.
        listener: told what happens.
    """

    def __init__(
        self,
        recipe: Recipe,
        model: TwoTowers,
        loss: nn.Module,
        photos: Sequence[CaptionedImage],
        val_photos: Sequence[CaptionedImage],
        *,
        factory: InputsFactory,
        processes: Processes,
        unlabeled: Tensor | None = None,
        listener: Listener | None = None,
    ) -> None:
        self.recipe, self.model, self.loss = recipe, model, loss
        self.photos, self.val_photos = list(photos), list(val_photos)
        self.factory, self.processes, self.unlabeled = factory, processes, unlabeled
        self.listener = listener or Listener()
        self.progress = Progress()
        self._epochs_of(CaptionRows(self.photos))  # a batch larger than the data is found before features are computed
        if recipe.optimizer.batch_size % processes.count:
            raise ConfigError(
                f"optimizer.batch_size {recipe.optimizer.batch_size} cannot be shared by {processes.count} processes"
            )

    def fit(self, checkpoint: Checkpoint | None = None) -> None:
        """Trains to the end, or on from a checkpoint.

        Raises:
            TrainingError: the loss is no number, or memory ran out.
        """
        if checkpoint:
            self.progress = checkpoint.progress
        for number in range(self.progress.stage, len(self.recipe.stages)):
            # before LoRA is laid on, so that what was trained is there for the features of a stage that freezes it
            resumed = checkpoint if checkpoint and checkpoint.progress.stage == number else None
            run = self._open(number, resumed)
            self._run_stage(run)
            close_stage(self.model)
            if number + 1 < len(self.recipe.stages):
                kept = self.progress
                self.progress = Progress(
                    number + 1, kept.epoch, best=kept.best, best_epoch=kept.best_epoch, left_out=kept.left_out
                )
                self._save("last", None)
        self.progress.done = True
        self._save("last", None)

    def _open(self, number: int, checkpoint: Checkpoint | None) -> _StageRun:
        stage, settings = self.recipe.stages[number], self.recipe.optimizer
        device = self.processes.device
        if checkpoint and not checkpoint.part("optimizer"):
            self._load(checkpoint)  # the stage had not begun
        torch.manual_seed(derived(self.recipe.seed, "stage", number))
        groups = open_stage(self.model, self.loss, stage, number=number)
        if checkpoint and checkpoint.part("optimizer"):
            self._load(checkpoint)
        with self.processes.first_goes_ahead():
            train, val, teacher, prompts = self._inputs(stage)
        self.model.to(device)
        self.loss.to(device)
        optimizer = torch.optim.AdamW(_parameter_groups(groups, settings.weight_decay))
        trained = {name: value for group in groups for name, value in group.parameters.items()}
        average = MovingAverage(trained, decay=settings.ema_decay) if settings.ema_decay else None
        epochs = self._epochs_of(train.rows)
        names = {id(value): name for name, value in trained.items()}
        run = _StageRun(number, stage, train, val, epochs, groups, optimizer, average, teacher, prompts, names=names)
        if checkpoint and checkpoint.part("optimizer"):
            restore_optimizer(optimizer, names, checkpoint.part("optimizer"))
            if average:
                average.average = {name: value.to(device) for name, value in checkpoint.part("average").items()}
            run.order = checkpoint.tensors.get("order")
        return run

    def _inputs(self, stage: Stage) -> tuple[SplitInputs, SplitInputs, ClassifierTeacher | None, Inputs | None]:
        train = self.factory.split(self.photos, stage, training=True, left_out=self.progress.left_out)
        val = self.factory.split(self.val_photos, stage, training=False, left_out=self.progress.left_out)
        self._leave_out((self.photos, train), (self.val_photos, val))
        settings = self.recipe.distillation
        if settings is None:
            return train, val, None, None
        others = self.unlabeled
        if others is None:
            others = train.images.take(torch.arange(len(train.images)), epoch=None)[0]
        scale = getattr(self.loss, "scale", None)
        teacher = ClassifierTeacher(
            settings, self.model.image.tower.classifier, others, scale if isinstance(scale, LogitScale) else None
        )
        return train, val, teacher, self.factory.texts(teacher_prompts(settings), stage, training=False)

    def _leave_out(self, *splits: tuple[list[CaptionedImage], SplitInputs]) -> None:
        readable = {photo.image_id for _, inputs in splits for photo in inputs.photos}
        unreadable = [photo.image_id for photos, _ in splits for photo in photos if photo.image_id not in readable]
        if len(unreadable) > len(self.progress.left_out):
            count = f"{len(unreadable):,} photos cannot be read" if len(unreadable) > 1 else "a photo cannot be read"
            self.listener.on_note(f"{count}, as {unreadable[0]}; left out")
        self.progress.left_out = unreadable

    def _epochs_of(self, rows: CaptionRows) -> Epochs:
        settings = self.recipe.optimizer
        return Epochs(rows, sampling=self.recipe.data.captions, batch_size=settings.batch_size, seed=self.recipe.seed)

    def _run_stage(self, run: _StageRun) -> None:
        patience = self.recipe.trainer.patience
        while self.progress.stage_epoch < run.stage.epochs:
            if patience and self.progress.waited >= patience:
                break
            self._epoch(run)

    def _epoch(self, run: _StageRun) -> None:
        progress, recipe = self.progress, self.recipe
        if progress.step == 0:
            progress.sums = {}
            run.order = self._mixed_order(run)
        set_modes(self.model, run.stage)
        began, first = time.perf_counter(), progress.step
        batches = run.epochs.batches(progress.epoch, order=run.order, start=progress.step)
        for batch in batches:
            losses = self._step(run, batch)
            for name, value in losses.items():
                progress.sums[name] = progress.sums.get(name, 0.0) + value
            progress.step += 1
            self.listener.on_step(progress.epoch + 1, progress.step, run.steps)
            every = recipe.trainer.checkpoint_every_steps
            if every and progress.step % every == 0 and progress.step < run.steps:
                self._save("last", run)
        seconds = time.perf_counter() - began
        shown = (run.steps - first) * recipe.optimizer.batch_size
        means = {name: value / run.steps for name, value in progress.sums.items()}
        self._finish_epoch(run, means, seconds=seconds, shown=shown)

    def _finish_epoch(self, run: _StageRun, means: dict[str, float], *, seconds: float, shown: int) -> None:
        progress, settings = self.progress, self.recipe.trainer
        last = progress.stage_epoch + 1 == run.stage.epochs
        progress.epoch, progress.stage_epoch, progress.step = progress.epoch + 1, progress.stage_epoch + 1, 0
        run.order = None
        better = False
        val_loss: float | None = None
        both: tuple[dict[str, float], dict[str, float]] = ({}, {})
        if progress.epoch % settings.validate_every == 0 or last:
            with run.average.applied() if run.average else nullcontext():
                val_loss, both = self.processes.agree(
                    self._validate(run) if self.processes.is_first else (None, ({}, {}))
                )
                better = self._judge(val_loss, both)
                if better:
                    self._save("best", None)
        log = EpochLog(
            progress.epoch,
            run.number + 1,
            means,
            val_loss,
            *both,
            learning_rates={group["name"]: group["lr"] for group in run.optimizer.param_groups},
            logit_scale=float(self.loss.logit_scale),  # type: ignore[arg-type]
            photos_per_s=shown / max(seconds, 1e-9),
            seconds=seconds,
            best=better,
        )
        self.listener.on_epoch(log)
        if progress.epoch % settings.checkpoint_every == 0 or last:
            self._save("last", run)

    def _step(self, run: _StageRun, batch: Batch) -> dict[str, float]:
        progress, settings = self.progress, self.recipe.optimizer
        drawn = derived(self.recipe.seed, "step", progress.epoch, progress.step)  # by all processes alike
        seed = derived(drawn, self.processes.rank)
        shares = [batch.share(rank, self.processes.count) for rank in range(self.processes.count)]
        mine = shares[self.processes.rank]
        generator = torch.Generator().manual_seed(derived(drawn, "lesson"))
        lesson = (
            run.teacher.lesson(generator, all_classes=not run.prompts.is_live) if run.teacher and run.prompts else None
        )
        parts = self._parts(run, mine, lesson)
        losses: dict[str, Tensor] = {}

        def head(features: list[Tensor]) -> Tensor:
            # heads see the whole batch in every process: their batch norms and dropout know no processes
            photos = self.processes.gather(features[0], [len(share.photos) for share in shares])
            captions = self.processes.gather(features[1], [len(share.captions) for share in shares])
            torch.manual_seed(derived(drawn, "heads"))
            images, texts = self.model.image.head(photos), self.model.text.head(captions)
            texts = _mean_of_owner(texts, batch.owner.to(images.device), len(batch))
            total: Tensor = self.loss(images, texts, batch.photos.to(images.device))
            losses["pairs"] = total.detach()
            if run.teacher and lesson:
                taught = run.teacher.loss(self.model, lesson, photos, features[2], generator)
                losses["distillation"] = taught.detach()
                total = total + run.teacher.settings.weight * taught
            losses["loss"] = total.detach()
            return total

        rate = self._rate(run)
        for group in run.optimizer.param_groups:
            group["lr"] = group["top"] * rate
        run.optimizer.zero_grad()
        with self._naming_memory():
            if settings.chunk_size:
                backward_in_chunks(parts, head, seed=seed)
            else:
                torch.manual_seed(seed)
                features = [part.forward(slice(0, part.size)) for part in parts]
                head(features).backward()  # type: ignore[no-untyped-call]
        values = {name: float(value) for name, value in losses.items()}
        length = self._gradient_length(run)
        if not all(map(math.isfinite, (*values.values(), length))):
            self._bad_batch(run, batch, {**values, "gradient": length})
        self._update(run, length)
        return values

    def _parts(self, run: _StageRun, batch: Batch, lesson: Lesson | None) -> list[Part]:
        """The sides of a batch: images, texts and, with a teacher, prompts."""
        sides: list[tuple[Inputs, nn.Module, Tensor]] = [
            (run.train.images, self.model.image.tower, batch.photos),
            (run.train.texts, self.model.text.tower, batch.captions),
        ]
        if run.prompts is not None and lesson is not None:
            sides.append((run.prompts, self.model.text.tower, lesson.prompts))
        chunk_size, device = self.recipe.optimizer.chunk_size, self.processes.device
        parts = []
        for inputs, tower, rows in sides:
            taken = tuple(part.to(device) for part in inputs.take(rows, epoch=self.progress.epoch))

            def forward(
                chunk: slice, inputs: Inputs = inputs, tower: nn.Module = tower, taken: tuple[Tensor, ...] = taken
            ) -> Tensor:
                with arithmetic(device, self.recipe.optimizer.precision):
                    return inputs.features(tower, tuple(part[chunk] for part in taken)).float()

            parts.append(Part(forward, len(rows), chunk_size if chunk_size and inputs.is_live else len(rows)))
        return parts

    def _gradient_length(self, run: _StageRun) -> float:
        self.processes.average_gradients(run.trained)
        gradients = [parameter.grad for parameter in run.trained if parameter.grad is not None]
        return float(nn.utils.get_total_norm(gradients))

    def _update(self, run: _StageRun, gradient_length: float) -> None:
        if most := self.recipe.optimizer.max_grad_norm:
            nn.utils.clip_grads_with_norm_(run.trained, most, torch.tensor(gradient_length))
        run.optimizer.step()
        for module in self.loss.modules():
            if isinstance(module, LogitScale):
                module.log_scale.data.clamp_(max=module.maximum)  # past it the gradient is 0 for good
        if run.average:
            run.average.update(self.progress.stage_epoch * run.steps + self.progress.step)

    def _rate(self, run: _StageRun) -> float:
        stage = run.stage
        step = self.progress.stage_epoch * run.steps + self.progress.step
        warmup, total = round(stage.warmup_epochs * run.steps), stage.epochs * run.steps
        return share_of_rate(step, schedule=stage.schedule, warmup=warmup, total=total)

    def _mixed_order(self, run: _StageRun) -> Tensor | None:
        settings = self.recipe.hard_negatives
        epoch = self.progress.epoch
        if settings is None or epoch < settings.after_epochs or (epoch - settings.after_epochs) % settings.every:
            return None
        order = None
        if self.processes.is_first:
            self.model.eval()
            images, texts = self._embed(run.train)
            first_texts = texts[run.train.rows.first[:-1]]
            neighbours = mine(images, first_texts, min(settings.neighbours, len(images) - 1))
            order = mixed_order(
                run.epochs.order(epoch), neighbours, batch_size=run.epochs.batch_size, share=settings.share
            )
        return self.processes.agree(order)

    @torch.no_grad()
    def _validate(self, run: _StageRun) -> tuple[float, tuple[dict[str, float], dict[str, float]]]:
        self.model.eval()
        images, texts = self._embed(run.val)
        rows = run.val.rows
        both = rank_both_ways(images.numpy(), texts.numpy(), rows.photo.numpy())
        size = min(self.recipe.optimizer.batch_size, len(images))
        val = Epochs(rows, sampling="one", batch_size=size, seed=derived(self.recipe.seed, "validation"))
        device = self.processes.device
        losses = [
            self.loss(images[batch.photos].to(device), texts[batch.captions].to(device), batch.photos.to(device))
            for batch in val.batches(0)
        ]
        return float(torch.stack(losses).mean()), both

    def _embed(self, split: SplitInputs) -> tuple[Tensor, Tensor]:
        device = self.processes.device
        with arithmetic(device, self.recipe.optimizer.precision):
            images = embed(split.images, self.model.image.tower, self.model.image.head, device=device)
            texts = embed(split.texts, self.model.text.tower, self.model.text.head, device=device)
        return images, texts

    def _judge(self, val_loss: float | None, both: tuple[dict[str, float], dict[str, float]]) -> bool:
        """Whether this is the best so far; counts how long there was no better one."""
        name, progress = self.recipe.trainer.measure, self.progress
        value = -(val_loss or 0.0) if name == "loss" else (both[0][name] + both[1][name]) / 2
        if progress.best is None or value > progress.best:
            progress.best, progress.best_epoch, progress.waited = value, progress.epoch, 0
            return True
        progress.waited += 1
        return False

    def _save(self, name: str, run: _StageRun | None) -> None:
        """Tells the listener what a checkpoint holds; without ``run`` no state of an optimizer."""
        if not self.processes.is_first:
            return
        tensors = {f"model.{key}": value for key, value in self._model_state().items()}
        tensors |= {f"loss.{key}": value for key, value in self.loss.state_dict().items()}
        if run is not None:
            tensors |= optimizer_tensors(run.optimizer, run.names)
            if run.average:
                tensors |= {f"average.{key}": value for key, value in run.average.average.items()}
            if run.order is not None:
                tensors["order"] = run.order
        self.listener.on_checkpoint(name, self.progress, tensors)

    def _model_state(self) -> dict[str, Tensor]:
        """What the run trains; a tower that no stage trains is loaded from where it came from."""
        kept = ("image.head.", "text.head.", *(f"{side}.tower." for side in trained_towers(self.recipe)))
        return {name: value for name, value in self.model.state_dict().items() if name.startswith(kept)}

    def _load(self, checkpoint: Checkpoint) -> None:
        load_weights(self.model, checkpoint)
        self.loss.load_state_dict(checkpoint.part("loss"))

    def _bad_batch(self, run: _StageRun, batch: Batch, values: dict[str, float]) -> None:
        ids = [run.train.photos[row].image_id for row in batch.photos.tolist()]
        where = {"epoch": self.progress.epoch + 1, "step": self.progress.step + 1, "losses": values, "photos": ids}
        last_good = self.listener.on_bad_batch(where)
        shown = ", ".join(ids[:IDS_SHOWN]) + (f" and {len(ids) - IDS_SHOWN:,} more" if len(ids) > IDS_SHOWN else "")
        bad = ", ".join(f"{name} {value}" for name, value in values.items() if not math.isfinite(value))
        raise TrainingError(
            f"{bad} at epoch {self.progress.epoch + 1}, step {self.progress.step + 1} of stage {run.number + 1}, "
            f"with the photos {shown}; {last_good}; lower the learning rate, or set optimizer.max_grad_norm = 1.0"
        )

    @contextmanager
    def _naming_memory(self) -> Iterator[None]:
        try:
            yield
        except (MemoryError, RuntimeError) as error:
            text = str(error)
            if not (isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in text):
                raise
            settings = self.recipe.optimizer
            chunk = max(1, (settings.chunk_size or settings.batch_size) // 4)
            raise TrainingError(
                f"out of memory in a batch of {settings.batch_size}; set optimizer.chunk_size = {chunk} (same loss, "
                "less memory), or lower optimizer.batch_size or image.image_size"
            ) from error


def load_weights(model: TwoTowers, checkpoint: Checkpoint) -> None:
    """Puts a checkpoint's weights into a model.

    Raises:
        TrainingError: they are those of another recipe.
    """
    weights = checkpoint.part("model")
    unknown = model.load_state_dict(weights, strict=False).unexpected_keys if _fits(model, weights) else ["shapes"]
    if unknown:
        raise TrainingError(f"the checkpoint is of another recipe: {unknown[0]} has no place in this model")


def _fits(model: TwoTowers, weights: dict[str, Tensor]) -> bool:
    own = model.state_dict()
    return all(name not in own or own[name].shape == value.shape for name, value in weights.items())


def trained_towers(recipe: Recipe) -> tuple[str, ...]:
    """The sides whose tower a stage trains."""
    return tuple(side for side in ("image", "text") if any(getattr(stage, side) != "frozen" for stage in recipe.stages))


def _parameter_groups(groups: Sequence[Group], weight_decay: float) -> list[dict[str, Any]]:
    made = []
    for group in groups:
        for parameters, decay in zip(decayed(group.parameters), (weight_decay, 0.0), strict=True):
            if parameters:
                made.append(
                    {
                        "params": parameters,
                        "weight_decay": decay,
                        "lr": group.learning_rate,
                        "top": group.learning_rate,
                        "name": group.name,
                    }
                )
    return made


def _mean_of_owner(rows: Tensor, owner: Tensor, count: int) -> Tensor:
    """[B, D] unit rows: the mean of the captions of each photo."""
    if len(rows) == count:
        return rows
    summed = torch.zeros(count, rows.shape[1], dtype=rows.dtype, device=rows.device).index_add(0, owner, rows)
    return nn.functional.normalize(summed, dim=-1)
