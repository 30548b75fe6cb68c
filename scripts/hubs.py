"""Take hubs out of a bundle's space: photos near to every text, and texts near to every photo.

    python scripts/hubs.py BUNDLE --data flickr8k --sentences a.json b.json --photos folder …

The banks are everyday words; captions of the train split, and of the files; photos of the train split, and of the
folders. The bundle needs a new calibration afterwards (scripts/calibrate.py).
"""

import argparse
import random
import sys
from collections.abc import Sequence
from pathlib import Path

from twinlens.data.find import open_dataset
from twinlens.data.images import PHOTO_SUFFIXES
from twinlens.embedding.local import embed_photos
from twinlens.errors import TwinlensError
from twinlens.model.bundle import open_bundle
from twinlens.model.onnx_encoder import OnnxDualEncoder
from twinlens.relevance.background import everyday_texts
from twinlens.training.languages.hub_banks import HubPlan, add_hubs
from twinlens.training.languages.lessons import read_sentences

CAPTIONS, SENTENCES = 3000, 1000  # of the train split, and of each file


def main() -> int:
    """Rewrites the bundle; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path, help="the bundle that gets banks")
    parser.add_argument("--data", type=Path, required=True, help="captioned photos, of which the train split is used")
    parser.add_argument("--sentences", type=Path, nargs="*", default=[], help="captions in any language")
    parser.add_argument("--photos", type=Path, nargs="*", default=[], help="folders of other photos")
    options = parser.parse_args()
    try:
        bundle = open_bundle(options.bundle)
        model = OnnxDualEncoder(bundle.without_hubs())
        train = open_dataset(options.data).split("train")
        captions = _some([text for photo in train for text in photo.captions], CAPTIONS)
        for file in options.sentences:
            captions += _some(read_sentences([file]), SENTENCES)
        paths = [photo.path for photo in train]
        for folder in options.photos:
            paths += sorted(path for path in folder.rglob("*") if path.suffix.lower() in PHOTO_SUFFIXES)
        banks = {
            "words": model.encode_text(everyday_texts()),
            "captions": model.encode_text(captions),
            "photos": embed_photos(paths, model).embeddings,
        }
        print(add_hubs(bundle, banks, HubPlan()))
    except TwinlensError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _some(texts: Sequence[str], count: int) -> list[str]:
    return random.Random(0).sample(list(texts), min(count, len(texts)))


if __name__ == "__main__":
    sys.exit(main())
