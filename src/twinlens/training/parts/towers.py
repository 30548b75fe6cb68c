"""Base classes of image and text towers."""

from abc import ABC, abstractmethod

from tokenizers import Tokenizer
from torch import Tensor, nn

from twinlens.model.preprocess import Preprocessing


class ImageTower(nn.Module, ABC):
    """A backbone that turns pixels [B, 3, H, W] into pooled features [B, F].

    A base class rather than a protocol, since training needs all of ``nn.Module``; towers of
    other packages need not inherit from it, if they have the same methods.

    Attributes:
        features_dim: F, length of the pooled features.
    """

    features_dim: int

    @property
    def classifier(self) -> nn.Linear | None:
        """The backbone's own classifier of pooled features, if it has one; it belongs to no block."""
        return None

    @abstractmethod
    def preprocessing(self) -> Preprocessing:
        """How photos are turned into pixels, as in the backbone's training."""

    @abstractmethod
    def blocks(self) -> list[nn.Module]:
        """The tower's parts from input to output: disjoint, together all parameters except the classifier's."""

    def cut(self, last: int) -> tuple[nn.Module, nn.Module] | None:
        """Cuts the tower before its last blocks: pixels → activations, and activations → features [B, F].

        Both parts share the tower's weights. None if it cannot be cut; photos then go through
        the whole tower even if the first blocks are frozen.
        """
        del last
        return None

    def grid(self, pixels: Tensor) -> Tensor | None:  # noqa: ARG002 - used by subclasses
        """[B, F, h, w] features of image cells, whose mean is the pooled features; None for other poolings."""
        return None

    @abstractmethod
    def forward(self, pixels: Tensor) -> Tensor:
        """[B, F] pooled features of normalised pixels [B, 3, H, W]."""


class TextTower(nn.Module, ABC):
    """A backbone that turns tokens [B, T] into one row of features per text, [B, F].

    Attributes:
        features_dim: F, length of the features.
        tokenizer: becomes the bundle's ``tokenizer.json``.
        max_positions: length of the longest possible text in tokens; None = no limit.
    """

    features_dim: int
    tokenizer: Tokenizer
    max_positions: int | None

    @abstractmethod
    def blocks(self) -> list[nn.Module]:
        """The tower's parts from input to output: disjoint, together all parameters."""

    @abstractmethod
    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """[B, F] features of tokens [B, T]; the mask is 1 for tokens and 0 for padding."""
