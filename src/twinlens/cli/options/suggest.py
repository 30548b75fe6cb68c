"""Options of ``twinlens tag suggest``."""

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer

Photos: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(metavar="[PHOTO]...", help="Paths of photos, or ids; default: all.", show_default=False),
]
Labels: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        readable=False,
        help="Choose from these: one label a line, or CSV: label, phrase, phrase. Default: a built-in list.",
    ),
]
MinGrade: TypeAlias = Annotated[
    Literal["strong", "likely", "possible"] | None, typer.Option(help="Lowest grade that is shown; default: likely.")
]
MostTags: TypeAlias = Annotated[int, typer.Option("-k", min=1, help="Most suggestions for a photo.")]
Accept: TypeAlias = Annotated[
    Literal["strong", "likely"] | None, typer.Option(help="Give photos the tags with this grade or a better one.")
]
WriteXmp: TypeAlias = Annotated[
    bool, typer.Option("--write-xmp", help="With --accept: also write these photos' tags to XMP files beside them.")
]
