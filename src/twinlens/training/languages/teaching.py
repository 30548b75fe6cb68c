"""Teach a text tower: the steps, their log, and the checkpoint from which an interrupted run goes on."""

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from twinlens.model.tokenizer import pad_id
from twinlens.training.languages.batches import Lesson, draw_lessons
from twinlens.training.languages.image_head import PhotoHead
from twinlens.training.languages.lessons import Lessons
from twinlens.training.languages.loss import StepRows, Terms, TermWeights, space_loss
from twinlens.training.languages.space import Space
from twinlens.training.loop.ema import MovingAverage
from twinlens.training.parts.dual_encoder import TextSide
from twinlens.training.parts.heads import LinearHead
from twinlens.training.parts.towers import TextTower
from twinlens.whole_file import whole_file

CHECKPOINT, LOG = "last.pt", "log.jsonl"
RIDGE = 0.05  # of the mean square of the features, when the head is fitted before training


@dataclass(frozen=True)
class TeachingPlan:
    """How a tower is taught.

    Attributes:
        steps: number of steps; the learning rate falls to 0 as a cosine.
        captions: captions of photos in a step.
        taught: texts without a photo in a step.
        frozen: number of the tower's first blocks that stay as they are, including the word embeddings.
        learning_rate: of the tower's other blocks.
        head_learning_rate: of the head.
        dropout: on the text features.
        photo_learning_rate: of the image tower's head.
        photo_start: step from which that head is trained; before, the text tower learns where the photos are.
        photo_dropout: on the photos' features.
        other_photos: photos that each step compares with, besides those of its captions.
        ema_decay: of the moving average, which is the result.
        warmup_steps: until the full learning rate.
        check_every: steps between checkpoints.
        max_tokens: of a text.
        languages: how often each language is drawn, beside English.
        loss: weights of the parts.
        seed: of the drawing.
    """

    steps: int = 1250
    captions: int = 64
    taught: int = 64
    frozen: int = 5
    learning_rate: float = 1e-4
    head_learning_rate: float = 1e-3
    dropout: float = 0.1
    photo_learning_rate: float = 3e-4
    photo_start: int = 600
    photo_dropout: float = 0.35
    other_photos: int = 3000
    ema_decay: float = 0.995
    warmup_steps: int = 50
    check_every: int = 100
    max_tokens: int = 64
    languages: tuple[tuple[str, float], ...] = (("de", 1.2), ("zh", 1.2), ("ja", 0.8), ("ar", 0.8))
    loss: TermWeights = field(default_factory=TermWeights)
    seed: int = 14


def new_side(tower: TextTower, dim: int, plan: TeachingPlan) -> TextSide:
    """A tower and a head with a bias, which takes out what all texts have in common."""
    head = LinearHead(tower.features_dim, dim, dropout=plan.dropout, bias=True)
    return TextSide(tower, head, max_tokens=plan.max_tokens)


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
        folder: for checkpoint and log; an interrupted run of the same plan goes on from there.
        on_step: called with the number of steps and the parts of the loss.
        on_check: measures the averaged weights; what it returns is logged.
    """
    blocks = side.tower.blocks()
    trained = nn.ModuleList([*blocks[plan.frozen :], side.head, photo_head])
    for parameter in trained.parameters():
        parameter.requires_grad_(True)
    log_scale = nn.Parameter(torch.tensor(math.log(teacher_scale)))
    optimizer = _optimizer(trained, side.head, photo_head, log_scale, plan)
    average = MovingAverage(dict(trained.named_parameters()), decay=plan.ema_decay)
    checkpoint = folder / CHECKPOINT
    step = 0
    if checkpoint.is_file():
        saved = torch.load(checkpoint, weights_only=True)
        trained.load_state_dict(saved["trained"])
        optimizer.load_state_dict(saved["optimizer"])
        average.average = saved["average"]
        log_scale.data, step = saved["log_scale"], saved["step"]
    else:
        fit_head(side, lessons, space)
        average = MovingAverage(dict(trained.named_parameters()), decay=plan.ema_decay)
    texts = _Tokens(side.tower.tokenizer, plan.max_tokens)
    drawn = draw_lessons(
        lessons, captions=plan.captions, taught=plan.taught, weights=dict(plan.languages), seed=plan.seed + step
    )
    others = np.random.default_rng(plan.seed + step)
    started = time.perf_counter()
    while step < plan.steps:
        rows = _rows(side, photo_head, next(drawn), space, plan, texts, others)
        terms = space_loss(rows, scale=log_scale.exp(), teacher_scale=teacher_scale, weights=plan.loss)
        _set_rates(optimizer, step, plan)
        optimizer.zero_grad()
        terms.total(plan.loss).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_([*trained.parameters(), log_scale], 3.0)
        optimizer.step()
        average.update(step)
        step += 1
        if on_step:
            on_step(step, terms)
        if step % plan.check_every == 0 or step == plan.steps:
            with average.applied():
                figures = on_check() if on_check else {}
            line = {"step": step, "seconds": round(time.perf_counter() - started), **_numbers(terms), **figures}
            with (folder / LOG).open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
            saved = {"trained": trained.state_dict(), "optimizer": optimizer.state_dict(), "average": average.average}
            with whole_file(checkpoint) as place:
                torch.save({**saved, "log_scale": log_scale.data, "step": step, "plan": asdict(plan)}, place)
    average._set(average.average)


@torch.no_grad()
def encode(side: TextSide, texts: Sequence[str], *, batch: int = 128) -> Tensor:
    """[N, D], the texts' places, without dropout."""
    was_training = side.training
    side.eval()
    tokens = _Tokens(side.tower.tokenizer, side.max_tokens)
    rows = torch.empty(len(texts), _projection(side).out_features)
    order = sorted(range(len(texts)), key=lambda row: len(texts[row].encode()))
    for start in range(0, len(order), batch):
        places = order[start : start + batch]
        rows[places] = side(*tokens([texts[place] for place in places]))
    side.train(was_training)
    return rows


@torch.no_grad()
def fit_head(side: TextSide, lessons: Lessons, space: Space, *, sample: int = 4000) -> None:
    """Fits the head by ridge regression from the untrained tower's features to the English texts' places."""
    side.eval()
    tokens = _Tokens(side.tower.tokenizer, side.max_tokens)
    english = list(space.text_place)
    chosen = english[:: max(1, len(english) // sample)]
    foreign = [text for own in lessons.captions.values() for texts in list(own.values())[:400] for text in texts[:1]]
    features = torch.cat([side.tower(*tokens(chosen[start : start + 128])) for start in range(0, len(chosen), 128)])
    centre = torch.cat([side.tower(*tokens(foreign[at : at + 128])) for at in range(0, len(foreign), 128)]).mean(dim=0)
    centred = features - centre
    wanted = space.texts[[space.text_place[text] for text in chosen]]
    ridge = RIDGE * centred.square().sum() / centred.shape[1] * torch.eye(centred.shape[1])
    weight = torch.linalg.solve(centred.T @ centred + ridge, centred.T @ wanted).T  # [D, F]
    projection = _projection(side)
    projection.weight.copy_(weight)
    projection.bias.copy_(-weight @ centre)


def _projection(side: TextSide) -> nn.Linear:
    assert isinstance(side.head, LinearHead), "see new_side"
    return side.head.projection


class _Tokens:
    def __init__(self, tokenizer: Tokenizer, max_tokens: int) -> None:
        self._tokenizer, self._pad = tokenizer, pad_id(tokenizer)
        self._tokenizer.enable_truncation(max_tokens)

    def __call__(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        encodings = self._tokenizer.encode_batch(list(texts))
        longest = max(len(encoding.ids) for encoding in encodings)
        ids = torch.full((len(encodings), longest), self._pad)  # [B, T]
        mask = torch.zeros(len(encodings), longest, dtype=torch.int64)
        for row, encoding in enumerate(encodings):
            ids[row, : len(encoding.ids)] = torch.tensor(encoding.ids)
            mask[row, : len(encoding.ids)] = 1
        return ids, mask


def _rows(
    side: TextSide,
    photo_head: PhotoHead,
    lesson: Lesson,
    space: Space,
    plan: TeachingPlan,
    tokens: _Tokens,
    rng: np.random.Generator,
) -> StepRows:
    side.train()
    photo_head.train()
    own = torch.tensor([space.place[photo] for photo in lesson.captions.photos])
    count = min(plan.other_photos, len(space.photos))
    photos = torch.cat([own, torch.from_numpy(rng.choice(len(space.photos), count, replace=False))])
    repeated = torch.isin(photos, own)
    repeated[: len(own)] = False
    english = [space.text_place[text.english] for text in lesson.taught]
    features = space.features[photos]
    return StepRows(
        captions=side(*tokens(lesson.captions.texts)),
        texts=side(*tokens([text.text for text in lesson.taught])) if english else space.texts[:0],
        photos=photo_head(features),
        steady_photos=photo_head.without_dropout(features),
        caption_meaning=space.described[own],
        text_meaning=space.texts[english],
        existing_photos=space.photos[photos],
        repeated=repeated,
    )


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
