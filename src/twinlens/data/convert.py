"""Convert a data set to another format; the new folder gets its final name only when it is complete."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from twinlens.counted import counted
from twinlens.data import WRITERS
from twinlens.data.writers.job import Job
from twinlens.errors import DataError, PhotoError
from twinlens.plugins import load_part
from twinlens.protocols import Dataset
from twinlens.types import CaptionedImage

SHARD_SIZE = 1000


class LeftOut(NamedTuple):
    """A photo that was left out of the new data set, and why."""

    image_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Converted:
    """The result of a conversion.

    Attributes:
        path: the new folder.
        n_images: number of photos written.
        n_captions: number of their captions.
        splits: number of photos in each split.
        left_out: photos that could not be read or have no captions.
    """

    path: Path
    n_images: int
    n_captions: int
    splits: dict[str, int]
    left_out: list[LeftOut]

    def to_json(self) -> dict[str, Any]:
        """The fields of ``twinlens datasets convert --json``."""
        return {
            "path": str(self.path),
            "n_images": self.n_images,
            "n_captions": self.n_captions,
            "splits": self.splits,
            "left_out": [photo._asdict() for photo in self.left_out],
        }


def convert(
    dataset: Dataset,
    out: Path,
    *,
    to: str,
    splits: Sequence[str] = (),
    link: bool = False,
    shard_size: int = SHARD_SIZE,
    on_progress: Callable[[int, int], None] | None = None,
) -> Converted:
    """Writes photos, captions and splits to a new folder; the source is only read.

    Random splits are written too, so that they stay the same from then on.

    Args:
        dataset: the data.
        out: the new folder; must not exist or be empty.
        to: name of a writer in ``data.WRITERS``.
        splits: the splits to write; none = all photos, including those in no split.
        link: hard-link photo files instead of copying them: saves disk space, but editing one edits both.
        shard_size: photos per shard or Parquet file.
        on_progress: called with the number of photos done and the total.

    Raises:
        DataError: the folder is not empty, a split is unknown, or no photo can be read.
        UnknownPartError: there is no writer of that name.
    """
    write: Callable[[Job], None] = load_part("writer", WRITERS, to)
    only = () if "all" in splits else splits
    wanted = {name: dataset.split(name) for name in (only or dataset.splits())}
    images = [image for own in wanted.values() for image in own] if only else dataset.split("all")
    errors: dict[str, PhotoError | None] = {
        image.image_id: PhotoError("it has no captions") for image in images if not image.captions
    }
    captioned = [image for image in images if image.captions]
    ids = {name: [image.image_id for image in own if image.captions] for name, own in wanted.items()}

    def report(image: CaptionedImage, error: PhotoError | None) -> None:
        errors[image.image_id] = error
        if on_progress:
            on_progress(len(errors), len(images))

    partial = _make_partial(out)
    try:
        write(Job(captioned, ids, partial, link, shard_size, report))
        written = [image for image in captioned if errors[image.image_id] is None]
        if not written:
            reason = next((str(error) for error in errors.values() if error), "there are none")
            raise DataError(f"none of {counted(len(images), 'photo')} could be written: {reason}")
        if out.is_dir():
            out.rmdir()  # checked to be empty
        partial.rename(out)
    except OSError as error:
        raise DataError(f"{out} cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return Converted(
        path=out,
        n_images=len(written),
        n_captions=sum(len(image.captions) for image in written),
        splits={name: sum(errors[image_id] is None for image_id in own) for name, own in ids.items()},
        left_out=[LeftOut(image_id, str(error)) for image_id, error in errors.items() if error],
    )


def _make_partial(out: Path) -> Path:
    partial = out.with_name(f"{out.name}.partial")
    try:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise DataError(f"{out} exists and is not an empty folder; choose a new one")
        if partial.exists():
            raise DataError(
                f"{partial} belongs to a conversion that was interrupted or is still running; remove it first"
            )
        partial.mkdir(parents=True)
    except OSError as error:
        raise DataError(f"{partial} cannot be created: {error.strerror or error}") from error
    return partial
