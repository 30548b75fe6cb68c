"""Image backbones by name."""

IMAGE_TOWERS = {
    "efficientnet-lite2": "twinlens.training.image_towers.efficientnet_lite:load_efficientnet_lite2",
}
