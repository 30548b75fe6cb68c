"""``twinlens collection verify``: check all of a collection."""

from functools import partial
from typing import Annotated

import typer

from twinlens import api
from twinlens.cli.bars import part_bars
from twinlens.cli.options.common import Existing
from twinlens.cli.outcome import FOUND, OUR_ERROR, AsJson, as_exit_code, logged, print_json
from twinlens.counted import counted

EXAMPLE = "Example: twinlens collection verify --in ~/Pictures --contents"


@as_exit_code
@logged
def run(
    place: Existing = None,
    contents: Annotated[
        bool, typer.Option("--contents", help="Also read every photo, and compare its contents with those indexed.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Check the catalog, what is derived from it, the model and the files; changes nothing. Exits with 1 if one is bad.

    One line a problem: what is wrong, and what mends it.
    """
    with part_bars() as show:
        found = api.repair.verify(place, contents=contents, on_files=partial(show, "files"))
    if as_json:
        problems = [{"what": one.what, "todo": one.todo, "image_ids": list(one.photos)} for one in found.problems]
        counts = {"photos": found.photos, "files": found.files, "contents": found.contents}
        print_json({"collection": str(found.collection), **counts, "problems": problems})
    else:
        for one in found.problems:
            typer.echo("\t".join(map(api.searching.on_one_line, (one.what, one.todo))))
        read = f", contents of {found.contents:,} compared" if contents else ""
        end = "" if found.problems else "; all is well"
        typer.echo(f"{counted(found.photos, 'photo')}, {counted(found.files, 'file')} looked at{read}{end}")
    return OUR_ERROR if found.problems else FOUND
