"""What a writer is asked to write, and how it tells what became of each photo."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from twinlens.data.images import read_photo_bytes
from twinlens.errors import PhotoError
from twinlens.types import CaptionedImage

OTHER = "other"  # shards of photos that are in no split; the word names none


@dataclass(frozen=True, slots=True)
class Job:
    """One conversion.

    Attributes:
        images: the photos to write, each with captions.
        splits: name → ids among them; a photo may be in none.
        folder: empty, takes everything.
        link: photo files are hard-linked rather than copied.
        shard_size: photos in a shard or a Parquet file.
        tell: told of each photo once it is written, or with the reason why it is left out.
    """

    images: Sequence[CaptionedImage]
    splits: Mapping[str, Sequence[str]]
    folder: Path
    link: bool
    shard_size: int
    tell: Callable[[CaptionedImage, PhotoError | None], None]

    def read(self, images: Sequence[CaptionedImage]) -> Iterator[tuple[CaptionedImage, bytes]]:
        """Photos with their bytes; one that cannot be read is told and left out."""
        for image in images:
            try:
                data = read_photo_bytes(image.path)
            except PhotoError as error:
                self.tell(image, error)
                continue
            yield image, data
            self.tell(image, None)

    def shards(self) -> Iterator[tuple[str, int, list[CaptionedImage]]]:
        """Split, number and photos of each shard, split after split in the order of their lists."""
        by_id = {image.image_id: image for image in self.images}
        placed = {image_id for ids in self.splits.values() for image_id in ids}
        others = [image.image_id for image in self.images if image.image_id not in placed]
        for split, ids in (*self.splits.items(), (OTHER, others)):
            remaining = iter(ids)
            number = 0
            while chunk := list(islice(remaining, self.shard_size)):
                yield split, number, [by_id[image_id] for image_id in chunk]
                number += 1
