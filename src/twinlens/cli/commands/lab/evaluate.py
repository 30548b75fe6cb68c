"""``twinlens evaluate``: measure a model, or embeddings, on captioned or classified photos."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from twinlens import api
from twinlens.cli.bars import part_bars
from twinlens.cli.evaluation.asked import CLASSES, COMPOSITIONAL, OUTPUTS, DataSource, what_is_asked
from twinlens.cli.evaluation.captions import check_outputs, compare_two, embed, load, rank, warn_of, write_outputs
from twinlens.cli.options.cluster import On, Workers, embedding_on
from twinlens.cli.options.data import Captions, Images, Kind, RatiosOfModel
from twinlens.cli.options.evaluate import (
    Classes,
    Compare,
    Data,
    Embeddings,
    Folds,
    Ks,
    Languages,
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
from twinlens.cli.outcome import FOUND, AsJson, as_exit_code, logged, print_json
from twinlens.errors import DataError

if TYPE_CHECKING:
    from twinlens.api.evaluation import Comparison, Report

EXAMPLE = "Example: twinlens evaluate --data path/to/flickr8k --split test"


@as_exit_code
@logged
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
    languages: Languages = None,
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
    on: On = None,
    workers: Workers = None,
    as_json: AsJson = False,
) -> int:
    """Evaluate a model: R@K, P@K, MRR, ranks, mAP and nDCG, in both directions, with 95 % confidence intervals."""
    templates = _templates(prompts)
    source = DataSource(data, captions, images, kind, split, ratios, tuple(languages or ()), truth)
    given = {
        **source.given(),
        **{"--model": model, "--embeddings": embeddings, "--text-embeddings": text_embeddings},
        **{"--classes": classes, "--prompt": prompts, "-k": ks, "--folds": folds > 1, "--record": record},
        **dict(zip(OUTPUTS, (save_embeddings, ranks, plots), strict=True)),
    }
    asked = what_is_asked(source, compare=compare, embeddings=embeddings, classes=classes, given=given)
    if on and embeddings:
        raise typer.BadParameter("--on computes embeddings, and --embeddings brings them; leave out one of the two")
    check_outputs(save_embeddings, ranks, plots, maps=not compare)
    if compare:
        with embedding_on(on, workers) as machines:
            comparison = compare_two(compare, source, ks, plots, plot_format, machines)
        _show(comparison, as_json=as_json)
        return FOUND
    name = model or "default"
    if record:
        # a run has no manifest: fail before minutes of work
        api.models.open_bundle(api.models.find_bundle(name))
    if asked in (CLASSES, COMPOSITIONAL):
        with embedding_on(on, workers) as machines:
            report = _evaluate(name, source, classes, templates, machines)
    else:
        with embedding_on(on, workers) as machines:
            pairs = load(embeddings, text_embeddings, source) if embeddings else embed(name, source, ks, machines)
        if save_embeddings:
            api.evaluation.save_embeddings(pairs, save_embeddings)
        report = ranked = rank(pairs, ks, folds)
        write_outputs(ranked, pairs, source, ranks=ranks, plots=plots, kind=plot_format, model=model)
    if record:
        api.evaluation.record_figures(name, report)
    _show(report, as_json=as_json)
    warn_of(len(report.skipped))
    return FOUND


def _templates(prompts: list[str] | None) -> tuple[str, ...]:
    try:
        return api.evaluation.read_prompts(prompts or ())
    except DataError as error:
        raise typer.BadParameter(str(error)) from error


def _evaluate(
    model: str,
    source: DataSource,
    classes: Path | None,
    prompts: tuple[str, ...],
    on: "api.cluster.ClusterEmbedding | None",
) -> "Report":
    with part_bars() as show:
        return api.evaluation.evaluate(
            model,
            source.folder,
            **source.found_by,
            classes=classes,
            prompts=prompts or api.evaluation.PROMPTS,
            on_progress=partial(show, "embedding photos"),
            on_texts=partial(show, "embedding captions" if source.is_compositional else "embedding prompts"),
            on_compared=partial(show, "comparing with training photos"),
            on=on,
        )


def _show(report: "Report | Comparison", *, as_json: bool) -> None:
    if as_json:
        print_json(report.to_json())
    else:
        typer.echo(str(report))
