"""``twinlens evaluate``: measure a model on captioned or classified photos."""

import json
from pathlib import Path
from typing import Annotated

import typer

from twinlens.cli.outcome import FOUND, AsJson, LogFile, Verbose, exits, say, start_logging

EXAMPLE = "Example: twinlens evaluate --data path/to/flickr8k --split test"


@exits
def run(
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", readable=False, help="Captioned photos, or classes.json + images/.")
    ] = None,
    captions: Annotated[
        Path | None, typer.Option(metavar="FILE", readable=False, help="Captions of any known kind, with --images.")
    ] = None,
    images: Annotated[
        Path | None, typer.Option(metavar="DIR", readable=False, help="The photos of --captions.")
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--format", metavar="NAME", help="Kind of data; default: found out by looking.")
    ] = None,
    model: Annotated[
        str, typer.Option(metavar="NAME|DIR|RUN", help="Model bundle, or the folder of a training run.")
    ] = "default",
    split: Annotated[str, typer.Option(help="train, val, test or all.")] = "test",
    ratios: Annotated[
        str | None,
        typer.Option(
            metavar="SHARES",
            help="train/val/test in per cent, where the data brings no splits; default: the model's, else 80/10/10.",
        ),
    ] = None,
    record: Annotated[bool, typer.Option("--record", help="Keep the figures in the bundle's manifest.")] = False,
    as_json: AsJson = False,
    verbose: Verbose = False,
    log_file: LogFile = None,
) -> int:
    """Measure a model: R@K, P@K, MRR, median and mean rank, both ways, whole gallery."""
    from twinlens import api
    from twinlens.cli.progress import progress_bar

    start_logging(verbose=verbose, log_file=log_file)
    if data is None and (captions is None or images is None):
        raise typer.BadParameter("say what to measure on: --data DIR, or --captions FILE with --images DIR")
    folder = data or (captions or Path()).parent
    with progress_bar() as bar:
        task = bar.add_task("embedding photos", total=None)

        def show(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        report = api.evaluate(
            model, folder, split, kind=kind, captions=captions, images=images, ratios=ratios, on_progress=show
        )
    if record:
        api.record_figures(model, report)
    if as_json:
        typer.echo(json.dumps(report.to_json(), ensure_ascii=False))
    else:
        typer.echo(str(report))
    if report.skipped:
        say(f"warning: {len(report.skipped)} photos could not be read and are in no figure")
    return FOUND
