"""Which photos are likely to hold text: labels photos with the recognizer, and fits the head of ``ocr.likely``.

    scripts/likely_text.py label FOLDER… --labels labels.jsonl [--count 1000] [--enlarge 2.5]
    scripts/likely_text.py fit --labels labels.jsonl [--write]

The first needs the extra ``ocr`` and goes on where it was interrupted. The second needs scikit-learn; it adds drawn
pages, screenshots and signs to the labelled photos, and prints what the head would save on photos that it was not
fitted on, by eightfold cross-validation.
"""

import argparse
import json
import random
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

import twinlens
from twinlens.collection.catalog.embeddings.features import likeness
from twinlens.collection.recognizing.pictures import parts_to_read
from twinlens.data.images import PHOTO_SUFFIXES, open_photo
from twinlens.errors import PhotoError
from twinlens.ocr import likely
from twinlens.protocols import DualEncoder

SURE, LEAST_LETTERS, MANY_LETTERS = 0.8, 3, 12  # of what counts as text here
FOUND = 0.9  # of the photos with text, above the least score
DRAWN, DRAWN_WEIGHT = 300, 0.1  # each counts as a tenth of a photo with text: they are easier than photos are
WORDS = (
    "exit museum closed harbour ticket platform coffee winter library danger welcome station garden 2024 14:30".split()
)


def main() -> None:
    """Labels or fits."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("label", "fit"))
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--labels", type=Path, required=True)
    parser.add_argument("--count", type=int, default=1000, help="photos of each folder")
    parser.add_argument("--enlarge", type=float, default=1.0, help="for photos that were reduced")
    parser.add_argument("--write", action="store_true", help="write the head into the package")
    asked = parser.parse_args()
    if asked.what == "label":
        label(asked.folders, asked.labels, count=asked.count, enlarge=asked.enlarge)
    else:
        fit(asked.labels, write=asked.write)


def label(folders: list[Path], labels: Path, *, count: int, enlarge: float) -> None:
    """Reads photos of each folder, and appends what was read."""
    from twinlens.ocr.rapid import RapidRecognizer

    recognizer, chosen, draw = RapidRecognizer(), [], random.Random(0)
    for folder in folders:
        files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in PHOTO_SUFFIXES)
        chosen += draw.sample(files, min(count, len(files)))
    done = set() if not labels.exists() else {json.loads(line)["f"] for line in labels.read_text().splitlines()}
    with labels.open("a") as out:
        for file in chosen:
            if str(file) in done:
                continue
            image = open_photo(file).image
            image = image.resize((round(image.width * enlarge), round(image.height * enlarge)))
            pieces = [piece for part in parts_to_read(image) for piece in recognizer.read(part)]
            out.write(json.dumps({"f": str(file), "texts": pieces}) + "\n")
            out.flush()


def fit(labels: Path, *, write: bool) -> None:
    """Fits the head, and prints what share of photos it reads to find what share of those with text."""
    model, images, letters = twinlens.load_model(likely.MODEL), [], []
    for row in map(json.loads, labels.read_text().splitlines()):
        try:
            images.append(model.prepare(open_photo(Path(row["f"]), min_side=model.input_side).image))
        except PhotoError:
            continue
        known = [sum(map(str.isalnum, text)) for text, sure in row["texts"] if sure >= SURE]
        letters.append(sum(number for number in known if number >= LEAST_LETTERS))
    draw = random.Random(0)
    drawn = [model.prepare(_drawn(draw, Image.fromarray(draw.choice(images)))) for _ in range(DRAWN)]
    fit_head(_likeness(model, images), _likeness(model, drawn), np.array(letters), write=write)


def fit_head(
    photos: NDArray[np.float32], drawn: NDArray[np.float32], letters: NDArray[np.int64], *, write: bool
) -> None:
    """As ``fit``, from likeness vectors [N, F] of photos with so many letters [N], and of drawn pictures."""
    has_text, has_much = letters >= LEAST_LETTERS, letters >= MANY_LETTERS
    vectors, truth = np.concatenate([photos, drawn]), np.concatenate([has_text, np.ones(len(drawn), dtype=bool)])
    balance = np.sum(~has_text) / np.sum(has_text)
    weights = np.concatenate([np.where(has_text, balance, 1.0), np.full(len(drawn), DRAWN_WEIGHT * balance)])
    scores = np.zeros(len(truth))
    for known, new in StratifiedKFold(8, shuffle=True, random_state=0).split(vectors, truth):
        scores[new] = _fitted(vectors[known], truth[known], weights[known]).decision_function(vectors[new])
    real, of_drawn = scores[: len(letters)], scores[len(letters) :]
    least = float(np.quantile(real[has_text], 1 - FOUND))
    print(f"{len(letters):,} photos, {has_text.sum()} with text, {has_much.sum()} with much of it")
    for name, some in (("with text", real[has_text]), ("with much text", real[has_much]), ("drawn", of_drawn)):
        print(f"found of those {name}: {np.mean(some >= least):.1%}")
    print(f"read: {np.mean(real >= least):.1%} of the photos")
    for share in (0.8, 0.9, 0.95, 0.98):
        told = ", ".join(f"{np.mean(real >= np.quantile(real[one], 1 - share)):.1%}" for one in (has_text, has_much))
        print(f"to find {share:.0%} of those with text, with much text: {told} read")
    if write:
        head = _fitted(vectors, truth, weights)
        np.save(likely._FILE, np.append(head.coef_[0], least - head.intercept_[0]).astype(np.float16))


def _fitted(vectors: NDArray[np.float32], truth: NDArray[np.bool_], weights: NDArray[np.float64]) -> LogisticRegression:
    return LogisticRegression(C=1.0, max_iter=5000).fit(vectors, truth, sample_weight=weights)


def _likeness(model: DualEncoder, images: list[NDArray[np.uint8]]) -> NDArray[np.float32]:
    blocks = [np.stack(images[start : start + 16]) for start in range(0, len(images), 16)]
    return likeness(np.concatenate([model.encode_pixels(block).features for block in blocks]))


def _drawn(draw: random.Random, photo: Image.Image) -> Image.Image:
    """A page, a screenshot, a photo with a sign, or one with a line of text over it."""
    kind, is_dark = draw.choice(("page", "screenshot", "sign", "line")), draw.random() < 0.4
    paper, ink = ((25, 25, 30), (230, 230, 230)) if is_dark else ((245, 244, 238), (20, 20, 40))
    size = {"page": (700, 990), "screenshot": (540, 1170)}.get(kind, (800, 600))
    picture = Image.new("RGB", size, paper) if kind in ("page", "screenshot") else photo.resize(size)
    pen = ImageDraw.Draw(picture)
    if kind in ("page", "screenshot"):
        top, height = draw.randint(20, 200), draw.randint(10, 34)
        while top < size[1] - 60:
            line = " ".join(draw.choices(WORDS, k=draw.randint(2, 8)))
            pen.text((draw.choice((30, 30, 60)), top), line, ink, ImageFont.load_default(height))
            top += round(height * draw.choice((1.5, 1.5, 2.5)))
        return picture
    line, height = " ".join(draw.choices(WORDS, k=draw.randint(1, 3))), draw.randint(26, 80)
    left, top = draw.randint(10, 300), draw.randint(10, 500)
    box = pen.textbbox((left, top), line, ImageFont.load_default(height))
    if kind == "sign":
        pen.rectangle((box[0] - 12, box[1] - 10, box[2] + 12, box[3] + 10), paper)
    pen.text((left, top), line, ink, ImageFont.load_default(height))
    return picture


if __name__ == "__main__":
    main()
