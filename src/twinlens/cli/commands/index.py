"""``twinlens index``: index photo folders, or update the index."""

import sys
from typing import Any

import typer

from twinlens import api
from twinlens.cli.follow_run import follow_with_lines
from twinlens.cli.index_run import index_with_progress
from twinlens.cli.options.cluster import On, Workers, embedding_on
from twinlens.cli.options.index import (
    Archives,
    Captions,
    Collection,
    DropExclude,
    DropKept,
    Embeddings,
    Exclude,
    FollowLinks,
    ForgetMissing,
    Model,
    Photos,
    Store,
    Verify,
    Watch,
)
from twinlens.cli.outcome import FOUND, OUR_ERROR, AsJson, as_exit_code, logged, print_json, say
from twinlens.errors import NoPhotosError

EXAMPLE = "Example: twinlens index ~/Pictures"


@as_exit_code
@logged
def run(
    photos: Photos = None,
    collection: Collection = None,
    model: Model = None,
    store: Store = None,
    embeddings: Embeddings = None,
    captions: Captions = None,
    forget_missing: ForgetMissing = False,
    drop_kept: DropKept = False,
    verify: Verify = False,
    follow_links: FollowLinks = None,
    archives: Archives = None,
    exclude: Exclude = None,
    drop_exclude: DropExclude = None,
    watch: Watch = False,
    on: On = None,
    workers: Workers = None,
    as_json: AsJson = False,
) -> int:
    """Index photo folders, or update the index.

    Reads only new and changed photos. Interrupt at any time: the next run continues
    (the next with --verify, if one with --verify was interrupted).
    With a catalog on a server, several may run at once, on several machines, and share the work.

    Captions are matched to photos by path, then by file name. The captions in FILE
    replace those of the photos it lists; other photos keep theirs.

    A file .twinlensignore holds patterns for its folder and below, as --exclude does for
    the photo folders; a folder with a file .nomedia is left out.

    Captions, favourites, tags and ratings of photos that are gone are kept for a year, and restored when
    the same photos come back, in any folder and by any name.
    """
    folders = photos or []
    if len(folders) > 1 and collection is None:
        raise typer.BadParameter("a collection of several folders needs its own folder: give --collection DIR")
    if on and watch:
        raise typer.BadParameter("--watch follows the folders with this machine alone; give --on without it")
    brought = api.indexing.read_brought_vectors(embeddings) if embeddings else None
    machines = embedding_on(on, workers)  # before a collection is made
    opened = api.indexing.open_for_index(folders, at=collection, model=model, store=store)
    if folders and opened.within is not None:
        say(f"{opened.within} already belongs to a collection, which is updated instead")
    with machines as computing, opened.collection:
        ask = not as_json and sys.stdin.isatty() and sys.stderr.isatty()
        report = _indexed(
            opened.collection,
            is_followed=watch,
            as_json=as_json,
            captions=captions,
            forget_missing=forget_missing,
            drop_kept=drop_kept,
            verify=verify,
            follow_links=follow_links,
            archives=archives,
            embeddings=brought,
            exclude=exclude or (),
            no_longer_exclude=drop_exclude or (),
            ask=ask,
            on=computing,
        )
        if watch:
            return follow_with_lines(opened.collection, report, as_json=as_json)
    return OUR_ERROR if report.kept_folders and not ask else FOUND


def _indexed(
    collection: "api.library.Collection", *, is_followed: bool, as_json: bool, **options: Any
) -> "api.indexing.IndexReport":
    """The report of a run, printed as JSON; folders without photos are no error where they are followed."""
    try:
        report = index_with_progress(collection, **options)
    except NoPhotosError as error:
        if as_json:
            skipped = [api.indexing.Skipped(*file) for file in error.skipped]
            print_json(api.indexing.IndexReport(skipped=skipped).to_json())
        if not is_followed:
            raise
        say(f"{error}; photos that come are indexed")
        return api.indexing.IndexReport()
    if as_json:
        print_json(report.to_json())
    return report
