"""One training step: forward and backward pass of a batch, and an optimizer update."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from twinlens.errors import TrainingError
from twinlens.protocols import Loss
from twinlens.training.feeding.batches import Batch
from twinlens.training.feeding.inputs import Inputs
from twinlens.training.feeding.seeds import derived_seed
from twinlens.training.loop.checkpoints import Progress
from twinlens.training.loop.compiled import explain_compilation
from twinlens.training.loop.gradient_cache import Part, backward_in_chunks
from twinlens.training.loop.precision import arithmetic
from twinlens.training.loop.processes import Processes
from twinlens.training.loop.stage_run import StageInputs, StageRun
from twinlens.training.loop.teacher import DistillationBatch, PhotoFeatures
from twinlens.training.parts.dual_encoder import TwoTowers
from twinlens.training.parts.heads import LogitScale
from twinlens.training.recipe import Optimizer, Recipe


class BadBatchError(TrainingError):
    """The loss or its gradient is NaN or infinite.

    Attributes:
        photos: ids of the batch.
        values: losses and gradient norm.
    """

    def __init__(self, message: str, photos: list[str], values: dict[str, float]) -> None:
        super().__init__(message)
        self.photos, self.values = photos, values


class Step:
    """Takes training steps; the result does not depend on the number of processes or the chunk size."""

    def __init__(self, recipe: Recipe, model: TwoTowers, loss: Loss[Tensor], processes: Processes) -> None:
        self.recipe, self.model, self.loss, self.processes = recipe, model, loss, processes

    def take(self, run: StageRun, batch: Batch, progress: Progress) -> dict[str, float]:
        """Takes a step and returns the losses of the batch.

        Raises:
            BadBatchError: a loss or the gradient is NaN or infinite; nothing was updated.
            TrainingError: memory ran out.
        """
        settings = self.recipe.optimizer
        seed = derived_seed(self.recipe.seed, "step", progress.epoch, progress.step)  # the same in all processes
        stage_step = progress.stage_epoch * run.steps + progress.step
        run.set_rate(stage_step)
        run.optimizer.zero_grad()
        with explain_out_of_memory(settings), explain_compilation():
            losses = self._backward(run, batch, seed, epoch=progress.epoch)
        values = {name: float(value) for name, value in losses.items()}
        self.processes.average_gradients(run.trained)
        gradients = [parameter.grad for parameter in run.trained if parameter.grad is not None]
        length = nn.utils.get_total_norm(gradients)
        _check({**values, "gradient": float(length)}, run, batch)
        if settings.max_grad_norm:
            nn.utils.clip_grads_with_norm_(run.trained, settings.max_grad_norm, length)
        run.optimizer.step()
        for module in self.loss.modules():
            if isinstance(module, LogitScale):
                module.clamp_()
        if run.average:
            run.average.update(stage_step)
        return values

    def _backward(self, run: StageRun, batch: Batch, step_seed: int, *, epoch: int) -> dict[str, Tensor]:
        inputs = run.inputs
        shares = [batch.share(rank, self.processes.count) for rank in range(self.processes.count)]
        seed = derived_seed(step_seed, self.processes.rank)
        generator = torch.Generator().manual_seed(derived_seed(step_seed, "lesson"))
        teacher, extra = inputs.teacher, None
        if teacher and inputs.prompts:
            extra = teacher.draw_batch(
                generator, batch_size=len(batch), all_classes=teacher.uses_all_prompts(inputs.prompts)
            )
        parts = self._parts(inputs, shares[self.processes.rank], extra, epoch=epoch)
        pretrained = self._pretrained_features(inputs, shares, extra, epoch=epoch)
        losses: dict[str, Tensor] = {}

        def head(features: list[Tensor]) -> Tensor:
            # heads see the whole batch in every process, so that batch norm and dropout do not depend on their number
            photos = self.processes.gather(features[0], [len(share.photos) for share in shares])
            captions = self.processes.gather(features[1], [len(share.captions) for share in shares])
            torch.manual_seed(derived_seed(step_seed, "heads"))
            images, texts = self.model.image.head(photos), self.model.text.head(captions)
            texts = _mean_of_owner(texts, batch.owner.to(images.device), len(batch))
            total = self.loss(images, texts, batch.photos.to(images.device))
            losses["pairs"] = total.detach()
            if teacher and extra:
                current = torch.cat([photos[: len(batch) // 2], features[3]])
                features_of_photos = PhotoFeatures(current, current if pretrained is None else pretrained)
                prompts = run.prompts_with(extra.prompts, features[2])
                taught = teacher.loss(self.model, features_of_photos, prompts, generator)
                losses["distillation"] = taught.detach()
                total = total + teacher.settings.weight * taught
            losses["loss"] = total.detach()
            return total

        if self.recipe.optimizer.chunk_size:
            backward_in_chunks(parts, head, seed=seed)
        else:
            torch.manual_seed(seed)
            head([part.forward(slice(0, part.size)) for part in parts]).backward()  # type: ignore[no-untyped-call]
        return losses

    def _parts(self, inputs: StageInputs, batch: Batch, extra: DistillationBatch | None, *, epoch: int) -> list[Part]:
        """The parts of a batch: images, texts and, with a teacher, prompts and photos without captions."""
        sides: list[tuple[Inputs, nn.Module, Tensor]] = [
            (inputs.train.images, self.model.image.tower, batch.photos),
            (inputs.train.texts, self.model.text.tower, batch.captions),
        ]
        if inputs.prompts is not None and extra is not None:
            sides.append((inputs.prompts, self.model.text.tower, extra.prompts))
        if inputs.teacher is not None and extra is not None:
            sides.append((inputs.teacher.photos, self.model.image.tower, extra.photos))
        return [self._part(side, tower, rows, epoch=epoch) for side, tower, rows in sides]

    @torch.no_grad()
    def _pretrained_features(
        self, inputs: StageInputs, shares: list[Batch], extra: DistillationBatch | None, *, epoch: int
    ) -> Tensor | None:
        """[S, F], features of the teacher's photos by the pretrained tower; None while the tower is frozen."""
        teacher = inputs.teacher
        if teacher is None or teacher.tower is None or extra is None:
            return None
        rows = shares[self.processes.rank].photos
        own = self._part_of(inputs.train.images, teacher.tower, rows, epoch=epoch)
        photos = self.processes.gather(own, [len(share) for share in shares])
        others = self._part_of(teacher.photos, teacher.tower, extra.photos, epoch=epoch)
        return torch.cat([photos[: sum(len(share) for share in shares) // 2], others])

    def _part_of(self, side: Inputs, tower: nn.Module, rows: Tensor, *, epoch: int) -> Tensor:
        part = self._part(side, tower, rows, epoch=epoch)
        return torch.cat([part.forward(chunk) for chunk in part.slices()])

    def _part(self, side: Inputs, tower: nn.Module, rows: Tensor, *, epoch: int) -> Part:
        settings, device = self.recipe.optimizer, self.processes.device
        taken = tuple(part.to(device) for part in side.take(rows, epoch=epoch))

        def forward(chunk: slice) -> Tensor:
            with arithmetic(device, settings.precision):
                return side.features(tower, tuple(part[chunk] for part in taken)).float()

        chunk = settings.chunk_size if settings.chunk_size and side.is_live else len(rows)
        return Part(forward, len(rows), chunk)


@contextmanager
def explain_out_of_memory(settings: Optimizer) -> Iterator[None]:
    """Turns an out-of-memory error into a TrainingError that names the setting to lower."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        ran_out = isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in str(error)
        if not ran_out:
            raise
        chunk = max(1, (settings.chunk_size or settings.batch_size) // 4)
        raise TrainingError(
            f"out of memory in a batch of {settings.batch_size}; set optimizer.chunk_size = {chunk} or "
            "optimizer.gradient_checkpointing = true (same loss, less memory), or lower optimizer.batch_size or "
            "image.image_size"
        ) from error


def _check(values: dict[str, float], run: StageRun, batch: Batch) -> None:
    bad = ", ".join(f"{name} {value}" for name, value in values.items() if not math.isfinite(value))
    if bad:
        ids = [run.inputs.train.photos[row].image_id for row in batch.photos.tolist()]
        raise BadBatchError(bad, ids, values)


def _mean_of_owner(rows: Tensor, owner: Tensor, count: int) -> Tensor:
    """[B, D] unit rows: the mean of the captions of each photo."""
    if len(rows) == count:
        return rows
    summed = torch.zeros(count, rows.shape[1], dtype=rows.dtype, device=rows.device).index_add(0, owner, rows)
    return nn.functional.normalize(summed, dim=-1)
