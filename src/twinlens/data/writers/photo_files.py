"""Photo files copied or linked below ``images/``, and the ``splits.json`` that goes with them."""

import errno
import json
import os
from pathlib import Path

from twinlens.data.captioned import check_below
from twinlens.data.images import read_photo_bytes
from twinlens.data.packed import find_packed
from twinlens.data.writers.job import Job
from twinlens.errors import DataError, PhotoError
from twinlens.types import CaptionedImage


def write_photo_files(job: Job) -> list[CaptionedImage]:
    """Puts each photo at ``images/<id>``; returns those that could be.

    Raises:
        DataError: an id would leave the folder, or a link was wanted and cannot be made.
    """
    folder = job.folder / "images"
    if any(image.image_id.startswith("images/") for image in job.images):
        folder = folder / "images"  # readers take images/images/ for the folder of photos where there is one
    written = []
    for image in job.images:
        try:
            target = folder / check_below(image.image_id)
        except ValueError as error:
            raise DataError(f"photo {image.image_id!r} cannot be written: {error}") from error
        try:
            _place(image.path, target, link=job.link)
        except PhotoError as error:
            job.tell(image, error)
            continue
        written.append(image)
        job.tell(image, None)
    return written


def write_splits(job: Job, written: list[CaptionedImage]) -> None:
    """``splits.json`` of the photos that were written."""
    known = {image.image_id for image in written}
    splits = {name: [image_id for image_id in ids if image_id in known] for name, ids in job.splits.items()}
    text = json.dumps(splits, ensure_ascii=False, indent=0)
    (job.folder / "splits.json").write_text(text + "\n", encoding="utf-8")


def _place(source: Path, target: Path, *, link: bool) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if not link or find_packed(source):  # what lies in an archive cannot be linked
        target.write_bytes(read_photo_bytes(source))
        return
    try:
        os.link(source.resolve(), target)
    except FileNotFoundError as error:
        raise PhotoError("file is gone") from error
    except OSError as error:
        why = "another file system" if error.errno == errno.EXDEV else error.strerror
        raise DataError(f"{source} cannot be linked from {target.parent}: {why}; copy the photos instead") from error
