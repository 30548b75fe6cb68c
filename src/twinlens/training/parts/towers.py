"""What an image tower and a text tower must offer."""

from abc import ABC, abstractmethod

from tokenizers import Tokenizer
from torch import Tensor, nn

from twinlens.model.preprocess import Preprocessing


class ImageTower(nn.Module, ABC):
    """A backbone that turns pixels [B, 3, H, W] into pooled features [B, F].

    A base class rather than a protocol, since training needs all of ``nn.Module``;
    nothing asks for the class, so another package's tower may as well offer the same names.

    Attributes:
        features_dim: F, length of the pooled features.
    """

    features_dim: int

    @property
    def classifier(self) -> nn.Linear | None:
        """The backbone's own classifier on the pooled features, where it has one; it belongs to no block."""
        return None

    @abstractmethod
    def preprocessing(self) -> Preprocessing:
        """How a photo becomes the pixels that the backbone was trained with."""

    @abstractmethod
    def blocks(self) -> list[nn.Module]:
        """The tower's parts from input to output: disjoint, together all parameters (but the classifier's)."""

    def cut(self, last: int) -> tuple[nn.Module, nn.Module] | None:
        """The tower in two: all before its last blocks (pixels → activations), and the rest (activations → [B, F]).

        Both share the tower's weights. None where it cannot be cut; photos then go through
        all of it, also while the first blocks are frozen.
        """
        del last
        return None

    def grid(self, pixels: Tensor) -> Tensor | None:  # noqa: ARG002 - for towers that have cells
        """[B, F, h, w] cells over the picture, whose mean is the pooled features; None where the pooling is no mean."""
        return None

    @abstractmethod
    def forward(self, pixels: Tensor) -> Tensor:
        """[B, F] pooled features of normalised pixels [B, 3, H, W]."""


class TextTower(nn.Module, ABC):
    """A backbone that turns tokens [B, T] into one row of features a text, [B, F].

    Attributes:
        features_dim: F, length of the features.
        tokenizer: becomes the bundle's ``tokenizer.json``.
        max_positions: the longest text in tokens that it can read; None = no limit.
    """

    features_dim: int
    tokenizer: Tokenizer
    max_positions: int | None

    @abstractmethod
    def blocks(self) -> list[nn.Module]:
        """The tower's parts from input to output: disjoint, together all parameters."""

    @abstractmethod
    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """[B, F] features of tokens [B, T]; the mask is 1 on tokens and 0 on padding."""
