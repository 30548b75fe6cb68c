"""Tags that are suggested for several photos, accepted at once."""

from collections.abc import Sequence

from twinlens.apps.libraries.library import Library
from twinlens.errors import QueryError

MOST_AT_ONCE = 200  # each is compared with the whole list


def accept_suggested(library: Library, photo_ids: Sequence[str]) -> int:
    """Gives photos the tags that fit them for sure; returns how many photos have changed.

    Raises:
        QueryError: these are too many photos.
    """
    if len(photo_ids) > MOST_AT_ONCE:
        raise QueryError(
            f"tags are suggested for at most {MOST_AT_ONCE} photos at a time, and these are {len(photo_ids):,}; "
            "take fewer at a time"
        )
    changed = 0
    for photo_id in photo_ids:
        sure = [tag for tag, grade in library.giving.suggested_tags(photo_id) if grade == "strong"]
        changed += library.giving.tag([photo_id], sure) if sure else 0
    return changed
