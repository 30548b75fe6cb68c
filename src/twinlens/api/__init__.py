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
        write_plots,
    )
    from twinlens.api.lab import export_run, run_listener, train
    from twinlens.collection.candidates import RankedCaption, rank_candidates, read_candidates
    from twinlens.collection.collection import Collection
    from twinlens.collection.contact_sheet import check_sheet_path, write_contact_sheet
    from twinlens.collection.filters import Filters
    from twinlens.collection.query import Query, parse_query, photo_query
    from twinlens.collection.report import (
        CaptionPlan,
        CaptionReport,
        IndexListener,
        IndexPlan,
        IndexReport,
        reasons_summary,
    )
    from twinlens.collection.search import SORTS, TARGETS, Answer, Page, Sort, Target
    from twinlens.data.convert import SHARD_SIZE, Converted
    from twinlens.data.published import Published, find_published
    from twinlens.data.survey import Survey
    from twinlens.evaluation.comparison import Comparison
    from twinlens.evaluation.embedding_file import check_writable
    from twinlens.evaluation.pairs import EmbeddedPairs
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
    "Collection": "twinlens.collection.collection",
    "Comparison": "twinlens.evaluation.comparison",
    "Converted": "twinlens.data.convert",
    "EmbeddedPairs": "twinlens.evaluation.pairs",
    "Filters": "twinlens.collection.filters",
    "Finding": "twinlens.api.doctor",
    "Hit": "twinlens.types",
    "IndexListener": "twinlens.collection.report",
    "IndexPlan": "twinlens.collection.report",
    "IndexReport": "twinlens.collection.report",
    "Opened": "twinlens.api.collections",
    "PROMPTS": "twinlens.evaluation.zero_shot",
    "Page": "twinlens.collection.search",
    "Published": "twinlens.data.published",
    "Query": "twinlens.collection.query",
    "RankedCaption": "twinlens.collection.candidates",
    "RetrievalReport": "twinlens.evaluation.report",
    "SHARD_SIZE": "twinlens.data.convert",
    "SORTS": "twinlens.collection.search",
    "Sort": "twinlens.collection.search",
    "Survey": "twinlens.data.survey",
    "TARGETS": "twinlens.collection.search",
    "Target": "twinlens.collection.search",
    "ZeroShotReport": "twinlens.evaluation.zero_shot",
    "audit": "twinlens.api.evaluation",
    "check_plots": "twinlens.api.evaluation",
    "check_sheet_path": "twinlens.collection.contact_sheet",
    "check_up": "twinlens.api.doctor",
    "check_writable": "twinlens.evaluation.embedding_file",
    "collection_status": "twinlens.api.collections",
    "compare": "twinlens.api.evaluation",
    "convert_dataset": "twinlens.api.datasets",
    "embed_pairs": "twinlens.api.evaluation",
    "evaluate": "twinlens.api.evaluation",
    "evaluate_embeddings": "twinlens.evaluation.retrieval",
    "evaluate_pairs": "twinlens.evaluation.retrieval",
    "export_run": "twinlens.api.lab",
    "find_bundle": "twinlens.model.load",
    "find_existing": "twinlens.api.collections",
    "find_published": "twinlens.data.published",
    "is_classified": "twinlens.api.evaluation",
    "known_bundles": "twinlens.model.load",
    "load_embeddings": "twinlens.api.evaluation",
    "load_model": "twinlens.model.load",
    "open_bundle": "twinlens.model.bundle",
    "open_for_index": "twinlens.api.collections",
    "open_for_search": "twinlens.api.collections",
    "parse_query": "twinlens.collection.query",
    "photo_paths": "twinlens.api.datasets",
    "photo_query": "twinlens.collection.query",
    "rank_candidates": "twinlens.collection.candidates",
    "read_candidates": "twinlens.collection.candidates",
    "reasons_summary": "twinlens.collection.report",
    "record_figures": "twinlens.api.evaluation",
    "run_listener": "twinlens.api.lab",
    "save_embeddings": "twinlens.api.evaluation",
    "seen_part": "twinlens.api.collections",
    "survey_dataset": "twinlens.api.datasets",
    "train": "twinlens.api.lab",
    "write_contact_sheet": "twinlens.collection.contact_sheet",
    "write_plots": "twinlens.api.evaluation",
    "write_ranks": "twinlens.evaluation.rank_table",
}
__all__ = [
    "PROMPTS",
    "SHARD_SIZE",
    "SORTS",
    "TARGETS",
    "Answer",
    "Bundle",
    "CaptionPlan",
    "CaptionReport",
    "Collection",
    "Comparison",
    "Converted",
    "EmbeddedPairs",
    "Filters",
    "Finding",
    "Hit",
    "IndexListener",
    "IndexPlan",
    "IndexReport",
    "Opened",
    "Page",
    "Published",
    "Query",
    "RankedCaption",
    "RetrievalReport",
    "Sort",
    "Survey",
    "Target",
    "ZeroShotReport",
    "audit",
    "check_plots",
    "check_sheet_path",
    "check_up",
    "check_writable",
    "collection_status",
    "compare",
    "convert_dataset",
    "embed_pairs",
    "evaluate",
    "evaluate_embeddings",
    "evaluate_pairs",
    "export_run",
    "find_bundle",
    "find_existing",
    "find_published",
    "is_classified",
    "known_bundles",
    "load_embeddings",
    "load_model",
    "open_bundle",
    "open_for_index",
    "open_for_search",
    "parse_query",
    "photo_paths",
    "photo_query",
    "rank_candidates",
    "read_candidates",
    "reasons_summary",
    "record_figures",
    "run_listener",
    "save_embeddings",
    "seen_part",
    "survey_dataset",
    "train",
    "write_contact_sheet",
    "write_plots",
    "write_ranks",
]


def __getattr__(name: str) -> Any:
    # a search need not wait for what measures, converts and trains
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'twinlens.api' has no attribute {name!r}")
