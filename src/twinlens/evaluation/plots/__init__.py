"""Drawings of a model's measures: name → function that gives a figure. Needs the extra ``plots``."""

PLOTS = {
    "training curves": "twinlens.evaluation.plots.training_curves:draw_training_curves",
    "recall curves": "twinlens.evaluation.plots.recall_curves:draw_recall_curves",
    "model comparison": "twinlens.evaluation.plots.model_comparison:draw_model_comparison",
    "cosine heat map": "twinlens.evaluation.plots.cosine_heat_map:draw_cosine_heat_map",
    "score histogram": "twinlens.evaluation.plots.score_histogram:draw_score_histogram",
    "rank histogram": "twinlens.evaluation.plots.rank_histogram:draw_rank_histogram",
    "embedding map": "twinlens.evaluation.plots.embedding_map:draw_embedding_map",
    "retrieval grid": "twinlens.evaluation.plots.retrieval_grid:draw_retrieval_grid",
}
