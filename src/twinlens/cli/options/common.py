"""Options shared by several commands."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

Place: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--in",
        metavar="PHOTOS_OR_COLLECTION",
        readable=False,
        help="Photos or collection to search; default: the current folder.",
    ),
]
Existing: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--in",
        metavar="PHOTOS_OR_COLLECTION",
        readable=False,
        help="Collection; default: that of the current folder.",
    ),
]
Count: TypeAlias = Annotated[int, typer.Option("-k", min=1, help="Number of hits.")]
Grid: TypeAlias = Annotated[
    Path | None,
    typer.Option("--grid", metavar="FILE", readable=False, help="Also write a contact sheet: .png, .jpg or .html."),
]
Open: TypeAlias = Annotated[bool, typer.Option("--open", help="Open a contact sheet of the hits.")]
Model: TypeAlias = Annotated[
    str | None, typer.Option(metavar="NAME|DIR", help="Model bundle; must be the collection's model.")
]
