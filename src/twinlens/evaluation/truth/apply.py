"""Judge embedded photos and captions by a truth file instead of the data set's own pairs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from twinlens.counted import counted
from twinlens.errors import DataError
from twinlens.evaluation.pairs import EmbeddedPairs
from twinlens.evaluation.truth.coco_truth import CocoTruth, photo_number
from twinlens.evaluation.truth.right_answers import RightAnswers, Rows


def apply_truth(pairs: EmbeddedPairs, truth: CocoTruth) -> EmbeddedPairs:
    """The same embeddings with the right answers of a truth file; see ``find_answers``."""
    return replace(pairs, right=find_answers(truth, pairs.name, pairs.image_ids, pairs.caption_ids))


def find_answers(truth: CocoTruth, name: str, image_ids: Sequence[str], caption_ids: Sequence[int]) -> RightAnswers:
    """The rows of right answers; captions and photos that the file does not list stay in the gallery, unasked.

    Args:
        truth: the file.
        name: of data and split.
        image_ids: [N], file names.
        caption_ids: [M], COCO's numbers.

    Raises:
        DataError: the captions have no numbers, or the file is about others.
    """
    if not caption_ids or not image_ids:
        raise DataError(
            f"{name} has no COCO numbers of its captions, which {truth.name} is about; use Karpathy's "
            "dataset_coco.json or COCO's own captions_val2014.json"
        )
    numbers = [photo_number(own) for own in image_ids]
    text_row = {caption: row for row, caption in enumerate(caption_ids)}
    photo_row = {number: row for row, number in enumerate(numbers) if number is not None}
    photos, lost_photos = _rows(caption_ids, truth.photos_of_caption, photo_row)
    texts, lost_texts = _rows(numbers, truth.captions_of_photo, text_row)
    if not any(map(len, photos)) or not any(map(len, texts)):
        raise DataError(f"{truth.name} lists none of the captions and photos of {name}; it is about another split")
    lost = {
        ("caption to ask", "captions to ask"): len(truth.photos_of_caption.keys() - text_row.keys()),
        ("photo to ask", "photos to ask"): len(truth.captions_of_photo.keys() - photo_row.keys()),
        ("right photo", "right photos"): lost_photos,
        ("right caption", "right captions"): lost_texts,
    }
    missing = ", ".join(counted(count, *what) for what, count in lost.items() if count)
    return RightAnswers(photos, texts, truth.name, (f"{name} lacks {missing} of {truth.name}",) if missing else ())


def _rows(
    queries: Sequence[int | None], answers: Mapping[int, list[int]], row_of: Mapping[int, int]
) -> tuple[list[Rows], int]:
    """For each query, the rows of its answers; and how many answers have no row."""
    lost = 0
    found = []
    for query in queries:
        wanted = set(answers.get(query, ())) if query is not None else set()
        rows = sorted(row_of[answer] for answer in wanted if answer in row_of)
        lost += len(wanted) - len(rows)
        found.append(np.array(rows, dtype=np.int64))
    return found, lost
