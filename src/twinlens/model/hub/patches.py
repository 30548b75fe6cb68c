"""Models that cut pictures of any shape into a number of patches (NaFlex): known by their settings, and refused."""

from collections.abc import Collection, Mapping
from typing import Any

from twinlens.errors import BundleError

FAMILIES = frozenset({"siglip2", "fgclip2"})  # SigLIP 2 of one fixed size calls itself "siglip"
FIXED_SIZE = "siglip2-b16", "google/siglip2-base-patch16-224"  # what to take instead: to pull, to import
_INPUTS = frozenset({"pixel_attention_mask", "spatial_shapes"})


def refuse_patches(
    name: str,
    *,
    config: Mapping[str, Any],
    photos: Mapping[str, Any] | None = None,
    inputs: Collection[str] = (),
    instead: str = FIXED_SIZE[0],
) -> None:
    """Refuses a model that takes pictures as a number of patches.

    Args:
        name: of the model.
        config: its ``config.json``.
        photos: how it prepares photos.
        inputs: names of what its image graph takes.
        instead: a model to name.

    Raises:
        BundleError: it is one.
    """
    vision = config.get("vision_config")
    vision = vision if isinstance(vision, Mapping) else {}
    is_flexible = "image_size" not in vision and (str(config.get("model_type")) in FAMILIES or "num_patches" in vision)
    if is_flexible or "max_num_patches" in (photos or {}) or not _INPUTS.isdisjoint(inputs):
        raise BundleError(
            f"{name} takes pictures of any shape as a number of patches (NaFlex), which a bundle does not; "
            f"take a model of one fixed size instead, such as {instead}"
        )
