"""Write ``captions.json`` + ``splits.json`` + ``images/``."""

import json

from twinlens.data.writers.job import Job
from twinlens.data.writers.photo_files import write_photo_files, write_splits


def write_captions_json(job: Job) -> None:
    """Writes one entry per caption, ``{"file_name": …, "caption": …}``, one per line."""
    written = write_photo_files(job)
    with (job.folder / "captions.json").open("w", encoding="utf-8") as file:
        separator = "[\n"
        for image in written:
            for caption in image.captions:
                row = {"file_name": image.image_id, "caption": caption}
                file.write(separator + json.dumps(row, ensure_ascii=False))
                separator = ",\n"
        file.write("\n]\n")
    write_splits(job, written)
