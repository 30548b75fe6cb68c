"""Image preprocessing with Pillow and NumPy, as specified in the manifest."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field

from twinlens.types import Pixels

ResizeMode = Literal["squash", "crop", "squash-crop", "whole-pixel-crop"]
Interpolation = Literal["bilinear", "bicubic", "lanczos"]
_RESAMPLING = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


class Preprocessing(BaseModel):
    """Converts a photo to a model's input; part of the fingerprint.

    Attributes:
        image_size: H = W of the input, pixels.
        resize_mode: "squash" scales both sides to ``image_size`` (keeps the whole photo but
            not its aspect ratio); "crop" scales the shorter side to
            ``image_size / crop_fraction`` and takes the centre square; "squash-crop" scales both
            sides to that and takes the centre square; "whole-pixel-crop" is "crop" as the image
            processors of CLIP do it: the longer side and the margins are rounded down to whole pixels.
        crop_fraction: fraction of a side that the centre square keeps; 1.0 keeps all of it.
            Not used by "squash".
        interpolation: the resampling filter (with antialiasing, as Pillow does).
        mean: RGB mean on the [0, 1] scale.
        std: RGB standard deviation on the [0, 1] scale.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    image_size: int = Field(ge=16, le=2048)
    resize_mode: ResizeMode
    crop_fraction: float = Field(default=1.0, gt=0.0, le=1.0)
    interpolation: Interpolation
    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    @property
    def resized_side(self) -> int:
        """Pixels of the photo's shorter side after resizing, before any crop."""
        return self.image_size if self.resize_mode == "squash" else round(self.image_size / self.crop_fraction)

    def pixels(self, image: Image.Image) -> Pixels:
        """[H, W, 3] uint8: the photo resized and cropped.

        Args:
            image: an RGB photo, already turned upright.
        """
        size = self.image_size
        resampling = _RESAMPLING[self.interpolation]
        if self.resize_mode == "squash":
            return np.asarray(image.resize((size, size), resampling))
        # one resample of the centre square: the same pixels as resizing and cropping, with less work
        return np.asarray(image.resize((size, size), resampling, box=self.seen_box(image)))

    def seen_box(self, image: Image.Image) -> tuple[float, float, float, float]:
        """The part of a photo that the model sees: left, top, right and bottom, in the photo's pixels."""
        if self.resize_mode == "squash":
            return (0.0, 0.0, float(image.width), float(image.height))
        if self.resize_mode == "whole-pixel-crop":
            return self._whole_pixel_box(image)
        kept = self.image_size / self.resized_side
        shorter = min(image.size)
        width, height = image.size if self.resize_mode == "squash-crop" else (shorter, shorter)
        left, top = (image.width - width * kept) / 2, (image.height - height * kept) / 2
        return (left, top, left + width * kept, top + height * kept)

    def _whole_pixel_box(self, image: Image.Image) -> tuple[float, float, float, float]:
        shorter, size = min(image.size), self.image_size
        resized = [self.resized_side * side // shorter for side in image.size]
        margins = [(side - size) // 2 for side in resized]
        scales = [side / new for side, new in zip(image.size, resized, strict=True)]
        left, top = (margin * scale for margin, scale in zip(margins, scales, strict=True))
        right, bottom = ((margin + size) * scale for margin, scale in zip(margins, scales, strict=True))
        return (left, top, min(right, float(image.width)), min(bottom, float(image.height)))

    def normalize(self, pixels: Pixels) -> NDArray[np.float32]:
        """[B, 3, H, W] float32 model input from [B, H, W, 3] uint8."""
        scale = (1.0 / (255.0 * np.asarray(self.std))).astype(np.float32)
        offset = (np.asarray(self.mean) / np.asarray(self.std)).astype(np.float32)
        # transpose the bytes first, then compute on contiguous rows: five times faster than the other order
        planes = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))
        normalized: NDArray[np.float32] = planes * scale[:, None, None]
        normalized -= offset[:, None, None]
        return normalized
