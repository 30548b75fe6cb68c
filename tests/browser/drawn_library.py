"""A library that is drawn in code, with dates, cameras, captions and odd names; and thousands of copies of it."""

import json
import math
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from twinlens.api.library import Collection
from twinlens.api.models import find_bundle

MARKUP = "<img src=x onerror=alert(1)> \"quoted\" & 'single'.png"
RIGHT_TO_LEFT = "صورة الشاطئ 🏖️.png"
LONG = "a" * 240 + ".png"
ODD_NAMES = (MARKUP, RIGHT_TO_LEFT, LONG, "50% off #1?.png", "=SUM(A1).png")
ODD_CAPTIONS = (
    "<script>document.title = 'taken'</script> a red square",
    "מלבן אדום &amp; <b>bold</b> 😀",
    "long " * 60,
)
COLOURS = {"red": (200, 40, 40), "green": (40, 160, 60), "blue": (40, 60, 200), "yellow": (220, 200, 40)}
SHAPES = ("square", "circle")
FORMATS = ((480, 320), (320, 480), (400, 400), (640, 240))


def draw_library(root: Path) -> Path:
    """24 dated photos of shapes in two folders and five with odd names; their captions lie beside the folder."""
    number = 0
    for colour in COLOURS:
        for shape in SHAPES:
            for folder in ("holiday/beach", "holiday/wood", "home"):
                _draw(root / folder / f"{colour} {shape}.jpg", colour, shape, number)
                number += 1
    for place, name in enumerate(ODD_NAMES):
        colour, shape = list(COLOURS)[place % 4], SHAPES[place % 2]
        _draw(root / "odd" / name, colour, shape, number + place, is_dated=False)
    lines = [f'"home/red square.jpg","{text}"' for text in ODD_CAPTIONS]
    (root.parent / "captions.csv").write_text("image,caption\n" + "\n".join(lines), encoding="utf-8")
    with Collection.create([root], model=believing(root.parent / "model")) as collection:
        collection.index(captions=root.parent / "captions.csv")
    return root


def believing(folder: Path) -> Path:
    """The default model with a calibration that calls every hit strong; by its own, drawn shapes match nothing.

    Tests of what is said where little or nothing matches give results grades of their own.
    """
    shutil.copytree(find_bundle("default"), folder)
    path = folder / "model.json"
    manifest = json.loads(path.read_text("utf-8"))
    for kind in ("text", "photo"):
        manifest["calibration"][kind]["hit"]["intercept"] = 50.0
    path.write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def multiply(root: Path, count: int) -> None:
    """Adds photos to a library until there are so many: other names of the same files, with the vectors of those."""
    with Collection.open(root) as collection:
        catalog = collection.catalog
        folder = catalog.folders()[0].id
        sources = [key for key in sorted(catalog.files.all()) if key[1].startswith("home/")]
        known_photos = {path: _known_photo(catalog, folder, path) for _, path in sources}
        (root / "many").mkdir()
        with catalog.writing() as writer:
            for number in range(count - catalog.count()):
                path = sources[number % len(sources)][1]
                copy = f"many/{number:05}.jpg"
                os.link(root / path, root / copy)
                known, vector, details = known_photos[path]
                noise = np.random.default_rng(number).normal(0, 0.03, len(vector.embedding)).astype(np.float32)
                turned = (vector.embedding + noise) / np.linalg.norm(vector.embedding + noise)
                clock = f"{8 + number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}"  # no two are of one burst
                taken = f"20{10 + number % 14}-0{1 + number % 9}-11T{clock}"
                writer.put_photo(
                    _file_state(folder, copy, known),
                    replace(details, taken_at=taken),
                    vector._replace(embedding=turned),
                    reader_version=known.reader_version,
                )


def _known_photo(catalog: Any, folder: int, path: str) -> tuple[Any, Any, Any]:
    known = catalog.files.at(folder, path)
    vector, details, _ = catalog.vector_of_content(known.content_hash)
    return known, vector, details


def _file_state(folder: int, path: str, known: object) -> object:
    from twinlens.collection.catalog.rows import FileState

    return FileState(folder, path, known.size_bytes, known.mtime_ns, known.content_hash)  # type: ignore[attr-defined]


def _waves(size: tuple[int, int], number: int) -> NDArray[np.uint8]:
    """A background of its own for each photo, so that none is a near copy of another."""
    random = np.random.default_rng(number)
    x, y = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
    angle, length = random.uniform(0, math.pi), random.uniform(8, 90)
    height = 0.5 + 0.5 * np.sin((x * math.cos(angle) + y * math.sin(angle)) * 2 * math.pi / length)
    crest, trough = random.uniform(120, 256, size=(2, 3))
    return (crest * height[..., None] + trough * (1 - height[..., None])).astype(np.uint8)


def _draw(path: Path, colour: str, shape: str, number: int, *, is_dated: bool = True) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    size = FORMATS[number % len(FORMATS)]
    image = Image.fromarray(_waves(size, number))
    side = min(size) // 2
    left, top = (size[0] - side) // 2, (size[1] - side) // 2
    brush = ImageDraw.Draw(image)
    (brush.rectangle if shape == "square" else brush.ellipse)(
        (left, top, left + side, top + side), fill=COLOURS[colour]
    )
    exif = Image.Exif()
    if is_dated:
        exif[0x010F], exif[0x0110] = "Twin", "Reflex" if number % 2 else "Box"
        exif.get_ifd(0x8769)[0x9003] = f"20{20 + number % 4}:0{1 + number % 6}:15 10:{number:02}:00"
    image.save(path, exif=exif, quality=90)
    if not is_dated:
        os.utime(path, (0, 0))  # a file date that is none
