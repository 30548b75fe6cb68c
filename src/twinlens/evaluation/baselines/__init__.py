"""Baselines that a model should beat on the same split: name → function of each photo's captions."""

BASELINES = {
    "random": "twinlens.evaluation.baselines.chance:random_baseline",
    "bag of words": "twinlens.evaluation.baselines.words:bag_of_words_baseline",
    "TF-IDF": "twinlens.evaluation.baselines.words:tf_idf_baseline",
}
