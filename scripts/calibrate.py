"""Fit the probabilities of relevance of a model bundle, or measure those that it carries.

    scripts/calibrate.py BUNDLE path/to/flickr8k [--photos path/to/photos]
    scripts/calibrate.py BUNDLE path/to/flickr8k --measure val

Fitted on photos of the train split that the training holds out; other photos fill larger
collections. Written into the bundle beside its model: the fingerprint stays as it was.
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
from twinlens.embedding import embed_photos
from twinlens.errors import TwinlensError
from twinlens.evaluation.embedding_file import load_pairs, save_pairs
from twinlens.evaluation.pairs import EmbeddedPairs, embed_split
from twinlens.evaluation.relevance.fitting import fit_relevance
from twinlens.evaluation.relevance.measuring import CalibrationReport, measure
from twinlens.evaluation.relevance.trials import (
    Questions,
    Trial,
    photo_questions,
    short_queries,
    trials,
    word_questions,
)
from twinlens.model.bundle import open_bundle
from twinlens.model.load import find_bundle
from twinlens.model.onnx_encoder import OnnxDualEncoder
from twinlens.model.relevance_file import REFERENCE, open_relevance, save_calibration
from twinlens.protocols import Dataset
from twinlens.relevance.maps import Calibration
from twinlens.types import CaptionedImage, Embeddings

HELD_OUT = 20  # the training holds out every 20th photo of the train split, ordered by id
FILLING = 1000  # further photos of the train split, to fit collections of more photos than are held out
REFERENCES = 512  # 512 KB as float16; half as many move the figures of val by less than a hundredth
REPEATS = {1: 200, 10: 60, 100: 10, 300: 2, 1300: 1}  # size of a collection → how many such collections are drawn
SIZES = {1: 400, 10: 60, 100: 10, 1000: 1}


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
    """A model, its data, and a folder that keeps what was embedded."""

    encoder: OnnxDualEncoder
    data: Dataset
    kept: Path | None

    def embed(self, name: str, images: Sequence[CaptionedImage]) -> EmbeddedPairs:
        """Photos and captions, embedded or read from the folder."""
        file = self.kept / f"{self.encoder.fingerprint}-{name}-{len(images)}.npz" if self.kept else None
        if file and file.exists():
            return load_pairs(file)
        told = lambda done, total: print(f"\r{name}: {done}/{total}", end="", file=sys.stderr, flush=True)  # noqa: E731
        pairs = embed_split(self.encoder, Part(name, images), "all", on_progress=told)
        print(file=sys.stderr)
        if file:
            file.parent.mkdir(parents=True, exist_ok=True)
            save_pairs(pairs, file)
        return pairs


def main() -> int:
    """Fits or measures; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("bundle", help="name or folder of a model bundle")
    parser.add_argument("data", type=Path, help="captioned photos with the splits train and val")
    parser.add_argument("--photos", type=Path, help="a folder of photos of other kinds, for the reference")
    parser.add_argument("--measure", metavar="SPLIT", help="measure what the bundle carries, and write nothing")
    parser.add_argument("--largest", type=int, default=1000, help="photos in the largest collection that is measured")
    parser.add_argument("--embeddings", type=Path, help="a folder to keep embeddings in, for the next time")
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
    held, others = train[::HELD_OUT], [image for number, image in enumerate(train) if number % HELD_OUT]
    filling = _spread(others, FILLING)
    taken = {image.image_id for image in filling}
    unused = [image for image in others if image.image_id not in taken]
    pool, first, then = joined(lab.embed("held-out", held), lab.embed("filling", filling))
    reference = reference_photos(lab.encoder, unused, photos)
    words = list(ask(lab, pool, first, then, reference, absent="absent_fitting", repeats=REPEATS))
    alike = list(trials(photo_questions(pool, first, reference), _without_one(REPEATS), first=first, then=then))
    fitted = {
        "data": f"{lab.data.name}/train, every {HELD_OUT}th photo: {len(held):,} photos",
        "reference": f"{len(reference)} photos{' of two data sets' if photos else ''}",
        "created": datetime.now(UTC).date().isoformat(),
    }
    calibration = Calibration(
        model=lab.encoder.fingerprint, text=fit_relevance(words), photo=fit_relevance(alike), fitted=fitted
    )
    path = save_calibration(lab.encoder.bundle, calibration, reference)
    print(f"fitted on {len(held):,} photos; {path.parent}", file=sys.stderr)


def figures(lab: Lab, split: str, *, largest: int) -> dict[str, list[CalibrationReport]]:
    """What the bundle's calibration is worth on a split, for text and for photo queries."""
    bundle = open_bundle(lab.encoder.bundle.directory)
    relevance = open_relevance(bundle)
    if relevance is None:
        raise TwinlensError(f"{bundle.directory} carries no calibration; fit one first, without --measure")
    asked = list(lab.data.split(split))
    size = max(1, largest - len(asked))
    filling = [] if largest <= len(asked) else _spread(_other_photos(lab.data, split), size)
    pool, first, then = joined(lab.embed(split, asked), lab.embed(f"around-{split}", filling) if filling else None)
    sizes = {n: times for n, times in SIZES.items() if n < len(first)} | {len(first): 1}
    sizes |= {len(first) + len(then): 1} if filling else {}
    reference = np.load(bundle.verified(REFERENCE)).astype(np.float32)
    words = list(ask(lab, pool, first, then, reference, absent="absent_measuring", repeats=sizes))
    reports = {"text": measure(relevance.calibration.text, words)}
    if relevance.calibration.photo:
        alike = trials(photo_questions(pool, first, reference), _without_one(sizes), first=first, then=then)
        reports["photo"] = measure(relevance.calibration.photo, list(alike))
    return reports


def ask(
    lab: Lab,
    pool: EmbeddedPairs,
    first: NDArray[np.int64],
    then: NDArray[np.int64],
    reference: Embeddings,
    *,
    absent: str,
    repeats: dict[int, int],
) -> Sequence[Trial]:
    """Captions, short queries and absent things, asked of collections of many sizes."""
    lists = {"concept": short_queries("concepts"), "absent": short_queries(absent)}
    short = {kind: (texts, lab.encoder.encode_text(texts)) for kind, texts in lists.items()}
    questions: Questions = word_questions(pool, first, short, reference)
    return list(trials(questions, repeats, first=first, then=then))


def joined(
    asked: EmbeddedPairs, filling: EmbeddedPairs | None
) -> tuple[EmbeddedPairs, NDArray[np.int64], NDArray[np.int64]]:
    """One pool of photos, the rows of those whose captions are asked, and the rows of the others."""
    rows = np.arange(len(asked.images))
    if filling is None:
        return asked, rows, np.empty(0, dtype=np.int64)
    pool = EmbeddedPairs(
        np.concatenate([asked.images, filling.images]),
        np.concatenate([asked.texts, filling.texts]),
        np.concatenate([asked.text_image_index, filling.text_image_index + len(rows)]),
        captions=asked.captions + filling.captions,
    )
    return pool, rows, np.arange(len(rows), len(pool.images))


def reference_photos(encoder: OnnxDualEncoder, captioned: Sequence[CaptionedImage], photos: Path | None) -> Embeddings:
    """[R, D], half of them of the other kinds, where there are any."""
    paths = sorted(path for path in photos.iterdir() if path.suffix.lower() == ".jpg") if photos else []
    others = _spread(paths, REFERENCES // 2)
    chosen = [image.path for image in _spread(captioned, REFERENCES - len(others))] + others
    return embed_photos(chosen, encoder).embeddings.astype(np.float16).astype(np.float32)


def show(reports: dict[str, list[CalibrationReport]], split: str) -> None:
    """One line for each size of collection."""
    print(f"{split} split; shares in per cent, ECE over 15 bins (own: nothing but a caption's own photo is right)")
    for kind, rows in reports.items():
        print(f"\n{kind} queries")
        print("photos  ECE: top 10  first  own  own first  all queries | absent refused  matches lost", end="")
        print(" | lost, silent, right of shown")
        for row in rows:
            errors = (row.error, row.error_first, row.error_own, row.error_own_first, row.error_all)
            by = "  ".join(
                f"{name} {100 * row.lost_by[name]:.1f}, {100 * row.silent[name]:.1f}, {100 * row.precision[name]:.0f}"
                for name in row.lost_by
            )
            shares = "  ".join("    -" if share is None else f"{100 * share:5.1f}" for share in (row.refused, row.lost))
            cells = "  ".join("    -" if error is None else f"{error:.3f}" for error in errors)
            print(f"{row.photos:6,}  {cells} | {shares} | {by}")
            for name, curve in row.curves.items():
                points = "  ".join(f"{100 * lost:.1f} → {100 * refused:.0f}" for lost, refused in curve)
                print(f"        {name} lost → absent refused: {points}")


def _spread(items: Sequence, count: int) -> list:
    """So many of the items, evenly apart."""
    if len(items) <= count:
        return list(items)
    return [items[place] for place in np.linspace(0, len(items) - 1, count).round().astype(int)]


def _other_photos(data: Dataset, split: str) -> list[CaptionedImage]:
    asked = {image.image_id for image in data.split(split)}
    return [image for image in data.split("all") if image.image_id not in asked and image.captions]


def _without_one(repeats: dict[int, int]) -> dict[int, int]:
    """A photo that does not find itself needs a second one."""
    return {size: times for size, times in repeats.items() if size > 1}


if __name__ == "__main__":
    sys.exit(main())
