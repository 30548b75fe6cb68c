"""The map of places in the how-to page, from the demo's sights at their places: python scripts/places_picture.py."""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from how_to_pictures import MOST_BYTES, PHOTOS
from screenshots import IMAGES, chromium

from twinlens import Collection

SIGHTS = {
    "colosseum": (41.8902, 12.4922),
    "eiffel-tower": (48.8584, 2.2945),
    "golden-gate": (37.8199, -122.4783),
    "great-wall": (40.4319, 116.5704),
    "pyramid": (29.9792, 31.1342),
    "statue-of-liberty": (40.6892, -74.0445),
    "taj-mahal": (27.1751, 78.0421),
}
XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="{0}" exif:GPSLongitude="{1}"/>
</rdf:RDF></x:xmpmeta>"""
WINDOW = {"width": 1120, "height": 640}


def main() -> int:
    """Makes the picture; the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        photos = Path(shutil.copytree(PHOTOS / "places", Path(folder, "photos")))
        for name, (latitude, longitude) in SIGHTS.items():
            position = _degrees(latitude, "NS"), _degrees(longitude, "EW")
            (photos / f"{name}.jpg.xmp").write_text(XMP.format(*position), encoding="utf-8")
        with Collection.open(photos) as collection:
            collection.index()
        _take(photos, IMAGES / "how-to-places.jpg")
    return 0


def _degrees(value: float, ways: str) -> str:
    return f"{int(abs(value))},{abs(value) % 1 * 60:.4f}{ways[value < 0]}"


def _take(photos: Path, file: Path) -> None:
    command = [sys.executable, "-m", "twinlens", "serve", "--in", str(photos), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server, chromium() as browser:
        assert server.stdout is not None
        page = browser.new_context(viewport=WINDOW, locale="en-GB", reduced_motion="reduce").new_page()
        page.goto(json.loads(server.stdout.readline())["url"])
        page.wait_for_selector(".tile img.is-loaded")
        page.click("#places-button")
        page.wait_for_selector(".cluster")
        page.wait_for_load_state("networkidle")
        for quality in (85, 75, 65, 50):
            page.screenshot(path=file, type="jpeg", quality=quality)
            if file.stat().st_size <= MOST_BYTES:
                break
        server.terminate()
    print(f"{file}: {file.stat().st_size:,} bytes", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
