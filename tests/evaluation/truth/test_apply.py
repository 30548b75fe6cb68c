"""Figures with several right photos per caption, against a plain loop over the published definitions."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from twinlens.data.captioned import Source
from twinlens.data.readers.coco import read_coco
from twinlens.data.readers.karpathy import read_karpathy
from twinlens.errors import DataError
from twinlens.evaluation.pairs import EmbeddedPairs, caption_ids_of, checked_pairs
from twinlens.evaluation.rank_table import write_ranks
from twinlens.evaluation.retrieval import evaluate_embeddings, evaluate_pairs
from twinlens.evaluation.truth.apply import apply_truth
from twinlens.evaluation.truth.coco_truth import CocoTruth

N, M = 12, 30
RANDOM = np.random.default_rng(3)
IMAGES = RANDOM.normal(size=(N, 8))
INDEX = np.arange(M) % N
TEXTS = IMAGES[INDEX] + 0.9 * RANDOM.normal(size=(M, 8))
CAPTION_IDS = tuple(700 + 3 * row for row in range(M))
PAIRS = checked_pairs(
    IMAGES,
    TEXTS,
    INDEX,
    name="coco/test",
    image_ids=tuple(f"val2014/COCO_val2014_{row + 50:012}.jpg" for row in range(N)),
    caption_ids=CAPTION_IDS,
)
PHOTOS_OF = {700: [50, 53, 55], 703: [51], 712: [61, 54]}
CAPTIONS_OF = {50: [700, 736, 772, 787], 57: [721, 757], 60: [700, 784]}  # of photo 50: rows 0, 12, 24 and 29
TRUTH = CocoTruth("eccv", PHOTOS_OF, CAPTIONS_OF)


def as_published(queries: np.ndarray, gallery: np.ndarray, right: dict[int, list[int]]) -> dict[str, float]:
    """R@1, R@5, R-Precision and mAP@R of row → right rows, with sorted lists."""
    found: dict[str, list[float]] = {"R@1": [], "R@5": [], "R-Precision": [], "mAP@R": []}
    for row, answers in right.items():
        ranked = np.argsort(-(gallery @ queries[row])).tolist()
        r = len(answers)
        found["R@1"].append(ranked[0] in answers)
        found["R@5"].append(bool(set(ranked[:5]) & set(answers)))
        found["R-Precision"].append(len(set(ranked[:r]) & set(answers)) / r)
        precisions = [len(set(ranked[:k]) & set(answers)) / k for k in range(1, r + 1) if ranked[k - 1] in answers]
        found["mAP@R"].append(sum(precisions) / r)
    return {name: round(100 * float(np.mean(values)), 4) for name, values in found.items()}


def test_figures_are_those_of_the_papers_and_only_listed_queries_are_asked() -> None:
    judged = apply_truth(PAIRS, TRUTH)
    report = evaluate_pairs(judged, resamples=50)
    photo_rows = {(caption - 700) // 3: [photo - 50 for photo in own] for caption, own in PHOTOS_OF.items()}
    text_rows = {photo - 50: [(caption - 700) // 3 for caption in own] for photo, own in CAPTIONS_OF.items()}
    wanted = {
        "text_to_image": as_published(judged.texts, judged.images, photo_rows),
        "image_to_text": as_published(judged.images, judged.texts, text_rows),
    }
    for direction, figures in wanted.items():
        assert {name: getattr(report, direction)[name] for name in figures} == pytest.approx(figures, abs=1e-3)
        assert len(report.ranks[direction]) == 3
        assert 0 < figures["mAP@R"] <= figures["R-Precision"] < 100  # else any answer would do
    assert (report.n_images, report.n_captions) == (N, M)  # the whole gallery stays
    assert report.protocol.startswith("coco/test with eccv: whole gallery")
    assert report.protocol.endswith("3 captions and 3 photos asked")
    assert report.notes == evaluate_pairs(PAIRS, resamples=0).notes


def test_without_a_truth_nothing_changes_and_one_photo_per_caption_means_r_at_1() -> None:
    plain = evaluate_pairs(PAIRS)
    same = evaluate_embeddings(IMAGES, TEXTS, np.stack([np.arange(M), INDEX], axis=1))
    assert same.text_to_image == plain.text_to_image
    assert same.image_to_text == plain.image_to_text
    assert same.ci95 == plain.ci95
    for name in ("R-Precision", "mAP@R"):
        assert plain.text_to_image[name] == plain.text_to_image["R@1"]


def test_another_right_photo_counts_and_is_no_longer_wrong() -> None:
    images, texts = np.eye(3), np.array([[0.1, 1, 0], [0, 1, 0.2], [0, 0, 1]])
    strict = evaluate_embeddings(images, texts, [0, 1, 2], resamples=0)
    several = evaluate_embeddings(images, texts, [[0, 0], [0, 1], [1, 1], [2, 2]], resamples=0)
    assert (strict.text_to_image["R@1"], several.text_to_image["R@1"]) == (pytest.approx(66.6667), 100.0)
    assert several.text_to_image["R-Precision"] == 100.0


def test_the_table_of_ranks_lists_the_queries_that_were_asked(tmp_path: Path) -> None:
    judged = apply_truth(PAIRS, TRUTH)
    write_ranks(evaluate_pairs(judged, resamples=0), judged, tmp_path / "ranks.csv")
    lines = [line.split(",") for line in (tmp_path / "ranks.csv").read_text().splitlines()[1:]]
    assert [(line[0], line[1], line[-1]) for line in lines] == [
        *(("text_to_image", row, count) for row, count in (("0", "3"), ("1", "1"), ("4", "2"))),
        *(("image_to_text", row, count) for row, count in (("0", "4"), ("7", "2"), ("10", "2"))),
    ]


def test_what_the_data_lacks_is_noted() -> None:
    truth = CocoTruth("cxc", {**PHOTOS_OF, 1: [50]}, {**CAPTIONS_OF, 57: [721, 9999], 5: [700]})
    (note,) = apply_truth(PAIRS, truth).right.notes  # type: ignore[union-attr]
    assert note == "coco/test lacks 1 caption to ask, 1 photo to ask, 1 right caption of cxc"


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        (replace(PAIRS, caption_ids=()), "coco/test has no COCO numbers of its captions, which eccv is about"),
        (replace(PAIRS, image_ids=tuple(map(str, range(1000, 1012)))), "eccv lists none of the captions and photos"),
    ],
)
def test_a_truth_about_something_else_is_refused(pairs: EmbeddedPairs, message: str) -> None:
    with pytest.raises(DataError, match=message):
        apply_truth(pairs, TRUTH)


def test_readers_of_coco_give_the_numbers_of_captions(tmp_path: Path) -> None:
    name = "COCO_val2014_000000000050.jpg"
    (tmp_path / "images" / "val2014").mkdir(parents=True)
    (tmp_path / "images" / "val2014" / name).touch()
    sentences = [{"raw": "a dog", "sentid": 700}, {"raw": "", "sentid": 701}, {"raw": "a hound", "sentid": 702}]
    entry = {"filepath": "val2014", "filename": name, "split": "test", "sentences": sentences}
    (tmp_path / "dataset_coco.json").write_text(json.dumps({"images": [entry]}))
    annotations = [{"image_id": 50, "id": own["sentid"], "caption": own["raw"]} for own in sentences]
    coco = {"images": [{"id": 50, "file_name": name}], "annotations": annotations}
    (tmp_path / "captions_val2014.json").write_text(json.dumps(coco))
    for data in (read_karpathy(Source(tmp_path)), read_coco(Source(tmp_path))):
        assert caption_ids_of(data.split("all")) == (700, 702)


def test_galleries_of_folds_keep_the_right_answers_that_lie_in_them() -> None:
    photos = {700: [50, 53, 55], 703: [51, 60], 721: [57, 50]}  # a gallery has six photos: 50 to 55, and 56 to 61
    captions = {50: [700, 736, 772, 787], 51: [703], 57: [721, 757, 700], 60: [784]}
    judged = apply_truth(PAIRS, CocoTruth("eccv", photos, captions))
    each = []
    for start in (0, 6):
        kept = [row for row in range(M) if start <= INDEX[row] < start + 6]
        rows = {
            kept.index(row): [photo - 50 - start for photo in own if 0 <= photo - 50 - start < 6]
            for row, own in {(caption - 700) // 3: own for caption, own in photos.items()}.items()
            if row in kept
        }
        texts = {
            photo - 50 - start: [kept.index((own - 700) // 3) for own in right if (own - 700) // 3 in kept]
            for photo, right in captions.items()
            if 0 <= photo - 50 - start < 6
        }
        rows, texts = ({query: own for query, own in right.items() if own} for right in (rows, texts))
        gallery, asking = judged.images[start : start + 6], judged.texts[kept]
        each.append((as_published(asking, gallery, rows), as_published(gallery, asking, texts)))
    found = evaluate_pairs(judged, folds=2, resamples=0).folds
    for place, direction in enumerate(("text_to_image", "image_to_text")):
        for name in each[0][place]:
            wanted = np.mean([own[place][name] for own in each])
            assert found[direction][name] == pytest.approx(wanted, abs=1e-3), (direction, name)


def test_a_gallery_without_anything_that_is_asked_is_named() -> None:
    with pytest.raises(
        DataError, match="gallery 2 of 6 has none of the captions or photos that coco/test with eccv asks"
    ):
        evaluate_pairs(apply_truth(PAIRS, TRUTH), folds=6, resamples=0)
