"""Any pixels as sRGB of 8 bits: colour profiles are applied, deep grey and floats are scaled."""

import io
import logging
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

logger = logging.getLogger(__name__)
MAX_PROFILE_BYTES = 8_000_000
SAME_LEVELS = 3  # of 255: a profile whose colours differ less is sRGB, as written by another program
_SPACES = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK"}
_BAND_PIXELS = 4_000_000  # floats are scaled in bands of so many pixels, which bounds the memory


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """RGB in the sRGB colours of screens, which the models have learned.

    A picture without a profile, with a profile of sRGB, or with a damaged one has its values kept as they are.

    Args:
        image: RGB, grey, CMYK or LAB, not transparent.
        profile: ICC profile of its values.
    """
    if image.mode == "LAB":
        return _applied(_lab(), image) or image
    if profile and (transform := find_transform(profile)):
        return _applied(transform, image) or image.convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")


def find_transform(profile: bytes) -> ImageCms.ImageCmsTransform | None:
    """From the colours of an ICC profile to sRGB; None if they are the same, or the profile cannot be used."""
    return _transform(profile) if len(profile) <= MAX_PROFILE_BYTES else None


@lru_cache(maxsize=16)  # a library has the profiles of a few cameras
def _transform(profile: bytes) -> ImageCms.ImageCmsTransform | None:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = _SPACES.get(source.profile.xcolor_space)
        transform = mode and ImageCms.buildTransform(
            source,
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError) as error:
        logger.debug("unusable colour profile: %s", error)
        return None
    return transform if transform and not _changes_nothing(transform, str(mode)) else None


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    if mode == "CMYK":
        return False
    levels = np.arange(0, 256, 15, dtype=np.uint8)  # [18]
    grid = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(1, -1, 3)
    sample = Image.fromarray(levels[None] if mode == "L" else grid)
    changed = np.asarray(transform.apply(sample), dtype=np.int16)
    return int(np.abs(changed - np.asarray(sample.convert("RGB"))).max()) <= SAME_LEVELS


@lru_cache(maxsize=1)
def _lab() -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB")


def _applied(transform: ImageCms.ImageCmsTransform, image: Image.Image) -> Image.Image | None:
    """The converted picture; None if the profile is for other channels than the picture has."""
    if (transform.input_mode == "CMYK") != (image.mode == "CMYK"):
        return None
    try:
        return transform.apply(image if image.mode == transform.input_mode else image.convert(transform.input_mode))
    except (ImageCms.PyCMSError, OSError, ValueError) as error:
        logger.debug("colour profile was not applied: %s", error)
        return None


def eight_bit(values: NDArray[Any], *, is_scaled: bool = True) -> NDArray[np.uint8]:
    """Numbers of any type and range as 0 to 255.

    Args:
        values: [H, W, …]; not-a-number becomes black.
        is_scaled: whether whole numbers surely fill their type, as in PNG. Scanners and
            microscopes write 10, 12 or 14 bits into the 16 bits of a TIFF.
    """
    full = _full_scale(values, is_scaled=is_scaled)
    out = np.empty(values.shape, dtype=np.uint8)
    rows = max(1, _BAND_PIXELS // max(1, values[:1].size))
    for start in range(0, len(values), rows):
        band = values[start : start + rows].astype(np.float32)
        np.nan_to_num(band, copy=False)
        np.multiply(band, 255.0 / full, out=band)
        out[start : start + rows] = np.clip(band, 0, 255, out=band)
    return out


def _full_scale(values: NDArray[Any], *, is_scaled: bool) -> float:
    """The number that is white."""
    if values.dtype.kind == "f":
        sample = values.reshape(-1)[:: max(1, values.size // 1_000_000)]
        sample = sample[np.isfinite(sample)]
        # a few highlights above white are no sign of another range
        usual = float(np.percentile(sample, 99)) if sample.size else 0.0
        return 1.0 if usual <= 1.0 else 255.0 if usual <= 255.0 else 65535.0
    top = int(values.max(initial=0))
    if values.dtype.itemsize > 2:  # 32 bits hold anything: the least range that is large enough
        return float(next((1 << bits) - 1 for bits in (8, 16, 32, 64) if top < 1 << bits))
    if not is_scaled:
        # a photo reaches the upper half of its range; one that does not is dark
        for bits in (10, 12, 14):
            if 1 << (bits - 1) <= top < 1 << bits:
                return float((1 << bits) - 1)
    return 65535.0
