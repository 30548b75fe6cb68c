"""Text in pictures: whether it can be read here, and how much was read."""

from twinlens.collection.catalog.texts.read_texts import ReadCounts
from twinlens.collection.collection import Collection
from twinlens.collection.recognizing.report import TextReport
from twinlens.ocr.rapid import can_read_texts

__all__ = ["ReadCounts", "TextReport", "can_read_texts", "read_counts"]


def read_counts(collection: Collection) -> ReadCounts:
    """How many photos of a collection have been looked at for text, and how many wait."""
    return collection.catalog.read_texts.counts()
