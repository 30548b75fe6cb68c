import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import ColourEncoder, PhotoMaker
from twinlens.data.captions_json import CaptionsJson
from twinlens.errors import DataError
from twinlens.evaluation.retrieval import evaluate_retrieval, rank_both_ways

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


def test_progress_counts_the_photos(colours: CaptionsJson, encoder: ColourEncoder) -> None:
    told: list[tuple[int, int]] = []
    evaluate_retrieval(encoder, colours, "all", on_progress=lambda done, total: told.append((done, total)))
    assert told == [(6, 6)]


def test_the_report_can_be_printed_and_written_as_json(colours: CaptionsJson, encoder: ColourEncoder) -> None:
    report = evaluate_retrieval(encoder, colours, "all")
    fields = json.loads(json.dumps(report.to_json()))
    assert fields["n_images"] == 6
    assert set(fields["text_to_image"]) == set("R@1 R@5 R@10 P@1 P@5 P@10 MRR MedR MeanR".split())
    assert "skipped" not in fields
    table = str(report)
    assert "ties count against" in table
    assert "100.0" in table
    assert "1.000" in table
