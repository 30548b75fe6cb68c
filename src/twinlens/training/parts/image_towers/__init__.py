"""Image towers by name; directories, hub names and ``timm:NAME`` work too, see ``load``."""

IMAGE_TOWERS = {
    "efficientnet-lite0": "twinlens.training.parts.image_towers.efficientnet_lite:load_efficientnet_lite0",
    "efficientnet-lite1": "twinlens.training.parts.image_towers.efficientnet_lite:load_efficientnet_lite1",
    "efficientnet-lite2": "twinlens.training.parts.image_towers.efficientnet_lite:load_efficientnet_lite2",
}

IMAGE_ALIASES = {
    "convnext-base": "facebook/convnext-base-224",
    "convnext-small": "facebook/convnext-small-224",
    "convnext-tiny": "facebook/convnext-tiny-224",
    "dinov2-base": "facebook/dinov2-base",
    "dinov2-small": "facebook/dinov2-small",
    "efficientnet-b0": "google/efficientnet-b0",
    "efficientnet-b1": "google/efficientnet-b1",
    "efficientnet-b2": "google/efficientnet-b2",
    "efficientnet-b3": "google/efficientnet-b3",
    "efficientnet-b4": "google/efficientnet-b4",
    "resnet-101": "microsoft/resnet-101",
    "resnet-18": "microsoft/resnet-18",
    "resnet-34": "microsoft/resnet-34",
    "resnet-50": "microsoft/resnet-50",
    "vit-b-16": "google/vit-base-patch16-224",
    "vit-l-16": "google/vit-large-patch16-224",
}
