"""Teach the embedded model's space to a text tower of many languages, and write a bundle with it.

Of the image tower only the head changes, so collections embed the features that they have and read no photo again.

    python scripts/languages.py BUNDLE --data flickr8k --translations translations --sentences a.json b.json \\
        --words words.tsv --tokenizer tokenizer.json --photos folder … --out runs/languages

scripts/language_words.py and scripts/language_pieces.py make the words and the tokenizer.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from twinlens.data.find import open_dataset
from twinlens.data.images import PHOTO_SUFFIXES
from twinlens.embedding.local import embed_photos
from twinlens.errors import TwinlensError
from twinlens.model.bundle import IMAGE_MODEL, open_bundle
from twinlens.model.onnx_encoder import OnnxDualEncoder
from twinlens.training.languages.image_head import PhotoHead, read_image_head
from twinlens.training.languages.lessons import Lessons, read_captions, read_sentences, read_words
from twinlens.training.languages.plan import TeachingPlan
from twinlens.training.languages.space import embed_space
from twinlens.training.languages.taught_bundle import write_taught_bundle
from twinlens.training.languages.taught_side import encode, new_side
from twinlens.training.languages.teaching import teach
from twinlens.training.loop.teacher import class_prompts
from twinlens.training.parts.dual_encoder import TextSide
from twinlens.training.parts.text_towers.load import load_text_tower
from twinlens.types import CaptionedImage

HELD_OUT = 20  # every 20th photo of the training split, as in recipes/default.toml


def main() -> int:
    """Trains, or goes on with an interrupted run; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path, help="the model whose space is taught")
    parser.add_argument("--data", type=Path, required=True, help="captioned photos, captions in English")
    parser.add_argument("--translations", type=Path, help="captions of these photos in other languages")
    parser.add_argument("--sentences", type=Path, nargs="*", default=[], help="English captions of other photos")
    parser.add_argument("--words", type=Path, help="table of language, word, English")
    parser.add_argument("--tokenizer", type=Path, help="pieces to keep; all without it")
    parser.add_argument("--photos", type=Path, nargs="*", default=[], help="folders of photos without captions")
    parser.add_argument("--leave-out", type=Path, help="judged photos, see benchmarks/quality/judged.json")
    parser.add_argument("--languages", nargs="*", default=[], help="codes of the languages served")
    parser.add_argument("--steps", type=int, default=TeachingPlan.steps)
    parser.add_argument("--out", type=Path, default=Path("runs/languages"), help="folder of the run")
    options = parser.parse_args()
    try:
        run(options)
    except TwinlensError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def run(options: argparse.Namespace) -> None:
    """Teaches, and writes the bundle ``OUT/bundle``."""
    options.out.mkdir(parents=True, exist_ok=True)
    model = OnnxDualEncoder(open_bundle(options.bundle).without_hubs())
    data = open_dataset(options.data)
    train = [photo for row, photo in enumerate(data.split("train")) if row % HELD_OUT]
    lessons = Lessons(
        read_captions(train, options.translations),
        read_sentences(options.sentences),
        read_words(options.words) if options.words else [],
        class_prompts("{}"),
    )
    judged = _judged_names(options.leave_out)
    others = [path for path in _photos_in(options.photos) if path.name not in judged]
    space = embed_space(model, lessons, {own.image_id: own.path for own in train}, others, kept_in=options.out)
    plan = TeachingPlan(steps=options.steps)
    side = new_side(load_text_tower("e5-small", tokenizer_file=options.tokenizer), model.dim, plan)
    head = read_image_head(model.bundle.verified(IMAGE_MODEL), dim=model.dim, features_dim=model.features_dim)
    photo_head = PhotoHead(head, dropout=plan.photo_dropout)
    val = [photo for photo in data.split("val") if photo.captions]
    embedded = embed_photos([photo.path for photo in val], model)
    readable = [val[place] for place in embedded.kept]

    def check() -> dict[str, Any]:
        if not readable or embedded.features is None:
            return {}
        photos = photo_head.without_dropout(torch.from_numpy(embedded.features)).detach()
        return {"val R@1": round(recall_at_1(side, readable, photos), 1)}

    teach(
        side,
        photo_head,
        lessons,
        space,
        plan,
        teacher_scale=model.manifest.logit_scale,
        folder=options.out,
        on_step=lambda step, terms: print(f"\rstep {step} of {plan.steps}, loss {terms.total(plan.loss):.3f}", end=""),
        on_check=check,
    )
    out = options.out / "bundle"
    print(write_taught_bundle(side, photo_head, model.bundle, out, plan, languages=options.languages))


def recall_at_1(side: TextSide, val: Sequence[CaptionedImage], photos: torch.Tensor) -> float:
    """R@1 of the first captions in per cent, ties counting against."""
    rows = encode(side, [photo.captions[0] for photo in val])
    scores = rows @ photos.T
    own = scores.diagonal()[:, None]
    return 100 * float(((scores >= own).sum(dim=1) == 1).float().mean())


def _judged_names(path: Path | None) -> set[str]:
    if path is None:
        return set()
    return {Path(photo["file"]).name for photo in json.loads(path.read_text(encoding="utf-8"))["photos"]}


def _photos_in(folders: Sequence[Path]) -> list[Path]:
    return [path for folder in folders for path in sorted(folder.rglob("*")) if path.suffix.lower() in PHOTO_SUFFIXES]


if __name__ == "__main__":
    sys.exit(main())
