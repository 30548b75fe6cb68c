import struct

import pytest
from PIL import Image

from data.made_pictures import encoded, noisy
from twinlens.data.decoding.kinds import Kind, find_kind
from twinlens.data.images import open_photo
from twinlens.errors import PhotoError

UNREAD = [
    (b"8BPS\0\2" + bytes(60), "large Photoshop document"),
    (b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', "SVG"),
    (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- drawn -->\n<svg/>', "SVG"),
    (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n", "PostScript"),
    (b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n", "PDF"),
    (b"\0\0\0\x18ftypisom" + bytes(4) + b"isomavc1" + bytes(60), "video"),
    (b"\0\0\0\x14ftypqt  " + bytes(60), "video"),
    (b"\x1aE\xdf\xa3" + bytes(60), "video"),
    (b"RIFF" + bytes(4) + b"AVI LIST" + bytes(60), "video"),
    (b"FOVb" + bytes(60), "Sigma X3F"),
    (b"gimp xcf v011" + bytes(60), "GIMP"),
    (b"v/1\1" + bytes(60), "OpenEXR"),
    (bytes(128) + b"DICM" + bytes(60), "DICOM"),
    (b"\0\0\2\0\1\0" + bytes(60), "cursor"),
]


@pytest.mark.parametrize(("data", "name"), UNREAD)
def test_a_kind_that_is_not_read_is_called_by_its_name(data, name):
    with pytest.raises(PhotoError, match=rf"^kind not read yet: .*{name}"):
        open_photo(data)


@pytest.mark.parametrize("tags", [[(254, 1), (271, 0), (330, 8)], [(262, 32803)]])
def test_a_raw_photo_in_a_tiff_is_not_taken_for_its_small_preview(tags):
    rows = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    with pytest.raises(PhotoError, match=r"RAW|ends too early"):
        open_photo(b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + rows + bytes(4))


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "JPEG2000", "ICO", "TGA"])
def test_formats_are_known_by_their_first_bytes(image_format):
    assert find_kind(encoded(noisy(32, 32), image_format)) == Kind(image_format, True)


@pytest.mark.parametrize("data", [b"", b"P", b"text", b"RIFF", bytes(17), bytes(18), b"\0\0\2\0" + bytes(60), b"ID3\4"])
def test_what_is_no_picture_has_no_kind(data):
    assert find_kind(data) is None


def test_a_known_format_with_a_broken_header_is_damaged_and_not_called_no_image():
    with pytest.raises(PhotoError, match=r"^(damaged|truncated)"):
        open_photo(b"BM" + b"\xee" * 80)


def test_a_sequence_of_pictures_with_an_unknown_first_brand_is_heic():
    assert find_kind(b"\0\0\0\x18ftypmiaf" + bytes(4) + b"mif1heic") == Kind("HEIF", True)


def test_damaged_targa_is_refused():
    data = encoded(Image.new("RGB", (40, 40)), "TGA")
    with pytest.raises(PhotoError, match="truncated"):
        open_photo(data[:1000])
