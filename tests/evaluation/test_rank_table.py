import csv
from pathlib import Path

import numpy as np
import pytest

from twinlens.errors import DataError
from twinlens.evaluation.pairs import EmbeddedPairs
from twinlens.evaluation.rank_table import write_ranks
from twinlens.evaluation.retrieval import evaluate_pairs

IMAGES = np.array([[1, 0], [0, 1]], dtype=np.float32)
TEXTS = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
INDEX = np.array([0, 1, 1])


def test_every_query_has_a_line_with_its_rank(tmp_path: Path) -> None:
    pairs = EmbeddedPairs(
        IMAGES, TEXTS, INDEX, image_ids=("a.jpg", "b.jpg"), captions=("one", 'two, "and" more', "three")
    )
    write_ranks(evaluate_pairs(pairs), pairs, tmp_path / "ranks.csv")
    with (tmp_path / "ranks.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    assert lines == [
        ["direction", "query", "caption", "photo", "rank", "right_answers"],
        ["text_to_image", "0", "one", "a.jpg", "1", "1"],
        ["text_to_image", "1", 'two, "and" more', "b.jpg", "2", "1"],
        ["text_to_image", "2", "three", "b.jpg", "1", "1"],
        ["image_to_text", "0", "", "a.jpg", "2", "1"],  # ties with a caption of the other photo
        ["image_to_text", "1", "", "b.jpg", "1", "2"],
    ]


def test_photos_without_ids_are_numbered(tmp_path: Path) -> None:
    pairs = EmbeddedPairs(IMAGES, TEXTS, INDEX)
    write_ranks(evaluate_pairs(pairs), pairs, tmp_path / "ranks.csv")
    assert (tmp_path / "ranks.csv").read_text().splitlines()[2] == "text_to_image,1,,1,2,1"


def test_another_ending_or_a_missing_folder_is_refused(tmp_path: Path) -> None:
    pairs = EmbeddedPairs(IMAGES, TEXTS, INDEX)
    for name, message in (("photo.jpg", r"must end in \.csv"), ("absent/ranks.csv", "does not exist")):
        with pytest.raises(DataError, match=message):
            write_ranks(evaluate_pairs(pairs), pairs, tmp_path / name)
