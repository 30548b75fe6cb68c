"""Open the collection that a search means, and index it first where it is new."""

from pathlib import Path

from twinlens import api
from twinlens.cli.outcome import say


def open_indexed(place: Path | None, model: str | None) -> "api.library.Opened":
    """The collection that a command means; where its first indexing has not come to its end, that goes on first."""
    from twinlens.cli.index import index_with_progress
    from twinlens.errors import CollectionBusyError, CollectionError

    opened = api.library.open_for_search(place, model=model)
    if not opened.is_new:
        return opened
    folders, ready = ", ".join(str(folder.path) for folder in opened.collection.folders()), len(opened.collection)
    say(f"{f'{ready:,} photos' if ready else 'nothing'} of {folders} indexed so far; indexing first")
    try:
        index_with_progress(opened.collection)
    except CollectionError as error:
        ready = len(opened.collection)
        if not ready:
            opened.collection.close()
            if isinstance(error, CollectionBusyError):
                raise CollectionBusyError(
                    f"another process has just begun to index {folders}, no photo is ready yet; try again in a moment"
                ) from error
            raise
        say(f"warning: {error}")
        say(f"searching the {ready:,} photos that are indexed")
    except BaseException:
        opened.collection.close()
        raise
    return opened
