"""Hard negatives against plain loops, and the order of an epoch by its properties."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import normalize

from twinlens.training.feeding import hard_negatives
from twinlens.training.feeding.hard_negatives import mine, mixed_order


def unit_rows(rows: int, columns: int, *, seed: int) -> torch.Tensor:
    return normalize(torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed)), dim=-1)


def plain_mine(images: torch.Tensor, texts: torch.Tensor, k: int) -> list[list[int]]:
    answer = []
    for photo, text in enumerate(texts):
        others = [other for other in range(len(images)) if other != photo]
        answer.append(sorted(others, key=lambda other: -float(images[other] @ text))[:k])
    return answer


@pytest.mark.parametrize("block", [1, 4, 10, 1024])
def test_equals_a_plain_loop_whatever_the_block(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hard_negatives, "BLOCK", block)
    images, texts = unit_rows(10, 6, seed=1), unit_rows(10, 6, seed=2)
    for k in (1, 3, 9):
        assert mine(images, texts, k).tolist() == plain_mine(images, texts, k)


def test_a_photo_is_never_its_own_negative_though_its_text_fits_best() -> None:
    rows = unit_rows(30, 8, seed=3)
    assert not (mine(rows, rows, 29) == torch.arange(30)[:, None]).any()


def test_photos_and_texts_take_no_gradient() -> None:
    rows = unit_rows(5, 4, seed=4).requires_grad_()
    assert not mine(rows, rows, 2).requires_grad


@pytest.mark.parametrize("k", [0, 5, -1])
def test_more_neighbours_than_others_are_refused(k: int) -> None:
    with pytest.raises(ValueError, match=f"k must be from 1 to 4, got {k}"):
        mine(unit_rows(5, 4, seed=1), unit_rows(5, 4, seed=2), k)


def test_sides_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="5 images and 6 texts"):
        mine(unit_rows(5, 4, seed=1), unit_rows(6, 4, seed=2), 1)


def test_batches_are_those_worked_out_by_hand() -> None:
    # photos 0 to 7; 0 looks like 5 and 6, 1 like 5 and 7, and so on
    neighbours = torch.tensor([[5, 6], [5, 7], [3, 0], [2, 0], [6, 5], [0, 1], [4, 0], [1, 5]])
    order = torch.arange(8)
    # first 0 and 1, their nearest is 5 for both, then 6; then 2 and 3: all their neighbours are taken, so 4 and 7
    assert mixed_order(order, neighbours, batch_size=4, share=0.5).tolist() == [0, 1, 5, 6, 2, 3, 4, 7]
    # one photo in drawn order and three others: 0, its 5 and 6, then 1 to fill; 2, its 3, then 4 and 7 to fill
    assert mixed_order(order, neighbours, batch_size=4, share=0.75).tolist() == [0, 5, 6, 1, 2, 3, 4, 7]


def test_neighbours_of_neighbours_do_not_follow() -> None:
    neighbours = torch.tensor([[3], [0], [0], [5], [0], [0]])
    # 0 brings its 3; 3 would bring 5, but a batch asks only the photos it drew, so 1 fills
    assert mixed_order(torch.arange(6), neighbours, batch_size=3, share=0.67).tolist() == [0, 3, 1, 2, 4, 5]


@settings(max_examples=60, deadline=None)
@given(
    photos=st.integers(2, 40),
    batch_size=st.integers(1, 12),
    share=st.floats(0, 0.99),
    seed=st.integers(0, 1000),
    subset=st.booleans(),
)
def test_every_photo_comes_once_and_the_drawn_ones_keep_their_order(
    photos: int, batch_size: int, share: float, seed: int, subset: bool
) -> None:
    draw = torch.Generator().manual_seed(seed)
    neighbours = torch.randint(photos, (photos, 3), generator=draw)
    order = torch.randperm(photos, generator=draw)[: photos // 2 if subset else photos]
    mixed = mixed_order(order, neighbours, batch_size=batch_size, share=share).tolist()
    assert sorted(mixed) == sorted(order.tolist())
    assert mixed == mixed_order(order, neighbours, batch_size=batch_size, share=share).tolist()
    place = {photo: number for number, photo in enumerate(order.tolist())}
    for start in range(0, len(mixed), batch_size):
        batch = mixed[start : start + batch_size]
        anchors = batch[: max(1, round((1 - share) * len(batch)))]
        # the anchors are the first photos of the order that no earlier batch had
        assert anchors == sorted(mixed[start:], key=place.__getitem__)[: len(anchors)]


def test_share_zero_is_the_order_itself() -> None:
    order = torch.tensor([3, 0, 2, 1])
    assert mixed_order(order, torch.zeros(4, 1, dtype=torch.int64), batch_size=3, share=0.0).tolist() == order.tolist()


def test_neighbours_meet_in_a_batch_far_more_often_than_by_chance() -> None:
    count = 400
    angles = torch.arange(count) * 2 * torch.pi / count  # photos in a ring: the nearest stand next to each other
    rows = torch.stack([angles.cos(), angles.sin()], dim=1)
    order = torch.randperm(count, generator=torch.Generator().manual_seed(5))
    neighbours = mine(rows, rows, 4)

    def met(epoch: torch.Tensor) -> float:
        batch_of = torch.empty(count, dtype=torch.int64)
        batch_of[epoch] = torch.arange(count) // 20
        return (batch_of[:, None] == batch_of[neighbours]).float().mean().item()

    assert met(order) < 0.1
    assert met(mixed_order(order, neighbours, batch_size=20, share=0.5)) > 0.3


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"batch_size": 4, "share": 1.0}, "below 1, got 1.0"),
        ({"batch_size": 4, "share": -0.1}, "from 0 to below 1, got -0.1"),
        ({"batch_size": 0, "share": 0.5}, "batch_size must be at least 1, got 0"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        mixed_order(torch.arange(4), torch.zeros(4, 1, dtype=torch.int64), **options)


def test_an_order_that_repeats_a_photo_is_refused() -> None:
    with pytest.raises(ValueError, match="1 of 3 are repeated"):
        mixed_order(torch.tensor([1, 2, 1]), torch.zeros(3, 1, dtype=torch.int64), batch_size=2, share=0.5)
