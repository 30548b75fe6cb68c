"""Text backbones by name."""

TEXT_TOWERS = {
    "minilm-l6": "twinlens.training.text_towers.minilm:load_minilm_l6",
}
