"""Options that choose a captioned data set, shared by several commands."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

Data: TypeAlias = Annotated[
    Path | None, typer.Option(metavar="DIR", readable=False, help="Captioned data set in any supported format.")
]
Captions: TypeAlias = Annotated[
    Path | None,
    typer.Option(metavar="FILE", readable=False, help="Caption file in any supported format; needs --images."),
]
Images: TypeAlias = Annotated[
    Path | None, typer.Option(metavar="DIR", readable=False, help="Folder of the photos in --captions.")
]
Kind: TypeAlias = Annotated[
    str | None, typer.Option("--format", metavar="NAME", help="Data set format; default: detected.")
]
Ratios: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="SHARES",
        help="train/val/test or train/val split in per cent, such as 70/15/15, for data without splits.",
    ),
]
RatiosOfModel: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="SHARES",
        help="train/val/test split in per cent for data without splits; default: the model's, else 80/10/10.",
    ),
]
