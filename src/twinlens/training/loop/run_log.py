"""Events of a trainer: steps, epochs, checkpoints, bad batches."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from twinlens.training.loop.checkpoints import Checkpoint, Progress


@dataclass(frozen=True)
class EpochLog:
    """One line of ``metrics.jsonl``.

    Attributes:
        epoch: of the run, from 1.
        stage: from 1.
        losses: means over the epoch's steps; ``loss`` is the total, the others are its terms.
        val_loss: the pairs' loss on the validation split; None if there was no validation.
        text_to_image: metrics on the validation split; empty if there was no validation.
        image_to_text: likewise.
        learning_rates: group → rate in the last step.
        logit_scale: of the loss.
        photos_per_s: pairs per second.
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
    """Callbacks for events; every field is optional.

    ``on_early_stop`` returns the run's best checkpoint, from which the next stage starts; if None, it starts
    from the last weights.
    """

    on_step: Callable[[int, int, int], None] = lambda _epoch, _done, _steps: None
    on_epoch: Callable[[EpochLog], None] = lambda _: None
    on_checkpoint: Callable[[str, Progress, dict[str, Tensor]], None] = lambda _name, _progress, _tensors: None
    on_early_stop: Callable[[], Checkpoint | None] = lambda: None
    on_bad_batch: Callable[[dict[str, Any]], str] = lambda _: "there is no checkpoint"
    on_note: Callable[[str], None] = lambda _: None
