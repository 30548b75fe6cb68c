"""``twinlens train``: train a dual encoder from a recipe and captioned photos."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from twinlens import api
from twinlens.cli.interrupts import interrupts
from twinlens.cli.options.cluster import On, Workers, no_workers
from twinlens.cli.options.data import Captions, Images, Kind
from twinlens.cli.options.train import Cache, Changes, Data, Device, Out, Recipe, Resume, Seeds, Sweeps
from twinlens.cli.outcome import FOUND, AsJson, as_exit_code, logged, print_json, say
from twinlens.counted import counted

if TYPE_CHECKING:
    from twinlens.training.runs.run import FinishedRun

EXAMPLE = "Example: twinlens train recipes/heads.toml --data path/to/flickr8k --set stages.0.epochs=20"


@as_exit_code
@logged
def run(
    recipe: Recipe,
    data: Data = None,
    captions: Captions = None,
    images: Images = None,
    kind: Kind = None,
    changes: Changes = None,
    out: Out = None,
    seeds: Seeds = None,
    sweeps: Sweeps = None,
    resume: Resume = False,
    device: Device = None,
    cache: Cache = None,
    on: On = None,
    workers: Workers = None,
    as_json: AsJson = False,
) -> int:
    """Train a dual encoder from a recipe; needs the extra "train".

    With --on, several workers share every batch, with the result of one process; recipe, data, run and cache must be
    in folders that all machines see.

    Interrupt at any time: --resume continues from the last checkpoint, with the same result. With --seeds or --sweep
    the same command continues: each run has a folder of its own in runs/NAME-sweep, and finished ones are kept.
    """
    from twinlens.cli.sweep_run import train_sweep
    from twinlens.cli.training_log import TrainingLog, listen

    if data is None and (captions is None or images is None):
        raise typer.BadParameter("no data set given; give --data DIR, or --captions FILE with --images DIR")
    asked = [*(changes or []), *([f'trainer.device="{device}"'] if device else [])]
    place = data or (captions or Path()).parent
    found_by: dict[str, Any] = {"kind": kind, "captions": captions, "images": images}
    if on and (seeds or sweeps):
        raise typer.BadParameter("--on trains one run with several workers; start each run of a sweep by itself")
    if seeds or sweeps:
        sweep = api.lab.sweep(
            recipe, place, out, sweeps=sweeps or (), seeds=seeds or 1, changes=asked, **found_by, cache=cache
        )
        return train_sweep(sweep, as_json=as_json)
    kept = "with --resume it continues from the last checkpoint, if there is one"
    with TrainingLog() as log, interrupts(lambda: kept):
        told: dict[str, Any] = {**found_by, "changes": asked, "resume": resume, "cache": cache, "listener": listen(log)}
        if on is None:
            no_workers(workers)
            finished = api.lab.train(recipe, place, out, **told)
        else:
            with api.cluster.connect(on, workers=workers) as cluster:
                finished = api.lab_on_cluster.train_on(cluster, recipe, place, out, **told)
    if not finished.validation:  # one of several processes; only the first one reports
        return FOUND
    if as_json:
        print_json(finished.validation)
    else:
        typer.echo(_summary(finished.validation))
    _say_what_next(finished, data_options(data, captions, images, kind))
    return FOUND


def data_options(data: Path | None, captions: Path | None, images: Path | None, kind: str | None) -> str:
    """The data set as the command names it."""
    given = (("--data", data), ("--captions", captions), ("--images", images), ("--format", kind))
    return " ".join(f"{option} {value}" for option, value in given if value is not None)


def _say_what_next(finished: "FinishedRun", data: str) -> None:
    say(f"run: {finished.folder}")
    say(f"report: {finished.report}")
    say(f"best checkpoint: {finished.best}")
    say(f"measure it: twinlens evaluate --model {finished.folder} {data}")
    bundle = finished.folder / "bundle"
    say(f"search with it: twinlens export {finished.folder} --out {bundle}")
    say(f"and then: twinlens search 'a dog' --in PHOTOS --model {bundle}")


def _summary(validation: dict[str, Any]) -> str:
    names = ("R@1", "R@5", "R@10", "MRR", "MedR")
    lines = [f"{validation['data']}/val, {counted(validation['n_images'], 'photo')}, best epoch {validation['epoch']}"]
    lines.append(" " * 16 + "".join(f"{name:>8}" for name in names))
    for title, key in (("text → image", "text_to_image"), ("image → text", "image_to_text")):
        figures = validation[key]
        cells = (f"{figures[name]:.3f}" if name == "MRR" else f"{figures[name]:.1f}" for name in names)
        lines.append(f"{title:<16}" + "".join(f"{cell:>8}" for cell in cells))
    return "\n".join(lines)
