"""What goes into a tower's side: photos and captions while it is trained, cached features while it is frozen."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from twinlens.model.preprocess import Preprocessing
from twinlens.model.tokenizer import pad_id
from twinlens.training.feeding.augment import Augmentation, drop_words
from twinlens.training.feeding.pixels import PhotoPixels
from twinlens.training.feeding.seeds import derived

LENGTH_GROUP = 64


class Inputs(Protocol):
    """N rows of one side of a split."""

    @property
    def is_live(self) -> bool:
        """Whether rows go through the tower, or are its features already."""

    def __len__(self) -> int:
        """N."""

    def take(self, rows: Tensor, *, epoch: int | None) -> tuple[Tensor, ...]:
        """What the tower takes for B rows; ``epoch`` decides what is drawn, None = nothing is changed."""

    def features(self, tower: nn.Module, taken: tuple[Tensor, ...]) -> Tensor:
        """[B, F] from what was taken."""


class Frozen:
    """Features of a frozen tower, [N, V, F]: V views of each row, the first one plain."""

    is_live = False

    def __init__(self, views: Tensor, *, seed: int = 0) -> None:
        self.views, self.seed = views, seed

    def __len__(self) -> int:
        return len(self.views)

    def take(self, rows: Tensor, *, epoch: int | None) -> tuple[Tensor, ...]:
        """Features [B, F]; while training of a view drawn for each row and epoch."""
        drawn = drawn_views(len(self), self.views.shape[1], self.seed, epoch)
        return (self.views[rows, drawn[rows]],)

    def features(self, tower: nn.Module, taken: tuple[Tensor, ...]) -> Tensor:  # noqa: ARG002
        """What was taken."""
        return taken[0]


class Activations:
    """What the frozen first blocks of an image tower say of N photos; the last ones are trained.

    Args:
        views: V tensors [N, ...] of the activations before the trained blocks, the first one of the plain photos.
        last: blocks that are trained.
        seed: of the view that is drawn.
    """

    is_live = True

    def __init__(self, views: Sequence[Tensor], *, last: int, seed: int = 0) -> None:
        self.views, self.last, self.seed = list(views), last, seed

    def __len__(self) -> int:
        return len(self.views[0])

    def take(self, rows: Tensor, *, epoch: int | None) -> tuple[Tensor, ...]:
        """Activations [B, ...]; while training of a view drawn for each row and epoch."""
        drawn = drawn_views(len(self), len(self.views), self.seed, epoch)[rows].tolist()
        # float32 before they are stacked: autocast of a CPU stacks no float16
        taken = [self.views[view][row].float() for view, row in zip(drawn, rows.tolist(), strict=True)]
        return (torch.stack(taken),)

    def features(self, tower: nn.Module, taken: tuple[Tensor, ...]) -> Tensor:
        """[B, F] of the tower's last blocks."""
        _, rest = tower.cut(self.last)  # type: ignore[operator]
        found: Tensor = rest(*taken)
        return found


def drawn_views(count: int, views: int, seed: int, epoch: int | None) -> Tensor:
    """[N] a view of each row; all the plain one without an epoch."""
    if epoch is None or views == 1:
        return torch.zeros(count, dtype=torch.int64)
    generator = torch.Generator().manual_seed(derived(seed, "view", epoch))
    return torch.randint(views, (count,), generator=generator)


class Chosen:
    """Some rows of other inputs: what is drawn for a row does not depend on the rows left out."""

    def __init__(self, inputs: Inputs, rows: Sequence[int]) -> None:
        self.inputs, self.rows = inputs, torch.tensor(rows)

    @property
    def is_live(self) -> bool:
        """As the other inputs."""
        return self.inputs.is_live

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, rows: Tensor, *, epoch: int | None) -> tuple[Tensor, ...]:
        """What the other inputs take for the rows that these stand for."""
        return self.inputs.take(self.rows[rows], epoch=epoch)

    def features(self, tower: nn.Module, taken: tuple[Tensor, ...]) -> Tensor:
        """[B, F], as the other inputs."""
        return self.inputs.features(tower, taken)


class LivePhotos:
    """Photos whose tower is trained.

    Args:
        pixels: decoded photos.
        preprocessing: makes pixels an input.
        augmentation: changes photos while training.
        may_flip: [N], whether a photo may be mirrored.
        seed: of the changes.
    """

    is_live = True

    def __init__(
        self,
        pixels: PhotoPixels,
        preprocessing: Preprocessing,
        *,
        augmentation: Augmentation | None = None,
        may_flip: Sequence[bool] = (),
        seed: int = 0,
    ) -> None:
        self.pixels, self.preprocessing, self.augmentation = pixels, preprocessing, augmentation
        self.may_flip, self.seed = may_flip or [True] * len(pixels), seed

    def __len__(self) -> int:
        return len(self.pixels)

    def take(self, rows: Tensor, *, epoch: int | None) -> tuple[Tensor, ...]:
        """Normalised pixels [B, 3, H, W]."""
        photos = self.pixels.take(rows.tolist())
        if self.augmentation and epoch is not None:
            seeds = [derived(self.seed, "photo", epoch, row) for row in rows.tolist()]
            changed = [
                self.augmentation(photo, seed, may_flip=self.may_flip[row])
                for photo, seed, row in zip(photos, seeds, rows.tolist(), strict=True)
            ]
            photos = np.stack(changed)
        return (torch.from_numpy(self.preprocessing.normalize(photos)),)

    def features(self, tower: nn.Module, taken: tuple[Tensor, ...]) -> Tensor:
        """[B, F] of the tower."""
        found: Tensor = tower(*taken)
        return found


class LiveTexts:
    """Captions whose tower is trained; tokens are computed once.

    Args:
        texts: M captions.
        tokenizer: of the tower.
        max_tokens: longer captions are cut.
        share_dropped: of words, while training.
        seed: of what is dropped.
    """

    is_live = True

    def __init__(
        self,
        texts: Sequence[str],
        tokenizer: Tokenizer,
        *,
        max_tokens: int,
        share_dropped: float = 0.0,
        seed: int = 0,
    ) -> None:
        self.texts, self.max_tokens = list(texts), max_tokens
        self.share_dropped, self.seed, self.pad_id = share_dropped, seed, pad_id(tokenizer)
        self.tokenizer = Tokenizer.from_str(tokenizer.to_str())  # the tower's own stays as it is
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(max_tokens)
        encodings = self.tokenizer.encode_batch(self.texts)
        self.ids = [encoding.ids for encoding in encodings]
        specials = (zip(encoding.ids, encoding.special_tokens_mask, strict=True) for encoding in encodings[:1])
        self.special = frozenset(token for pairs in specials for token, special in pairs if special)

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: Tensor, *, epoch: int | None) -> tuple[Tensor, ...]:
        """Token ids and mask, [B, T]."""
        ids = [self.ids[row] for row in rows.tolist()]
        if self.share_dropped and epoch is not None:
            seeds = [derived(self.seed, "words", epoch, row) for row in rows.tolist()]
            ids = [
                drop_words(own, self.special, self.share_dropped, seed) for own, seed in zip(ids, seeds, strict=True)
            ]
        return pad(ids, self.pad_id)

    def features(self, tower: nn.Module, taken: tuple[Tensor, ...]) -> Tensor:
        """[B, F] of the tower.

        Texts of like length go through it together: one long caption would pad the whole
        batch to twice the tokens and twice the time.
        """
        ids, mask = taken
        lengths = mask.sum(dim=1)
        groups = torch.split(lengths.argsort(stable=True), LENGTH_GROUP)
        longest = [max(1, int(lengths[group[-1]])) for group in groups]
        found = [tower(ids[group, :most], mask[group, :most]) for group, most in zip(groups, longest, strict=True)]
        features: Tensor = torch.cat(found)[torch.cat(groups).argsort()]
        return features


def pad(ids: Sequence[Sequence[int]], filler: int) -> tuple[Tensor, Tensor]:
    """Token ids and mask, [B, T], padded to the longest.

    >>> pad([[5, 6], [7]], 0)[0].tolist()
    [[5, 6], [7, 0]]
    """
    longest = max([1, *map(len, ids)])  # a text without a single known letter still has one place
    padded = torch.full((len(ids), longest), filler, dtype=torch.int64)
    mask = torch.zeros_like(padded)
    for row, own in enumerate(ids):
        padded[row, : len(own)] = torch.tensor(own, dtype=torch.int64)
        mask[row, : len(own)] = 1
    return padded, mask
