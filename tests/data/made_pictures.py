"""Pictures of every kind, written by the tests: noisy ones of real size, tiled HEIC, colour profiles."""

import io
import struct

import numpy as np
import pillow_heif
import pytest
from PIL import Image, features

pillow_heif.register_heif_opener()  # to write HEIC here; open_photo registers it on its own


def encoded(image: Image.Image, image_format: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, image_format, **options)
    return file.getvalue()


def noisy(width: int, height: int) -> Image.Image:
    """Coloured blocks under noise: it packs as badly as a photo does."""
    random = np.random.default_rng(0)
    blocks = np.kron(random.integers(0, 255, (height // 16, width // 16, 3)), np.ones((16, 16, 1), int))
    return Image.fromarray((blocks + random.integers(-15, 16, blocks.shape)).clip(0, 255).astype(np.uint8))


# --- tiled HEIC, as phones write it: pillow_heif reads them, but writes one tile only -----------------------------


def box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def full_box(kind: bytes, version: int, *content: bytes) -> bytes:
    return box(kind, bytes([version, 0, 0, 0]), *content)


def tiled_heic(image: Image.Image, side: int = 128) -> bytes:
    """A HEIC whose picture is a grid of separately coded tiles, the grid itself in an idat box."""
    across, down = image.width // side, image.height // side
    places = [(column * side, row * side) for row in range(down) for column in range(across)]
    tiles = [
        encoded(image.crop((left, top, left + side, top + side)), "HEIF", quality=80, chroma=420)
        for left, top in places
    ]
    settings = tiles[0].index(b"hvcC") - 4
    codec = tiles[0][settings : settings + int.from_bytes(tiles[0][settings : settings + 4])]
    coded = [tile[tile.index(b"mdat") + 4 :] for tile in tiles]
    grid = len(tiles) + 1  # the item after the tiles

    def sizes(width: int, height: int) -> bytes:
        return full_box(b"ispe", 0, struct.pack(">II", width, height))

    def items(mdat: int) -> bytes:
        starts = np.cumsum([mdat, *(len(data) for data in coded)])
        rows = [
            struct.pack(">HHHHII", number + 1, 0, 0, 1, starts[number], len(data)) for number, data in enumerate(coded)
        ]
        rows.append(struct.pack(">HHHHII", grid, 1, 0, 1, 0, 8))
        return full_box(b"iloc", 1, b"\x44\0", struct.pack(">H", grid), *rows)

    def meta(mdat: int) -> bytes:
        infos = [
            full_box(b"infe", 2, struct.pack(">HH4s", number + 1, 0, b"hvc1"), b"\0") for number in range(grid - 1)
        ]
        infos.append(full_box(b"infe", 2, struct.pack(">HH4s", grid, 0, b"grid"), b"\0"))
        links = [struct.pack(">HBBB", number + 1, 2, 0x81, 2) for number in range(grid - 1)]
        links.append(struct.pack(">HBB", grid, 1, 3))
        return full_box(
            b"meta",
            0,
            full_box(b"hdlr", 0, bytes(4), b"pict", bytes(13)),
            full_box(b"pitm", 0, struct.pack(">H", grid)),
            items(mdat),
            full_box(b"iinf", 0, struct.pack(">H", grid), *infos),
            full_box(b"iref", 0, box(b"dimg", struct.pack(f">HH{grid - 1}H", grid, grid - 1, *range(1, grid)))),
            box(
                b"iprp",
                box(b"ipco", codec, sizes(side, side), sizes(across * side, down * side)),
                full_box(b"ipma", 0, struct.pack(">I", grid), *links),
            ),
            box(b"idat", struct.pack(">BBBBHH", 0, 0, down - 1, across - 1, across * side, down * side)),
        )

    start = box(b"ftyp", b"heic", bytes(4), b"mif1", b"heic")
    place = len(start) + len(meta(0)) + 8
    return start + meta(place) + box(b"mdat", *coded)


# --- every kind that can be written here -------------------------------------------------------------------------

# name: format, options; "mode" and "frames" are ours
KINDS: dict[str, tuple[str, dict[str, object]]] = {
    "JPEG": ("JPEG", {}),
    "progressive JPEG": ("JPEG", {"progressive": True}),
    "CMYK JPEG": ("JPEG", {"mode": "CMYK"}),
    "MPO": ("MPO", {"frames": 2}),
    "PNG": ("PNG", {"compress_level": 1}),
    "palette PNG": ("PNG", {"mode": "P"}),
    "animated PNG": ("PNG", {"frames": 2, "compress_level": 1}),
    "WebP": ("WEBP", {"method": 0}),
    "lossless WebP": ("WEBP", {"lossless": True, "method": 0}),
    "animated WebP": ("WEBP", {"frames": 2, "method": 0}),
    "GIF": ("GIF", {"mode": "L"}),  # grey: choosing a palette is slow
    "animated GIF": ("GIF", {"mode": "L", "frames": 2}),
    "BMP": ("BMP", {}),
    "TIFF": ("TIFF", {}),
    "LZW TIFF": ("TIFF", {"compression": "tiff_lzw"}),
    "deflated TIFF": ("TIFF", {"compression": "tiff_adobe_deflate"}),
    "JPEG in TIFF": ("TIFF", {"compression": "jpeg"}),
    "TIFF of two pages": ("TIFF", {"frames": 2}),
    "float TIFF": ("TIFF", {"mode": "F", "compression": "tiff_lzw"}),
    "PPM": ("PPM", {}),
    "JPEG 2000": ("JPEG2000", {"tile_size": (256, 256)}),
    "JPEG 2000 codestream": ("JPEG2000", {"no_jp2": True, "irreversible": True, "quality_layers": [40]}),
    "ICO": ("ICO", {"sizes": [(128, 128), (64, 64)]}),
    "ICO of bitmaps": ("ICO", {"sizes": [(128, 128)], "bitmap_format": "bmp"}),
    "TGA": ("TGA", {}),
    "packed TGA": ("TGA", {"mode": "L", "compression": "tga_rle"}),
    "HEIC": ("HEIF", {"quality": 80}),
    "tiled HEIC": ("tiles", {}),
    "AVIF": ("AVIF", {"speed": 10}),
}


def picture(kind: str, width: int, height: int) -> bytes:
    image_format, options = KINDS[kind][0], dict(KINDS[kind][1])
    if image_format == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow has no AVIF")
    image = noisy(width, height)
    if image_format == "tiles":
        return tiled_heic(image)
    image = image.convert("L").convert("F") if options.get("mode") == "F" else image.convert(options.get("mode", "RGB"))
    options.pop("mode", None)
    if (frames := options.pop("frames", 1)) > 1:
        options |= {"save_all": True, "append_images": [image.transpose(Image.Transpose.ROTATE_180)] * (frames - 1)}
    return encoded(image, image_format, **options)


# --- damage -------------------------------------------------------------------------------------------------------

EXTREMES = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\1", b"\xff\xff", b"\x80")


def mutated(data: bytes, random: np.random.Generator) -> bytes:
    """The file with one to six faults, half of them in its first 300 bytes, where sizes and offsets stand."""
    changed = bytearray(data)
    for _ in range(random.integers(1, 7)):
        changed = changed or bytearray(b"\xff\xd8")
        most = len(changed) if random.integers(2) else min(300, len(changed))
        place, length = int(random.integers(most)), int(random.integers(1, 64))
        match random.integers(6):
            case 0:
                changed[place] ^= 1 << int(random.integers(8))
            case 1:
                changed[place : place + length] = random.bytes(length)
            case 2:
                fault = EXTREMES[random.integers(len(EXTREMES))]
                changed[place : place + len(fault)] = fault
            case 3:
                del changed[place : place + length]
            case 4:
                start = int(random.integers(len(changed)))
                changed[place:place] = changed[start : start + length]
            case 5 if random.integers(4) == 0:
                del changed[max(20, place) :]
    return bytes(changed)


# --- colour profiles ----------------------------------------------------------------------------------------------

_PRIMARIES = {  # red, green, blue as XYZ under D50, and gamma (None: the curve of sRGB)
    "Display P3": ((0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841), None),
    "Adobe RGB": ((0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446), 2.2),
    "linear sRGB": ((0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141), 1.0),
    "sRGB by hand": ((0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141), None),
}


def colour_profile(name: str) -> bytes:
    """An ICC profile of three primaries and a curve."""

    def fixed(*values: float) -> bytes:
        return struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))

    *primaries, gamma = _PRIMARIES[name]
    if gamma is None:
        curve = b"para\0\0\0\0\0\3\0\0" + fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    else:
        curve = b"curv\0\0\0\0\0\0\0\1" + struct.pack(">H", round(gamma * 256))
    text = name.encode() + b"\0"
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(78),
        b"cprt": b"text\0\0\0\0none\0",
        b"wtpt": b"XYZ \0\0\0\0" + fixed(0.9642, 1, 0.8249),
        **{
            kind: b"XYZ \0\0\0\0" + fixed(*xyz)
            for kind, xyz in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries, strict=True)
        },
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    }
    rows, body, start = b"", b"", 132 + 12 * len(tags)
    for kind, content in tags.items():
        rows += kind + struct.pack(">II", start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    head = struct.pack(">I4xI4s4s4s12x4s28x", start + len(body), 0x02400000, b"mntr", b"RGB ", b"XYZ ", b"acsp")
    return (head + fixed(0.9642, 1, 0.8249)).ljust(128, b"\0") + struct.pack(">I", len(tags)) + rows + body
