"""``twinlens train``: train a dual encoder from a recipe and captioned photos."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twinlens import api
from twinlens.cli.interrupts import interrupts
from twinlens.cli.options.data import Captions, Images, Kind
from twinlens.cli.outcome import FOUND, AsJson, LogFile, Verbose, as_exit_code, print_json, say, start_logging

if TYPE_CHECKING:
    from twinlens.cli.training_log import TrainingLog

EXAMPLE = "Example: twinlens train recipes/heads.toml --data path/to/flickr8k --set stages.0.epochs=20"


@as_exit_code
def run(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE.toml", readable=False, show_default=False)],
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", readable=False, help="Captioned data set with train and val splits.")
    ] = None,
    captions: Captions = None,
    images: Images = None,
    kind: Kind = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change one value of the recipe; can be repeated."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", readable=False, help="Run folder; default: runs/NAME.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue from the run's last checkpoint.")] = False,
    device: Annotated[str | None, typer.Option(metavar="auto|cpu|cuda|mps", help="Override trainer.device.")] = None,
    cache: Annotated[
        Path | None,
        typer.Option(metavar="DIR", readable=False, help="Feature cache; default: cache/ next to the run."),
    ] = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
    log_file: LogFile = None,
) -> int:
    """Train a dual encoder from a recipe; needs the extra "train".

    Interrupt at any time: --resume continues from the last checkpoint, with the same result.
    """
    from twinlens.cli.training_log import TrainingLog

    start_logging(verbose=verbose, log_file=log_file)
    if data is None and (captions is None or images is None):
        raise typer.BadParameter("no data set given; give --data DIR, or --captions FILE with --images DIR")
    asked = [*(changes or []), *([f'trainer.device="{device}"'] if device else [])]
    kept = "with --resume it continues from the last checkpoint, if there is one"
    with TrainingLog() as log, interrupts(lambda: kept):
        finished = api.lab.train(
            recipe,
            data or (captions or Path()).parent,
            out,
            changes=asked,
            kind=kind,
            captions=captions,
            images=images,
            resume=resume,
            cache=cache,
            listener=_listener(log),
        )
    if not finished.validation:  # one of several processes; only the first one reports
        return FOUND
    if as_json:
        print_json(finished.validation)
    else:
        typer.echo(_summary(finished.validation))
    place = data or images
    say(f"run: {finished.folder}")
    say(f"report: {finished.report}")
    say(f"best checkpoint: {finished.best}")
    say(f"measure it: twinlens evaluate --model {finished.folder} --data {place}")
    bundle = finished.folder / "bundle"
    say(f"search with it: twinlens export {finished.folder} --out {bundle}")
    say(f"and then: twinlens search 'a dog' --in PHOTOS --model {bundle}")
    return FOUND


def _listener(log: "TrainingLog") -> Any:
    listener = api.lab.run_listener()
    listener.on_prepare, listener.on_step = log.prepared, log.stepped
    listener.on_epoch, listener.on_note = log.epoch_done, say
    return listener


def _summary(validation: dict[str, Any]) -> str:
    names = ("R@1", "R@5", "R@10", "MRR", "MedR")
    lines = [f"{validation['data']}/val, {validation['n_images']:,} photos, best epoch {validation['epoch']}"]
    lines.append(" " * 16 + "".join(f"{name:>8}" for name in names))
    for title, key in (("text → image", "text_to_image"), ("image → text", "image_to_text")):
        figures = validation[key]
        cells = (f"{figures[name]:.3f}" if name == "MRR" else f"{figures[name]:.1f}" for name in names)
        lines.append(f"{title:<16}" + "".join(f"{cell:>8}" for cell in cells))
    return "\n".join(lines)
