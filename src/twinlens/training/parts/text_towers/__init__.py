"""Text towers by name; directories and hub names work too, see ``load``."""

TEXT_TOWERS = {
    "minilm-l6": "twinlens.training.parts.text_towers.minilm:load_minilm_l6",
    "e5-small": "twinlens.training.parts.text_towers.e5_small:load_e5_small",
    "bag-of-words": "twinlens.training.parts.text_towers.bag_of_words:load_bag_of_words",
    "lstm": "twinlens.training.parts.text_towers.lstm:load_lstm",
    "transformer": "twinlens.training.parts.text_towers.transformer:load_transformer",
}

TEXT_ALIASES = {
    "bert-base": "google-bert/bert-base-uncased",
    "bert-large": "google-bert/bert-large-uncased",
    "distilbert-base": "distilbert/distilbert-base-uncased",
    "minilm-l12": "sentence-transformers/all-MiniLM-L12-v2",
    "minilm-l6-hub": "sentence-transformers/all-MiniLM-L6-v2",
    "mpnet-base": "sentence-transformers/all-mpnet-base-v2",
    "roberta-base": "FacebookAI/roberta-base",
    "roberta-large": "FacebookAI/roberta-large",
}

CLEANING = {
    "lower": "twinlens.training.parts.text_towers.cleaning:lower",
    "punctuation": "twinlens.training.parts.text_towers.cleaning:punctuation",
    "spaces": "twinlens.training.parts.text_towers.cleaning:spaces",
}
