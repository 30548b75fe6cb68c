"""Options of ``twinlens search``: what is searched and how hits are shown."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeAlias

import typer


class SearchTarget(StrEnum):
    """What to search for."""

    image = "image"
    caption = "caption"


class SortOrder(StrEnum):
    """Order of the hits."""

    relevance = "relevance"
    date = "date"
    oldest = "oldest"
    name = "name"
    size = "size"


class LowestGrade(StrEnum):
    """How sure a hit must be."""

    strong = "strong"
    likely = "likely"
    possible = "possible"


Query: TypeAlias = Annotated[
    str | None,
    typer.Argument(
        help="Words, -without, fields (year:2023), OR, \"phrases\", ./photo.jpg, a URL, or 'dog + 0.5 ./sea.jpg'.",
        show_default=False,
    ),
]
Queries: TypeAlias = Annotated[
    Path | None,
    typer.Option(metavar="FILE", readable=False, help="Answer each line of a file; --grid is then a folder."),
]
Interactive: TypeAlias = Annotated[
    bool, typer.Option("--interactive", "-i", help="Prompt for queries until an empty line or 'quit'.")
]
Target: TypeAlias = Annotated[SearchTarget, typer.Option(help="Find photos or their captions.")]
ShowAll: TypeAlias = Annotated[
    bool, typer.Option("--all", help="Show the k best hits, including those without a grade.")
]
MinGrade: TypeAlias = Annotated[
    LowestGrade | None, typer.Option(help="Show hits with this grade or a better one; by default any grade will do.")
]
MinProbability: TypeAlias = Annotated[
    float | None,
    typer.Option(
        min=0.0, max=1.0, metavar="P", help="Show hits with at least this probability instead of those with a grade."
    ),
]
Offset: TypeAlias = Annotated[int, typer.Option(min=0, help="Skip this many of the best hits.")]
Sort: TypeAlias = Annotated[
    SortOrder,
    typer.Option(
        help="Sort by relevance, or all hits with a grade: by date (newest first), oldest first, by file name, "
        "or by size (largest file first)."
    ),
]
AllCopies: TypeAlias = Annotated[
    bool,
    typer.Option("--all-copies", help="Show near copies and stacks one by one, not as one hit marked '+4 alike'."),
]
Explain: TypeAlias = Annotated[
    bool, typer.Option("--explain", help="Say why: what each part of the query did, and why each hit was found.")
]
IncludeSelf: TypeAlias = Annotated[bool, typer.Option("--include-self", help="Allow a query photo to find itself.")]
Grid: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--grid",
        metavar="FILE|DIR",
        readable=False,
        help="Also write a contact sheet: .png, .jpg or .html; with --queries a folder of pictures, "
        "one per query and an overview.",
    ),
]
