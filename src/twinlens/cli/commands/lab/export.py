"""``twinlens export``: write a training run as a model bundle, which needs no torch."""

from pathlib import Path
from typing import Annotated

import typer

from twinlens import api
from twinlens.cli.outcome import FOUND, AsJson, as_exit_code, logged, print_json, say

EXAMPLE = "Example: twinlens export runs/heads --out models/heads --int8"


@as_exit_code
@logged
def run(
    folder: Annotated[Path, typer.Argument(metavar="RUN", readable=False, show_default=False)],
    out: Annotated[Path, typer.Option(metavar="DIR", readable=False, help="Output folder of the bundle.")],
    int8: Annotated[
        bool,
        typer.Option(
            "--int8", help="Quantize to 8-bit text and 16-bit image weights; reports the effect on the val split."
        ),
    ] = False,
    wise_ft: Annotated[
        float,
        typer.Option(
            "--wise-ft",
            metavar="SHARE",
            min=0.0,
            max=1.0,
            help="Of a fine-tuned published model: share of the fine-tuned weights, the rest are the published ones; "
            "wise-ft.json in the run's folder says what each share gives.",
        ),
    ] = 1.0,
    as_json: AsJson = False,
) -> int:
    """Export a run's best epoch as a model bundle; needs the extra "train"."""
    from twinlens.cli.progress import progress_bar

    with progress_bar() as bar:
        task = bar.add_task("comparing", total=None, visible=int8)

        def show(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        exported = api.lab.export_run(folder, out, int8=int8, wise_ft=wise_ft, on_progress=show)
    bundle = exported.bundle
    size = sum(record.size_bytes for record in bundle.manifest.files.values())
    if as_json:
        told = {
            "bundle": str(bundle.directory),
            "fingerprint": bundle.fingerprint,
            "bytes": size,
            "difference": exported.difference,
            "int8": exported.quantization,
        }
        print_json(told)
    else:
        typer.echo(f"{bundle.directory}\t{bundle.fingerprint}\t{size / 1e6:.1f} MB")
    say(f"float32 graphs and torch differ by {exported.difference:.1e} at most")
    if int8 and exported.quantization is None:
        say("warning: the effect of quantization was not measured: the run's data is no longer where it was")
    elif exported.quantization:
        say(", ".join(f"{name} {value:g}" for name, value in exported.quantization.items()) + " (val split)")
    say(f"search with it: twinlens search 'a dog' --in PHOTOS --model {bundle.directory}")
    return FOUND
