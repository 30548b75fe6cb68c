"""Add the text tower of an English model to a bundle that was taught its space; English texts are read by both.

    python scripts/english_tower.py BUNDLE ENGLISH --data flickr8k --sentences a.json b.json

The bundle needs its word list first (scripts/word_list.py), and a calibration afterwards.
"""

import argparse
import sys
from pathlib import Path

from twinlens.data.find import open_dataset
from twinlens.errors import TwinlensError
from twinlens.model.bundle import open_bundle
from twinlens.training.languages.english_tower import add_english_tower
from twinlens.training.languages.lessons import read_sentences
from twinlens.training.loop.teacher import class_prompts

SHARE = 0.75  # chosen on Flickr8k val, the judged photos and the ImageNet sample, see languages.md


def main() -> int:
    """Rewrites the bundle; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path, help="the bundle that gets a second tower")
    parser.add_argument("english", type=Path, help="the model whose text tower is added")
    parser.add_argument("--data", type=Path, required=True, help="captioned photos, whose words are kept")
    parser.add_argument("--sentences", type=Path, nargs="*", default=[], help="English captions of other photos")
    parser.add_argument("--share", type=float, default=SHARE, help="weight of the English tower in the sum")
    options = parser.parse_args()
    try:
        captions = [text for photo in open_dataset(options.data).split("train") for text in photo.captions]
        texts = [*captions, *read_sentences(options.sentences), *class_prompts("{}")]
        print(add_english_tower(open_bundle(options.bundle), open_bundle(options.english), texts, share=options.share))
    except TwinlensError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
