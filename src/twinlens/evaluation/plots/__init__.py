"""Plots of an evaluation: name of the file → function from ``PlotData`` to a figure. Needs the extra ``plots``."""

PLOTS = {
    "recall_curves": "twinlens.evaluation.plots.recall_curves:plot",
    "cosine_heat_map": "twinlens.evaluation.plots.cosine_heat_map:plot",
    "score_histogram": "twinlens.evaluation.plots.score_histogram:plot",
    "rank_histogram": "twinlens.evaluation.plots.rank_histogram:plot",
    "embedding_map_pca": "twinlens.evaluation.plots.embedding_map:plot_pca",
    "embedding_map_tsne": "twinlens.evaluation.plots.embedding_map:plot_tsne",
    "embedding_map_umap": "twinlens.evaluation.plots.embedding_map:plot_umap",
    "retrieval_grid": "twinlens.evaluation.plots.retrieval_grid:plot",
    "training_curves": "twinlens.evaluation.plots.training_curves:plot",
    "model_comparison": "twinlens.evaluation.plots.model_comparison:plot",
}
