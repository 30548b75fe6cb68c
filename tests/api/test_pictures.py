"""A picture as it is shown before anything is known of it."""

import io

import pillow_heif
import pytest
from PIL import Image

from twinlens.api.searching import picture_preview
from twinlens.errors import PhotoError


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "HEIF"])
def test_a_preview_is_upright_small_and_rgb(kind: str) -> None:
    image = Image.new("RGB", (400, 200), (200, 30, 30))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright
    buffer = io.BytesIO()
    if kind == "HEIF":
        pillow_heif.from_pillow(image.rotate(270, expand=True)).save(buffer)
    else:
        image.save(buffer, kind, exif=exif)
    shown = picture_preview(buffer.getvalue(), side=100)
    assert (shown.size, shown.mode) == ((50, 100), "RGB")


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(PhotoError):
        picture_preview(b"nothing", side=100)
