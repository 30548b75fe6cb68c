"""Options shared by several commands."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from twinlens.errors import ConfigError

_ADDRESS = ("postgresql://", "postgres://")


def place_named(text: str) -> Path:
    """A folder; for the address of a catalog in PostgreSQL, the folder of this machine that belongs to it.

    Raises:
        typer.BadParameter: the address is none, or has a password.
    """
    if not text.startswith(_ADDRESS):
        return Path(text)
    from twinlens import api

    try:
        return api.library.collection_path(text)
    except ConfigError as error:
        raise typer.BadParameter(str(error)) from error


Place: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--in",
        "--catalog",
        metavar="PHOTOS_OR_COLLECTION",
        parser=place_named,
        help="Photos or collection to search, or postgresql://USER@HOST/DATABASE; default: the current folder.",
    ),
]
Existing: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--in",
        "--catalog",
        metavar="PHOTOS_OR_COLLECTION",
        parser=place_named,
        help="Collection, or postgresql://USER@HOST/DATABASE; default: that of the current folder.",
    ),
]
Language: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="LANGUAGE",
        help="Of what the built-in list says: en, de, es, fr or zh. Default: that of your system; with --json en.",
        show_default=False,
    ),
]
Count: TypeAlias = Annotated[int, typer.Option("-k", min=1, help="Number of hits.")]
Grid: TypeAlias = Annotated[
    Path | None,
    typer.Option("--grid", metavar="FILE", readable=False, help="Also write a contact sheet: .png, .jpg or .html."),
]
Null: TypeAlias = Annotated[
    bool,
    typer.Option("--null", "-0", help="Print only paths (or captions), each ended by a NUL, as xargs -0 reads them."),
]
Export: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--export",
        metavar="FILE|DIR/",
        help="Also write the hits to a .csv, .json or .html (a gallery), or a new folder of links to the photos.",
    ),
]
Copies: TypeAlias = Annotated[bool, typer.Option("--copies", help="With --export DIR/: copies instead of links.")]
Open: TypeAlias = Annotated[bool, typer.Option("--open", help="Open a contact sheet of the hits.")]
Model: TypeAlias = Annotated[
    str | None, typer.Option(metavar="NAME|DIR", help="Model bundle; must be the collection's model.")
]
