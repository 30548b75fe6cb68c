"""Write JSON lines: ``captions.jsonl`` + ``splits.json`` + ``images/``."""

import json

from twinlens.data.writers.job import Job
from twinlens.data.writers.photo_files import write_photo_files, write_splits


def write_jsonl(job: Job) -> None:
    """Writes one line per caption, ``{"file_name": …, "caption": …}``."""
    written = write_photo_files(job)
    with (job.folder / "captions.jsonl").open("w", encoding="utf-8") as file:
        for image in written:
            for caption in image.captions:
                row = {"file_name": image.image_id, "caption": caption}
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
    write_splits(job, written)
