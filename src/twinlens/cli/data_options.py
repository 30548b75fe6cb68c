"""Options that say which captioned photos a command works on, the same for every command."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

Data: TypeAlias = Annotated[
    Path | None, typer.Option(metavar="DIR", readable=False, help="Captioned photos of any known kind.")
]
Captions: TypeAlias = Annotated[
    Path | None, typer.Option(metavar="FILE", readable=False, help="Captions of any known kind, with --images.")
]
Images: TypeAlias = Annotated[
    Path | None, typer.Option(metavar="DIR", readable=False, help="The photos of --captions.")
]
Kind: TypeAlias = Annotated[
    str | None, typer.Option("--format", metavar="NAME", help="Kind of data; default: found out by looking.")
]
Ratios: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="SHARES", help="train/val/test or train/val in per cent, where the data brings no splits: 70/15/15."
    ),
]
RatiosOfModel: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="SHARES",
        help="train/val/test in per cent, where the data brings no splits; default: the model's, else 80/10/10.",
    ),
]
