"""Fit the probabilities of relevance of a model bundle, or measure those that it has.

    scripts/calibrate.py BUNDLE path/to/flickr8k [--photos path/to/photos]
    scripts/calibrate.py BUNDLE path/to/flickr8k --measure val

Fitted on photos of the train split that training held out; other photos fill up larger
collections. The result is written into the bundle, whose fingerprint stays the same.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twinlens.data.find import open_dataset
from twinlens.embedding.local import embed_photos
from twinlens.errors import TwinlensError
from twinlens.evaluation.embedding_file import load_pairs, save_pairs
from twinlens.evaluation.pairs import EmbeddedPairs, embed_split
from twinlens.evaluation.relevance.fitting import fit_relevance_map
from twinlens.evaluation.relevance.measuring import CalibrationReport, measure
from twinlens.evaluation.relevance.trials import (
    LabelledQueries,
    Trial,
    draw_trials,
    photo_queries,
    short_queries,
    text_queries,
)
from twinlens.model.bundle import open_bundle
from twinlens.model.load import find_bundle
from twinlens.model.onnx_encoder import OnnxDualEncoder
from twinlens.model.relevance_file import REFERENCE, open_relevance, save_calibration
from twinlens.protocols import Dataset
from twinlens.relevance.maps import Calibration
from twinlens.types import CaptionedImage, Embeddings

HELD_OUT = 20  # training holds out every 20th photo of the train split, ordered by id
FILLING = 1000  # further photos of the train split, to fit on collections larger than the held-out photos
REFERENCE_PHOTOS = 512  # 512 KB as float16; half as many change the figures on val by less than a hundredth
FITTED_SIZES = {1: 200, 10: 60, 100: 10, 300: 2, 1300: 1}  # size of a collection → how many are drawn
MEASURED_SIZES = {1: 400, 10: 60, 100: 10, 1000: 1}


@dataclass(frozen=True)
class Part:
    """Some photos of a data set, as a data set of one split."""

    name: str
    images: Sequence[CaptionedImage]

    def splits(self) -> tuple[str, ...]:
        return ()

    def split(self, name: str) -> Sequence[CaptionedImage]:
        return self.images if name == "all" else ()


@dataclass(frozen=True)
class Lab:
    """A model, its data, and a folder that caches embeddings."""

    encoder: OnnxDualEncoder
    data: Dataset
    cache: Path | None

    def embed(self, name: str, images: Sequence[CaptionedImage]) -> EmbeddedPairs:
        """Photos and captions, embedded or read from the cache."""
        file = self.cache / f"{self.encoder.fingerprint}-{name}-{len(images)}.npz" if self.cache else None
        if file and file.exists():
            return load_pairs(file)
        show = lambda done, total: print(f"\r{name}: {done}/{total}", end="", file=sys.stderr, flush=True)  # noqa: E731
        pairs = embed_split(self.encoder, Part(name, images), "all", on_progress=show)
        print(file=sys.stderr)
        if file:
            file.parent.mkdir(parents=True, exist_ok=True)
            save_pairs(pairs, file)
        return pairs


@dataclass(frozen=True)
class Pool:
    """Embedded photos, and the rows of those whose captions are queries (the core) and of the others."""

    pairs: EmbeddedPairs
    core: NDArray[np.int64]
    filling: NDArray[np.int64]

    @classmethod
    def of(cls, core: EmbeddedPairs, filling: EmbeddedPairs | None) -> "Pool":
        """Both in one, the core first."""
        rows = np.arange(len(core.images))
        if filling is None:
            return cls(core, rows, np.empty(0, dtype=np.int64))
        pairs = EmbeddedPairs(
            np.concatenate([core.images, filling.images]),
            np.concatenate([core.texts, filling.texts]),
            np.concatenate([core.text_image_index, filling.text_image_index + len(rows)]),
            captions=core.captions + filling.captions,
        )
        return cls(pairs, rows, np.arange(len(rows), len(pairs.images)))

    def trials(self, queries: LabelledQueries, sizes: dict[int, int]) -> list[Trial]:
        """The queries on collections drawn from the pool."""
        return list(draw_trials(queries, sizes, core=self.core, filling=self.filling))


def main() -> int:
    """Fits or measures; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("bundle", help="name or folder of a model bundle")
    parser.add_argument("data", type=Path, help="captioned photos with the splits train and val")
    parser.add_argument("--photos", type=Path, help="a folder of photos of other kinds, for the reference photos")
    parser.add_argument("--measure", metavar="SPLIT", help="measure the bundle's calibration, and write nothing")
    parser.add_argument("--largest", type=int, default=1000, help="size of the largest collection to measure on")
    parser.add_argument("--embeddings", type=Path, help="a folder to cache embeddings in")
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    options = parser.parse_args()
    try:
        bundle = open_bundle(find_bundle(options.bundle))
        lab = Lab(OnnxDualEncoder(bundle), open_dataset(options.data), options.embeddings)
        if not options.measure:
            fit(lab, options.photos)
        reports = figures(lab, options.measure or "val", largest=options.largest)
    except TwinlensError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps({kind: [one.to_json() for one in rows] for kind, rows in reports.items()}))
    else:
        show(reports, options.measure or "val")
    return 0


def fit(lab: Lab, photos: Path | None) -> None:
    """Writes the calibration into the bundle."""
    train = sorted(lab.data.split("train"), key=lambda image: image.image_id)
    held_out, others = train[::HELD_OUT], [image for number, image in enumerate(train) if number % HELD_OUT]
    filling = _spread(others, FILLING)
    taken = {image.image_id for image in filling}
    unused = [image for image in others if image.image_id not in taken]
    pool = Pool.of(lab.embed("held-out", held_out), lab.embed("filling", filling))
    reference = reference_photos(lab.encoder, unused, photos)
    by_text = text_trials(lab, pool, reference, absent="absent_fitting", sizes=FITTED_SIZES)
    by_photo = photo_trials(pool, reference, sizes=FITTED_SIZES)
    fitted = {
        "data": f"{lab.data.name}/train, every {HELD_OUT}th photo: {len(held_out):,} photos",
        "reference": f"{len(reference)} photos{' of two data sets' if photos else ''}",
        "created": datetime.now(UTC).date().isoformat(),
    }
    calibration = Calibration(
        model=lab.encoder.fingerprint,
        text=fit_relevance_map(by_text),
        photo=fit_relevance_map(by_photo),
        fitted=fitted,
    )
    path = save_calibration(lab.encoder.bundle, calibration, reference)
    print(f"fitted on {len(held_out):,} photos; written to {path.parent}", file=sys.stderr)


def figures(lab: Lab, split: str, *, largest: int) -> dict[str, list[CalibrationReport]]:
    """How good the bundle's calibration is on a split, for text and for photo queries."""
    bundle = open_bundle(lab.encoder.bundle.directory)
    judge = open_relevance(bundle)
    if judge is None:
        raise TwinlensError(f"{bundle.directory} has no calibration for this model; fit one first, without --measure")
    asked = list(lab.data.split(split))
    filling = [] if largest <= len(asked) else _spread(_other_photos(lab.data, split), max(1, largest - len(asked)))
    pool = Pool.of(lab.embed(split, asked), lab.embed(f"around-{split}", filling) if filling else None)
    sizes = {n: times for n, times in MEASURED_SIZES.items() if n < len(pool.core)} | {len(pool.core): 1}
    sizes |= {len(pool.core) + len(pool.filling): 1} if filling else {}
    reference = np.load(bundle.verified(REFERENCE)).astype(np.float32)
    by_text = text_trials(lab, pool, reference, absent="absent_measuring", sizes=sizes)
    reports = {"text": measure(judge.calibration.text, by_text)}
    if judge.calibration.photo:
        reports["photo"] = measure(judge.calibration.photo, photo_trials(pool, reference, sizes=sizes))
    return reports


def text_trials(lab: Lab, pool: Pool, reference: Embeddings, *, absent: str, sizes: dict[int, int]) -> list[Trial]:
    """Captions, short queries and absent things on collections of many sizes."""
    lists = {"concept": short_queries("concepts"), "absent": short_queries(absent)}
    short = {group: (texts, lab.encoder.encode_text(texts)) for group, texts in lists.items()}
    return pool.trials(text_queries(pool.pairs, pool.core, short, reference), sizes)


def photo_trials(pool: Pool, reference: Embeddings, *, sizes: dict[int, int]) -> list[Trial]:
    """Photos on collections of at least two, since no photo finds itself."""
    sizes = {size: times for size, times in sizes.items() if size > 1}
    return pool.trials(photo_queries(pool.pairs, pool.core, reference), sizes)


def reference_photos(encoder: OnnxDualEncoder, captioned: Sequence[CaptionedImage], photos: Path | None) -> Embeddings:
    """[R, D], half of them from ``photos`` if that is given."""
    paths = sorted(path for path in photos.iterdir() if path.suffix.lower() == ".jpg") if photos else []
    others = _spread(paths, REFERENCE_PHOTOS // 2)
    chosen = [image.path for image in _spread(captioned, REFERENCE_PHOTOS - len(others))] + others
    return embed_photos(chosen, encoder).embeddings.astype(np.float16).astype(np.float32)


def show(reports: dict[str, list[CalibrationReport]], split: str) -> None:
    """One line for each size of collection."""
    print(f"{split} split; shares in per cent, ECE over 15 bins (own: only a caption's own photo is relevant)")
    for kind, rows in reports.items():
        print(f"\n{kind} queries")
        print("photos  ECE: top 10  first  own  own first  all queries | absent refused  missed", end="")
        print(" | missed, wrongly refused, precision")
        for row in rows:
            errors = (row.ece, row.ece_first, row.ece_own, row.ece_own_first, row.ece_all)
            by = "  ".join(
                f"{name} {100 * row.missed_by[name]:.1f}, {100 * row.wrongly_refused[name]:.1f}, "
                + ("-" if (precision := row.precision[name]) is None else f"{100 * precision:.0f}")
                for name in row.missed_by
            )
            shares = "  ".join(
                "    -" if share is None else f"{100 * share:5.1f}" for share in (row.refused, row.missed)
            )
            cells = "  ".join("    -" if error is None else f"{error:.3f}" for error in errors)
            print(f"{row.photos:6,}  {cells} | {shares} | {by}")
            for name, curve in row.curves.items():
                points = "  ".join(f"{100 * missed:.1f} → {100 * refused:.0f}" for missed, refused in curve)
                print(f"        {name} missed → absent refused: {points}")


def _spread(items: Sequence, count: int) -> list:
    """At most ``count`` of the items, evenly spaced."""
    if len(items) <= count:
        return list(items)
    return [items[place] for place in np.linspace(0, len(items) - 1, count).round().astype(int)]


def _other_photos(data: Dataset, split: str) -> list[CaptionedImage]:
    asked = {image.image_id for image in data.split(split)}
    return [image for image in data.split("all") if image.image_id not in asked and image.captions]


if __name__ == "__main__":
    sys.exit(main())
