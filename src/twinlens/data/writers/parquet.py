"""Write Parquet files that contain the photos: ``data/train-00000.parquet`` …, columns file_name, image, captions."""

from typing import Any

from twinlens.data.parquet_file import load_pyarrow
from twinlens.data.writers.job import Job

ROW_GROUP = 100  # photos; reading one photo reads its whole row group


def write_parquet(job: Job) -> None:
    """Writes files of ``shard_size`` photos, split by split; ``image`` has bytes and path, as on the Hugging Face hub.

    Raises:
        DataError: pyarrow is not installed.
    """
    arrow, parquet = load_pyarrow("pyarrow"), load_pyarrow("pyarrow.parquet")
    schema = arrow.schema(
        [
            ("file_name", arrow.string()),
            ("image", arrow.struct([("bytes", arrow.binary()), ("path", arrow.string())])),
            ("captions", arrow.list_(arrow.string())),
        ]
    )
    (job.folder / "data").mkdir()
    for split, number, images in job.shards():
        with parquet.ParquetWriter(job.folder / "data" / f"{split}-{number:05}.parquet", schema) as file:
            rows: list[dict[str, Any]] = []
            for image, photo in job.read(images):
                stored = {"bytes": photo, "path": image.image_id}
                rows.append({"file_name": image.image_id, "image": stored, "captions": list(image.captions)})
                if len(rows) == ROW_GROUP:
                    file.write_table(arrow.Table.from_pylist(rows, schema))
                    rows = []
            if rows:
                file.write_table(arrow.Table.from_pylist(rows, schema))
