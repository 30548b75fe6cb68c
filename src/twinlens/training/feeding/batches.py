"""Batches of an epoch: which photos with which of their captions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from twinlens.errors import ConfigError
from twinlens.training.feeding.seeds import derived
from twinlens.types import CaptionedImage

Sampling = Literal["one", "all", "mean"]


@dataclass(frozen=True)
class Batch:
    """B pairs, as rows of a split.

    Attributes:
        photos: [B], rows of photos; one may come twice where all captions are shown.
        captions: [C], rows of captions; C > B where the captions of a photo are averaged.
        owner: [C], place in ``photos`` of the photo that a caption belongs to.
    """

    photos: Tensor
    captions: Tensor
    owner: Tensor

    def __len__(self) -> int:
        return len(self.photos)

    def share(self, rank: int, processes: int) -> "Batch":
        """The part of one of several processes; together they are the batch, in order."""
        size = len(self.photos) // processes
        first, last = rank * size, (rank + 1) * size
        mine = (self.owner >= first) & (self.owner < last)
        return Batch(self.photos[first:last], self.captions[mine], self.owner[mine] - first)


class CaptionRows:
    """Which rows of captions belong to which photo.

    Attributes:
        texts: [M], all captions, photo after photo.
        photo: [M], row of the photo that each describes.
        first: [N + 1], where the captions of each photo begin.
    """

    def __init__(self, images: Sequence[CaptionedImage]) -> None:
        counts = torch.tensor([len(image.captions) for image in images])
        self.texts = [caption for image in images for caption in image.captions]
        self.photo = torch.repeat_interleave(torch.arange(len(images)), counts)
        self.first = torch.cat([torch.zeros(1, dtype=torch.int64), counts.cumsum(0)])

    def one_each(self, generator: torch.Generator) -> Tensor:
        """[N], a caption of each photo, drawn uniformly."""
        counts = self.first.diff()
        return self.first[:-1] + (torch.rand(len(counts), generator=generator) * counts).long().clamp(max=counts - 1)

    def of(self, photos: Tensor) -> tuple[Tensor, Tensor]:
        """All captions of photos [B], and the place in ``photos`` that each belongs to."""
        counts = self.first.diff()[photos]
        owner = torch.repeat_interleave(torch.arange(len(photos)), counts)
        within = torch.arange(len(owner)) - (counts.cumsum(0) - counts)[owner]
        return self.first[photos][owner] + within, owner


class Epochs:
    """The batches of each epoch: everything drawn follows from seed and epoch.

    A last batch that is not full is left out, as its loss would be on another scale.

    Raises:
        ConfigError: a batch is larger than the data.
    """

    def __init__(self, rows: CaptionRows, *, sampling: Sampling, batch_size: int, seed: int) -> None:
        self.rows, self.sampling, self.batch_size, self.seed = rows, sampling, batch_size, seed
        self.photos = len(rows.first) - 1
        items = len(rows.texts) if sampling == "all" else self.photos
        if items < batch_size:
            what = "pairs" if sampling == "all" else "photos"
            raise ConfigError(
                f"optimizer.batch_size is {batch_size:,}, but the train split has {items:,} {what}; lower it"
            )
        self.steps = items // batch_size

    def order(self, epoch: int) -> Tensor:
        """[N] photos, or [M] captions where all pairs are shown, in the order of an epoch."""
        generator = torch.Generator().manual_seed(derived(self.seed, "order", epoch))
        return torch.randperm(len(self.rows.texts) if self.sampling == "all" else self.photos, generator=generator)

    def batches(self, epoch: int, *, order: Tensor | None = None, start: int = 0) -> Iterator[Batch]:
        """The batches of an epoch from step ``start`` on; ``order`` replaces the drawn one."""
        rows = self.order(epoch) if order is None else order
        generator = torch.Generator().manual_seed(derived(self.seed, "captions", epoch))
        drawn = self.rows.one_each(generator)
        for step in range(start, self.steps):
            yield self._batch(rows[step * self.batch_size : (step + 1) * self.batch_size], drawn)

    def _batch(self, rows: Tensor, drawn: Tensor) -> Batch:
        each = torch.arange(len(rows))
        if self.sampling == "all":
            return Batch(self.rows.photo[rows], rows, each)
        if self.sampling == "one":
            return Batch(rows, drawn[rows], each)
        return Batch(rows, *self.rows.of(rows))
