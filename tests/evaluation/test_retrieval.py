import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import ColourEncoder, PhotoMaker
from twinlens.data.readers.captions_json import CaptionsJson
from twinlens.embedding.local import Skipped
from twinlens.errors import DataError
from twinlens.evaluation.metrics import relevant_ranks
from twinlens.evaluation.pairs import checked_pairs, embed_split
from twinlens.evaluation.retrieval import evaluate_embeddings, evaluate_pairs, evaluate_retrieval, rank_both_ways

repeatable = settings(max_examples=40, deadline=None, derandomize=True, database=None)
NAMES = ("red", "green", "blue", "yellow", "white", "black")


class CollapsedEncoder(ColourEncoder):
    """Gives every photo and every text the same vector."""

    def _embed(self, colours: np.ndarray) -> np.ndarray:
        return np.tile(super()._embed(np.array([[10.0, 80.0, 200.0]], dtype=np.float32)), (len(colours), 1))


class BrokenEncoder(ColourEncoder):
    """Gives no numbers at all."""

    def _embed(self, colours: np.ndarray) -> np.ndarray:
        return np.full((len(colours), self.dim), np.nan, dtype=np.float32)


def write_captions(folder: Path, captions: Mapping[str, Sequence[str]]) -> CaptionsJson:
    rows = [{"file_name": name, "caption": caption} for name, own in captions.items() for caption in own]
    (folder / "captions.json").write_text(json.dumps(rows), encoding="utf-8")
    return CaptionsJson(folder)


@pytest.fixture
def colours(make_photo: PhotoMaker, tmp_path: Path) -> CaptionsJson:
    """Six photos, one a colour, two captions each."""
    for name in NAMES:
        make_photo(f"images/{name}.png", name)
    return write_captions(tmp_path / "photos", {f"{n}.png": [f"something {n}", f"a {n} wall"] for n in NAMES})


# --- ranking ----------------------------------------------------------------------------------


def test_both_directions_on_three_vectors_are_as_worked_out_by_hand() -> None:
    images = np.array([[1, 0], [0, 1], [0.6, 0.8]], dtype=np.float32)
    texts = np.array([[1, 0], [0.6, 0.8], [0.8, 0.6], [0, 1]], dtype=np.float32)
    # text 0 and 1 describe photo 0, text 2 describes photo 1, text 3 describes photo 2
    to_image, to_text = rank_both_ways(images, texts, np.array([0, 0, 1, 2]))
    # scores: [1, 0, .6] → 1; [.6, .8, 1] → 3; [.8, .6, .96] → 3; [0, 1, .8] → 2
    assert to_image["R@1"] == 25.0
    assert to_image["MeanR"] == pytest.approx(9 / 4)
    assert to_image["MedR"] == 2.5
    assert to_image["MRR"] == pytest.approx((1 + 1 / 3 + 1 / 3 + 1 / 2) / 4, abs=1e-6)
    # photo 0: [1, .6, .8, 0] → right at 1 and 3; photo 1: [0, .8, .6, 1] → 3; photo 2: [.6, 1, .96, .8] → 3
    assert to_text["R@1"] == pytest.approx(100 / 3, abs=1e-3)
    assert to_text["MeanR"] == pytest.approx(7 / 3, abs=1e-4)
    assert to_text["P@5"] == pytest.approx(100 * (2 + 1 + 1) / 15, abs=1e-3)


def test_any_right_caption_counts() -> None:
    images = np.eye(2, dtype=np.float32)
    texts = np.array([[0, 1], [-1, 0], [1, 0], [0, 1]], dtype=np.float32)
    _, to_text = rank_both_ways(images, texts, np.array([0, 0, 0, 1]))
    # photo 0 finds its third caption first; photo 1 ties with a wrong caption, which counts against it
    assert (to_text["R@1"], to_text["R@5"]) == (50.0, 100.0)


def random_pairs(seed: int, *, noise: float, n_images: int = 30) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    images = random.normal(size=(n_images, 12))
    index = np.concatenate([np.arange(n_images), random.integers(n_images, size=2 * n_images)])
    texts = images[index] + noise * random.normal(size=(len(index), 12))
    return (
        (images / np.linalg.norm(images, axis=1, keepdims=True)).astype(np.float32),
        (texts / np.linalg.norm(texts, axis=1, keepdims=True)).astype(np.float32),
        index,
    )


@repeatable
@given(st.integers(0, 10_000))
def test_rotating_all_embeddings_changes_no_figure(seed: int) -> None:
    images, texts, index = random_pairs(seed, noise=1.0)
    rotation, _ = np.linalg.qr(np.random.default_rng(seed + 1).normal(size=(12, 12)))
    turned = rank_both_ways((images @ rotation).astype(np.float32), (texts @ rotation).astype(np.float32), index)
    assert turned == rank_both_ways(images, texts, index)


@repeatable
@given(st.integers(0, 10_000))
def test_the_order_of_photos_and_captions_changes_no_figure(seed: int) -> None:
    images, texts, index = random_pairs(seed, noise=1.0)
    random = np.random.default_rng(seed + 1)
    photos, captions = random.permutation(len(images)), random.permutation(len(texts))
    moved = rank_both_ways(images[photos], texts[captions], np.argsort(photos)[index[captions]])
    assert moved == rank_both_ways(images, texts, index)


def test_a_perfect_model_gives_100_both_ways() -> None:
    for figures in rank_both_ways(*random_pairs(0, noise=0.0)):
        assert [figures[name] for name in ("R@1", "R@5", "R@10", "MRR", "MedR", "MeanR")] == [100, 100, 100, 1, 1, 1]


def test_shuffled_pairs_fall_to_chance_both_ways() -> None:
    images, texts, _ = random_pairs(5, noise=0.1, n_images=400)
    index = np.concatenate([np.random.default_rng(6).permutation(400) for _ in range(3)])
    to_image, to_text = rank_both_ways(images, texts, index)
    assert to_image["R@10"] == pytest.approx(100 * 10 / 400, abs=1.5)
    assert to_image["MeanR"] == pytest.approx(200, rel=0.08)
    assert to_text["MeanR"] == pytest.approx(1200 / 4, rel=0.15)  # the best of three among 1,200


# --- embeddings -------------------------------------------------------------------------------


def test_the_report_has_the_figures_that_training_logs_and_an_interval_around_each() -> None:
    images, texts, index = random_pairs(7, noise=0.8, n_images=60)
    report = evaluate_embeddings(images, texts, index)
    assert (report.text_to_image, report.image_to_text) == rank_both_ways(images, texts, index)
    for direction in ("text_to_image", "image_to_text"):
        figures = getattr(report, direction)
        assert figures.keys() == report.ci95[direction].keys()
        assert 0 < figures["R@1"] < 100
        for name, (low, high) in report.ci95[direction].items():
            assert low <= figures[name] <= high, name


def test_chance_lies_within_the_interval_of_shuffled_pairs() -> None:
    images, texts, index = random_pairs(8, noise=0.1, n_images=300)
    shuffled = np.random.default_rng(9).permutation(index)
    ci95 = evaluate_embeddings(images, texts, shuffled, ks=[10, 50]).ci95["text_to_image"]
    for k in (10, 50):
        low, high = ci95[f"R@{k}"]
        assert low <= 100 * k / 300 <= high


@repeatable
@given(st.integers(0, 1000))
def test_rotating_or_reordering_changes_nothing_in_the_report(seed: int) -> None:
    images, texts, index = random_pairs(seed, noise=1.0, n_images=12)
    random = np.random.default_rng(seed)
    rotation, _ = np.linalg.qr(random.normal(size=(12, 12)))
    photos, captions = random.permutation(len(images)), random.permutation(len(texts))
    first = evaluate_embeddings(images, texts, index, resamples=0)
    second = evaluate_embeddings(
        (images @ rotation)[photos], (texts @ rotation)[captions], np.argsort(photos)[index[captions]], resamples=0
    )
    assert (second.text_to_image, second.image_to_text) == (first.text_to_image, first.image_to_text)
    assert second.alignment == pytest.approx(first.alignment, abs=1e-5)
    assert second.uniformity == pytest.approx(first.uniformity, abs=1e-5)
    assert second.cosine == pytest.approx(first.cosine, abs=1e-5)


@repeatable
@given(st.integers(0, 1000))
def test_photos_that_come_twice_never_help_captions_find_theirs(seed: int) -> None:
    images, texts, index = random_pairs(seed, noise=0.7, n_images=12)
    once = rank_both_ways(images, texts, index)[0]
    # each photo again, under another number and with a caption of its own: a true match that does not count
    doubled, captions = np.vstack([images, images]), np.vstack([texts, texts[:12]])
    twice = relevant_ranks(captions, doubled, [np.array([own]) for own in np.r_[index, np.arange(12, 24)]])
    for k in (1, 5, 10):
        assert np.mean([ranks[0] <= k for ranks in twice[: len(index)]]) <= once[f"R@{k}"] / 100 + 1e-6


def test_folds_are_galleries_of_their_own_and_their_mean_is_told() -> None:
    images, texts, index = random_pairs(10, noise=0.9, n_images=50)
    order = np.random.default_rng(0).permutation(len(texts))
    texts, index = texts[order], index[order]
    report = evaluate_embeddings(images, texts, index, folds=5, resamples=0)
    figures = []
    for start in range(0, 50, 10):
        own = [number for number, photo in enumerate(index) if start <= photo < start + 10]
        figures.append(rank_both_ways(images[start : start + 10], texts[own], index[own] - start))
    for place, direction in enumerate(("text_to_image", "image_to_text")):
        for name, value in report.folds[direction].items():
            assert value == pytest.approx(np.mean([both[place][name] for both in figures]), abs=1e-4)
    assert (report.folds["n_folds"], report.folds["n_images"]) == (5, 10)
    assert report.folds["text_to_image"]["R@1"] > report.text_to_image["R@1"]  # a smaller gallery flatters
    assert report.to_json()["folds"] == report.folds
    assert "mean of 5 galleries of about 10 photos" in str(report)


def test_cutoffs_are_taken_in_order_and_each_once() -> None:
    report = evaluate_embeddings(*random_pairs(0, noise=0.5), ks=[7, 2, 7], resamples=0)
    assert [name for name in report.text_to_image if name.startswith("R@")] == ["R@2", "R@7"]
    assert report.ci95 == {}
    assert "ci95" not in report.to_json()["text_to_image"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ks": [5, 31]}, "K = 31 is larger than the gallery of 30 photos"),
        ({"ks": [0]}, "K must be at least 1, got 0"),
        ({"ks": []}, "K must be at least 1, got none"),
        ({"folds": 31}, "from 1 to the 30 photos, got 31"),
        ({"folds": 0}, "from 1 to the 30 photos, got 0"),
    ],
)
def test_what_does_not_fit_the_gallery_is_refused(options: dict, message: str) -> None:
    with pytest.raises(DataError, match=message):
        evaluate_embeddings(*random_pairs(0, noise=0.5), **options)


def test_one_photo_and_one_caption_can_be_measured() -> None:
    report = evaluate_embeddings([[1.0, 0.0]], [[0.0, 2.0]], [0])
    assert report.text_to_image["R@1"] == 100
    assert (report.uniformity, report.cosine) == ({"image": None, "text": None}, {"matched": 0.0, "unmatched": None})
    assert "unmatched -" in str(report)


def test_notes_tell_of_lengths_and_of_sampled_rows() -> None:
    random = np.random.default_rng(0)
    texts = random.normal(size=(8200, 2))
    report = evaluate_embeddings(random.normal(size=(2, 2)), texts, np.arange(8200) % 2, ks=[1], resamples=10)
    assert "image_embeddings had lengths from" in report.notes[0]
    assert "uniformity of texts is estimated from 8,192 of 8,200 rows" in report.notes[-1]
    assert f"note: {report.notes[0]}" in str(report)


def test_progress_counts_the_queries() -> None:
    told: list[tuple[int, int]] = []
    pairs = checked_pairs(*random_pairs(0, noise=0.5))
    evaluate_pairs(pairs, on_progress=lambda done, total: told.append((done, total)))
    assert told == [(90, 120), (120, 120)]


# --- a data set -------------------------------------------------------------------------------


def test_a_model_that_knows_the_colours_gives_100_both_ways(colours: CaptionsJson, encoder: ColourEncoder) -> None:
    report = evaluate_retrieval(encoder, colours, "all")
    assert (report.n_images, report.n_captions, report.skipped) == (6, 12, ())
    for figures in (report.text_to_image, report.image_to_text):
        assert (figures["R@1"], figures["MRR"], figures["MeanR"]) == (100.0, 1.0, 1.0)
    assert report.text_to_image["P@5"] == 20.0  # one right photo among the first five
    assert report.image_to_text["P@5"] == 40.0  # two right captions
    assert report.model == encoder.fingerprint


def test_the_figures_equal_a_plain_loop(encoder: ColourEncoder, make_photo: PhotoMaker, tmp_path: Path) -> None:
    told = {"a.png": ["red", "yellow black"], "b.png": ["green"], "c.png": ["blue", "white", "red blue"]}
    for number, (name, colour) in enumerate({"a.png": "red", "b.png": "yellow", "c.png": "blue"}.items()):
        make_photo(f"images/{name}", colour, seed=number)
    data = write_captions(tmp_path / "photos", told)
    report = evaluate_retrieval(encoder, data, "all")

    photos = encoder.encode_pixels(
        np.stack([encoder.prepare(image) for image in opened([p.path for p in data.split("all")])])
    ).embeddings
    captions = [(number, text) for number, own in enumerate(told.values()) for text in own]
    texts = encoder.encode_text([text for _, text in captions])
    text_ranks = []
    for (owner, _), text in zip(captions, texts, strict=True):
        scores = [float(photo @ text) for photo in photos]
        text_ranks.append(sum(score >= scores[owner] for score in scores))
    photo_ranks = []
    for number, photo in enumerate(photos):
        scores = [float(photo @ text) for text in texts]
        best = max(score for score, (owner, _) in zip(scores, captions, strict=True) if owner == number)
        wrong = [score for score, (owner, _) in zip(scores, captions, strict=True) if owner != number]
        photo_ranks.append(1 + sum(score >= best for score in wrong))
    assert len(set(text_ranks)) > 1  # else any answer would do
    for figures, ranks in ((report.text_to_image, text_ranks), (report.image_to_text, photo_ranks)):
        assert figures["R@1"] == pytest.approx(100 * ranks.count(1) / len(ranks), abs=1e-3)
        assert figures["MeanR"] == pytest.approx(sum(ranks) / len(ranks), abs=1e-3)
        assert figures["MRR"] == pytest.approx(sum(1 / rank for rank in ranks) / len(ranks), abs=1e-5)


def opened(paths: Sequence[Path]) -> list:
    from PIL import Image

    return [Image.open(path).convert("RGB") for path in paths]


def test_swapped_captions_are_found_out(encoder: ColourEncoder, make_photo: PhotoMaker, tmp_path: Path) -> None:
    for name in NAMES:
        make_photo(f"images/{name}.png", name)
    wrong = {f"{name}.png": [NAMES[(number + 1) % 6]] for number, name in enumerate(NAMES)}
    report = evaluate_retrieval(encoder, write_captions(tmp_path / "photos", wrong), "all")
    assert (report.text_to_image["R@1"], report.image_to_text["R@1"]) == (0.0, 0.0)


@pytest.mark.parametrize("bad", [CollapsedEncoder(), BrokenEncoder()], ids=["collapsed", "no numbers"])
def test_a_useless_model_gets_the_worst_figures(colours: CaptionsJson, bad: ColourEncoder) -> None:
    report = evaluate_retrieval(bad, colours, "all")
    assert (report.text_to_image["R@5"], report.text_to_image["MeanR"]) == (0.0, 6.0)
    assert (report.image_to_text["R@10"], report.image_to_text["MeanR"]) == (0.0, 11.0)
    assert "NaN" not in json.dumps(report.to_json())
    assert "image → text" in str(report)


def test_a_split_is_its_own_gallery(colours: CaptionsJson, encoder: ColourEncoder, tmp_path: Path) -> None:
    splits = {"train": ["red.png", "green.png", "blue.png"], "test": ["white.png", "black.png"]}
    (tmp_path / "photos" / "splits.json").write_text(json.dumps(splits))
    report = evaluate_retrieval(encoder, CaptionsJson(tmp_path / "photos"), "test")
    assert (report.n_images, report.n_captions) == (2, 4)
    assert "photos/test" in report.protocol


def test_photos_that_cannot_be_read_are_named_and_in_no_figure(
    colours: CaptionsJson, encoder: ColourEncoder, tmp_path: Path
) -> None:
    (tmp_path / "photos" / "images" / "blue.png").write_bytes(b"no photo")
    (tmp_path / "photos" / "images" / "white.png").unlink()
    report = evaluate_retrieval(encoder, colours, "all")
    assert (report.n_images, report.n_captions) == (4, 8)
    assert report.text_to_image["R@1"] == 100.0
    assert {Path(item.path).name: item.reason for item in report.skipped} == {
        "blue.png": "not an image, or a damaged one",
        "white.png": "file is gone",
    }
    assert "2 photos were left out" in str(report)
    assert [set(item) for item in report.to_json()["skipped"]] == [{"path", "reason"}] * 2
    odd = replace(report, skipped=(Skipped("old\nbox/gr\udcfcn.png", "file is gone"),))
    assert str(odd).endswith(r"1 photo was left out, e.g. old\nbox/gr\xfcn.png: file is gone")


def test_photos_none_of_which_can_be_read_are_an_error(
    colours: CaptionsJson, encoder: ColourEncoder, tmp_path: Path
) -> None:
    for file in (tmp_path / "photos" / "images").iterdir():
        file.write_bytes(b"")
    with pytest.raises(DataError, match="none of 6 photos could be read"):
        evaluate_retrieval(encoder, colours, "all")


def test_an_unknown_split_is_an_error(colours: CaptionsJson, encoder: ColourEncoder) -> None:
    with pytest.raises(DataError, match="no split is called 'tset'"):
        evaluate_retrieval(encoder, colours, "tset")


def test_captions_are_told_after_photos(colours: CaptionsJson, encoder: ColourEncoder) -> None:
    told: list[tuple[str, int, int]] = []
    pairs = embed_split(
        encoder,
        colours,
        "all",
        on_progress=lambda *done: told.append(("photos", *done)),
        on_texts=lambda *done: told.append(("captions", *done)),
    )
    count = len(pairs.captions)
    assert told == [("photos", 6, 6), ("captions", 0, count), ("captions", count, count)]


def test_progress_counts_the_photos(colours: CaptionsJson, encoder: ColourEncoder) -> None:
    told: list[tuple[int, int]] = []
    evaluate_retrieval(encoder, colours, "all", on_progress=lambda done, total: told.append((done, total)))
    assert told == [(6, 6)]


def test_the_report_can_be_printed_and_written_as_json(colours: CaptionsJson, encoder: ColourEncoder) -> None:
    report = evaluate_retrieval(encoder, colours, "all")
    fields = json.loads(json.dumps(report.to_json()))
    assert fields["n_images"] == 6
    measured = [f"{name}@{k}" for name in ("R", "P", "coverage") for k in (1, 5, 10)]
    measured += "MRR MedR MeanR mAP R-Precision mAP@R nDCG@10".split()
    for direction in ("text_to_image", "image_to_text"):
        assert set(fields[direction]) == {*measured, "ci95"}
        assert set(fields[direction]["ci95"]) == set(measured)
    assert set(fields["uniformity"]) == {"image", "text"}
    assert fields["cosine"]["matched"] > fields["cosine"]["unmatched"]
    assert "skipped" not in fields
    assert fields["notes"] == ["only 6 photos: R@10 from text to image is 100 for any model"]
    table = str(report)
    assert "ties count against" in table
    assert "100.0" in table
    assert "1.000" in table
