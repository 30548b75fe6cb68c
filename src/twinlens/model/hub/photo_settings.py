"""How a published model's photos are prepared, from the settings that come with it."""

from collections.abc import Mapping
from typing import Any

from twinlens.model.hub.followed import followed
from twinlens.model.preprocess import Preprocessing

_FILTERS = {1: "lanczos", 2: "bilinear", 3: "bicubic"}  # as Pillow numbers them
_IMAGENET_CLIP = ([0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711])


def photo_settings(name: str, settings: Mapping[str, Any], *, is_open_clip: bool) -> Preprocessing:
    """Preprocessing from ``preprocessor_config.json`` of transformers, or ``preprocess_cfg.json`` of open_clip.

    Raises:
        BundleError: photos are prepared in a way that bundles do not know.
    """
    with followed(name, "prepares photos"):
        fields = _open_clip(settings) if is_open_clip or "resize_mode" in settings else _transformers(settings)
        return Preprocessing.model_validate(fields)


def _transformers(settings: Mapping[str, Any]) -> dict[str, Any]:
    size, is_shorter_side = _size(settings["size"], is_shorter_side=bool(settings.get("do_center_crop")))
    crop = _square(settings["crop_size"]) if settings.get("do_center_crop") else size
    if crop > size:
        raise ValueError(f"it crops {crop} pixels out of {size}")
    if settings.get("do_resize") is False or settings.get("do_pad"):
        raise ValueError("it does not resize them, or pads them")
    if not is_shorter_side:
        mode = "squash" if crop == size else "squash-crop"
    elif not settings.get("do_center_crop"):
        raise ValueError("it keeps their shape; one fixed size is needed")
    else:
        mode = "whole-pixel-crop"
    is_normalized = settings.get("do_normalize", True)
    mean, std = (
        settings[key] if is_normalized else [value] * 3 for key, value in (("image_mean", 0.0), ("image_std", 1.0))
    )
    scale = 255 * (settings.get("rescale_factor", 1 / 255) if settings.get("do_rescale", True) else 1.0)
    scale = 1.0 if abs(scale - 1) < 1e-5 else scale  # as 0.00392156862745098 is written
    return {
        "image_size": crop,
        "resize_mode": mode,
        "crop_fraction": crop / size,
        "interpolation": _interpolation(settings.get("resample", 3)),
        "mean": [value / scale for value in mean],
        "std": [value / scale for value in std],
    }


def _open_clip(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of open_clip, and of processors that follow it (jina-clip's)."""
    modes = {"shortest": "whole-pixel-crop", "squash": "squash"}
    mode = settings.get("resize_mode", "shortest")
    if mode not in modes:
        raise ValueError(f"it resizes them as {mode!r}, not as {' or '.join(modes)}")
    mean, std = _IMAGENET_CLIP
    return {
        "image_size": _square(settings["size"]),
        "resize_mode": modes[mode],
        "interpolation": _interpolation(settings.get("interpolation", "bicubic")),
        "mean": settings.get("mean", settings.get("image_mean", mean)),
        "std": settings.get("std", settings.get("image_std", std)),
    }


def _interpolation(stated: object) -> str:
    name = str(_FILTERS.get(stated, stated)) if isinstance(stated, int) else str(stated)
    if name == "random":  # open_clip's word for both while it trains
        return "bicubic"
    if name not in _FILTERS.values():
        raise ValueError(f"it resizes them with the filter {stated!r}")
    return name


def _size(size: Any, *, is_shorter_side: bool) -> tuple[int, bool]:
    """Pixels, and whether they are those of the shorter side."""
    if isinstance(size, Mapping) and "shortest_edge" in size:
        return int(size["shortest_edge"]), True
    return _square(size), is_shorter_side and not isinstance(size, Mapping)


def _square(size: Any) -> int:
    if isinstance(size, Mapping):
        sides = [size["height"], size["width"]] if "height" in size else list(size.values())
    else:
        sides = list(size) if isinstance(size, list | tuple) else [size]
    if len(set(sides)) != 1:
        raise ValueError(f"its pictures are {' × '.join(map(str, sides))}, not square")
    return int(sides[0])
