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
    from twinlens.collection.archive import list_photos, zip_photos
    from twinlens.collection.candidates import RankedCaption, rank_candidates, read_candidates
    from twinlens.collection.collection import Collection
    from twinlens.collection.contact_sheet import check_sheet_path, write_contact_sheet
    from twinlens.collection.favourites import favourite_ids, mark_favourites
    from twinlens.collection.filters import Filters
    from twinlens.collection.index_state import IndexState, read_index_state, write_index_state
    from twinlens.collection.library_facts import LibraryFacts, library_facts
    from twinlens.collection.photo_card import PhotoCard, captions_of, find_photo
    from twinlens.collection.photo_file import OutsideLibraryError, PhotoFile, photo_file
    from twinlens.collection.projection import Projection, Projector
    from twinlens.collection.query import Query, Term, parse_query, photo_query, weighted_sum, words_query
    from twinlens.collection.report import (
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
    from twinlens.collection.search import SORTS, TARGETS, Answer, Page, Sort, Target
    from twinlens.collection.shown_photo import ShownPhoto, browse, shown_photos
    from twinlens.collection.thumbnails import THUMBNAIL_SIDES_PX, THUMBNAILS, ThumbnailCache, open_thumbnails
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
    "Answer": "twinlens.collection.search",
    "Bundle": "twinlens.model.bundle",
    "CaptionPlan": "twinlens.collection.report",
    "CaptionReport": "twinlens.collection.report",
    "ChangePlan": "twinlens.collection.report",
    "ChangeProgress": "twinlens.collection.report",
    "Collection": "twinlens.collection.collection",
    "Comparison": "twinlens.evaluation.comparison",
    "Converted": "twinlens.data.convert",
    "EmbeddedPairs": "twinlens.evaluation.pairs",
    "Explained": "twinlens.api.explanation",
    "Filters": "twinlens.collection.filters",
    "Finding": "twinlens.api.doctor",
    "Hit": "twinlens.types",
    "IndexListener": "twinlens.collection.report",
    "IndexPlan": "twinlens.collection.report",
    "IndexReport": "twinlens.collection.report",
    "IndexState": "twinlens.collection.index_state",
    "LibraryFacts": "twinlens.collection.library_facts",
    "ModelChangeReport": "twinlens.collection.report",
    "Opened": "twinlens.api.collections",
    "OutsideLibraryError": "twinlens.collection.photo_file",
    "PROMPTS": "twinlens.evaluation.zero_shot",
    "Page": "twinlens.collection.search",
    "PendingChange": "twinlens.collection.report",
    "PhotoCard": "twinlens.collection.photo_card",
    "PhotoFile": "twinlens.collection.photo_file",
    "Projection": "twinlens.collection.projection",
    "Projector": "twinlens.collection.projection",
    "Published": "twinlens.data.published",
    "Query": "twinlens.collection.query",
    "RankedCaption": "twinlens.collection.candidates",
    "RetrievalReport": "twinlens.evaluation.report",
    "SHARD_SIZE": "twinlens.data.convert",
    "SORTS": "twinlens.collection.search",
    "ShownPhoto": "twinlens.collection.shown_photo",
    "SilentListener": "twinlens.collection.report",
    "Sort": "twinlens.collection.search",
    "Survey": "twinlens.data.survey",
    "TARGETS": "twinlens.collection.search",
    "THUMBNAILS": "twinlens.collection.thumbnails",
    "THUMBNAIL_SIDES_PX": "twinlens.collection.thumbnails",
    "Target": "twinlens.collection.search",
    "Term": "twinlens.collection.query",
    "ThumbnailCache": "twinlens.collection.thumbnails",
    "TrainingRun": "twinlens.api.runs",
    "ZeroShotReport": "twinlens.evaluation.zero_shot",
    "audit": "twinlens.api.evaluation",
    "browse": "twinlens.collection.shown_photo",
    "captions_of": "twinlens.collection.photo_card",
    "check_plots": "twinlens.api.evaluation",
    "check_sheet_path": "twinlens.collection.contact_sheet",
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
    "favourite_ids": "twinlens.collection.favourites",
    "find_bundle": "twinlens.model.load",
    "find_existing": "twinlens.api.collections",
    "find_photo": "twinlens.collection.photo_card",
    "find_published": "twinlens.data.published",
    "find_runs": "twinlens.api.runs",
    "is_classified": "twinlens.api.evaluation",
    "known_bundles": "twinlens.model.load",
    "library_facts": "twinlens.collection.library_facts",
    "list_photos": "twinlens.collection.archive",
    "load_embeddings": "twinlens.api.evaluation",
    "load_model": "twinlens.model.load",
    "mark_favourites": "twinlens.collection.favourites",
    "open_bundle": "twinlens.model.bundle",
    "open_for_index": "twinlens.api.collections",
    "open_for_search": "twinlens.api.collections",
    "open_for_serving": "twinlens.api.serving",
    "open_thumbnails": "twinlens.collection.thumbnails",
    "parse_query": "twinlens.collection.query",
    "photo_file": "twinlens.collection.photo_file",
    "photo_paths": "twinlens.api.datasets",
    "photo_query": "twinlens.collection.query",
    "picture_pixels": "twinlens.api.serving",
    "picture_preview": "twinlens.api.pictures",
    "rank_candidates": "twinlens.collection.candidates",
    "read_candidates": "twinlens.collection.candidates",
    "read_index_state": "twinlens.collection.index_state",
    "read_run": "twinlens.api.runs",
    "reasons_summary": "twinlens.collection.report",
    "record_figures": "twinlens.api.evaluation",
    "run_listener": "twinlens.api.lab",
    "save_embeddings": "twinlens.api.evaluation",
    "seen_part": "twinlens.api.collections",
    "shown_photos": "twinlens.collection.shown_photo",
    "survey_dataset": "twinlens.api.datasets",
    "train": "twinlens.api.lab",
    "warm_up": "twinlens.api.serving",
    "weighted_sum": "twinlens.collection.query",
    "words_query": "twinlens.collection.query",
    "write_comparison_plot": "twinlens.api.evaluation",
    "write_contact_sheet": "twinlens.collection.contact_sheet",
    "write_index_state": "twinlens.collection.index_state",
    "write_plots": "twinlens.api.evaluation",
    "write_ranks": "twinlens.evaluation.rank_table",
    "zip_photos": "twinlens.collection.archive",
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
