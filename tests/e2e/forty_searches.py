"""Forty searches over a small library: words, photos, sums, filters, pages, and what is not there."""

import os
from pathlib import Path
from typing import Any, NamedTuple

import skimage
from PIL import ExifTags, Image

SAMPLES = Path(skimage.__file__).parent / "data"
# path in the library → sample, date, camera
PHOTOS = {
    "animals/cat.png": ("chelsea.png", "2023:06:30 12:00:00", "Canon EOS R5"),
    "kitchen/coffee.png": ("coffee.png", "2023:06:01 08:00:00", "Apple iPhone 12"),
    "street/motorcycle.png": ("motorcycle_left.png", "2022:03:04 10:00:00", "Canon EOS R5"),
    "people/photographer.png": ("camera.png", "1978:01:01 00:00:00", None),
    "people/astronaut.png": ("astronaut.png", "2022:12:24 18:00:00", "NIKON D850"),
    "space/rocket.png": ("rocket.jpg", "2024:02:29 23:59:59", "NIKON D850"),
    "space/moon.png": ("moon.png", None, None),
    "space/galaxies.png": ("hubble_deep_field.jpg", "2021:05:05 05:05:05", None),
    "things/coins.png": ("coins.png", "2020:01:02 03:04:05", "Canon EOS R5"),
    "things/clock.png": ("clock_motion.png", None, "Apple iPhone 12"),
    "things/text.png": ("text.png", "2021:11:11 11:11:11", None),
    "things/page.png": ("page.png", None, None),
    "patterns/bricks.png": ("brick.png", "2019:09:09 09:09:09", None),
    "patterns/grass.png": ("grass.png", "2019:09:09 09:09:10", None),
    "patterns/gravel.png": ("gravel.png", "2019:09:09 09:09:11", None),
    "science/cells.png": ("cell.png", None, None),
    "science/tissue.png": ("ihc.png", "2018:08:08 08:08:08", None),
    "science/retina.png": ("retina.jpg", "2018:08:08 08:08:09", None),
    "colours/wheel.png": ("color.png", None, None),
    "colours/logo.png": ("logo.png", None, None),
}
FAVOURITES = ("animals/cat.png", "space/rocket.png", "things/coins.png")
CAPTIONS = {
    "animals/cat.png": ["a ginger cat looks up", "a close view of a cat"],
    "kitchen/coffee.png": ["a cup of coffee on a saucer"],
    "space/rocket.png": ["a rocket takes off at night"],
    "street/motorcycle.png": ["a motorcycle in a garage"],
}


class Case(NamedTuple):
    """A search, in words that every interface understands."""

    query: str  # words, a sum of words, or "photo:ID"
    options: dict[str, Any]  # k, offset, sort, min_probability
    filters: dict[str, Any]
    target: str = "image"

    @property
    def name(self) -> str:
        """For people and for the record of what was found before."""
        parts = [self.query, *(f"{name}={value}" for name, value in {**self.options, **self.filters}.items())]
        return " ".join([*parts, *([self.target] if self.target != "image" else [])])


def _words(*queries: str, **options: Any) -> list[Case]:
    return [Case(query, options, {}) for query in queries]


SEARCHES = [
    *_words("a cat", "a cup of coffee", "a motorcycle", "a man with a camera", "a rocket at night", "an astronaut"),
    *_words("coins", "a page of a book", "a brick wall", "green grass", "the moon", "a clock on a wall"),
    *_words("a horse", "a bank statement", "people at a wedding", "a bowl of soup"),  # not there
    *_words("cat + coffee", "rocket + 0.5 moon", "motorcycle - 0.5 street", "a cat - 1.0 grass"),
    *[Case(f"photo:{one}", {}, {}) for one in ("animals/cat.png", "space/moon.png", "patterns/grass.png")],
    Case("photo:space/rocket.png", {"k": 3}, {"folder": "space"}),
    Case("photo:animals/cat.png", {"k": 2, "offset": 2}, {}),
    Case("a cat", {"k": 20, "sort": "date"}, {}),
    Case("a motorcycle", {"k": 5, "sort": "date"}, {"camera": "canon"}),
    Case("a cat", {"k": 3, "offset": 3}, {}),
    Case("a cat", {"k": 3, "offset": 18}, {}),
    Case("a cat", {"k": 3, "offset": 30}, {}),
    Case("a rocket", {}, {"after": "2022"}),
    Case("a rocket", {}, {"before": "2019-09-09"}),
    Case("a rocket", {}, {"after": "2022", "before": "2023-06"}),
    Case("a person", {}, {"folder": "people"}),
    Case("a cup", {}, {"camera": "iphone"}),
    Case("a cat", {}, {"favourites": True}),
    Case("a cat", {}, {"camera": "hasselblad"}),
    Case("a dog", {"k": 20}, {"after": "2018", "folder": "space", "camera": "nikon"}),
    Case("photo:animals/cat.png", {"k": 3}, {}, "caption"),
    Case("photo:space/rocket.png", {}, {"folder": "space"}, "caption"),
]


def make_library(root: Path) -> Path:
    """Draws the photos with their EXIF into a folder."""
    for target, (source, taken_at, camera) in PHOTOS.items():
        path = root / target
        path.parent.mkdir(parents=True, exist_ok=True)
        image = Image.open(SAMPLES / source).convert("RGB")
        image.thumbnail((320, 320), Image.Resampling.BOX)
        exif = Image.Exif()
        if camera:
            exif[ExifTags.Base.Model] = camera
        if taken_at:
            exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = taken_at
        image.save(path, exif=exif, icc_profile=None)  # the hits were recorded when profiles were ignored
        os.utime(path, (0, 0))  # and when a file told no date
    return root


def write_captions(file: Path) -> Path:
    """The captions as a table."""
    lines = [f'{photo},"{caption}"' for photo, captions in CAPTIONS.items() for caption in captions]
    file.write_text("\n".join(["image,caption", *lines]) + "\n", encoding="utf-8")
    return file
