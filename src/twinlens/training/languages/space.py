"""The space that is taught: photos and English texts as the existing model embeds them."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from twinlens.embedding.local import embed_photos
from twinlens.errors import TrainingError
from twinlens.protocols import DualEncoder
from twinlens.training.languages.lessons import ENGLISH, Lessons
from twinlens.whole_file import whole_file


@dataclass
class Space:
    """Points of the space, unit rows.

    Attributes:
        photos: [N, D] of all photos, those with captions first.
        features: [N, F], their pooled features.
        place: image id → row in ``photos``, for those with captions.
        texts: [M, D] of English texts.
        text_place: text → row in ``texts``.
        described: [N', D], for each photo with captions the mean of its captions' rows, normalized.
    """

    photos: Tensor
    features: Tensor
    place: dict[str, int]
    texts: Tensor
    text_place: dict[str, int]
    described: Tensor


def embed_space(
    model: DualEncoder, lessons: Lessons, photos: dict[str, Path], others: Sequence[Path], *, kept_in: Path
) -> Space:
    """Embeds photos and texts with the existing model, or reads what an earlier run kept.

    Args:
        model: the existing model.
        lessons: with English captions and texts.
        photos: image id → file, of the photos with captions.
        others: files of photos without captions; they are wrong answers, and a text's place among them is taught.
        kept_in: folder of the run.

    Raises:
        TrainingError: the model has no features, or no photo with captions can be read.
    """
    ids = [image_id for image_id in lessons.photos if image_id in photos]
    files = [photos[image_id] for image_id in ids] + list(others)
    english = lessons.english()
    asked = json.dumps([model.fingerprint, [str(file) for file in files], english])
    kept = kept_in / f"space-{hashlib.sha256(asked.encode()).hexdigest()[:16]}.npz"
    if not kept.is_file():
        embedded = embed_photos(files, model)
        if embedded.features is None:
            raise TrainingError(f"model {model.name!r} has no pooled features, which a head could be trained on")
        with whole_file(kept) as unfinished, unfinished.open("wb") as file:
            np.savez(
                file,
                photos=embedded.embeddings.astype(np.float16),
                features=embedded.features.astype(np.float16),
                readable=np.array(embedded.kept),
                texts=model.encode_text(english).astype(np.float16),
            )
    rows = np.load(kept)
    place = {ids[number]: row for row, number in enumerate(rows["readable"].tolist()) if number < len(ids)}
    if not place:
        raise TrainingError("no photo with captions can be read; check the data with: twinlens datasets info DATA")
    text_place = {text: row for row, text in enumerate(english)}
    texts = _units(rows["texts"])
    means = [
        texts[[text_place[text] for text in lessons.captions[ENGLISH][image_id]]].mean(dim=0) for image_id in place
    ]
    described = torch.nn.functional.normalize(torch.stack(means))
    features = torch.from_numpy(rows["features"].astype(np.float32))
    return Space(_units(rows["photos"]), features, place, texts, text_place, described)


def _units(rows: np.ndarray) -> Tensor:
    return torch.nn.functional.normalize(torch.from_numpy(rows.astype(np.float32)), dim=-1)
