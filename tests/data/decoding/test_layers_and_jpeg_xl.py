"""Photoshop documents by the picture of their layers, and JPEG XL."""

import io

import numpy as np
import pytest
from PIL import Image

from data.layered_files import jpeg_xl, psd
from twinlens.data.decoding.jpeg_xl import size_of
from twinlens.data.guarded.light import is_light
from twinlens.data.images import open_photo
from twinlens.errors import PhotoError, PhotoTooLargeError

RED, BLUE = (200, 30, 30), (30, 40, 200)
TURNED = 6  # the camera was held upright: the left is shown on top


def scene() -> np.ndarray:
    pixels = np.zeros((60, 90, 3), np.uint8)
    pixels[:, :45], pixels[:, 45:] = RED, BLUE
    return pixels


def planes() -> np.ndarray:
    return scene().transpose(2, 0, 1).copy()


def test_a_photoshop_document_is_the_picture_of_its_layers() -> None:
    photo = open_photo(psd(planes()))
    assert photo.image.size == (photo.details.width, photo.details.height) == (90, 60)
    np.testing.assert_array_equal(np.asarray(photo.image), scene())
    assert not is_light(psd(planes()), is_reduced=True)


def test_a_saved_selection_is_no_transparency_and_that_of_the_layers_is() -> None:
    with_fourth = np.concatenate([planes(), np.zeros((1, 60, 90), np.uint8)])
    assert open_photo(psd(with_fourth)).image.getpixel((5, 5)) == RED
    assert open_photo(psd(with_fourth, layers=2)).image.getpixel((5, 5)) == RED
    assert open_photo(psd(with_fourth, layers=-2)).image.getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (psd(planes(), has_composite=False), "save it with 'Maximize Compatibility'"),
        (psd(planes(), bits=16), "16 bits a channel; save a copy with 8 bits"),
        (psd(planes())[:9000], "truncated"),
        (psd(planes())[:20], "truncated"),
        (b"8BPS\0\2" + bytes(40), r"kind not read yet: large Photoshop document \(PSB\)"),
    ],
)
def test_a_document_that_cannot_be_read_says_what_to_do(data: bytes, reason: str) -> None:
    with pytest.raises(PhotoError, match=reason):
        open_photo(data)


def exif() -> bytes:
    made = Image.Exif()
    made[0x0112], made[0x0110] = TURNED, "Twin Reflex"
    return made.tobytes()


@pytest.mark.parametrize("options", [{"lossless": True}, {"lossless": True, "exif": exif()}])
def test_jpeg_xl_is_read_as_its_codestream_is_turned(options: dict) -> None:
    """libjxl turns the pixels itself; the orientation in EXIF is for other formats."""
    photo = open_photo(jpeg_xl(scene(), **options))
    assert photo.image.size == (photo.details.width, photo.details.height) == (90, 60)
    np.testing.assert_array_equal(np.asarray(photo.image), scene())
    assert photo.details.camera == ("Twin Reflex" if "exif" in options else None)


def test_a_jpeg_inside_a_jpeg_xl_is_turned_as_its_exif_says(tmp_path: object) -> None:
    import pillow_jxl

    buffer = io.BytesIO()
    Image.fromarray(scene()).save(buffer, "JPEG", quality=95, exif=exif())
    encoder = pillow_jxl.Encoder(
        mode="RGB",
        lossless=True,
        quality=0,
        decoding_speed=0,
        effort=3,
        use_container=True,
        use_original_profile=False,
        num_threads=1,
    )
    packed = encoder(buffer.getvalue(), 90, 60, jpeg_encode=True)
    photo = open_photo(packed)
    assert photo.image.size == (photo.details.width, photo.details.height) == (60, 90)
    assert photo.image.getpixel((5, 5))[0] > 150 > photo.image.getpixel((5, 85))[0]


@pytest.mark.parametrize("size", [(8, 8), (256, 256), (90, 60), (600, 400), (1920, 1080), (300, 257), (3000, 17)])
@pytest.mark.parametrize("options", [{}, {"exif": exif()}])
def test_the_size_is_known_before_it_is_decoded(size: tuple[int, int], options: dict) -> None:
    width, height = size
    data = jpeg_xl(np.zeros((height, width, 3), np.uint8), effort=1, **options)
    assert size_of(data) == size
    assert not is_light(data, is_reduced=True)


def test_a_huge_jpeg_xl_is_refused_by_its_header() -> None:
    bits = 0 | 3 << 1 | (99_999 << 3) | 1 << 33  # a height of 100,000 in 30 bits, as wide as high
    with pytest.raises(PhotoTooLargeError, match="10,000 megapixels, more than 178"):
        open_photo(b"\xff\x0a" + bits.to_bytes(12, "little"))


def test_a_jpeg_xl_cut_anywhere_is_refused() -> None:
    for data in (jpeg_xl(scene()), jpeg_xl(scene(), exif=exif())):
        for share in (0.05, 0.3, 0.6, 0.9, 0.99):
            with pytest.raises(PhotoError, match=r"truncated|its JPEG XL data cannot be read"):
                open_photo(data[: int(len(data) * share)])
