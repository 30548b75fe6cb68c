"""Inputs of towers: nothing drawn while measuring; while training the same draw for the same seed, row and epoch."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from twinlens.model.preprocess import Preprocessing
from twinlens.training.feeding.augment import Augmentation
from twinlens.training.feeding.inputs import Activations, FrozenFeatures, LivePhotos, LiveTexts, Subset, pad
from twinlens.training.feeding.pixels import PhotoPixels
from twinlens.training.parts.text_towers.transformer import load_transformer

PREPROCESSING = Preprocessing(
    image_size=32, resize_mode="squash", interpolation="bicubic", mean=(0.5, 0.4, 0.3), std=(0.5, 0.6, 0.7)
)
ROWS = torch.tensor([3, 0, 2])
TEXTS = ["a red dog runs", "a cat", "two dogs on the beach in snow", "a very long caption about a dog and a cat"]


@pytest.fixture
def photos(make_photo: Any, tmp_path: Path) -> PhotoPixels:
    paths = [make_photo(f"{row}.png", colour) for row, colour in enumerate(("red", "green", "blue", "yellow"))]
    for row, path in enumerate(paths):  # two halves, so that a mirrored photo is another one
        from PIL import Image

        image = Image.open(path).convert("RGB")
        image.paste((10 * row, 0, 0), (0, 0, 20, 36))
        image.save(path)
    return PhotoPixels(paths, PREPROCESSING, cache="memory", folder=tmp_path / "cache")


def test_frozen_features_are_plain_when_measured_and_a_view_of_their_row_while_training() -> None:
    views = torch.arange(24.0).view(4, 3, 2)
    frozen = FrozenFeatures(views, seed=5)
    (plain,) = frozen.take(ROWS, epoch=None)
    assert torch.equal(plain, views[ROWS, 0])
    seen: set[tuple[int, int]] = set()
    for epoch in range(30):
        (drawn,) = frozen.take(ROWS, epoch=epoch)
        assert torch.equal(drawn, frozen.take(ROWS, epoch=epoch)[0])
        assert torch.equal(drawn[:1], frozen.take(ROWS[:1], epoch=epoch)[0])  # whatever the batch
        for row, features in zip(ROWS.tolist(), drawn, strict=True):
            (view,) = (number for number in range(3) if torch.equal(features, views[row, number]))
            seen.add((row, view))
    assert len(seen) == 9
    assert torch.equal(frozen.features(nn.Identity(), (plain,)), plain)


def test_activations_are_drawn_as_views_of_their_row() -> None:
    first = torch.arange(12.0).view(4, 3).half()
    inputs = Activations([first, first + 100], last=1, seed=5)
    assert torch.equal(inputs.take(ROWS, epoch=None)[0], first[ROWS].float())
    drawn = torch.stack([inputs.take(ROWS, epoch=epoch)[0] for epoch in range(20)])
    assert torch.equal(drawn[3, :1], inputs.take(ROWS[:1], epoch=3)[0])
    assert torch.equal((drawn % 100), first[ROWS].float().expand(20, -1, -1))
    assert 0 < (drawn >= 100).float().mean() < 1


def test_live_photos_are_normalised_and_changed_only_while_training(photos: PhotoPixels) -> None:
    live = LivePhotos(photos, PREPROCESSING, augmentation=Augmentation(flip=1.0, random_resized_crop=None), seed=1)
    (plain,) = live.take(ROWS, epoch=None)
    by_hand = (photos.take([3])[0, 5, 7] / 255 - np.array([0.5, 0.4, 0.3])) / np.array([0.5, 0.6, 0.7])
    assert plain[0, :, 5, 7].tolist() == pytest.approx(by_hand.tolist(), abs=1e-5)
    (flipped,) = live.take(ROWS, epoch=0)
    assert torch.allclose(flipped, plain.flip(-1))


def test_a_photo_whose_captions_name_a_side_is_not_mirrored(photos: PhotoPixels) -> None:
    change = Augmentation(flip=1.0, random_resized_crop=None)
    live = LivePhotos(photos, PREPROCESSING, augmentation=change, may_flip=[False, True, True, True])
    (plain,), (changed,) = live.take(ROWS, epoch=None), live.take(ROWS, epoch=0)
    assert torch.equal(changed[1], plain[1])
    assert not torch.equal(changed[0], plain[0])


def test_changes_of_a_photo_depend_on_row_and_epoch_alone(photos: PhotoPixels) -> None:
    live = LivePhotos(photos, PREPROCESSING, augmentation=Augmentation(random_resized_crop=(0.3, 0.8)), seed=1)
    first = live.take(ROWS, epoch=1)[0]
    assert torch.equal(first[1:2], live.take(ROWS[1:2], epoch=1)[0])
    assert not torch.equal(first, live.take(ROWS, epoch=2)[0])


def test_texts_are_cut_and_padded_as_the_tower_reads_them() -> None:
    tower = load_transformer(captions=TEXTS, hidden=8, layers=1, heads=2)
    before = tower.tokenizer.to_str()
    live = LiveTexts(TEXTS, tower.tokenizer, max_tokens=6)
    ids, mask = live.take(ROWS, epoch=None)
    assert mask.sum(dim=1).tolist() == [6, 5, 6]
    assert ids[1].tolist() == [*tower.tokenizer.encode(TEXTS[0]).ids, 0]
    assert ids[0].tolist() == tower.tokenizer.encode(TEXTS[3]).ids[:6]
    assert tower.tokenizer.to_str() == before


def test_texts_of_like_length_go_together_and_come_back_in_their_order() -> None:
    seen: list[tuple[int, int]] = []

    class Counting(nn.Module):
        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            seen.append(tuple(input_ids.shape))  # type: ignore[arg-type]
            return (input_ids * attention_mask).sum(dim=1, keepdim=True).float()

    words = ["dog", "cat", "beach", "snow", "red", "two"]
    texts = [" ".join(words[: 1 + row % 6]) for row in range(150)]
    live = LiveTexts(texts, load_transformer(captions=texts).tokenizer, max_tokens=12)
    taken = live.take(torch.arange(150), epoch=None)
    features = live.features(Counting(), taken)
    assert features.flatten().tolist() == [float(sum(ids)) for ids in live.ids]
    assert [count for count, _ in seen] == [64, 64, 22]
    assert [length for _, length in seen] == sorted(length for _, length in seen)
    assert seen[0][1] < taken[0].shape[1]


def test_words_are_dropped_only_while_training_and_marks_never() -> None:
    tower = load_transformer(captions=TEXTS, hidden=8, layers=1, heads=2)
    live = LiveTexts(TEXTS, tower.tokenizer, max_tokens=12, share_dropped=0.6, seed=2)
    whole, _ = live.take(ROWS, epoch=None)
    lengths = set()
    for epoch in range(20):
        ids, mask = live.take(ROWS, epoch=epoch)
        assert (ids[:, 0] == whole[:, 0]).all()
        assert mask.sum(dim=1).min() >= 2
        lengths.add(int(mask.sum()))
    assert len(lengths) > 5
    plain = LiveTexts(TEXTS, tower.tokenizer, max_tokens=12)
    assert all(
        torch.equal(first, second)
        for first, second in zip(plain.take(ROWS, epoch=3), (whole, whole.ne(0).long()), strict=True)
    )


def test_chosen_rows_are_those_of_the_inputs_behind_them() -> None:
    frozen = FrozenFeatures(torch.arange(24.0).view(4, 3, 2), seed=5)
    chosen = Subset(frozen, [0, 2, 3])
    assert (len(chosen), chosen.is_live) == (3, False)
    for epoch in (None, 0, 1):
        expected = frozen.take(torch.tensor([3, 2]), epoch=epoch)[0]
        assert torch.equal(chosen.take(torch.tensor([2, 1]), epoch=epoch)[0], expected)


def test_padding_holds_for_texts_without_a_known_letter_and_for_none_at_all() -> None:
    ids, mask = pad([[], []], 0)
    assert (ids.tolist(), mask.tolist()) == ([[0], [0]], [[0], [0]])
    assert pad([], 0)[0].shape == (0, 1)
