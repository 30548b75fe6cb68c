"""Open the collection to search, and index it first if it is new."""

import sys
from pathlib import Path

import typer

from twinlens import api
from twinlens.cli.outcome import say
from twinlens.counted import counted


def open_indexed(place: Path | None, model: str | None) -> "api.library.Opened":
    """Opens the collection at ``place``; if its first indexing is not finished, continues that first.

    Without a ``place``, a home folder, a root or a system folder is not indexed unless the user agrees.
    """
    from twinlens.cli.index_run import index_with_progress
    from twinlens.errors import CollectionBusyError, CollectionError

    if place is None:
        _ask_about_broad_place()
    opened = api.library.open_for_search(place, model=model)
    if not opened.is_new:
        complete_change(opened.collection)
        return opened
    folders, ready = ", ".join(str(folder.path) for folder in opened.collection.folders()), len(opened.collection)
    so_far = f"{folders} is not indexed yet"
    if ready:
        so_far = f"{counted(ready, 'photo')} of {folders} {'is' if ready == 1 else 'are'} indexed"
    say(f"{so_far}; indexing first")
    try:
        index_with_progress(opened.collection)
    except CollectionError as error:
        ready = len(opened.collection)
        if not ready:
            opened.collection.close()
            if isinstance(error, CollectionBusyError):
                raise CollectionBusyError(
                    f"another process has just started to index {folders}, no photo is ready yet; try again in a moment"
                ) from error
            raise
        say(f"warning: {error}")
        say(f"searching {counted(ready, 'photo')} indexed so far")
    except BaseException:
        opened.collection.close()
        raise
    return opened


def complete_change(collection: "api.library.Collection") -> None:
    """Changes to a new model that replaced the collection's, if that embeds its photos by the stored features."""
    from twinlens.cli.index_run import change_with_progress

    if collection.must_change():
        say("the model has changed since the photos were indexed; changing the collection first, which reads no photo")
        try:
            change_with_progress(collection)
        except BaseException:
            collection.close()
            raise


def _ask_about_broad_place() -> None:
    from twinlens.errors import CollectionNotFoundError

    broad = api.library.broad_place()
    if broad is None:
        return
    folder, what = broad
    if sys.stdin.isatty() and sys.stderr.isatty():
        question = f"{folder} is {what} and is not indexed yet; index every photo below it now?"
        if typer.confirm(question, default=False, err=True):
            return
    raise CollectionNotFoundError(
        f"{folder} is {what} and is not indexed without being asked for; name a folder of photos with --in FOLDER, "
        f"or run: twinlens index {folder}"
    )
