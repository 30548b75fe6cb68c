"""A small tower learns colours in two languages, from a model that knows them in English only."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from conftest import COLOURS, ColourEncoder
from twinlens.errors import TrainingError
from twinlens.protocols import EncodedImages
from twinlens.training.languages.image_head import PhotoHead
from twinlens.training.languages.lessons import Lessons, TaughtText
from twinlens.training.languages.plan import TeachingPlan
from twinlens.training.languages.space import Space, embed_space
from twinlens.training.languages.taught_side import encode, new_side
from twinlens.training.languages.teaching import teach
from twinlens.training.parts.dual_encoder import TextSide
from twinlens.training.parts.text_towers.load import load_text_tower
from twinlens.types import Pixels

GERMAN = {"red": "rot", "green": "gruen", "blue": "blau", "yellow": "gelb", "white": "weiss", "black": "schwarz"}
PLAN = TeachingPlan(
    steps=60,
    captions=4,
    taught=4,
    frozen=0,
    learning_rate=0.02,
    head_learning_rate=0.02,
    warmup_steps=5,
    photo_start=0,
    check_every=20,
)


class PlainEncoder(ColourEncoder):
    """Its features are its embeddings, so that its head is the identity."""

    features_dim = 8

    def encode_pixels(self, pixels: Pixels) -> EncodedImages:
        embeddings = super().encode_pixels(pixels).embeddings
        return EncodedImages(embeddings, embeddings)


@pytest.fixture
def lessons() -> Lessons:
    english = {f"{name}.png": [f"something {name}"] for name in GERMAN}
    german = {f"{name}.png": [f"etwas {word}"] for name, word in list(GERMAN.items())[:4]}
    words = [TaughtText(word, name) for name, word in GERMAN.items()]
    return Lessons({"en": english, "de": german}, words=words)


@pytest.fixture
def space(lessons: Lessons, tmp_path: Path) -> Space:
    files = {}
    for name in GERMAN:
        files[f"{name}.png"] = tmp_path / f"{name}.png"
        Image.new("RGB", (20, 20), COLOURS[name]).save(files[f"{name}.png"])
    (tmp_path / "run").mkdir()
    return embed_space(PlainEncoder(), lessons, files, [], kept_in=tmp_path / "run")


def head() -> PhotoHead:
    return PhotoHead(torch.eye(8), dropout=0.0)


def side() -> TextSide:
    torch.manual_seed(0)
    words = [f"something etwas {name} {word}" for name, word in GERMAN.items()]
    return new_side(load_text_tower("bag-of-words", captions=words, word_dim=16, dropout=0.0), 8, PLAN)


def found(taught: TextSide, space: Space, texts: list[str]) -> list[str]:
    names = {row: name for name, row in space.place.items()}
    return [names[row].removesuffix(".png") for row in (encode(taught, texts) @ space.photos.T).argmax(dim=1).tolist()]


def test_photos_and_texts_lie_where_the_model_puts_them(space: Space, lessons: Lessons) -> None:
    model = ColourEncoder()
    for name in GERMAN:
        text = torch.from_numpy(model.encode_text([f"something {name}"]))[0]
        torch.testing.assert_close(space.texts[space.text_place[f"something {name}"]], text, atol=1e-3, rtol=0)
        torch.testing.assert_close(space.described[space.place[f"{name}.png"]], text, atol=1e-3, rtol=0)
        assert torch.dot(space.photos[space.place[f"{name}.png"]], text) > 0.99
    assert set(space.text_place) == set(lessons.english())


def test_words_of_both_languages_find_their_photos(lessons: Lessons, space: Space, tmp_path: Path) -> None:
    taught = side()
    teach(taught, head(), lessons, space, PLAN, teacher_scale=10.0, folder=tmp_path)
    assert found(taught, space, list(GERMAN)) == list(GERMAN)
    # "weiss" and "schwarz" stand in no caption, only in the list of words
    assert found(taught, space, list(GERMAN.values())) == list(GERMAN)


def test_an_interrupted_run_goes_on(lessons: Lessons, space: Space, tmp_path: Path) -> None:
    def stop(step: int, _: object) -> None:
        if step == 45:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        teach(side(), head(), lessons, space, PLAN, teacher_scale=10.0, folder=tmp_path, on_step=stop)
    steps: list[int] = []
    taught = side()
    teach(
        taught,
        head(),
        lessons,
        space,
        PLAN,
        teacher_scale=10.0,
        folder=tmp_path,
        on_step=lambda step, _: steps.append(step),
    )
    assert steps == list(range(41, 61))
    assert found(taught, space, list(GERMAN.values())) == list(GERMAN)
    log = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in log] == [20, 40, 60]
    assert log[-1]["place"] < log[0]["place"]


def test_a_finished_run_gives_the_same_tower_again(lessons: Lessons, space: Space, tmp_path: Path) -> None:
    rows = []
    for _ in range(2):
        taught = side()
        teach(taught, head(), lessons, space, PLAN, teacher_scale=10.0, folder=tmp_path)
        rows.append(encode(taught, list(GERMAN)).numpy())
    np.testing.assert_allclose(rows[0], rows[1], atol=1e-6)


def test_the_photos_head_stays_until_its_first_step(lessons: Lessons, space: Space, tmp_path: Path) -> None:
    plan = replace(PLAN, photo_start=30)
    photos, seen = head(), []
    begin = photos.weight.detach().clone()

    def look(step: int, _: object) -> None:
        seen.append(bool(torch.equal(photos.weight, begin)))

    teach(side(), photos, lessons, space, plan, teacher_scale=10.0, folder=tmp_path, on_step=look)
    assert seen == [True] * 30 + [False] * 30


def test_a_run_with_other_settings_is_not_continued(lessons: Lessons, space: Space, tmp_path: Path) -> None:
    teach(side(), head(), lessons, space, replace(PLAN, steps=20), teacher_scale=10.0, folder=tmp_path)
    before = (tmp_path / "last.pt").read_bytes()
    with pytest.raises(TrainingError, match=r"other settings \(steps, seed\)"):
        teach(side(), head(), lessons, space, replace(PLAN, seed=3), teacher_scale=10.0, folder=tmp_path)
    assert (tmp_path / "last.pt").read_bytes() == before


def test_the_towers_own_tokenizer_stays_as_it_is(lessons: Lessons, space: Space, tmp_path: Path) -> None:
    taught = side()
    before = taught.tower.tokenizer.to_str()
    teach(taught, head(), lessons, space, replace(PLAN, steps=1), teacher_scale=10.0, folder=tmp_path)
    assert taught.tower.tokenizer.to_str() == before


def test_a_photo_that_cannot_be_read_is_left_out(lessons: Lessons, tmp_path: Path) -> None:
    files = {}
    for name in GERMAN:
        files[f"{name}.png"] = tmp_path / f"{name}.png"
        Image.new("RGB", (20, 20), COLOURS[name]).save(files[f"{name}.png"])
    files["blue.png"].write_bytes(b"no picture")
    space = embed_space(PlainEncoder(), lessons, files, [], kept_in=tmp_path)
    assert set(space.place) == {f"{name}.png" for name in GERMAN} - {"blue.png"}
    taught = side()
    teach(taught, head(), lessons, space, PLAN, teacher_scale=10.0, folder=tmp_path)
    assert found(taught, space, ["rot", "yellow"]) == ["red", "yellow"]


def test_where_no_photo_can_be_read_that_is_said(lessons: Lessons, tmp_path: Path) -> None:
    files = {f"{name}.png": tmp_path / "missing.png" for name in GERMAN}
    other = tmp_path / "other.png"
    Image.new("RGB", (20, 20)).save(other)
    with pytest.raises(TrainingError, match="no photo with captions can be read"):
        embed_space(PlainEncoder(), lessons, files, [other], kept_in=tmp_path)


def test_what_was_embedded_for_other_texts_is_not_used(lessons: Lessons, space: Space, tmp_path: Path) -> None:
    lessons.captions["en"]["red.png"] = ["something black"]  # as many texts as before
    files = {f"{name}.png": tmp_path / f"{name}.png" for name in GERMAN}
    again = embed_space(PlainEncoder(), lessons, files, [], kept_in=tmp_path / "run")
    black = torch.from_numpy(ColourEncoder().encode_text(["black"]))[0]
    torch.testing.assert_close(again.described[again.place["red.png"]], black, atol=1e-3, rtol=0)
