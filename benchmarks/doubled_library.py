"""Doubles a made library quickly: each photo again under another name, with a content and vectors of its own.

Embeddings are near to those of the photo that was doubled, as of another photo of the same things; features, which tell
what is a copy, are not. With this a million photos are made in a third of the time.

Example: .venv/bin/python benchmarks/doubled_library.py ~/made-library --photos 1000000
"""

import argparse
import sqlite3
from itertools import chain, count
from pathlib import Path

import made_library
import numpy as np

from twinlens.api.library import Collection
from twinlens.data.content_hash import content_hash

APART = 0.5  # length of what is added to an embedding
BELOW = "more"  # folder of the second half, with a number from the second time on
COPIED = (
    "INSERT INTO photo_texts SELECT photo_id + :more, kind, text FROM photo_texts "
    "WHERE photo_id BETWEEN :first AND :last",
    "INSERT OR REPLACE INTO reworded SELECT photo_id + :more, :generation FROM reworded "
    "WHERE photo_id BETWEEN :first AND :last",
    "INSERT INTO captions (photo_id, text, embedding, generation) "
    "SELECT captions.photo_id + :more, text, vectors.embedding, :generation "
    "FROM captions JOIN vectors ON vectors.photo_id = captions.photo_id + :more "
    "WHERE captions.photo_id BETWEEN :first AND :last",
)


def double(photos: Path, size: int, *, seed: int = 0) -> None:
    """Adds so many photos that there are ``size``, at most as many as there were; gives tags and the like to some."""
    drawn = made_library.drawn_pictures(seed)
    with Collection.open(photos) as collection:
        catalog = collection.catalog
        known = int(catalog.rows("SELECT max(id) FROM photos")[0][0])
        names = chain([BELOW], (f"{BELOW}-{number}" for number in count(2)))
        below = next(name for name in names if not (photos / name).exists())
        generator = np.random.default_rng([seed, known])  # other directions each time: no copies of each other
        signs = generator.choice([-1, 1], size=collection.encoder.features_dim).astype(np.float16)
        for start in range(1, size - known + 1, made_library.AT_ONCE):
            block = range(start, min(start + made_library.AT_ONCE, size - known + 1))
            with catalog.writing(), catalog.transaction() as connection:
                generation = catalog.generation
                _double(connection, photos / below, block, {"more": known, "generation": generation}, drawn)
                _add_vectors(connection, block, known, signs, generator)
                for sql in COPIED:
                    connection.execute(
                        sql, {"more": known, "generation": generation, "first": block[0], "last": block[-1]}
                    )
        made_library.give(collection, size, seed=seed)
        catalog.checkpoint()


def _double(connection: sqlite3.Connection, place: Path, block: range, new: dict[str, int], drawn: list[bytes]) -> None:
    found = connection.execute("SELECT * FROM photos WHERE id BETWEEN ? AND ?", (block[0], block[-1]))
    columns = [column for column, *_ in found.description]
    rows = [dict(zip(columns, row, strict=True)) for row in found]
    for row in rows:
        row |= {"id": row["id"] + new["more"], "generation": new["generation"]}
        file = place / row["path"]
        row["path"] = f"{place.name}/{row['path']}"
        content = made_library.with_comment(drawn[row["id"] % len(drawn)], b"doubled" + row["id"].to_bytes(8))
        if not file.parent.is_dir():
            file.parent.mkdir(parents=True)
        file.write_bytes(content)
        state = file.stat()
        row |= {"size_bytes": state.st_size, "mtime_ns": state.st_mtime_ns, "content_hash": content_hash(content)}
    places = ", ".join(f":{column}" for column in columns)
    connection.executemany(f"INSERT INTO photos VALUES ({places})", rows)


def _add_vectors(
    connection: sqlite3.Connection, block: range, more: int, signs: np.ndarray, generator: np.random.Generator
) -> None:
    found = connection.execute(
        "SELECT photo_id, embedding, features FROM vectors WHERE photo_id BETWEEN ? AND ?", (block[0], block[-1])
    ).fetchall()
    if not found:  # all of them were deleted
        return
    rows = np.stack([np.frombuffer(embedding, dtype="<f4") for _, embedding, _ in found])
    apart = generator.standard_normal(rows.shape, dtype=np.float32)
    rows = made_library.unit(rows + APART * made_library.unit(apart))
    features = [np.frombuffer(own, dtype="<f2") * signs for *_, own in found]
    values = [
        (number + more, row.astype("<f4").tobytes(), own.astype("<f2").tobytes())
        for (number, *_), row, own in zip(found, rows, features, strict=True)
    ]
    connection.executemany("INSERT INTO vectors VALUES (?, ?, ?)", values)


def main() -> None:
    """Doubles one."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("library", type=lambda text: Path(text).expanduser())
    options.add_argument("--photos", type=int, required=True, help="how many there are then")
    asked = options.parse_args()
    double(asked.library, asked.photos)


if __name__ == "__main__":
    main()
