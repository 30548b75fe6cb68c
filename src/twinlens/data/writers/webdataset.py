"""Write webdataset shards: ``train-000000.tar`` …, with a photo and a ``.json`` per sample."""

import io
import json
import tarfile
from pathlib import PurePosixPath

from twinlens.data.images import PHOTO_SUFFIXES
from twinlens.data.writers.job import Job


def write_webdataset(job: Job) -> None:
    """Writes shards of ``shard_size`` photos, split by split; the JSON holds the photo's id and captions.

    Keys are numbers, since a webdataset key ends at the first dot and ids may contain dots.
    """
    key = 0
    for split, number, images in job.shards():
        # GNU format: no fractional timestamps, so the same photos give the same bytes
        with tarfile.open(job.folder / f"{split}-{number:06}.tar", "w", format=tarfile.GNU_FORMAT) as shard:
            for image, photo in job.read(images):
                suffix = PurePosixPath(image.image_id).suffix.lower()
                details = {"file_name": image.image_id, "captions": list(image.captions)}
                _add(shard, f"{key:09}{suffix if suffix in PHOTO_SUFFIXES else '.jpg'}", photo)
                _add(shard, f"{key:09}.json", json.dumps(details, ensure_ascii=False).encode())
                key += 1


def _add(shard: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    shard.addfile(member, io.BytesIO(data))
