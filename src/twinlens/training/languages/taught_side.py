"""The tower that is taught and its head: made, fitted before training, and asked for texts' places."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

import torch
from torch import Tensor, nn

from twinlens.model.tokenizer import TextTokenizer
from twinlens.training.languages.lessons import Lessons
from twinlens.training.languages.plan import TeachingPlan
from twinlens.training.languages.space import Space
from twinlens.training.parts.dual_encoder import TextSide
from twinlens.training.parts.heads import LinearHead
from twinlens.training.parts.towers import TextTower

RIDGE = 0.05  # of the mean square of the features, when the head is fitted before training
FITTED_TEXTS = 4000
CENTRED_TEXTS = 400  # of each language
AT_ONCE = 128
Item = TypeVar("Item")


def new_side(tower: TextTower, dim: int, plan: TeachingPlan) -> TextSide:
    """A tower and a head with a bias, which takes out what all texts have in common."""
    head = LinearHead(tower.features_dim, dim, dropout=plan.dropout, bias=True)
    return TextSide(tower, head, max_tokens=plan.max_tokens)


def tokenizer_of(side: TextSide) -> TextTokenizer:
    """Reads texts for the tower; the tower's own tokenizer stays as it is."""
    return TextTokenizer(side.tower.tokenizer, max_tokens=side.max_tokens)


def token_tensors(tokenizer: TextTokenizer, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
    """Ids and mask [B, T] of B texts."""
    ids, mask = tokenizer(texts)
    return torch.from_numpy(ids), torch.from_numpy(mask)


@torch.no_grad()
def encode(side: TextSide, texts: Sequence[str]) -> Tensor:
    """[N, D], the texts' places, without dropout."""
    was_training = side.training
    side.eval()
    tokenizer = tokenizer_of(side)
    rows = torch.empty(len(texts), _projection(side).out_features)
    order = sorted(range(len(texts)), key=lambda row: len(texts[row].encode()))
    for places in _parts(order):
        rows[places] = side(*token_tensors(tokenizer, [texts[place] for place in places]))
    side.train(was_training)
    return rows


@torch.no_grad()
def fit_head(side: TextSide, lessons: Lessons, space: Space) -> None:
    """Fits the head by ridge regression from the untrained tower's features to the English texts' places."""
    side.eval()
    tokenizer = tokenizer_of(side)

    def features(texts: Sequence[str]) -> Tensor:
        return torch.cat([side.tower(*token_tensors(tokenizer, part)) for part in _parts(texts)])  # [N, F]

    english = list(space.text_place)[:: max(1, len(space.text_place) // FITTED_TEXTS)]
    own = (list(captions.values())[:CENTRED_TEXTS] for captions in lessons.captions.values())
    centre = features([texts[0] for photos in own for texts in photos]).mean(dim=0)
    centred = features(english) - centre
    wanted = space.texts[[space.text_place[text] for text in english]]
    ridge = RIDGE * centred.square().sum() / centred.shape[1] * torch.eye(centred.shape[1])
    weight = torch.linalg.solve(centred.T @ centred + ridge, centred.T @ wanted).T  # [D, F]
    projection = _projection(side)
    projection.weight.copy_(weight)
    projection.bias.copy_(-weight @ centre)


def _projection(side: TextSide) -> nn.Linear:
    assert isinstance(side.head, LinearHead), "see new_side"
    return side.head.projection


def _parts(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), AT_ONCE):
        yield items[start : start + AT_ONCE]
