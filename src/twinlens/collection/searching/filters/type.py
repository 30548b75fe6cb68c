"""Photos of a kind of file, by the end of its name."""

from twinlens.collection.catalog.condition import Condition, marked
from twinlens.collection.searching.filtering import Filter, FilterScope, parse_words
from twinlens.data.decoding.kinds import RAW_SUFFIXES, unread_suffixes

ENDS = {
    "jpg": "jpg jpeg jpe jfif mpo",
    "heic": "heic heif hif",
    "png": "png",
    "webp": "webp",
    "gif": "gif",
    "tiff": "tif tiff",
    "avif": "avif",
    "bmp": "bmp dib",
    "jp2": "jp2 j2k j2c jpc jpf jpx",
    "pnm": "ppm pgm pnm pfm",
    "ico": "ico",
    "tga": "tga",
    "jxl": "jxl",
    "psd": "psd psb",
    "raw": " ".join(sorted((*RAW_SUFFIXES, *unread_suffixes("RAW photo")))).replace(".", ""),
    "video": " ".join(unread_suffixes("video")).replace(".", ""),
}
"""How the names of each type end. A collection has only files that twinlens reads."""

OF_END = {end: end for ends in ENDS.values() for end in ends.split()} | {name: name for name in ENDS} | {"jpeg": "jpg"}
"""Types as people write them: one of those above, or the end of a name."""


def is_of_type(types: str, _: FilterScope) -> Condition:
    """Matches any of several types."""
    return marked("files_ending(?)", " ".join(ENDS.get(name, name) for name in types.split(",")))


TYPE = Filter(
    name="type",
    label="Type",
    help="Type of file, such as jpg, heic, png, raw, video; several with commas.",
    example="jpg",
    max_length=200,
    parse=parse_words(OF_END, told=tuple(ENDS)),
    condition=is_of_type,
    phrase="of type {}",
    has_input=False,
)
