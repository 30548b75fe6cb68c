"""``twinlens datasets``: inspect a data set, find published ones, convert between formats."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from twinlens import api
from twinlens.cli.interrupts import interrupts
from twinlens.cli.options.data import Captions, Images, Kind, Ratios
from twinlens.cli.outcome import FOUND, AsJson, as_exit_code, logged, print_json, say
from twinlens.counted import counted

app = typer.Typer(
    help="Inspect captioned data sets, or convert them to another format.",
    no_args_is_help=True,
    epilog="Example: twinlens datasets info path/to/flickr8k",
)


@app.command("info", epilog="Example: twinlens datasets info path/to/flickr8k --quick")
@as_exit_code
@logged
def info(
    data: Annotated[
        str | None,
        typer.Argument(
            metavar="DIR|NAME",
            help="Data set folder; or flickr8k, flickr30k, coco or visual-genome to see where to get it.",
        ),
    ] = None,
    kind: Kind = None,
    captions: Captions = None,
    images: Images = None,
    ratios: Ratios = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Do not read photos; broken and duplicate ones are not found.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Show what a data set contains and possible problems, or where to get a published one."""
    if data is None and captions is None:
        raise typer.BadParameter(
            "no data set given; give a folder, a name such as flickr8k, or --captions FILE with --images DIR"
        )
    folder = Path(data).expanduser() if data is not None else (captions or Path()).parent
    if captions is None and not folder.is_dir():
        _show_published(api.datasets.find_published(str(data)), as_json=as_json)
        return FOUND
    with _bar("opening photos", shown=not quick) as show:
        found = api.datasets.survey_dataset(
            folder, kind=kind, captions=captions, images=images, ratios=ratios, quick=quick, on_progress=show
        )
    if as_json:
        print_json(found.to_json())
    else:
        typer.echo(str(found))
    if found.same_across_splits:
        cases = counted(len(found.same_across_splits), "photo is", "photos are")
        first = " = ".join(found.same_across_splits[0])
        say(f"warning: {cases} in more than one split under different names, for example {first}")
    return FOUND


@app.command("convert", epilog="Example: twinlens datasets convert path/to/flickr8k --to webdataset --out flickr8k-tar")
@as_exit_code
@logged
def convert(
    data: Annotated[Path, typer.Argument(metavar="DIR", readable=False, help="Data set folder.")],
    to: Annotated[
        str, typer.Option("--to", metavar="NAME", help="Output format: captions-json, jsonl, webdataset or parquet.")
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", readable=False, help="Output folder; must not exist yet.")
    ],
    split: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Convert only this split; can be repeated.")
    ] = None,
    ratios: Ratios = None,
    link: Annotated[
        bool, typer.Option("--link/--copy", help="Hard-link photo files to save disk space, or copy them.")
    ] = False,
    shard_size: Annotated[int, typer.Option(min=1, metavar="N", help="Photos per shard or Parquet file.")] = 1000,
    kind: Kind = None,
    captions: Captions = None,
    images: Images = None,
    as_json: AsJson = False,
) -> int:
    """Convert a data set to another format. The source is only read; an interrupted run leaves nothing behind."""
    with interrupts(lambda: "nothing was written"), _bar("writing photos") as show:
        done = api.datasets.convert_dataset(
            data,
            out,
            to=to,
            kind=kind,
            captions=captions,
            images=images,
            ratios=ratios,
            splits=split or (),
            link=link,
            shard_size=shard_size,
            on_progress=show,
        )
    splits = ", ".join(f"{name} {count:,}" for name, count in done.splits.items())
    plain = f"{done.path}\t{counted(done.n_images, 'photo')}\t{counted(done.n_captions, 'caption')}\t{splits}"
    if as_json:
        print_json(done.to_json())
    else:
        typer.echo(plain)
    if done.left_out:
        first = done.left_out[0]
        left_out = counted(len(done.left_out), "photo was", "photos were")
        say(f"warning: {left_out} left out, for example {first.image_id}: {first.reason}")
    return FOUND


@contextmanager
def _bar(what: str, *, shown: bool = True) -> Iterator[Callable[[int, int], None] | None]:
    from twinlens.cli.progress import progress_bar

    if not shown:
        yield None
        return
    with progress_bar() as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _show_published(found: "api.datasets.Published", *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(found))
        return
    size = f"{counted(found.images, 'photo')}, {counted(found.captions, 'caption')}"
    typer.echo(f"{found.title}: {size}, {found.download} to download")
    typer.echo(f"home: {found.home} ({found.access})")
    typer.echo(f"licence: {found.licence}")
    typer.echo(f"cite: {found.citation}")
    typer.echo("expected layout of the folder given as --data:")
    for line in found.layout:
        typer.echo(f"  {line}")
