"""The trainable dual encoder: two towers, two heads, one space."""

from dataclasses import dataclass

from torch import Tensor, nn

from twinlens.model.preprocess import Preprocessing
from twinlens.training.parts.heads import LinearHead, MlpHead
from twinlens.training.parts.towers import ImageTower, TextTower


class ImageSide(nn.Module):
    """An image tower and its head."""

    def __init__(self, tower: ImageTower, head: LinearHead | MlpHead, preprocessing: Preprocessing) -> None:
        super().__init__()
        self.tower, self.head = tower, head
        self.preprocessing = preprocessing

    def forward(self, pixels: Tensor) -> Tensor:
        """[B, D] unit rows of normalised pixels [B, 3, H, W]."""
        embeddings: Tensor = self.head(self.tower(pixels))
        return embeddings


class TextSide(nn.Module):
    """A text tower and its head."""

    def __init__(self, tower: TextTower, head: LinearHead | MlpHead, *, max_tokens: int) -> None:
        super().__init__()
        self.tower, self.head = tower, head
        self.max_tokens = max_tokens

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """[B, D] unit rows of tokens [B, T]."""
        embeddings: Tensor = self.head(self.tower(input_ids, attention_mask))
        return embeddings


@dataclass(frozen=True)
class Origin:
    """The published dual encoder that a run starts from.

    Attributes:
        family: kind of model, such as "clip".
        license: as its card states it; empty if it does not.
        languages: that its card names.
        logit_scale: 1 / temperature that it was trained with.
        logit_bias: of the sigmoid loss; None without.
        weights: digest of its weights.
    """

    family: str
    license: str
    languages: tuple[str, ...]
    logit_scale: float
    logit_bias: float | None
    weights: str


class TwoTowers(nn.Module):
    """The model that a run trains.

    Attributes:
        image: pixels to embeddings.
        text: tokens to embeddings.
        origin: the published model whose weights it starts with; None if its heads are new.
    """

    def __init__(self, image: ImageSide, text: TextSide, *, origin: Origin | None = None) -> None:
        super().__init__()
        self.image, self.text, self.origin = image, text, origin
