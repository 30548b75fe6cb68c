"""``twinlens models benchmark`` and ``twinlens models recommend``: how fast models are here, and which one fits."""

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from twinlens import api
from twinlens.cli.bars import part_bars
from twinlens.cli.options.cluster import On, Workers, no_workers
from twinlens.cli.options.common import Existing, place_named
from twinlens.cli.outcome import FOUND, AsJson, as_exit_code, logged, print_json, say

BENCHMARK_EXAMPLE = "Example: twinlens models benchmark default --in ~/Pictures"
RECOMMEND_EXAMPLE = "Example: twinlens models recommend --in ~/Pictures --language en --language de"


@as_exit_code
@logged
def benchmark(
    models: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME|DIR...", help="Model names or bundle folders; default: default.", show_default=False
        ),
    ] = None,
    place: Annotated[
        Path | None,
        typer.Option(
            "--in",
            "--catalog",
            metavar="PHOTOS_OR_COLLECTION",
            parser=place_named,
            help="Collection of which 64 photos are read; without it, decoded photos alone are measured.",
        ),
    ] = None,
    on: On = None,
    workers: Workers = None,
    as_json: AsJson = False,
) -> int:
    """Measure models on this machine, or on those of a cluster: photos a second, milliseconds a query, memory.

    On a cluster each model has a machine for itself, one of the largest, and several are measured at once.
    """
    names = models or ["default"]
    if on is not None:
        with api.cluster.connect(on, workers=workers) as cluster:
            return _compare([*api.speed.benchmark_on(cluster, names, place)], as_json=as_json)
    no_workers(workers)
    with part_bars() as show:
        speeds = [api.speed.benchmark(name, place, on_progress=partial(show, f"photos: {name}")) for name in names]
    if len(speeds) > 1:
        return _compare([("", speed) for speed in speeds], as_json=as_json)
    (speed,) = speeds
    if as_json:
        print_json(asdict(speed))
        return FOUND
    typer.echo(f"photos/s (decoded ones)\t{speed.tower_photos_per_s:.1f}")
    if speed.photos_per_s is not None:
        typer.echo(f"photos/s (from files)\t{speed.photos_per_s:.1f}")
    typer.echo(f"ms a query\t{speed.query_ms:.1f}")
    if speed.memory_bytes is not None:
        typer.echo(f"memory (MB)\t{speed.memory_bytes / 1e6:.0f}")
    say(f"{speed.model} on {speed.computed_on}, {speed.cores} cores, with whatever else runs on this machine")
    return FOUND


def _compare(measured: "list[tuple[str, api.speed.Speed]]", *, as_json: bool) -> int:
    """Shows the speeds of several models, or on other machines."""
    if as_json:
        print_json([{**asdict(speed), **({"machine": machine} if machine else {})} for machine, speed in measured])
        return FOUND
    typer.echo("model\tphotos/s (decoded ones)\tphotos/s (from files)\tms a query\tmemory (MB)\tmachine")
    for machine, speed in measured:
        files = "-" if speed.photos_per_s is None else f"{speed.photos_per_s:.1f}"
        memory = "-" if speed.memory_bytes is None else f"{speed.memory_bytes / 1e6:.0f}"
        figures = (f"{speed.tower_photos_per_s:.1f}", files, f"{speed.query_ms:.1f}", memory, machine or "this one")
        typer.echo("\t".join((speed.model, *figures)))
    return FOUND


@as_exit_code
@logged
def recommend(
    place: Existing = None,
    languages: Annotated[
        list[str] | None,
        typer.Option("--language", metavar="CODE", help="Language of searches, such as de; repeatable. [default: en]"),
    ] = None,
    hours: Annotated[float, typer.Option(min=0.01, help="Longest time that embedding the library may take.")] = 8.0,
    as_json: AsJson = False,
) -> int:
    """Name the model that fits this machine, a library and its languages, with reasons.

    Models that are here are measured on 64 photos of the library; for the others the time is an estimate.
    """
    found = api.speed.recommend(
        place,
        languages=languages or ["en"],
        most_hours=hours,
        on_model=lambda name: say(f"measuring {name} on photos of this library"),
    )
    best = found.model
    if as_json:
        others = [_fields(one) for one in found.others]
        print_json({**_fields(best), "reasons": found.reasons, "others": others})
        return FOUND
    typer.echo(f"{best.candidate.name}\t{'; '.join(found.reasons)}")
    for one in found.others:
        if one.against:
            say(f"not {one.candidate.name}: {'; '.join(one.against)}")
    name = best.candidate.name
    if best.candidate.is_used:
        say("this collection is indexed with it")
    elif best.candidate.is_here:
        say(f"use it: twinlens reindex --model {name}")
    else:
        say(f"get it: twinlens models pull {name}")
    return FOUND


def _fields(one: "api.speed.Judged") -> dict[str, Any]:
    told = {"seconds": one.seconds, "is_measured": one.is_measured, "against": one.against}
    model = one.candidate
    return {"model": model.name, "is_here": model.is_here, "is_used": model.is_used, "recall": one.recall, **told}
