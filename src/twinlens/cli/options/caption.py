"""Options of ``twinlens caption``."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

Photo: TypeAlias = Annotated[
    Path, typer.Argument(help="Photo file, in the collection or not.", show_default=False, readable=False)
]
Candidates: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        readable=False,
        help="Rank these captions instead: one per line, or any caption file; needs no collection.",
    ),
]
AnyModel: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="NAME|DIR", help="The collection's model; with --candidates, any model."),
]
BuiltIn: TypeAlias = Annotated[
    bool,
    typer.Option("--built-in", help="Everyday descriptions of the built-in list, even if there are captions."),
]
Add: TypeAlias = Annotated[
    str | None, typer.Option("--add", metavar="TEXT", help="Give the photo this caption.", show_default=False)
]
InsteadOf: TypeAlias = Annotated[
    str | None,
    typer.Option("--instead-of", metavar="TEXT", help="The caption that the one of --add replaces."),
]
Remove: TypeAlias = Annotated[
    str | None, typer.Option("--remove", metavar="TEXT", help="Take this caption from the photo.")
]
Own: TypeAlias = Annotated[bool, typer.Option("--own", help="Only list the captions that the photo has.")]
