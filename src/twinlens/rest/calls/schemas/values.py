"""Values that several calls take or give, and how the reference describes them."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

DEEPEST_OFFSET = 10_000_000


def _whole(value: object) -> object:
    """Accepts a JSON integer: 10 and 10.0, but not "10" or true."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("must be a whole number")
    return value


Whole = Annotated[int, BeforeValidator(_whole)]
Weight = Annotated[float, Field(ge=-1e6, le=1e6, strict=True, description="weight in the sum; below 0 = less like it")]
ImageId = Annotated[str, Field(min_length=1, max_length=4096, examples=["image_001.jpg"])]
RegionText = Annotated[
    str,
    Field(
        max_length=100,
        description="the part of the photo that is meant: x,y,width,height of the upright photo, from its upper left "
        "corner, as fractions, per cent or pixels; of a video, @ and a time in seconds may follow",
        examples=["0.1,0.2,0.5,0.5", "0.1,0.2,0.5,0.5@83.5"],
    ),
]
LANGUAGE = "of the built-in list; without it the one that Accept-Language prefers, else English"
ORDERS = "'date' newest first, 'oldest' oldest first, 'name' by file name, 'size' largest file first"
DURATION = "length of a video in seconds; null for a photo"
OWN_CAPTION = (
    "what people or its file say that it shows: its oldest caption, else its description or title; the first 200 "
    "characters; null if nobody has said it"
)
PLACE = "country, region and town by its position, '|' between them"
DATE_SOURCE = "what told taken_at: EXIF, XMP, IPTC or GPS data, Google Takeout, the file's name, or the file's own date"
LEFT_OUT = "photos that pass the filters and match what the query leaves out; null without such, or with alternatives"
UNDATED = "photos that a date filter leaves out because they have no date; null without such a filter"
FILE_DATED = "photos that a date filter judges by the date of their file, which may be that of a copy; null without one"
Words = Annotated[
    str,
    Field(
        min_length=1,
        pattern=r"\S",
        description='words, -without, "phrases", fields such as year:2023, OR, parentheses, or a weighted sum such as '
        "'dog + 0.5 beach - 0.3 night' (operators between spaces)",
        examples=["a dog playing in the park"],
    ),
]


class Body(BaseModel):
    """Base of request bodies; unknown fields are rejected, so that misspelt ones are noticed."""

    model_config = ConfigDict(extra="forbid", frozen=True)
