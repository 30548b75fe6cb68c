"""What is asked when something is to be found."""

from typing import Self

from pydantic import Field, model_validator
from pydantic.json_schema import SkipJsonSchema

from twinlens.rest.calls.schemas.fields import CaptionFields, SearchFields
from twinlens.rest.calls.schemas.values import Body, ImageId, RegionText, Weight, Words


class TextSearch(SearchFields):
    """Find photos that fit a text."""

    query: Words


class BatchSearch(SearchFields):
    """Find photos for each of several queries."""

    queries: list[Words] = Field(min_length=1)


class ImagePart(Body):
    """A photo of the library, or a region of it."""

    image_id: ImageId
    region: RegionText | SkipJsonSchema[None] = None


class WeightedImage(ImagePart):
    """A photo of the library, or a region of it, and its weight."""

    weight: Weight = 1.0


class ImageSearch(SearchFields):
    """Find photos that look like a library photo, or like a weighted sum of photos and text, and not like others."""

    image_id: ImageId | SkipJsonSchema[None] = None
    region: RegionText | SkipJsonSchema[None] = None
    images: list[WeightedImage] = Field(default=[], max_length=8, description="several photos, each with a weight")
    without: list[ImagePart] = Field(
        default=[], max_length=8, description="photos: what has a grade for one of them is left out"
    )
    query: Words | SkipJsonSchema[None] = Field(default=None, description="text to add to the sum")
    query_weight: Weight = 1.0
    include_self: bool = Field(default=False, strict=True, description="allow the query photo to find itself")

    @model_validator(mode="after")
    def _region_has_its_photo(self) -> Self:
        if self.region and self.image_id is None:
            raise ValueError("region is of image_id; a photo in images has its own")
        return self

    def photos(self) -> list[WeightedImage]:
        """The photos of the library to search by."""
        alone = [] if self.image_id is None else [WeightedImage(image_id=self.image_id, region=self.region)]
        return [*alone, *self.images]


class CaptionSearch(CaptionFields):
    """Find captions that fit a photo of the library; everyday descriptions if it has no captions."""

    image_id: ImageId


class ExplainRequest(Body):
    """Show where in a photo of the library a text matches."""

    query: Words
    image_id: ImageId
