"""Photos in an album, whether people have put them there or a saved search finds them."""

from twinlens.collection.catalog.condition import Condition
from twinlens.collection.catalog.curated.names import MOST_CHARACTERS, name_key, nearest_name
from twinlens.collection.searching.filtering import Filter, FilterScope, found_by, parse_text


def is_in_album(name: str, scope: FilterScope) -> Condition:
    """The whole name, in any case; matches nothing if there is no such album."""
    return scope.album(name)


def note_unknown(name: str, scope: FilterScope) -> str | None:
    """Says that there is no such album, and which one was probably meant."""
    known = scope.albums()
    if name_key(name) in map(name_key, known):
        return None
    near = nearest_name(name, known)
    return f"there is no album “{name}”" + (f" (did you mean “{near}”?)" if near else "")


ALBUM = Filter(
    name="album",
    label="Album",
    help="Only photos in this album.",
    example="Italy",
    max_length=MOST_CHARACTERS,
    parse=parse_text,
    condition=is_in_album,
    sources=found_by("album", is_in_album),
    note=note_unknown,
    phrase="in the album {}",
    has_input=False,
)
