"""``twinlens status``: show what a collection contains."""

from datetime import datetime
from typing import Annotated, Any

import typer

from twinlens import api
from twinlens.cli.options.common import Existing
from twinlens.cli.outcome import FOUND, AsJson, as_exit_code, logged, print_json
from twinlens.counted import counted

EXAMPLE = "Example: twinlens status --in ~/Pictures"


@as_exit_code
@logged
def run(
    place: Existing = None,
    skipped: Annotated[
        bool, typer.Option("--skipped", help="List the files that were skipped, one per line, with the reason.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Show a collection's folders, counts, model and disk use."""
    with api.library.find_existing(place).collection as collection:
        status, files = collection.status(), collection.skipped() if skipped else []
    if as_json:
        listed = {"skipped_files": [file._asdict() for file in files]} if skipped else {}
        print_json({**status, **listed})
        return FOUND
    if skipped:
        for file in files:
            typer.echo(f"{api.searching.on_one_line(file.path)}\t{api.searching.on_one_line(file.reason)}")
        return FOUND
    typer.echo(f"collection  {api.searching.on_one_line(status['collection'])}")
    if status["catalog"]:
        typer.echo(f"catalog     {status['catalog']}")
    if replica := status["replica"]:
        behind = "not reached yet" if replica["lag_s"] is None else f"{replica['lag_s']:g} s behind"
        unused = f"; not read now: {api.searching.on_one_line(replica['why'])}" if replica["why"] else ""
        typer.echo(f"replica     {replica['address']}: {behind}{unused}")
    for folder in status["folders"]:
        behind = "" if folder["present"] else "  (missing)"
        typer.echo(f"folder      {api.searching.on_one_line(folder['path'])}{behind}")
    for missing in status["kept_folders"]:
        told = api.indexing.MissingFolder(**missing)
        typer.echo(f"missing     {api.searching.on_one_line(str(told))} If not: twinlens index --forget-missing")
    if status["follows_links"]:
        typer.echo("links       also those that lead out of a folder are followed")
    typer.echo(f"photos      {status['images']:,} can be searched")
    typer.echo(f"captions    {status['captions']:,} can be searched")
    if described := {kind: count for kind, count in status["described"].items() if count}:
        counts = ", ".join(f"{kind} of {counted(count, 'photo')}" for kind, count in described.items())
        typer.echo(f"described   {counts}")
    if (texts := status["texts"])["read"] or texts["unlikely"]:
        typer.echo(f"text        {_texts(texts)}")
    if kept := status["kept"]["photos"]:
        typer.echo(f"kept        {_kept(kept, status['kept'])}")
    typer.echo(f"skipped     {_skipped(status)}")
    for pattern in status["exclude"]:
        typer.echo(f"excluded    {api.searching.on_one_line(pattern)}")
    for one in status["left_out"]:
        passed_over = f"{one['entries']:,} × {one['reason']}, for example {one['example']}"
        typer.echo(f"left out    {api.searching.on_one_line(passed_over)}")
    if not status["is_complete"]:
        typer.echo("indexed     not completely yet; twinlens index continues")
    elif status["indexed_at"]:
        typer.echo(f"indexed     {datetime.fromtimestamp(status['indexed_at']):%Y-%m-%d %H:%M}")
    typer.echo(f"model       {status['model'] or '-'} ({status['fingerprint'] or 'nothing indexed yet'})")
    if status["photo_space"]:
        typer.echo(f"likeness    {api.searching.PHOTOS_COMPARED[status['photo_space']]}")
    if change := status["model_change"]:
        typer.echo(f"change      {_change(change)}")
    typer.echo(f"store       {status['store']}")
    typer.echo(f"disk        {status['disk_bytes'] / 1e6:,.1f} MB")
    return FOUND


def _kept(photos: int, kept: dict[str, Any]) -> str:
    first, last = kept["until"], kept["last_until"]
    until = first if first == last else f"{first} (the last until {last})"
    parts = [counted(kept["captions"], "caption"), counted(kept["favourites"], "favourite")]
    others = (("tags", "tag"), ("ratings", "rating"), ("albums", "place in an album", "places in albums"))
    parts += [counted(kept[name], *nouns) for name, *nouns in others if kept[name]]
    what = f"{', '.join(parts[:-1])} and {parts[-1]}"
    return f"{what} of {counted(photos, 'photo that is', 'photos that are')} gone or changed, until {until}"


def _texts(texts: dict[str, int]) -> str:
    unlikely = f", {texts['unlikely']:,} left out: nothing in them looks like writing" if texts["unlikely"] else ""
    waiting = f"; {texts['waiting']:,} to be read by twinlens read-text" if texts["waiting"] else ""
    return f"{counted(texts['read'], 'photo')} read, {texts['with_text']:,} with text{unlikely}{waiting}"


def _skipped(status: dict[str, Any]) -> str:
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in status["kinds_not_read"].items())
    unread = f"; of kinds that are not read yet: {kinds}" if kinds else ""
    return f"{counted(status['skipped'], 'file')}{unread}" + ("; --skipped lists them" if status["skipped"] else "")


def _change(change: dict[str, Any]) -> str:
    model = f"{change['model']} ({change['fingerprint']})"
    if not change["is_begun"]:
        left = change["photos"] - change["photos_done"]
        again = f"{counted(left, 'photo')} to embed again" if left else "no photo is to be read again"
        return f"{model} has changed: {again}; run twinlens index"
    done = f"{change['photos_done']:,} of {counted(change['photos'], 'photo')}"
    return f"to {model}: {done} embedded, searches use the old vectors until then; twinlens index continues"
