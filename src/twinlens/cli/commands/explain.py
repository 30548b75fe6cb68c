"""``twinlens explain``: show where in a photo a query matches."""

from pathlib import Path
from typing import Annotated

import typer

from twinlens import api
from twinlens.cli.outcome import FOUND, AsJson, as_exit_code, logged, print_json, say

EXAMPLE = "Example: twinlens explain ~/Pictures/beach.jpg 'a red kite' --out kite.png"


@as_exit_code
@logged
def run(
    photo: Annotated[
        Path, typer.Argument(help="Photo file, in a collection or not.", show_default=False, readable=False)
    ],
    query: Annotated[str, typer.Argument(help="Text, a photo's path, or a weighted sum.", show_default=False)],
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.png", readable=False, help="Write the photo, darkened where the query does not match."
        ),
    ] = None,
    model: Annotated[str, typer.Option(metavar="NAME|DIR", help="Model bundle.")] = "default",
    as_json: AsJson = False,
) -> int:
    """Show where in a photo a query matches: score, and the best position from left and top (0 to 1).

    The map comes from the model's own grid if it has one. Otherwise it is made by occlusion: parts of the
    photo are covered, and the drop of the score is measured. The answer says which.
    """
    explained = api.explanation.explain(photo, query, model=model, out=out)
    if as_json:
        print_json({**explained.to_json(), "picture": str(out) if out else None})
    else:
        say(f"map {explained.how}")
        left, top = explained.peak
        typer.echo(f"{explained.score:.3f}\t{left:.2f}\t{top:.2f}\t{api.searching.on_one_line(str(out or photo))}")
    return FOUND
