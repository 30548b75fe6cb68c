"""Batches: each photo once an epoch, captions of their own photos, the same on resuming and for any process."""

from pathlib import Path

import pytest
import torch

from twinlens.errors import ConfigError
from twinlens.training.feeding.batches import Batch, CaptionRows, Epochs, Sampling
from twinlens.types import CaptionedImage

COUNTS = (1, 3, 2, 5, 1, 2, 4, 1, 1, 2)
PHOTOS = [
    CaptionedImage(f"{row}.jpg", Path(f"{row}.jpg"), tuple(f"{row}-{number}" for number in range(count)))
    for row, count in enumerate(COUNTS)
]
ROWS = CaptionRows(PHOTOS)


def described(batch: Batch) -> list[tuple[int, list[str]]]:
    """Photo → texts, read without the code under test."""
    texts: list[list[str]] = [[] for _ in batch.photos]
    for caption, owner in zip(batch.captions.tolist(), batch.owner.tolist(), strict=True):
        texts[owner].append(ROWS.texts[caption])
    return list(zip(batch.photos.tolist(), texts, strict=True))


@pytest.mark.parametrize("sampling", ["one", "all", "mean"])
def test_captions_belong_to_their_photos_and_nothing_comes_twice(sampling: Sampling) -> None:
    epochs = Epochs(ROWS, sampling=sampling, batch_size=3, seed=4)
    pairs = [pair for batch in epochs.batches(2) for pair in described(batch)]
    assert all(text.startswith(f"{photo}-") for photo, texts in pairs for text in texts)
    if sampling == "all":
        assert len({text for _, texts in pairs for text in texts}) == len(pairs) == sum(COUNTS) // 3 * 3
    else:
        assert len({photo for photo, _ in pairs}) == len(pairs) == 9
    if sampling == "mean":
        assert all(texts == [f"{photo}-{n}" for n in range(COUNTS[photo])] for photo, texts in pairs)
    else:
        assert all(len(texts) == 1 for _, texts in pairs)


def test_every_caption_of_a_photo_is_drawn_about_as_often() -> None:
    epochs = Epochs(ROWS, sampling="one", batch_size=10, seed=0)
    drawn = [texts[0] for epoch in range(1000) for batch in epochs.batches(epoch) for _, texts in described(batch)]
    assert all(160 < drawn.count(f"3-{number}") < 240 for number in range(5))  # 200, four standard deviations


def test_epochs_differ_and_each_is_always_the_same() -> None:
    epochs = Epochs(ROWS, sampling="one", batch_size=5, seed=0)

    def photos(epoch: int) -> list[list[int]]:
        return [batch.photos.tolist() for batch in epochs.batches(epoch)]

    assert photos(0) == photos(0) != photos(1)


@pytest.mark.parametrize("sampling", ["one", "all", "mean"])
def test_an_epoch_goes_on_where_it_was_left(sampling: Sampling) -> None:
    epochs = Epochs(ROWS, sampling=sampling, batch_size=3, seed=1)
    whole = [described(batch) for batch in epochs.batches(1)]
    assert [described(batch) for batch in epochs.batches(1, start=2)] == whole[2:]


def test_a_given_order_is_kept() -> None:
    epochs = Epochs(ROWS, sampling="one", batch_size=4, seed=1)
    order = torch.tensor([9, 0, 8, 1, 7, 2, 6, 3, 5, 4])
    assert [batch.photos.tolist() for batch in epochs.batches(0, order=order)] == [[9, 0, 8, 1], [7, 2, 6, 3]]


@pytest.mark.parametrize("sampling", ["one", "all", "mean"])
@pytest.mark.parametrize("processes", [1, 2, 3, 6])
def test_the_shares_of_processes_are_the_batch_in_order(processes: int, sampling: Sampling) -> None:
    for batch in Epochs(ROWS, sampling=sampling, batch_size=6, seed=2).batches(0):
        shares = [batch.share(rank, processes) for rank in range(processes)]
        assert {len(share) for share in shares} == {6 // processes}
        assert [pair for share in shares for pair in described(share)] == described(batch)
        assert torch.equal(torch.cat([share.captions for share in shares]), batch.captions)


@pytest.mark.parametrize(("sampling", "what"), [("one", "10 photos"), ("mean", "10 photos"), ("all", "22 pairs")])
def test_a_batch_larger_than_the_data_is_refused(sampling: Sampling, what: str) -> None:
    with pytest.raises(ConfigError, match=f"batch_size is 23, but the train split has {what}; lower it"):
        Epochs(ROWS, sampling=sampling, batch_size=23, seed=0)
