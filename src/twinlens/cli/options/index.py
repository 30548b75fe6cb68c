"""Options of ``twinlens index``: which photos, and what to do with those that are missing."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from twinlens.cli.options.common import place_named

Photos: TypeAlias = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="PHOTOS...",
        readable=False,
        help="Photo folders, or s3://BUCKET/FOLDER; default: those of the enclosing collection.",
    ),
]
Collection: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--collection",
        "--catalog",
        metavar="DIR|URL",
        parser=place_named,
        help="Collection folder, or postgresql://USER@HOST/DATABASE; default: .twinlens inside the photo folder.",
    ),
]
Model: TypeAlias = Annotated[str | None, typer.Option(metavar="NAME|DIR", help="Model bundle for a new collection.")]
Store: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|URL", help="Vector store, kept for later runs: exact, or milvus://HOST/NAME. Default: exact."
    ),
]
Embeddings: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="PATH",
        readable=False,
        help="Take photo vectors from another program's files, as evaluate reads them; --model names what made them.",
    ),
]
Captions: TypeAlias = Annotated[
    Path | None,
    typer.Option(metavar="FILE", readable=False, help="Also add captions, in any format that evaluate reads."),
]
ForgetMissing: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--forget-missing",
        help="Remove missing photos even where a whole folder is empty or its disk is not mounted; "
        "what you gave them is kept.",
    ),
]
DropKept: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--drop-kept",
        help="Drop the captions, favourites, tags and ratings kept of photos that are gone or changed, see status.",
    ),
]
Verify: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--verify",
        help="Also read photos whose size and date have not changed: finds silent changes, reads metadata again.",
    ),
]
FollowLinks: TypeAlias = Annotated[
    bool | None,
    typer.Option(
        "--follow-links/--no-follow-links",
        help="Also index what is behind links that lead out of a folder; kept for later runs. Default: no.",
        show_default=False,
    ),
]
Archives: TypeAlias = Annotated[
    bool | None,
    typer.Option(
        "--archives/--no-archives",
        help="Also index photos inside zip and tar files, without unpacking them; kept for later runs. Default: no.",
        show_default=False,
    ),
]
Exclude: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        metavar="PATTERN",
        help="Leave out files and folders, by a pattern as gitignore has them: '*.png', 'Private/', '/2009/'. "
        "Kept for later runs; may be given several times.",
    ),
]
DropExclude: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(metavar="PATTERN", help="Index again what a pattern of an earlier run leaves out, see status."),
]
Watch: TypeAlias = Annotated[
    bool, typer.Option("--watch", help="Then follow the folders, and index changes as they come, until Ctrl+C.")
]
