"""``twinlens evaluate``: measure a model, or embeddings, on captioned or classified photos."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import typer

from twinlens import api
from twinlens.cli.bars import part_bars
from twinlens.cli.options.data import Captions, Images, Kind, RatiosOfModel
from twinlens.cli.options.evaluate import (
    Classes,
    Compare,
    Data,
    Embeddings,
    Folds,
    Ks,
    Model,
    PlotFormat,
    PlotKind,
    Plots,
    Prompts,
    Ranks,
    Record,
    SaveEmbeddings,
    Split,
    TextEmbeddings,
    Truth,
)
from twinlens.cli.outcome import FOUND, AsJson, LogFile, Verbose, as_exit_code, print_json, say, start_logging

EXAMPLE = "Example: twinlens evaluate --data path/to/flickr8k --split test"


CLASSES, CAPTIONS, COMPOSITIONAL = "zero-shot classification", "captioned photos", "a compositional set"
NPZ, VECTORS = "--embeddings FILE.npz", "--embeddings"
WITHOUT_TRUTH = ("--folds", "--plots")  # both take each caption to have one photo
OUTPUTS = ("--save-embeddings", "--ranks", "--plots")
REFUSED = {  # kind of evaluation → options that do not apply to it
    "--compare": (
        *("--model", "--embeddings", "--folds", "--classes", "--prompt", "--record"),
        *("--save-embeddings", "--ranks", "--text-embeddings"),
    ),
    NPZ: (
        *("--data", "--captions", "--images", "--format", "--ratios", "--model"),
        *("--classes", "--prompt", "--record", "--save-embeddings", "--text-embeddings"),
    ),
    VECTORS: ("--model", "--classes", "--prompt", "--record"),
    CLASSES: ("--ratios", "-k", "--folds", "--text-embeddings", "--truth", *OUTPUTS),
    COMPOSITIONAL: ("--ratios", "-k", "--folds", "--classes", "--prompt", "--text-embeddings", "--truth", *OUTPUTS),
    CAPTIONS: ("--prompt", "--text-embeddings"),
}


@dataclass(frozen=True, slots=True)
class _Data:
    """The data set given on the command line."""

    data: Path | None
    captions: Path | None
    images: Path | None
    kind: str | None
    split: str
    ratios: str | None
    truth: Path | None

    @property
    def is_named(self) -> bool:
        return self.data is not None or (self.captions is not None and self.images is not None)

    @property
    def folder(self) -> Path:
        return self.data or (self.captions or Path()).parent

    @property
    def is_compositional(self) -> bool:
        return api.evaluation.is_compositional(self.folder, kind=self.kind, captions=self.captions)

    @property
    def found_by(self) -> dict[str, Any]:
        return {"kind": self.kind, "captions": self.captions, "images": self.images}


@as_exit_code
def run(
    data: Data = None,
    captions: Captions = None,
    images: Images = None,
    kind: Kind = None,
    model: Model = None,
    embeddings: Embeddings = None,
    text_embeddings: TextEmbeddings = None,
    compare: Compare = None,
    split: Split = "test",
    ratios: RatiosOfModel = None,
    ks: Ks = None,
    folds: Folds = 1,
    truth: Truth = None,
    classes: Classes = None,
    prompts: Prompts = None,
    save_embeddings: SaveEmbeddings = None,
    ranks: Ranks = None,
    plots: Plots = None,
    plot_format: PlotKind = PlotFormat.PNG,
    record: Record = False,
    as_json: AsJson = False,
    verbose: Verbose = False,
    log_file: LogFile = None,
) -> int:
    """Evaluate a model: R@K, P@K, MRR, ranks, mAP and nDCG, in both directions, with 95 % confidence intervals."""
    start_logging(verbose=verbose, log_file=log_file)
    if any("{}" not in prompt for prompt in prompts or ()):
        raise typer.BadParameter("a --prompt needs {} where the class name goes, such as 'a photo of a {}'")
    source = _Data(data, captions, images, kind, split, ratios, truth)
    given = {
        **{"--data": data, "--captions": captions, "--images": images, "--format": kind, "--ratios": ratios},
        **{"--model": model, "--embeddings": embeddings, "--text-embeddings": text_embeddings},
        **{"--classes": classes, "--prompt": prompts},
        **{"-k": ks, "--folds": folds > 1, "--record": record, "--truth": truth},
        **dict(zip(OUTPUTS, (save_embeddings, ranks, plots), strict=True)),
    }
    asked = _what_is_asked(source, compare=compare, embeddings=embeddings, classes=classes)
    if refused := [name for name in REFUSED[asked] if given[name]]:
        raise typer.BadParameter(f"{' and '.join(refused)} cannot be used with {asked}")
    if truth and not compare and (refused := [name for name in WITHOUT_TRUTH if given[name]]):
        raise typer.BadParameter(f"{' and '.join(refused)} cannot be used with --truth")
    _check_outputs(save_embeddings, ranks, plots, maps=not compare)
    if compare:
        _show(_compare(compare, source, ks, plots, plot_format), as_json=as_json)
        return FOUND
    if record:
        # a run has no manifest: fail before minutes of work
        api.models.open_bundle(api.models.find_bundle(model or "default"))
    if asked in (CLASSES, COMPOSITIONAL):
        report = _evaluate(model or "default", source, classes, prompts)
    else:
        pairs = _load(embeddings, text_embeddings, source) if embeddings else _embed(model or "default", source, ks)
        if save_embeddings:
            api.evaluation.save_embeddings(pairs, save_embeddings)
        with part_bars() as show:
            report = api.evaluation.evaluate_pairs(
                pairs, ks=ks or None, folds=folds, on_progress=partial(show, "ranking queries")
            )
        if ranks:
            api.evaluation.write_ranks(report, pairs, ranks.expanduser())
        if plots:
            _draw(plots, pairs, model, source, plot_format)
    if record:
        api.evaluation.record_figures(model or "default", report)
    _show(report, as_json=as_json)
    _warn_of(report.skipped)
    return FOUND


def _what_is_asked(
    source: _Data, *, compare: tuple[str, str] | None, embeddings: Path | None, classes: Path | None
) -> str:
    """The kind of evaluation, a key of REFUSED."""
    if compare:
        return "--compare"
    if embeddings:
        return NPZ if _is_npz(embeddings.name) else VECTORS
    if not source.is_named:
        raise typer.BadParameter("no data set given; give --data DIR, or --captions FILE with --images DIR")
    if source.is_compositional:
        return COMPOSITIONAL
    is_classified = classes or api.evaluation.is_classified(source.folder, kind=source.kind, captions=source.captions)
    return CLASSES if is_classified else CAPTIONS


def _check_outputs(save_embeddings: Path | None, ranks: Path | None, plots: Path | None, *, maps: bool) -> None:
    """Rejects outputs that cannot be written, before anything is evaluated."""
    if plots:
        for missing in api.evaluation.check_plots():
            if maps:
                say(f"note: {missing}")
    for path, suffix in ((save_embeddings, ".npz"), (ranks, ".csv")):
        if path:
            api.evaluation.check_writable(path.expanduser(), suffix)


def _compare(
    names: tuple[str, str], source: _Data, ks: list[int] | None, plots: Path | None, kind: PlotFormat
) -> "api.evaluation.Comparison":
    if not source.is_named and not all(_is_npz(name) for name in names):
        raise typer.BadParameter("comparing two models needs --data DIR; without it, give two .npz files")
    first, second = (
        api.evaluation.load_embeddings(name, truth=source.truth) if _is_npz(name) else _embed(name, source, ks)
        for name in names
    )
    with part_bars() as show:
        found = api.evaluation.compare(
            first, second, names=names, ks=ks or None, on_progress=partial(show, "ranking queries")
        )
    if plots:
        say(f"plots: {api.evaluation.write_comparison_plot(plots, found, kind=kind)}")
    _warn_of(first.skipped or second.skipped)
    return found


def _load(embeddings: Path, texts: Path | None, source: _Data) -> "api.evaluation.EmbeddedPairs":
    if not source.is_named:
        return api.evaluation.load_embeddings(embeddings, texts, truth=source.truth)
    return api.evaluation.load_embeddings(
        embeddings, texts, source.folder, source.split, **source.found_by, ratios=source.ratios, truth=source.truth
    )


def _embed(model: str, source: _Data, ks: list[int] | None) -> "api.evaluation.EmbeddedPairs":
    with part_bars() as show:
        return api.evaluation.embed_pairs(
            model,
            source.folder,
            source.split,
            **source.found_by,
            ratios=source.ratios,
            ks=ks,
            truth=source.truth,
            on_progress=partial(show, "embedding photos"),
            on_texts=partial(show, "embedding captions"),
            on_compared=partial(show, "comparing with training photos"),
        )


def _draw(
    folder: Path, pairs: "api.evaluation.EmbeddedPairs", model: str | None, source: _Data, kind: PlotFormat
) -> None:
    paths = api.datasets.photo_paths(source.folder, **source.found_by) if source.is_named else None
    with part_bars() as show:
        written = api.evaluation.write_plots(
            folder, pairs, paths=paths, run=model, kind=kind, on_progress=partial(show, "drawing plots")
        )
    say(f"plots: {len(written)} in {folder}")


def _evaluate(
    model: str, source: _Data, classes: Path | None, prompts: list[str] | None
) -> "api.evaluation.RetrievalReport | api.evaluation.ZeroShotReport | api.evaluation.CompositionalReport":
    with part_bars() as show:
        return api.evaluation.evaluate(
            model,
            source.folder,
            kind=source.kind,
            captions=source.captions,
            images=source.images,
            classes=classes,
            prompts=prompts or api.evaluation.PROMPTS,
            on_progress=partial(show, "embedding photos"),
            on_texts=partial(show, "embedding captions" if source.is_compositional else "embedding prompts"),
            on_compared=partial(show, "comparing with training photos"),
        )


def _is_npz(name: str) -> bool:
    return name.lower().endswith(".npz")


def _show(
    report: "api.evaluation.RetrievalReport | api.evaluation.ZeroShotReport | api.evaluation.CompositionalReport"
    "| api.evaluation.Comparison",
    *,
    as_json: bool,
) -> None:
    if as_json:
        print_json(report.to_json())
    else:
        typer.echo(str(report))


def _warn_of(skipped: Sequence[object]) -> None:
    if skipped:
        say(f"warning: {len(skipped):,} photos could not be read and are not counted")
