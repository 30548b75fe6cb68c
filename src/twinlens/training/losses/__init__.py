"""Losses by name."""

LOSSES = {
    "infonce": "twinlens.training.losses.infonce:symmetric_infonce",
    "classifier-distillation": "twinlens.training.losses.classifier_distillation:classifier_distillation",
}
