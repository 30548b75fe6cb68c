"""Load an image tower by name."""

from twinlens.training.parts.image_towers import IMAGE_ALIASES, IMAGE_TOWERS
from twinlens.training.parts.pretrained import load_tower_part, pretrained_source
from twinlens.training.parts.towers import ImageTower

TIMM = "timm:"


def load_image_tower(name: str, *, pooling: str | None = None) -> ImageTower:
    """A pretrained image tower in eval mode, its parameters frozen.

    Args:
        name: a name of the table or of another package (entry point ``twinlens.image_tower``),
            an alias such as "resnet-18", a directory that transformers can load, a hub name
            such as "facebook/dinov2-small", or "timm:NAME".
        pooling: "pooled" (the family's own pooler), "cls" or "mean" (of the
            patches); None = the default of the family.

    Raises:
        UnknownPartError: the name is none of these.
        TrainingError: the backbone cannot be loaded, or does not support the pooling.
    """
    if source := pretrained_source(name, IMAGE_TOWERS, IMAGE_ALIASES):
        from twinlens.training.parts.image_towers.pretrained_vision import load_pretrained_vision

        return load_pretrained_vision(source, pooling=pooling)
    if name.startswith(TIMM):
        from twinlens.training.parts.image_towers.timm_backbone import load_timm_backbone

        return load_timm_backbone(name.removeprefix(TIMM), pooling=pooling)
    tower: ImageTower = load_tower_part("image_tower", IMAGE_TOWERS, IMAGE_ALIASES, name)(pooling=pooling)
    return tower
