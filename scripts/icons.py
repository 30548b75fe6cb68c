"""Draws the page's icons for home screens and docks from its logo, ``static/icon.svg``; a test compares them."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path

from PIL import Image, ImageDraw

STATIC = Path(__file__).resolve().parent.parent / "src" / "twinlens" / "rest" / "static"
FINER = 8  # drawn so many times as large, then made small: Pillow's lines have no soft edges
SVG = "{http://www.w3.org/2000/svg}"
MASKED_SCALE = 0.72  # the lenses stay within the circle that systems cut a maskable icon to
ICONS = {
    "icon-192.png": (192, False),
    "icon-512.png": (512, False),
    "maskable-512.png": (512, True),
    "apple-touch-icon.png": (180, True),
}
"""Size in pixels of each, and whether the system gives it its shape, so that the colour reaches the edges."""


def draw(size: int, *, is_masked: bool) -> Image.Image:
    """The logo as a square picture.

    Args:
        size: pixels of a side.
        is_masked: fill the corners, and draw the lenses smaller.
    """
    logo = ElementTree.parse(STATIC / "icon.svg").getroot()
    unit = size * FINER / float(logo.attrib["viewBox"].split()[2])
    ground = logo.find(f"{SVG}rect")
    lenses = logo.find(f"{SVG}g")
    assert ground is not None
    assert lenses is not None
    made = Image.new("RGBA", (size * FINER, size * FINER))
    pen = ImageDraw.Draw(made)
    radius = 0 if is_masked else float(ground.attrib["rx"]) * unit
    pen.rounded_rectangle((0, 0, made.width - 1, made.height - 1), radius, fill=ground.attrib["fill"])
    scale = unit * (MASKED_SCALE if is_masked else 1)
    width = float(lenses.attrib["stroke-width"]) * scale
    for circle in lenses:
        x, y, r = (float(circle.attrib[name]) for name in ("cx", "cy", "r"))
        centre = [made.width / 2 + (value * unit - made.width / 2) * scale / unit for value in (x, y)]
        outer = r * scale + width / 2
        box = [centre[0] - outer, centre[1] - outer, centre[0] + outer, centre[1] + outer]
        pen.ellipse(box, outline=lenses.attrib["stroke"], width=round(width))
    return made.resize((size, size), Image.Resampling.LANCZOS)


def main() -> None:
    """Writes all of them."""
    for name, (size, is_masked) in ICONS.items():
        icon = draw(size, is_masked=is_masked).quantize(64, method=Image.Quantize.FASTOCTREE)
        icon.save(STATIC / "icons" / name, optimize=True)


if __name__ == "__main__":
    main()
