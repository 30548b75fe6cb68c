"""Embed the photos and captions that ``twinlens evaluate`` ranks, and write what it was asked for."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from twinlens import api
from twinlens.cli.bars import part_bars
from twinlens.cli.evaluation.asked import DataSource, is_npz
from twinlens.cli.options.evaluate import PlotFormat
from twinlens.cli.outcome import say

if TYPE_CHECKING:
    from twinlens.api.evaluation import Comparison, EmbeddedPairs, LanguagesReport, RetrievalReport


def check_outputs(save_embeddings: Path | None, ranks: Path | None, plots: Path | None, *, maps: bool) -> None:
    """Rejects outputs that cannot be written, before anything is evaluated."""
    if plots:
        for missing in api.evaluation.check_plots():
            if maps:
                say(f"note: {missing}")
    for path, suffix in ((save_embeddings, ".npz"), (ranks, ".csv")):
        if path:
            api.evaluation.check_writable(path.expanduser(), suffix)


def compare_two(
    names: tuple[str, str],
    source: DataSource,
    ks: list[int] | None,
    plots: Path | None,
    kind: PlotFormat,
    on: "api.cluster.ClusterEmbedding | None",
) -> "Comparison":
    """Two models or files on the same data."""
    if not source.is_named and not all(is_npz(name) for name in names):
        raise typer.BadParameter("comparing two models needs --data DIR; without it, give two .npz files")
    both = []
    for name in names:
        own = api.evaluation.load_embeddings(name, truth=source.truth) if is_npz(name) else embed(name, source, ks, on)
        if len(spoken := sorted(set(own.languages))) > 1:
            raise typer.BadParameter(f"the captions are in {', '.join(spoken)}; compare in one: --language {spoken[0]}")
        both.append(own)
    first, second = both
    with part_bars() as show:
        found = api.evaluation.compare(
            first, second, names=names, ks=ks or None, on_progress=partial(show, "ranking queries")
        )
    if plots:
        say(f"plots: {api.evaluation.write_comparison_plot(plots, found, kind=kind)}")
    warn_of(len(first.skipped or second.skipped))
    return found


def load(embeddings: Path, texts: Path | None, source: DataSource) -> "EmbeddedPairs":
    """Vectors of other programs."""
    if not source.is_named:
        return api.evaluation.load_embeddings(embeddings, texts, truth=source.truth)
    return api.evaluation.load_embeddings(embeddings, texts, source.folder, source.split, **source.chosen)


def embed(
    model: str, source: DataSource, ks: list[int] | None, on: "api.cluster.ClusterEmbedding | None"
) -> "EmbeddedPairs":
    """A model's vectors, computed here or on a cluster."""
    with part_bars() as show:
        return api.evaluation.embed_pairs(
            model,
            source.folder,
            source.split,
            **source.chosen,
            ks=ks,
            on_progress=partial(show, "embedding photos"),
            on_texts=partial(show, "embedding captions"),
            on_compared=partial(show, "comparing with training photos"),
            on=on,
        )


def rank(pairs: "EmbeddedPairs", ks: list[int] | None, folds: int) -> "RetrievalReport | LanguagesReport":
    """The report of embedded photos and captions."""
    with part_bars() as show:
        return api.evaluation.evaluate_captions(
            pairs, ks=ks or None, folds=folds, on_progress=partial(show, "ranking queries")
        )


def write_outputs(
    report: "RetrievalReport | LanguagesReport",
    pairs: "EmbeddedPairs",
    source: DataSource,
    *,
    ranks: Path | None,
    plots: Path | None,
    kind: PlotFormat,
    model: str | None,
) -> None:
    """Writes ranks and plots; with several languages, each in a file and a folder of its own."""
    if isinstance(report, api.evaluation.LanguagesReport):
        for language, own in report.reports.items():
            names = ranks and ranks.with_stem(f"{ranks.stem}-{language}"), plots and plots / language
            part = pairs.in_language(language)
            write_outputs(own, part, source, ranks=names[0], plots=names[1], kind=kind, model=model)
        return
    if ranks:
        api.evaluation.write_ranks(report, pairs, ranks.expanduser())
    if plots:
        _draw(plots, pairs, model, source, kind)


def _draw(folder: Path, pairs: "EmbeddedPairs", model: str | None, source: DataSource, kind: PlotFormat) -> None:
    paths = api.datasets.photo_paths(source.folder, **source.found_by) if source.is_named else None
    with part_bars() as show:
        written = api.evaluation.write_plots(
            folder, pairs, paths=paths, run=model, kind=kind, on_progress=partial(show, "drawing plots")
        )
    say(f"plots: {len(written)} in {folder}")


def warn_of(num_skipped: int) -> None:
    """Says on stderr how many photos could not be read."""
    if num_skipped:
        say(f"warning: {num_skipped:,} photos could not be read and are not counted")
