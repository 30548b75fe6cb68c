"""Where parts are put together: what the command line and every other interface call, loaded on first use."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twinlens.api.collections import (
        Opened,
        collection_status,
        find_existing,
        open_for_index,
        open_for_search,
        seen_part,
    )
    from twinlens.api.datasets import convert_dataset, photo_paths, survey_dataset
    from twinlens.api.doctor import Finding, check_up
    from twinlens.api.evaluation import (
        audit,
        check_plots,
        compare,
        embed_pairs,
        evaluate,
        is_classified,
        load_embeddings,
        record_figures,
        save_embeddings,
        write_comparison_plot,
        write_plots,
    )
    from twinlens.api.explanation import Explained, explain
    from twinlens.api.lab import export_run, run_listener, train
    from twinlens.api.pictures import picture_preview
    from twinlens.api.runs import TrainingRun, find_runs, read_run
    from twinlens.api.serving import open_for_serving, picture_pixels, warm_up
    from twinlens.collection.collection import Collection
    from twinlens.collection.indexing.index_state import IndexState, read_index_state, write_index_state
    from twinlens.collection.indexing.report import (
        CaptionPlan,
        CaptionReport,
        ChangePlan,
        ChangeProgress,
        IndexListener,
        IndexPlan,
        IndexReport,
        ModelChangeReport,
        PendingChange,
        SilentListener,
        reasons_summary,
    )
    from twinlens.collection.searching.candidates import RankedCaption, rank_candidates, read_candidates
    from twinlens.collection.searching.filters import Filters
    from twinlens.collection.searching.query import Query, Term, parse_query, photo_query, weighted_sum, words_query
    from twinlens.collection.searching.ranking import SORTS, TARGETS, Answer, Page, Sort, Target
    from twinlens.collection.showing.archive import list_photos, zip_photos
    from twinlens.collection.showing.card import PhotoCard, captions_of, find_photo
    from twinlens.collection.showing.contact_sheet import check_sheet_path, write_contact_sheet
    from twinlens.collection.showing.facts import LibraryFacts, library_facts
    from twinlens.collection.showing.favourites import favourite_ids, mark_favourites
    from twinlens.collection.showing.file import OutsideLibraryError, PhotoFile, photo_file
    from twinlens.collection.showing.grid import ShownPhoto, browse, shown_photos
    from twinlens.collection.showing.map import Projection, Projector
    from twinlens.collection.showing.thumbnails import THUMBNAIL_SIDES_PX, THUMBNAILS, ThumbnailCache, open_thumbnails
    from twinlens.data.convert import SHARD_SIZE, Converted
    from twinlens.data.published import Published, find_published
    from twinlens.data.survey import Survey
    from twinlens.evaluation.comparison import Comparison
    from twinlens.evaluation.embedding_file import check_writable
    from twinlens.evaluation.pairs import EmbeddedPairs
    from twinlens.evaluation.plots.cosine_heat_map import draw_cosine_heat_map
    from twinlens.evaluation.plots.model_comparison import draw_model_comparison
    from twinlens.evaluation.plots.recall_curves import draw_recall_curves
    from twinlens.evaluation.plots.training_curves import draw_training_curves
    from twinlens.evaluation.rank_table import write_ranks
    from twinlens.evaluation.report import RetrievalReport
    from twinlens.evaluation.retrieval import evaluate_embeddings, evaluate_pairs
    from twinlens.evaluation.zero_shot import PROMPTS, ZeroShotReport
    from twinlens.model.bundle import Bundle, open_bundle
    from twinlens.model.load import find_bundle, known_bundles, load_model
    from twinlens.types import Hit

_HOMES = {
    "Answer": "twinlens.collection.searching.ranking",
    "Bundle": "twinlens.model.bundle",
    "CaptionPlan": "twinlens.collection.indexing.report",
    "CaptionReport": "twinlens.collection.indexing.report",
    "ChangePlan": "twinlens.collection.indexing.report",
    "ChangeProgress": "twinlens.collection.indexing.report",
    "Collection": "twinlens.collection.collection",
    "Comparison": "twinlens.evaluation.comparison",
    "Converted": "twinlens.data.convert",
    "EmbeddedPairs": "twinlens.evaluation.pairs",
    "Explained": "twinlens.api.explanation",
    "Filters": "twinlens.collection.searching.filters",
    "Finding": "twinlens.api.doctor",
    "Hit": "twinlens.types",
    "IndexListener": "twinlens.collection.indexing.report",
    "IndexPlan": "twinlens.collection.indexing.report",
    "IndexReport": "twinlens.collection.indexing.report",
    "IndexState": "twinlens.collection.indexing.index_state",
    "LibraryFacts": "twinlens.collection.showing.facts",
    "ModelChangeReport": "twinlens.collection.indexing.report",
    "Opened": "twinlens.api.collections",
    "OutsideLibraryError": "twinlens.collection.showing.file",
    "PROMPTS": "twinlens.evaluation.zero_shot",
    "Page": "twinlens.collection.searching.ranking",
    "PendingChange": "twinlens.collection.indexing.report",
    "PhotoCard": "twinlens.collection.showing.card",
    "PhotoFile": "twinlens.collection.showing.file",
    "Projection": "twinlens.collection.showing.map",
    "Projector": "twinlens.collection.showing.map",
    "Published": "twinlens.data.published",
    "Query": "twinlens.collection.searching.query",
    "RankedCaption": "twinlens.collection.searching.candidates",
    "RetrievalReport": "twinlens.evaluation.report",
    "SHARD_SIZE": "twinlens.data.convert",
    "SORTS": "twinlens.collection.searching.ranking",
    "ShownPhoto": "twinlens.collection.showing.grid",
    "SilentListener": "twinlens.collection.indexing.report",
    "Sort": "twinlens.collection.searching.ranking",
    "Survey": "twinlens.data.survey",
    "TARGETS": "twinlens.collection.searching.ranking",
    "THUMBNAILS": "twinlens.collection.showing.thumbnails",
    "THUMBNAIL_SIDES_PX": "twinlens.collection.showing.thumbnails",
    "Target": "twinlens.collection.searching.ranking",
    "Term": "twinlens.collection.searching.query",
    "ThumbnailCache": "twinlens.collection.showing.thumbnails",
    "TrainingRun": "twinlens.api.runs",
    "ZeroShotReport": "twinlens.evaluation.zero_shot",
    "audit": "twinlens.api.evaluation",
    "browse": "twinlens.collection.showing.grid",
    "captions_of": "twinlens.collection.showing.card",
    "check_plots": "twinlens.api.evaluation",
    "check_sheet_path": "twinlens.collection.showing.contact_sheet",
    "check_up": "twinlens.api.doctor",
    "check_writable": "twinlens.evaluation.embedding_file",
    "collection_status": "twinlens.api.collections",
    "compare": "twinlens.api.evaluation",
    "convert_dataset": "twinlens.api.datasets",
    "draw_cosine_heat_map": "twinlens.evaluation.plots.cosine_heat_map",
    "draw_model_comparison": "twinlens.evaluation.plots.model_comparison",
    "draw_recall_curves": "twinlens.evaluation.plots.recall_curves",
    "draw_training_curves": "twinlens.evaluation.plots.training_curves",
    "embed_pairs": "twinlens.api.evaluation",
    "evaluate": "twinlens.api.evaluation",
    "evaluate_embeddings": "twinlens.evaluation.retrieval",
    "evaluate_pairs": "twinlens.evaluation.retrieval",
    "explain": "twinlens.api.explanation",
    "export_run": "twinlens.api.lab",
    "favourite_ids": "twinlens.collection.showing.favourites",
    "find_bundle": "twinlens.model.load",
    "find_existing": "twinlens.api.collections",
    "find_photo": "twinlens.collection.showing.card",
    "find_published": "twinlens.data.published",
    "find_runs": "twinlens.api.runs",
    "is_classified": "twinlens.api.evaluation",
    "known_bundles": "twinlens.model.load",
    "library_facts": "twinlens.collection.showing.facts",
    "list_photos": "twinlens.collection.showing.archive",
    "load_embeddings": "twinlens.api.evaluation",
    "load_model": "twinlens.model.load",
    "mark_favourites": "twinlens.collection.showing.favourites",
    "open_bundle": "twinlens.model.bundle",
    "open_for_index": "twinlens.api.collections",
    "open_for_search": "twinlens.api.collections",
    "open_for_serving": "twinlens.api.serving",
    "open_thumbnails": "twinlens.collection.showing.thumbnails",
    "parse_query": "twinlens.collection.searching.query",
    "photo_file": "twinlens.collection.showing.file",
    "photo_paths": "twinlens.api.datasets",
    "photo_query": "twinlens.collection.searching.query",
    "picture_pixels": "twinlens.api.serving",
    "picture_preview": "twinlens.api.pictures",
    "rank_candidates": "twinlens.collection.searching.candidates",
    "read_candidates": "twinlens.collection.searching.candidates",
    "read_index_state": "twinlens.collection.indexing.index_state",
    "read_run": "twinlens.api.runs",
    "reasons_summary": "twinlens.collection.indexing.report",
    "record_figures": "twinlens.api.evaluation",
    "run_listener": "twinlens.api.lab",
    "save_embeddings": "twinlens.api.evaluation",
    "seen_part": "twinlens.api.collections",
    "shown_photos": "twinlens.collection.showing.grid",
    "survey_dataset": "twinlens.api.datasets",
    "train": "twinlens.api.lab",
    "warm_up": "twinlens.api.serving",
    "weighted_sum": "twinlens.collection.searching.query",
    "words_query": "twinlens.collection.searching.query",
    "write_comparison_plot": "twinlens.api.evaluation",
    "write_contact_sheet": "twinlens.collection.showing.contact_sheet",
    "write_index_state": "twinlens.collection.indexing.index_state",
    "write_plots": "twinlens.api.evaluation",
    "write_ranks": "twinlens.evaluation.rank_table",
    "zip_photos": "twinlens.collection.showing.archive",
}
__all__ = [
    "PROMPTS",
    "SHARD_SIZE",
    "SORTS",
    "TARGETS",
    "THUMBNAILS",
    "THUMBNAIL_SIDES_PX",
    "Answer",
    "Bundle",
    "CaptionPlan",
    "CaptionReport",
    "ChangePlan",
    "ChangeProgress",
    "Collection",
    "Comparison",
    "Converted",
    "EmbeddedPairs",
    "Explained",
    "Filters",
    "Finding",
    "Hit",
    "IndexListener",
    "IndexPlan",
    "IndexReport",
    "IndexState",
    "LibraryFacts",
    "ModelChangeReport",
    "Opened",
    "OutsideLibraryError",
    "Page",
    "PendingChange",
    "PhotoCard",
    "PhotoFile",
    "Projection",
    "Projector",
    "Published",
    "Query",
    "RankedCaption",
    "RetrievalReport",
    "ShownPhoto",
    "SilentListener",
    "Sort",
    "Survey",
    "Target",
    "Term",
    "ThumbnailCache",
    "TrainingRun",
    "ZeroShotReport",
    "audit",
    "browse",
    "captions_of",
    "check_plots",
    "check_sheet_path",
    "check_up",
    "check_writable",
    "collection_status",
    "compare",
    "convert_dataset",
    "draw_cosine_heat_map",
    "draw_model_comparison",
    "draw_recall_curves",
    "draw_training_curves",
    "embed_pairs",
    "evaluate",
    "evaluate_embeddings",
    "evaluate_pairs",
    "explain",
    "export_run",
    "favourite_ids",
    "find_bundle",
    "find_existing",
    "find_photo",
    "find_published",
    "find_runs",
    "is_classified",
    "known_bundles",
    "library_facts",
    "list_photos",
    "load_embeddings",
    "load_model",
    "mark_favourites",
    "open_bundle",
    "open_for_index",
    "open_for_search",
    "open_for_serving",
    "open_thumbnails",
    "parse_query",
    "photo_file",
    "photo_paths",
    "photo_query",
    "picture_pixels",
    "picture_preview",
    "rank_candidates",
    "read_candidates",
    "read_index_state",
    "read_run",
    "reasons_summary",
    "record_figures",
    "run_listener",
    "save_embeddings",
    "seen_part",
    "shown_photos",
    "survey_dataset",
    "train",
    "warm_up",
    "weighted_sum",
    "words_query",
    "write_comparison_plot",
    "write_contact_sheet",
    "write_index_state",
    "write_plots",
    "write_ranks",
    "zip_photos",
]


def __getattr__(name: str) -> Any:
    # a search need not wait for what measures, converts and trains
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'twinlens.api' has no attribute {name!r}")
