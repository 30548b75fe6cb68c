"""``twinlens favourite``: mark photos as favourites."""

from typing import Annotated

import typer

from twinlens.cli.changes import change_photos
from twinlens.cli.options.common import Existing
from twinlens.cli.options.photos import FromStdin, OfQuery, Photos
from twinlens.cli.outcome import AsJson, as_exit_code, logged

EXAMPLE = "Example: twinlens favourite ~/Pictures/beach.jpg"


@as_exit_code
@logged
def run(
    photos: Photos = None,
    query: OfQuery = None,
    from_stdin: FromStdin = False,
    remove: Annotated[bool, typer.Option("--remove", help="Take the mark away.")] = False,
    place: Existing = None,
    as_json: AsJson = False,
) -> int:
    """Mark photos as favourites: all that are named, or none if one is unknown.

    'twinlens search favourite:yes' finds them. No photo file is changed.
    """
    done, before = ("took the mark from {}", "had none") if remove else ("marked {}", "had the mark already")
    return change_photos(
        place,
        photos,
        query,
        from_stdin=from_stdin,
        change=lambda collection, chosen: collection.mark_favourites(chosen, is_favourite=not remove),
        done=done,
        before=before,
        as_json=as_json,
        is_favourite=not remove,
    )
