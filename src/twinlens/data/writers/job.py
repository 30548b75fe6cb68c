"""Arguments of a writer: what to write, where, and how to report each photo."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from twinlens.data.images import read_photo_bytes
from twinlens.errors import PhotoError
from twinlens.types import CaptionedImage

OTHER = "other"  # names the shards of photos that are in no split


@dataclass(frozen=True, slots=True)
class Job:
    """One conversion.

    Attributes:
        images: the photos to write, each with captions.
        splits: name → ids; a photo may be in no split.
        folder: the output folder, empty.
        link: hard-link photo files instead of copying them.
        shard_size: photos per shard or Parquet file.
        report: called once for each photo, with None when it was written, else with the reason it was left out.
    """

    images: Sequence[CaptionedImage]
    splits: Mapping[str, Sequence[str]]
    folder: Path
    link: bool
    shard_size: int
    report: Callable[[CaptionedImage, PhotoError | None], None]

    def read(self, images: Sequence[CaptionedImage]) -> Iterator[tuple[CaptionedImage, bytes]]:
        """Yields photos with their bytes; photos that cannot be read are reported and left out."""
        for image in images:
            try:
                data = read_photo_bytes(image.path)
            except PhotoError as error:
                self.report(image, error)
                continue
            yield image, data
            self.report(image, None)

    def shards(self) -> Iterator[tuple[str, int, list[CaptionedImage]]]:
        """Yields split, number and photos of each shard, one split after another."""
        by_id = {image.image_id: image for image in self.images}
        placed = {image_id for ids in self.splits.values() for image_id in ids}
        others = [image.image_id for image in self.images if image.image_id not in placed]
        for split, ids in (*self.splits.items(), (OTHER, others)):
            remaining = iter(ids)
            number = 0
            while chunk := list(islice(remaining, self.shard_size)):
                yield split, number, [by_id[image_id] for image_id in chunk]
                number += 1
