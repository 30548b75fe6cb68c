"""Batches of an epoch: which photos with which of their captions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from twinlens.errors import ConfigError
from twinlens.training.feeding.seeds import derived_seed
from twinlens.types import CaptionedImage

Sampling = Literal["one", "all", "mean"]


@dataclass(frozen=True)
class Batch:
    """B pairs, as row numbers of a split.

    Attributes:
        photos: [B], rows of photos; may repeat if all captions are used.
        captions: [C], rows of captions; C > B if the captions of a photo are averaged.
        owner: [C], position in ``photos`` of each caption's photo.
    """

    photos: Tensor
    captions: Tensor
    owner: Tensor

    def __len__(self) -> int:
        return len(self.photos)

    def share(self, rank: int, processes: int) -> "Batch":
        """The part of the batch that a process handles; the parts concatenated by rank are the batch."""
        size = len(self.photos) // processes
        first, last = rank * size, (rank + 1) * size
        mine = (self.owner >= first) & (self.owner < last)
        return Batch(self.photos[first:last], self.captions[mine], self.owner[mine] - first)


class CaptionRows:
    """Maps photos to the rows of their captions.

    Attributes:
        texts: [M], all captions, photo after photo.
        photo: [M], row of each caption's photo.
        first: [N + 1], row of each photo's first caption.
    """

    def __init__(self, images: Sequence[CaptionedImage]) -> None:
        counts = torch.tensor([len(image.captions) for image in images])
        self.texts = [caption for image in images for caption in image.captions]
        self.photo = torch.repeat_interleave(torch.arange(len(images)), counts)
        self.first = torch.cat([torch.zeros(1, dtype=torch.int64), counts.cumsum(0)])

    def one_each(self, generator: torch.Generator) -> Tensor:
        """[N], a random caption of each photo."""
        counts = self.first.diff()
        return self.first[:-1] + (torch.rand(len(counts), generator=generator) * counts).long().clamp(max=counts - 1)

    def of(self, photos: Tensor) -> tuple[Tensor, Tensor]:
        """All captions of photos [B], and for each caption the position of its photo in ``photos``."""
        counts = self.first.diff()[photos]
        owner = torch.repeat_interleave(torch.arange(len(photos)), counts)
        within = torch.arange(len(owner)) - (counts.cumsum(0) - counts)[owner]
        return self.first[photos][owner] + within, owner


class Epochs:
    """The batches of each epoch; random choices depend only on seed and epoch.

    An incomplete last batch is dropped, since its loss would have another scale.

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
        """[N] photos, or [M] captions if all pairs are used, in the random order of an epoch."""
        generator = torch.Generator().manual_seed(derived_seed(self.seed, "order", epoch))
        return torch.randperm(len(self.rows.texts) if self.sampling == "all" else self.photos, generator=generator)

    def batches(self, epoch: int, *, order: Tensor | None = None, start: int = 0) -> Iterator[Batch]:
        """The batches of an epoch from step ``start`` on; ``order`` replaces the random order."""
        rows = self.order(epoch) if order is None else order
        generator = torch.Generator().manual_seed(derived_seed(self.seed, "captions", epoch))
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
