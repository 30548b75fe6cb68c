"""Copy or link photo files into ``images/``, and write the matching ``splits.json``."""

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
    """Writes each photo to ``images/<id>``; returns the photos that were written.

    Raises:
        DataError: an id points outside the folder, or a hard link cannot be made.
    """
    folder = job.folder / "images"
    if any(image.image_id.startswith("images/") for image in job.images):
        folder = folder / "images"  # readers use images/images/ if it exists
    written = []
    for image in job.images:
        try:
            target = folder / check_below(image.image_id)
        except ValueError as error:
            raise DataError(f"photo {image.image_id!r} cannot be written: {error}") from error
        try:
            _place(image.path, target, link=job.link)
        except PhotoError as error:
            job.report(image, error)
            continue
        written.append(image)
        job.report(image, None)
    return written


def write_splits(job: Job, written: list[CaptionedImage]) -> None:
    """Writes ``splits.json`` for the photos that were written."""
    known = {image.image_id for image in written}
    splits = {name: [image_id for image_id in ids if image_id in known] for name, ids in job.splits.items()}
    text = json.dumps(splits, ensure_ascii=False, indent=0)
    (job.folder / "splits.json").write_text(text + "\n", encoding="utf-8")


def _place(source: Path, target: Path, *, link: bool) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if not link or find_packed(source):  # photos inside an archive cannot be linked
        target.write_bytes(read_photo_bytes(source))
        return
    try:
        os.link(source.resolve(), target)
    except FileNotFoundError as error:
        raise PhotoError("file is gone") from error
    except OSError as error:
        why = "another file system" if error.errno == errno.EXDEV else error.strerror
        raise DataError(f"{source} cannot be linked from {target.parent}: {why}; copy the photos instead") from error
