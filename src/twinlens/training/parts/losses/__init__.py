"""Losses by name."""

LOSSES = {
    "infonce": "twinlens.training.parts.losses.infonce:InfoNCE",
    "multi-positive": "twinlens.training.parts.losses.multi_positive:MultiPositiveInfoNCE",
    "nt-xent": "twinlens.training.parts.losses.nt_xent:NTXent",
    "sigmoid": "twinlens.training.parts.losses.sigmoid:Sigmoid",
    "triplet": "twinlens.training.parts.losses.triplet:Triplet",
}

LOSS_ALIASES = {
    "clip": "infonce",
    "siglip": "sigmoid",
}
