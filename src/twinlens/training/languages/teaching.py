"""Teach a text tower: the steps, their log, and the checkpoint from which an interrupted run goes on."""

import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from twinlens.errors import TrainingError
from twinlens.training.languages.batches import Lesson, draw_lessons
from twinlens.training.languages.image_head import PhotoHead
from twinlens.training.languages.lessons import Lessons
from twinlens.training.languages.loss import StepRows, Terms, space_loss
from twinlens.training.languages.plan import TeachingPlan
from twinlens.training.languages.space import Space
from twinlens.training.languages.taught_side import fit_head, token_tensors, tokenizer_of
from twinlens.training.loop.ema import MovingAverage
from twinlens.training.parts.dual_encoder import TextSide
from twinlens.whole_file import whole_file

CHECKPOINT, LOG = "last.pt", "log.jsonl"


def teach(
    side: TextSide,
    photo_head: PhotoHead,
    lessons: Lessons,
    space: Space,
    plan: TeachingPlan,
    *,
    teacher_scale: float,
    folder: Path,
    on_step: Callable[[int, Terms], None] | None = None,
    on_check: Callable[[], dict[str, Any]] | None = None,
) -> None:
    """Trains the tower's last blocks and both heads; afterwards they have the averaged weights.

    Args:
        side: a new tower, see ``new_side``.
        photo_head: of the existing model.
        lessons: what to teach.
        space: of these lessons.
        plan: how.
        teacher_scale: logit scale of the existing model.
        folder: for checkpoint and log; an interrupted run goes on from there.
        on_step: called with the number of steps and the parts of the loss.
        on_check: measures the averaged weights; what it returns is logged.

    Raises:
        TrainingError: the folder holds a run with another plan.
    """
    run = _Run(side, photo_head, plan, teacher_scale)
    if not run.resume(folder / CHECKPOINT):
        fit_head(side, lessons, space)
        run.average = MovingAverage(run.average.weights, decay=plan.ema_decay)  # begins with the fitted head
    drawn = draw_lessons(lessons, list(space.place), plan, seed=plan.seed + run.step)
    others = np.random.default_rng(plan.seed + run.step)
    started = time.perf_counter()
    while run.step < plan.steps:
        terms = run.learn(next(drawn), space, others)
        if on_step:
            on_step(run.step, terms)
        if run.step % plan.check_every == 0 or run.step == plan.steps:
            with run.average.applied():
                figures = on_check() if on_check else {}
            line = {"step": run.step, "seconds": round(time.perf_counter() - started), **_numbers(terms), **figures}
            with (folder / LOG).open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
            run.save(folder / CHECKPOINT)
    run.average.keep()


class _Run:
    """What is trained, and how far."""

    def __init__(self, side: TextSide, photo_head: PhotoHead, plan: TeachingPlan, teacher_scale: float) -> None:
        self.side, self.photo_head, self.plan, self.teacher_scale = side, photo_head, plan, teacher_scale
        self.trained = nn.ModuleList([*side.tower.blocks()[plan.frozen :], side.head, photo_head])
        self.trained.requires_grad_(True)
        self.log_scale = nn.Parameter(torch.tensor(math.log(teacher_scale)))
        self.optimizer = _optimizer(self.trained, side.head, photo_head, self.log_scale, plan)
        self.average = MovingAverage(dict(self.trained.named_parameters()), decay=plan.ema_decay)
        self.tokenizer = tokenizer_of(side)
        self.step = 0

    def learn(self, lesson: Lesson, space: Space, others: np.random.Generator) -> Terms:
        """One step; the parts of its loss."""
        rows = self._rows(lesson, space, others)
        weights = self.plan.loss
        terms = space_loss(rows, scale=self.log_scale.exp(), teacher_scale=self.teacher_scale, weights=weights)
        _set_rates(self.optimizer, self.step, self.plan)
        self.optimizer.zero_grad()
        terms.total(weights).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_([*self.trained.parameters(), self.log_scale], 3.0)
        self.optimizer.step()
        self.average.update(self.step)
        self.step += 1
        return terms

    def save(self, checkpoint: Path) -> None:
        """Writes everything that the next step needs."""
        state = {
            "trained": self.trained.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "average": self.average.average,
            "log_scale": self.log_scale.data,
            "step": self.step,
            "plan": asdict(self.plan),
        }
        with whole_file(checkpoint) as place:
            torch.save(state, place)

    def resume(self, checkpoint: Path) -> bool:
        """Goes on from a checkpoint; False if there is none."""
        if not checkpoint.is_file():
            return False
        state = torch.load(checkpoint, weights_only=True)
        wanted = asdict(self.plan)
        if differing := [name for name, value in wanted.items() if state["plan"].get(name) != value]:
            raise TrainingError(
                f"{checkpoint.parent} holds a run with other settings ({', '.join(differing)}); "
                "go on with those, or choose another folder"
            )
        self.trained.load_state_dict(state["trained"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.average.average, self.log_scale.data, self.step = state["average"], state["log_scale"], state["step"]
        return True

    def _rows(self, lesson: Lesson, space: Space, others: np.random.Generator) -> StepRows:
        self.side.train()
        self.photo_head.train()
        own = torch.tensor([space.place[photo] for photo in lesson.captions.photos])
        count = min(self.plan.other_photos, len(space.photos))
        photos = torch.cat([own, torch.from_numpy(others.choice(len(space.photos), count, replace=False))])
        repeated = torch.isin(photos, own)
        repeated[: len(own)] = False
        english = [space.text_place[text.english] for text in lesson.taught]
        features = space.features[photos]
        return StepRows(
            captions=self._places(lesson.captions.texts),
            texts=self._places([text.text for text in lesson.taught]) if english else space.texts[:0],
            photos=self.photo_head(features),
            steady_photos=self.photo_head.without_dropout(features),
            caption_meaning=space.described[own],
            text_meaning=space.texts[english],
            existing_photos=space.photos[photos],
            repeated=repeated,
        )

    def _places(self, texts: list[str]) -> Tensor:
        places: Tensor = self.side(*token_tensors(self.tokenizer, texts))
        return places


def _optimizer(
    trained: nn.Module, head: nn.Module, photo_head: nn.Module, scale: Tensor, plan: TeachingPlan
) -> torch.optim.AdamW:
    of_head = {id(parameter) for part in (head, photo_head) for parameter in part.parameters()}
    tower = [parameter for parameter in trained.parameters() if id(parameter) not in of_head]
    groups = [
        {"params": [one for one in tower if one.ndim > 1], "lr": plan.learning_rate, "weight_decay": 0.01},
        {"params": [one for one in tower if one.ndim <= 1] + [scale], "lr": plan.learning_rate, "weight_decay": 0.0},
        {"params": list(head.parameters()), "lr": plan.head_learning_rate, "weight_decay": 0.01},
        {"params": list(photo_head.parameters()), "lr": plan.photo_learning_rate, "weight_decay": 1e-4},
    ]
    for group in groups:
        group["full_lr"], group["start"] = group["lr"], 0
    groups[-1]["start"] = plan.photo_start
    return torch.optim.AdamW(groups, betas=(0.9, 0.98))


def _set_rates(optimizer: torch.optim.Optimizer, step: int, plan: TeachingPlan) -> None:
    share = min(1.0, (step + 1) / plan.warmup_steps) * max(0.01, (1 + math.cos(math.pi * step / plan.steps)) / 2)
    for group in optimizer.param_groups:
        group["lr"] = share * group["full_lr"] if step >= group["start"] else 0.0


def _numbers(terms: Terms) -> dict[str, float]:
    return {name: round(float(value.detach()), 4) for name, value in terms._asdict().items()}
