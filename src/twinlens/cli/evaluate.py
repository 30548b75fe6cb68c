"""``twinlens evaluate``: measure a model, or embeddings, on captioned or classified photos."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twinlens.cli.data_options import Captions, Images, Kind, RatiosOfModel
from twinlens.cli.outcome import FOUND, AsJson, LogFile, Verbose, exits, say, start_logging

if TYPE_CHECKING:
    from twinlens import api

EXAMPLE = "Example: twinlens evaluate --data path/to/flickr8k --split test"


@dataclass(frozen=True, slots=True)
class _Data:
    """What is measured on, as the command line says it."""

    data: Path | None
    captions: Path | None
    images: Path | None
    kind: str | None
    split: str
    ratios: str | None

    @property
    def is_named(self) -> bool:
        return self.data is not None or (self.captions is not None and self.images is not None)

    @property
    def folder(self) -> Path:
        return self.data or (self.captions or Path()).parent


@exits
def run(
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", readable=False, help="Captioned photos, or classes.json + images/.")
    ] = None,
    captions: Captions = None,
    images: Images = None,
    kind: Kind = None,
    model: Annotated[
        str | None, typer.Option(metavar="NAME|DIR|RUN", help="Model bundle, or the folder of a training run.")
    ] = None,
    embeddings: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.npz",
            readable=False,
            help="Measure these in place of a model: image_embeddings, text_embeddings, text_image_index.",
        ),
    ] = None,
    compare: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="A B", help="Is A better than B? Two .npz files, or models on --data."),
    ] = None,
    split: Annotated[str, typer.Option(help="train, val, test or all.")] = "test",
    ratios: RatiosOfModel = None,
    ks: Annotated[
        list[int] | None,
        typer.Option("-k", "--k", min=1, metavar="K", help="Cut-off; may be given several times; default: 1, 5, 10."),
    ] = None,
    folds: Annotated[
        int, typer.Option(min=1, metavar="N", help="Also the mean of N galleries of a part of the photos (COCO: 5).")
    ] = 1,
    classes: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", readable=False, help="Classes to choose from, with their names; for classes.json."
        ),
    ] = None,
    prompts: Annotated[
        list[str] | None,
        typer.Option("--prompt", metavar="TEXT", help="Template as 'a photo of a {}'; several are averaged."),
    ] = None,
    save_embeddings: Annotated[
        Path | None, typer.Option(metavar="FILE.npz", readable=False, help="Keep the embeddings, for --embeddings.")
    ] = None,
    ranks: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", readable=False, help="Write each query's rank.")
    ] = None,
    plots: Annotated[
        Path | None, typer.Option(metavar="DIR", readable=False, help="Draw curves, histograms and maps into a folder.")
    ] = None,
    record: Annotated[bool, typer.Option("--record", help="Keep the figures in the bundle's manifest.")] = False,
    as_json: AsJson = False,
    verbose: Verbose = False,
    log_file: LogFile = None,
) -> int:
    """Measure a model both ways on the whole gallery: R@K, P@K, MRR, ranks, mAP, nDCG, with 95 % intervals."""
    from twinlens import api

    start_logging(verbose=verbose, log_file=log_file)
    source = _Data(data, captions, images, kind, split, ratios)
    if any("{}" not in prompt for prompt in prompts or ()):
        raise typer.BadParameter("a --prompt needs {} where the class's name goes, as 'a photo of a {}'")
    if compare:
        _refuse("--compare", {"--model": model, "--embeddings": embeddings, "--folds": folds > 1, "--record": record})
        asked: dict[str, object] = {
            "--save-embeddings": save_embeddings,
            "--ranks": ranks,
            "--classes": classes,
            "--plots": plots,
        }
        _refuse("--compare", asked)
        _show(_compare(compare, source, ks), as_json=as_json)
        return FOUND
    if embeddings:
        named = {"--data": data, "--captions": captions, "--images": images, "--model": model, "--record": record}
        _refuse("--embeddings", {**named, "--save-embeddings": save_embeddings, "--classes": classes})
    elif not source.is_named:
        raise typer.BadParameter("say what to measure on: --data DIR, or --captions FILE with --images DIR")
    if plots:
        api.check_plots()
    for path, suffix in ((save_embeddings, ".npz"), (ranks, ".csv")):
        if path:
            api.check_writable(path.expanduser(), suffix)
    if not embeddings and (classes or api.is_classified(source.folder, kind=kind, captions=captions)):
        _refuse(
            "zero-shot classification",
            {"--save-embeddings": save_embeddings, "--ranks": ranks, "--plots": plots, "-k": ks},
        )
        report = _classify(model or "default", source, classes, prompts)
    else:
        _refuse("captioned photos", {"--prompt": prompts})
        pairs = api.load_embeddings(embeddings) if embeddings else _embed(model or "default", source)
        if save_embeddings:
            api.save_embeddings(pairs, save_embeddings)
        with _bar("ranking queries") as show:
            report = api.evaluate_pairs(pairs, ks=ks or None, folds=folds, on_progress=show)
        if ranks:
            api.write_ranks(report, pairs, ranks.expanduser())
        if plots:
            _draw(plots, pairs, model, source)
    if record:
        api.record_figures(model or "default", report)
    _show(report, as_json=as_json)
    if report.skipped:
        say(f"warning: {len(report.skipped)} photos could not be read and are in no figure")
    return FOUND


def _compare(names: tuple[str, str], source: _Data, ks: list[int] | None) -> "api.Comparison":
    from twinlens import api

    if not source.is_named and not all(_is_npz(name) for name in names):
        raise typer.BadParameter("two models are compared on --data DIR; without it, name two .npz files")
    first, second = (api.load_embeddings(name) if _is_npz(name) else _embed(name, source) for name in names)
    with _bar("ranking queries") as show:
        return api.compare(first, second, names=names, ks=ks or None, on_progress=show)


def _embed(model: str, source: _Data) -> "api.EmbeddedPairs":
    from twinlens import api

    with _bar("embedding photos") as show:
        return api.embed_pairs(
            model,
            source.folder,
            source.split,
            kind=source.kind,
            captions=source.captions,
            images=source.images,
            ratios=source.ratios,
            on_progress=show,
        )


def _draw(folder: Path, pairs: "api.EmbeddedPairs", model: str | None, source: _Data) -> None:
    from twinlens import api

    paths = None
    if source.is_named:
        paths = api.photo_paths(source.folder, kind=source.kind, captions=source.captions, images=source.images)
    with _bar("drawing plots") as show:
        written = api.write_plots(folder, pairs, paths=paths, run=model, on_progress=show)
    say(f"plots: {len(written)} in {folder}")


def _classify(
    model: str, source: _Data, classes: Path | None, prompts: list[str] | None
) -> "api.RetrievalReport | api.ZeroShotReport":
    from twinlens import api

    with _bar("embedding photos") as show:
        return api.evaluate(
            model,
            source.folder,
            kind=source.kind,
            captions=source.captions,
            classes=classes,
            prompts=prompts or api.PROMPTS,
            on_progress=show,
        )


def _is_npz(name: str) -> bool:
    return name.lower().endswith(".npz")


def _refuse(what: str, options: dict[str, object]) -> None:
    given = [name for name, value in options.items() if value]
    if given:
        raise typer.BadParameter(f"{' and '.join(given)} cannot be used with {what}")


def _show(report: "api.RetrievalReport | api.ZeroShotReport | api.Comparison", *, as_json: bool) -> None:
    typer.echo(json.dumps(report.to_json(), ensure_ascii=False) if as_json else str(report))


@contextmanager
def _bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar that is drawn from the first step on: an error before it stays one line."""
    from twinlens.cli.progress import progress_bar

    bar = progress_bar()
    task = bar.add_task(what, total=None)

    def show(done: int, total: int) -> None:
        bar.start()
        bar.update(task, completed=done, total=total)

    try:
        yield show
    finally:
        if bar.live.is_started:
            bar.stop()
