"""Options of ``twinlens train``."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

Recipe: TypeAlias = Annotated[Path, typer.Argument(metavar="RECIPE.toml", readable=False, show_default=False)]
Data: TypeAlias = Annotated[
    Path | None, typer.Option(metavar="DIR", readable=False, help="Captioned data set with train and val splits.")
]
Changes: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change one value of the recipe; can be repeated."),
]
Out: TypeAlias = Annotated[
    Path | None, typer.Option(metavar="DIR", readable=False, help="Run folder; default: runs/NAME.")
]
Seeds: TypeAlias = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Train with N seeds; mean ± deviation of what they measure.")
]
Sweeps: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--sweep", metavar="KEY=A,B,…", help="Train with each of these values; can be repeated."),
]
Resume: TypeAlias = Annotated[bool, typer.Option("--resume", help="Continue from the run's last checkpoint.")]
Device: TypeAlias = Annotated[str | None, typer.Option(metavar="auto|cpu|cuda|mps", help="Override trainer.device.")]
Cache: TypeAlias = Annotated[
    Path | None,
    typer.Option(metavar="DIR", readable=False, help="Feature cache; default: cache/ next to the run."),
]
