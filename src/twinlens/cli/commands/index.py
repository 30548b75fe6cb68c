"""``twinlens index``: index photo folders, or update the index."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from twinlens import api
from twinlens.cli.index_run import index_with_progress
from twinlens.cli.outcome import (
    FOUND,
    OUR_ERROR,
    AsJson,
    LogFile,
    Verbose,
    as_exit_code,
    print_json,
    say,
    start_logging,
)
from twinlens.errors import NoPhotosError

EXAMPLE = "Example: twinlens index ~/Pictures"


@as_exit_code
def run(
    photos: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PHOTOS...", readable=False, help="Photo folders; default: those of the enclosing collection."
        ),
    ] = None,
    collection: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", readable=False, help="Collection folder; default: .twinlens inside the photo folder."
        ),
    ] = None,
    model: Annotated[str | None, typer.Option(metavar="NAME|DIR", help="Model bundle for a new collection.")] = None,
    store: Annotated[
        str | None, typer.Option(metavar="NAME", help="Vector store, kept for later runs. Default: exact.")
    ] = None,
    captions: Annotated[
        Path | None,
        typer.Option(metavar="FILE", readable=False, help="Also add captions, in any format that evaluate reads."),
    ] = None,
    forget_missing: Annotated[
        bool,
        typer.Option(
            "--forget-missing",
            help="Remove missing photos even where a whole folder is empty or its disk is not mounted; "
            "their captions and favourites are kept.",
        ),
    ] = False,
    drop_kept: Annotated[
        bool,
        typer.Option(
            "--drop-kept",
            help="Drop the captions and favourites that are kept of photos that are gone or changed, see status.",
        ),
    ] = False,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify",
            help="Also read photos whose size and date have not changed: finds silent changes, reads metadata again.",
        ),
    ] = False,
    follow_links: Annotated[
        bool | None,
        typer.Option(
            "--follow-links/--no-follow-links",
            help="Also index what is behind links that lead out of a folder; kept for later runs. Default: no.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
    log_file: LogFile = None,
) -> int:
    """Index photo folders, or update the index.

    Reads only new and changed photos. Interrupt at any time: the next run continues
    (the next with --verify, if one with --verify was interrupted).
    Captions are matched to photos by path, then by file name. The captions in FILE
    replace those of the photos it lists; other photos keep theirs.

    Captions and favourites of photos that are gone are kept for a year, and restored when
    the same photos come back, in any folder and by any name.
    """
    start_logging(verbose=verbose, log_file=log_file)
    folders = photos or []
    if len(folders) > 1 and collection is None:
        raise typer.BadParameter("a collection of several folders needs its own folder: give --collection DIR")
    opened = api.indexing.open_for_index(folders, at=collection, model=model, store=store)
    if folders and opened.within is not None:
        say(f"{opened.within} already belongs to a collection, which is updated instead")
    with opened.collection:
        ask = not as_json and sys.stdin.isatty() and sys.stderr.isatty()
        try:
            report = index_with_progress(
                opened.collection,
                captions=captions,
                forget_missing=forget_missing,
                drop_kept=drop_kept,
                verify=verify,
                follow_links=follow_links,
                ask=ask,
            )
        except NoPhotosError as error:
            if as_json:
                _print_json(api.indexing.IndexReport(skipped=[api.indexing.Skipped(*file) for file in error.skipped]))
            raise
    if as_json:
        _print_json(report)
    return OUR_ERROR if report.kept_folders and not ask else FOUND


def _print_json(report: "api.indexing.IndexReport") -> None:
    print_json(report.to_json())
