"""``twinlens rate``: give photos one to five stars."""

from typing import Annotated

import typer

from twinlens.cli.changes import change_photos
from twinlens.cli.options.common import Existing
from twinlens.cli.options.photos import FromStdin, OfQuery, Photos
from twinlens.cli.outcome import AsJson, as_exit_code, logged

EXAMPLE = "Example: twinlens rate 5 ~/Pictures/beach.jpg"


@as_exit_code
@logged
def run(
    stars: Annotated[int, typer.Argument(metavar="STARS", min=0, max=5, help="1 to 5; 0 takes the rating away.")],
    photos: Photos = None,
    query: OfQuery = None,
    from_stdin: FromStdin = False,
    place: Existing = None,
    as_json: AsJson = False,
) -> int:
    """Give photos one to five stars: all that are named, or none if one is unknown.

    'twinlens search "rating>=4"' finds them. No photo file is changed.
    """
    done, before = ("rated {}", "had this rating already") if stars else ("took the rating from {}", "had none")
    return change_photos(
        place,
        photos,
        query,
        from_stdin=from_stdin,
        change=lambda collection, chosen: collection.ratings.rate(stars, chosen),
        done=done,
        before=before,
        as_json=as_json,
        stars=stars,
    )
