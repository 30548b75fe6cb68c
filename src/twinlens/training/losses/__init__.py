"""Losses by name."""

LOSSES = {
    "infonce": "twinlens.training.losses.infonce:InfoNCE",
    "multi-positive": "twinlens.training.losses.multi_positive:MultiPositiveInfoNCE",
    "nt-xent": "twinlens.training.losses.nt_xent:NTXent",
    "sigmoid": "twinlens.training.losses.sigmoid:Sigmoid",
    "triplet": "twinlens.training.losses.triplet:Triplet",
}
