"""Fit the grades of a model bundle on judged photos, and measure them on others.

    scripts/calibrate.py BUNDLE --photos path/to/data [--judged benchmarks/quality/judged.json]
    scripts/calibrate.py BUNDLE --photos path/to/data --measure [--json]

``path/to/data`` holds the photos that the judgements name: photos_unlabeled, flickr8k, imagenet_sample,
and more/coco_unlabeled_extra, more/grocery_store and more/clothing. What is fitted is written into the
bundle, whose fingerprint stays the same. Embeddings are kept in runs/calibration.
"""

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from judged_trials import (
    FITTED,
    LARGEST,
    MEASURED,
    UNCALIBRATED,
    UNDERSTOOD,
    JudgedLibrary,
    Lab,
    other_photos,
    photo_trials,
    understood,
)

from twinlens.errors import TwinlensError
from twinlens.evaluation.relevance.fitting import SCORE_ALONE, fit_relevance_map
from twinlens.evaluation.relevance.judged import SENTENCES, WORDS, JudgedPhotos, read_judged
from twinlens.evaluation.relevance.measuring import GradeReport, graded, measure, report
from twinlens.evaluation.relevance.wordings import WORDINGS
from twinlens.model.bundle import open_bundle
from twinlens.model.load import find_bundle
from twinlens.model.onnx_encoder import OnnxDualEncoder
from twinlens.model.relevance_file import REFERENCE, open_relevance, save_calibration
from twinlens.relevance.background import MAPS, everyday_texts
from twinlens.relevance.maps import Calibration
from twinlens.types import Embeddings

ROOT = Path(__file__).resolve().parent.parent
REFERENCE_PHOTOS = 512  # 512 KB as float16


def main() -> int:
    """Fits and measures; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", help="name or folder of a model bundle")
    parser.add_argument("--photos", type=Path, required=True, help="the folder that the judgements' files lie in")
    parser.add_argument("--judged", type=Path, default=ROOT / "benchmarks" / "quality" / "judged.json")
    parser.add_argument("--measure", action="store_true", help="measure the bundle's calibration, and write nothing")
    parser.add_argument("--embeddings", type=Path, default=ROOT / "runs" / "calibration", help="keeps embeddings")
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    options = parser.parse_args()
    try:
        encoder = OnnxDualEncoder(open_bundle(find_bundle(options.bundle)))
        lab = Lab(encoder, options.photos, options.embeddings)
        if not options.measure:
            fit(lab, read_judged(options.judged, "fit"))
        figures = measured(lab, read_judged(options.judged, "measure"))
    except TwinlensError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps(figures))
    else:
        show(figures)
    return 0


def fit(lab: Lab, judged: JudgedPhotos) -> None:
    """Writes the calibration into the bundle."""
    bundle = lab.encoder.bundle
    reference = reference_photos(lab, judged)
    shares = understood(lab, judged)
    languages = [language for language, share in shares.items() if share >= UNDERSTOOD]
    by_text = JudgedLibrary.of(lab, judged, reference, languages).trials(FITTED)
    calibration = Calibration(
        model=lab.encoder.fingerprint,
        text=fit_relevance_map(by_text),
        photo=fit_relevance_map(photo_trials(lab, judged, "fit", reference), SCORE_ALONE),
        fitted={
            "data": f"{len(judged.files)} photos and {len(judged.concepts)} concepts judged by looking",
            "reference": f"{len(reference)} photos",
            "languages": languages,
            "created": datetime.now(UTC).date().isoformat(),
        },
    )
    path = save_calibration(bundle, calibration, reference)
    print(f"understood: {', '.join(f'{name} {share:.2f}' for name, share in shares.items())}", file=sys.stderr)
    print(f"fitted on {len(judged.files):,} photos; written to {path.parent}", file=sys.stderr)


def reference_photos(lab: Lab, judged: JudgedPhotos) -> Embeddings:
    """[R, D], those of the bundle, or others that nobody has judged."""
    bundle = lab.encoder.bundle
    if REFERENCE in bundle.manifest.files:
        known: Embeddings = np.load(bundle.verified(REFERENCE)).astype(np.float32)
        return known
    chosen = lab.embed(other_photos(lab.photos, REFERENCE_PHOTOS, known=judged.files))
    return chosen.astype(np.float16).astype(np.float32)


def measured(lab: Lab, judged: JudgedPhotos) -> dict[str, Any]:
    """Grades of the bundle's calibration on photos and concepts that it was not fitted on."""
    bundle = open_bundle(lab.encoder.bundle.directory)
    judge = open_relevance(bundle)
    if judge is None:
        raise TwinlensError(f"{bundle.directory} has no calibration for this model; fit one first, without --measure")
    reference = np.load(bundle.verified(REFERENCE)).astype(np.float32)
    languages = judge.calibration.fitted.get("languages", ["en"])
    sizes = MEASURED | {len(judged.files): 1}
    small = JudgedLibrary.of(lab, judged, reference, judged.languages)
    among = other_photos(lab.photos, LARGEST - len(judged.files), known=judged.files)
    large = JudgedLibrary.of(lab, judged, reference, judged.languages, among=among)
    trials = [*small.trials(sizes), *small.folders(sizes), *large.whole()]
    said = graded(judge.calibration.text, trials)
    english = {"words": [f"{WORDS}, en", *(f"{WORDS}, {own}" for own in WORDINGS)], "sentences": [SENTENCES]}
    lines = {name: [f"{WORDS}, {name}"] for name in (*WORDINGS, *judged.languages)} | {"sentences": [SENTENCES]}
    figures: dict[str, Any] = {
        "model": lab.encoder.fingerprint,
        "languages": languages,
        "calibration": judge.calibration.model_dump(mode="json", exclude={"fitted", "model"}),
        "libraries": [one.to_json() for one in measure(said, english)],
        "lines": [report(name, "all", said, members).to_json() for name, members in lines.items()],
    }
    texts = lab.embed_texts(everyday_texts())
    uncalibrated = graded(MAPS["text"], list(small.uncalibrated(texts, UNCALIBRATED)))
    figures["uncalibrated"] = [one.to_json() for one in measure(uncalibrated, english)]
    if judge.calibration.photo:
        photos = graded(judge.calibration.photo, photo_trials(lab, judged, "measure", reference))
        kinds = {own: [own] for own in sorted({line for one in photos for line in one.trial.line.tolist()})}
        figures["photos"] = [one.to_json() for one in measure(photos, kinds)]
    return figures


def show(figures: dict[str, Any]) -> None:
    """One line for each library and kind of query."""
    print(json.dumps(figures["calibration"]))
    for name in ("libraries", "lines", "uncalibrated", "photos"):
        print(
            f"\n{name}: strong right (of) | likely right (of) | possible right | found, shown, ranked "
            "| absent: strong, likely"
        )
        for row in figures.get(name, []):
            one = GradeReport(**row)
            print(
                f"{one.library:>16} {one.line:18} {_share(one.strong_right)} ({one.strong:5}) | "
                f"{_share(one.likely_right)} ({one.likely:5}) | {_share(one.possible_right)} | {_share(one.found)} "
                f"{_share(one.shown)} {_share(one.ranked)} | {_share(one.absent_strong)} {_share(one.absent_likely)}"
            )


def _share(share: float | None) -> str:
    return "    -" if share is None else f"{100 * share:5.1f}"


if __name__ == "__main__":
    sys.exit(main())
