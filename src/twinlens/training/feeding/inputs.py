"""Input of one tower: photos or captions while it is trained, cached features while it is frozen."""

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
from twinlens.training.feeding.seeds import derived_seed

LENGTH_GROUP = 64


class Inputs(Protocol):
    """N rows of the images or texts of a split."""

    @property
    def is_live(self) -> bool:
        """Whether rows go through the tower; false if they are its features already."""

    def __len__(self) -> int:
        """N."""

    def take(self, rows: Tensor, *, epoch: int | None) -> tuple[Tensor, ...]:
        """Inputs for B rows, augmented at random for that epoch; ``epoch=None`` = without augmentation."""

    def features(self, tower: nn.Module, taken: tuple[Tensor, ...]) -> Tensor:
        """[B, F], features of the inputs that ``take`` returned."""


class FrozenFeatures:
    """Features of a frozen tower, [N, V, F]: V views of each row, the first one not augmented."""

    is_live = False

    def __init__(self, views: Tensor, *, seed: int = 0) -> None:
        self.views, self.seed = views, seed

    def __len__(self) -> int:
        return len(self.views)

    def take(self, rows: Tensor, *, epoch: int | None) -> tuple[Tensor, ...]:
        """Features [B, F]; in training, of a random view of each row."""
        drawn = drawn_views(len(self), self.views.shape[1], self.seed, epoch)
        return (self.views[rows, drawn[rows]],)

    def features(self, tower: nn.Module, taken: tuple[Tensor, ...]) -> Tensor:  # noqa: ARG002
        """The features that ``take`` returned."""
        return taken[0]


class Activations:
    """Activations of the frozen first blocks of an image tower, whose last blocks are trained.

    Args:
        views: V tensors [N, ...] of the input of the trained blocks, the first one not augmented.
        last: number of blocks that are trained.
        seed: of the choice of views.
    """

    is_live = True

    def __init__(self, views: Sequence[Tensor], *, last: int, seed: int = 0) -> None:
        self.views, self.last, self.seed = list(views), last, seed

    def __len__(self) -> int:
        return len(self.views[0])

    def take(self, rows: Tensor, *, epoch: int | None) -> tuple[Tensor, ...]:
        """Activations [B, ...]; in training, of a random view of each row."""
        drawn = drawn_views(len(self), len(self.views), self.seed, epoch)[rows].tolist()
        # converted before stacking: CPU autocast cannot stack float16
        taken = [self.views[view][row].float() for view, row in zip(drawn, rows.tolist(), strict=True)]
        return (torch.stack(taken),)

    def features(self, tower: nn.Module, taken: tuple[Tensor, ...]) -> Tensor:
        """[B, F], output of the tower's last blocks."""
        _, rest = tower.cut(self.last)  # type: ignore[operator]
        found: Tensor = rest(*taken)
        return found


def drawn_views(count: int, views: int, seed: int, epoch: int | None) -> Tensor:
    """[N], a random view of each row; the first view of all without an epoch."""
    if epoch is None or views == 1:
        return torch.zeros(count, dtype=torch.int64)
    generator = torch.Generator().manual_seed(derived_seed(seed, "view", epoch))
    return torch.randint(views, (count,), generator=generator)


class Subset:
    """A subset of other inputs; a row's augmentation does not depend on which rows are left out."""

    def __init__(self, inputs: Inputs, rows: Sequence[int]) -> None:
        self.inputs, self.rows = inputs, torch.tensor(rows)

    @property
    def is_live(self) -> bool:
        """As for the other inputs."""
        return self.inputs.is_live

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, rows: Tensor, *, epoch: int | None) -> tuple[Tensor, ...]:
        """The other inputs' rows."""
        return self.inputs.take(self.rows[rows], epoch=epoch)

    def features(self, tower: nn.Module, taken: tuple[Tensor, ...]) -> Tensor:
        """[B, F], as for the other inputs."""
        return self.inputs.features(tower, taken)


class LivePhotos:
    """Photos for a tower that is trained.

    Args:
        pixels: decoded photos.
        preprocessing: normalises pixels.
        augmentation: applied in training.
        may_flip: [N], whether a photo may be flipped.
        seed: of the augmentation.
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
            seeds = [derived_seed(self.seed, "photo", epoch, row) for row in rows.tolist()]
            changed = [
                self.augmentation(photo, seed, may_flip=self.may_flip[row])
                for photo, seed, row in zip(photos, seeds, rows.tolist(), strict=True)
            ]
            photos = np.stack(changed)
        return (torch.from_numpy(self.preprocessing.normalize(photos)),)

    def features(self, tower: nn.Module, taken: tuple[Tensor, ...]) -> Tensor:
        """[B, F], output of the tower."""
        found: Tensor = tower(*taken)
        return found


class LiveTexts:
    """Captions for a tower that is trained; they are tokenized once.

    Args:
        texts: M captions.
        tokenizer: of the tower.
        max_tokens: longer captions are truncated.
        share_dropped: of tokens, dropped at random in training.
        seed: of the dropout.
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
        self.tokenizer = Tokenizer.from_str(tokenizer.to_str())  # a copy: the tower's own is not modified
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
            seeds = [derived_seed(self.seed, "words", epoch, row) for row in rows.tolist()]
            ids = [
                drop_words(own, self.special, self.share_dropped, seed) for own, seed in zip(ids, seeds, strict=True)
            ]
        return pad(ids, self.pad_id)

    def features(self, tower: nn.Module, taken: tuple[Tensor, ...]) -> Tensor:
        """[B, F], output of the tower.

        Texts of similar length go through it together: a single long caption would otherwise
        pad the whole batch to twice the tokens and twice the time.
        """
        ids, mask = taken
        lengths = mask.sum(dim=1)
        groups = torch.split(lengths.argsort(stable=True), LENGTH_GROUP)
        longest = [max(1, int(lengths[group[-1]])) for group in groups]
        found = [tower(ids[group, :most], mask[group, :most]) for group, most in zip(groups, longest, strict=True)]
        features: Tensor = torch.cat(found)[torch.cat(groups).argsort()]
        return features


def pad(ids: Sequence[Sequence[int]], filler: int) -> tuple[Tensor, Tensor]:
    """Token ids and attention mask, [B, T], padded to the longest row.

    >>> pad([[5, 6], [7]], 0)[0].tolist()
    [[5, 6], [7, 0]]
    """
    longest = max([1, *map(len, ids)])  # at least 1, even if a text has no tokens
    padded = torch.full((len(ids), longest), filler, dtype=torch.int64)
    mask = torch.zeros_like(padded)
    for row, own in enumerate(ids):
        padded[row, : len(own)] = torch.tensor(own, dtype=torch.int64)
        mask[row, : len(own)] = 1
    return padded, mask
