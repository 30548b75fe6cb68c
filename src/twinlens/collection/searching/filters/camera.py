"""Photos taken with a camera."""

from twinlens.collection.catalog.condition import Condition, camera_holds
from twinlens.collection.searching.filtering import Filter, FilterScope, parse_text


def taken_with(camera: str, _: FilterScope) -> Condition:
    """Matches a part of maker and model, case-insensitive."""
    return camera_holds(camera)


CAMERA = Filter(
    name="camera",
    kind="camera",
    label="Camera",
    help="Part of the camera's name.",
    example="canon",
    max_length=200,
    parse=parse_text,
    condition=taken_with,
    phrase="camera {}",
)
