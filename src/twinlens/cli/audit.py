"""``twinlens audit``: what would make a claim of retrieval false."""

import json
from pathlib import Path
from typing import Annotated

import typer

from twinlens import api
from twinlens.cli.bars import part_bars
from twinlens.cli.data_options import Captions, Data, Images, Kind, RatiosOfModel
from twinlens.cli.outcome import FOUND, AsJson, LogFile, Verbose, as_exit_code, say, start_logging

EXAMPLE = "Example: twinlens audit --data path/to/flickr8k --split test"


@as_exit_code
def run(
    data: Data = None,
    captions: Captions = None,
    images: Images = None,
    kind: Kind = None,
    model: Annotated[
        str, typer.Option(metavar="NAME|DIR|RUN", help="Model bundle, or the folder of a training run.")
    ] = "default",
    embeddings: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.npz", readable=False, help="Embeddings of the split, from any program, in place of a model."
        ),
    ] = None,
    split: Annotated[str, typer.Option(help="The split that is claimed for: train, val, test or all.")] = "test",
    ratios: RatiosOfModel = None,
    quick: Annotated[
        bool,
        typer.Option("--quick", help="Do not compare photos between splits, and leave out what training rows give."),
    ] = False,
    as_json: AsJson = False,
    verbose: Verbose = False,
    log_file: LogFile = None,
) -> int:
    """Check a claim: leaks, duplicates, ties, collapse, and what wrong protocols would report.

    Prints what was found, then R@K under the right protocol beside what each wrong
    one and each baseline gives. Errors and warnings are repeated on stderr; the exit
    code stays 0.
    """
    start_logging(verbose=verbose, log_file=log_file)
    if (captions is None) != (images is None):
        raise typer.BadParameter("captions and photos that lie apart need both --captions FILE and --images DIR")
    if data is None and captions is None and embeddings is None:
        raise typer.BadParameter("say what to look at: --data DIR, --embeddings FILE.npz, or both")
    with part_bars() as show:
        report = api.evaluation.audit(
            model,
            data or (captions.parent if captions else None),
            split,
            embeddings=embeddings,
            kind=kind,
            captions=captions,
            images=images,
            ratios=ratios,
            quick=quick,
            on_progress=show,
        )
    typer.echo(json.dumps(report.to_json(), ensure_ascii=False) if as_json else str(report))
    for finding in report.findings:
        if finding.severity != "note":
            say(str(finding))
    if report.skipped:
        say(f"warning: {len(report.skipped):,} photos could not be read and are in no figure")
    return FOUND
