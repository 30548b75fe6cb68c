"""A hundred photos and a thousand texts, on which a bundle and the model that it was made of are compared."""

from pathlib import Path

from PIL import Image

from twinlens.everyday.descriptions import descriptions

DEMO = Path(__file__).parents[3] / "demo" / "photos"
PHOTOS, TEXTS = 100, 1000
_ODD = [
    "",
    "  a   photo\tof A DOG ",
    "Two red dogs, of a photo!",
    "été à l'île",
    "x " * 60,
    "一只红色的狗",
    "🐕",
    "a" * 300,
]


def many_photos() -> list[Image.Image]:
    """Photos of many shapes: the demo's, and parts of them that are tall, wide, tiny or odd."""
    whole = []
    for path in sorted(DEMO.rglob("*.jpg")):
        with Image.open(path) as photo:
            photo.thumbnail((320, 320))
            whole.append(photo.convert("RGB"))
    parts = [
        photo.crop((0, 0, min(photo.width, 8 + 7 * number), min(photo.height, 8 + 37 * number % 211)))
        for number, photo in enumerate(whole)
    ]
    return [*whole, *parts][:PHOTOS]


def many_texts() -> list[str]:
    """Texts of everyday searches in several languages, and odd ones."""
    found = [text for language in ("en", "de", "zh") for text in descriptions(language)[:TEXTS]]
    return [*_ODD, *found[:: max(1, len(found) // TEXTS)]][:TEXTS]
