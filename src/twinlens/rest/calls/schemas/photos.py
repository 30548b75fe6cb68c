"""What is known of one photo, and the tags that fit it."""

from pydantic import BaseModel, Field

from twinlens.api.photos.describing import Language
from twinlens.rest.calls.schemas.values import DATE_SOURCE, DURATION, OWN_CAPTION, PLACE
from twinlens.types import DateSource, Grade


class PhotoAnswer(BaseModel):
    """A photo's metadata."""

    image_id: str
    image_path: str
    size_bytes: int
    modified_at: float = Field(description="seconds since 1970")
    width: int | None
    height: int | None
    taken_at: str | None = Field(description="the camera's wall clock")
    date_source: DateSource | None = Field(description=DATE_SOURCE)
    utc_offset_minutes: int | None
    camera: str | None
    lens: str | None = None
    latitude: float | None
    longitude: float | None
    captions: list[str]
    caption: str | None = Field(default=None, description=OWN_CAPTION)
    text: str | None = Field(
        default=None,
        description="what is written in the picture, one line a piece, if it was read (twinlens read-text)",
    )
    title: str | None = Field(default=None, description="from its file, or a file beside it")
    description: str | None = None
    keywords: list[str] = Field(default=[], description="the parts of one have '|' between them, as in animals|dog")
    people: list[str] = []
    place: str | None = Field(default=None, description=PLACE)
    is_favourite: bool
    duration_s: float | None = Field(description=DURATION)
    rating: int | None = Field(
        description="stars, 1 to 5: those given here, else those of its file, where 0 is none, -1 a rejected photo"
    )
    tags: list[str]
    albums: list[str] = Field(description="into which people have put it; not those whose search finds it")
    missing: bool = Field(default=False, description="its file is gone")


class SuggestedTag(BaseModel):
    """A tag that fits a photo."""

    tag: str
    grade: Grade
    probability: float = Field(description="in [0, 1]; what the grade is made of")


class PhotoTags(BaseModel):
    """The tags of a photo, and those that are suggested."""

    image_id: str
    tags: list[str] = Field(description="that it has")
    suggested: list[SuggestedTag] = Field(description="that it does not have, the best first")
    language: Language = Field(description="of those that are suggested")
