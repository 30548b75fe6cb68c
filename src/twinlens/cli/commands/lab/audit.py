"""``twinlens audit``: find what would invalidate retrieval figures."""

from pathlib import Path
from typing import Annotated

import typer

from twinlens import api
from twinlens.cli.bars import part_bars
from twinlens.cli.options.data import Captions, Data, Images, Kind, RatiosOfModel
from twinlens.cli.outcome import FOUND, AsJson, as_exit_code, logged, print_json, say
from twinlens.counted import counted

EXAMPLE = "Example: twinlens audit --data path/to/flickr8k --split test"


@as_exit_code
@logged
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
            metavar="FILE.npz", readable=False, help="Precomputed embeddings of the split, instead of a model."
        ),
    ] = None,
    split: Annotated[str, typer.Option(help="Split to audit: train, val, test or all.")] = "test",
    ratios: RatiosOfModel = None,
    quick: Annotated[
        bool,
        typer.Option("--quick", help="Skip photo comparison between splits and training baselines."),
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Audit retrieval figures: leaks, duplicates, ties, collapse, and what wrong protocols would report.

    Prints the findings, then R@K under the right protocol next to each wrong protocol
    and each baseline. Errors and warnings are repeated on stderr; the exit code
    stays 0.
    """
    if (captions is None) != (images is None):
        raise typer.BadParameter("--captions FILE and --images DIR must be given together")
    if data is None and captions is None and embeddings is None:
        raise typer.BadParameter("nothing to audit; give --data DIR, --embeddings FILE.npz, or both")
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
    if as_json:
        print_json(report.to_json())
    else:
        typer.echo(str(report))
    for finding in report.findings:
        if finding.severity != "note":
            say(str(finding))
    if report.skipped:
        left_out = counted(len(report.skipped), "photo could not be read and is", "photos could not be read and are")
        say(f"warning: {left_out} not counted")
    return FOUND
