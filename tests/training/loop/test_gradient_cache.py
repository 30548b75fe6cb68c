"""The gradient cache against the plain batch: the same loss and the same gradients."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from twinlens.training.loop.gradient_cache import Part, backward_in_chunks
from twinlens.training.parts.losses.multi_positive import MultiPositiveInfoNCE

IMAGES, TEXTS, SEED = 7, 11, 40  # texts: several captions of some photos
CAPTION_OF = torch.tensor([0, 0, 1, 2, 2, 2, 3, 4, 5, 6, 6])


class World(nn.Module):
    """Two towers with dropout, heads of which one has BatchNorm, and a loss with a scale of its own."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.image_tower = nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Dropout(0.4), nn.Linear(16, 8))
        self.text_tower = nn.Sequential(nn.Linear(5, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 9))
        self.image_head = nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4))
        self.text_head = nn.Linear(9, 4)
        self.loss = MultiPositiveInfoNCE()
        self.images, self.texts = torch.randn(IMAGES, 6), torch.randn(TEXTS, 5)
        self.double()
        self.images, self.texts = self.images.double(), self.texts.double()

    def head(self, features: list[Tensor]) -> Tensor:
        images, texts = (normalize(head(side)) for head, side in zip(self.heads, features, strict=True))
        return self.loss(images[CAPTION_OF], texts, CAPTION_OF)

    @property
    def heads(self) -> tuple[nn.Module, nn.Module]:
        return self.image_head, self.text_head

    def parts(self, image_chunk: int, text_chunk: int) -> list[Part]:
        return [
            Part(lambda rows: self.image_tower(self.images[rows]), IMAGES, image_chunk),
            Part(lambda rows: self.text_tower(self.texts[rows]), TEXTS, text_chunk),
        ]

    def gradients(self) -> dict[str, Tensor | None]:
        return {name: value.grad for name, value in self.named_parameters()}


def plain_batch(world: World, *, image_chunk: int, text_chunk: int) -> Tensor:
    """The whole graph at once; dropout is drawn chunk by chunk, since that is what a mask hangs on."""
    number, sides = 0, []
    for tower, rows, chunk in (
        (world.image_tower, world.images, image_chunk),
        (world.text_tower, world.texts, text_chunk),
    ):
        features = []
        for piece in rows.split(chunk):
            torch.manual_seed(SEED + number)
            features.append(tower(piece))
            number += 1
        sides.append(torch.cat(features))
    loss = world.head(sides)
    loss.backward()
    return loss.detach()


def assert_same_gradients(first: World, second: World) -> None:
    expected = second.gradients()
    for name, gradient in first.gradients().items():
        assert gradient is not None, name
        assert torch.allclose(gradient, expected[name], rtol=1e-9, atol=1e-12), name


@pytest.mark.parametrize(("image_chunk", "text_chunk"), [(3, 4), (1, 1), (7, 11), (100, 2)])
def test_loss_and_gradients_are_those_of_the_plain_batch(image_chunk: int, text_chunk: int) -> None:
    cached, plain = World(), World()
    loss = backward_in_chunks(cached.parts(image_chunk, text_chunk), cached.head, seed=SEED)
    expected = plain_batch(plain, image_chunk=image_chunk, text_chunk=text_chunk)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-12)
    assert not loss.requires_grad
    assert_same_gradients(cached, plain)


def test_without_dropout_the_chunk_size_changes_nothing() -> None:
    small, large = World(), World()
    for world in (small, large):
        for layer in world.modules():
            if isinstance(layer, nn.Dropout):
                layer.p = 0.0
    losses = [
        backward_in_chunks(small.parts(2, 3), small.head, seed=1),
        backward_in_chunks(large.parts(7, 11), large.head, seed=2),
    ]
    assert losses[0].item() == pytest.approx(losses[1].item(), rel=1e-12)
    assert_same_gradients(small, large)


def test_batch_norm_of_the_head_sees_the_whole_batch_once() -> None:
    cached, plain = World(), World()
    backward_in_chunks(cached.parts(3, 4), cached.head, seed=SEED)
    plain_batch(plain, image_chunk=3, text_chunk=4)
    norms = [world.image_head[1] for world in (cached, plain)]
    assert torch.allclose(norms[0].running_mean, norms[1].running_mean)
    assert norms[0].num_batches_tracked == 1


def test_dropout_is_drawn_anew_with_another_seed_and_again_with_the_same() -> None:
    losses = [backward_in_chunks(World().parts(3, 4), World().head, seed=seed).item() for seed in (1, 2, 1)]
    assert losses[0] == losses[2]
    assert losses[0] != losses[1]


def test_gradients_add_up_over_calls() -> None:
    once, twice = World(), World()
    for world, times in ((once, 1), (twice, 2)):
        world.image_head[1].eval()
        for _ in range(times):
            backward_in_chunks(world.parts(3, 4), world.head, seed=SEED)
    for name, gradient in twice.gradients().items():
        assert torch.allclose(gradient, 2 * once.gradients()[name]), name


def counting(forward: Callable[[slice], Tensor], calls: list[slice]) -> Callable[[slice], Tensor]:
    def counted(rows: slice) -> Tensor:
        calls.append(rows)
        return forward(rows)

    return counted


def test_a_frozen_tower_and_given_features_take_no_gradient_and_little_time() -> None:
    world, plain = World(), World()
    for each in (world, plain):
        each.image_tower.requires_grad_(False)
    images, texts = world.parts(2, 4)
    calls: list[slice] = []
    loss = backward_in_chunks([Part(counting(images.forward, calls), IMAGES, 2), texts], world.head, seed=SEED)
    assert loss.item() == pytest.approx(plain_batch(plain, image_chunk=2, text_chunk=4).item(), rel=1e-12)
    assert len(calls) <= 4 + 1  # four chunks, and one look whether a gradient is wanted
    assert {name for name, gradient in world.gradients().items() if gradient is None} == {
        name for name in dict(world.named_parameters()) if name.startswith("image_tower")
    }
    for name, gradient in world.gradients().items():
        assert gradient is None or torch.allclose(gradient, plain.gradients()[name]), name


def test_features_that_the_head_ignores_are_left_alone() -> None:
    world = World()
    loss = backward_in_chunks(world.parts(3, 4), lambda features: world.text_head(features[1]).square().mean(), seed=1)
    assert loss > 0
    assert all(value.grad is None for value in world.image_tower.parameters())
    assert all(value.grad is not None for value in world.text_tower.parameters())


def test_no_more_than_one_chunk_is_held_for_its_gradient() -> None:
    world, alive, most = World(), [0], [0]

    class Held(torch.autograd.Function):
        @staticmethod
        def forward(ctx: object, rows: Tensor) -> Tensor:
            if torch.is_grad_enabled() or rows.requires_grad:
                alive[0] += 1
                most[0] = max(most[0], alive[0])
            return rows.clone()

        @staticmethod
        def backward(ctx: object, gradient: Tensor) -> Tensor:
            alive[0] -= 1
            return gradient

    images, texts = world.parts(2, 4)
    parts = [
        Part(lambda rows, part=part: Held.apply(part.forward(rows)), part.size, part.chunk) for part in (images, texts)
    ]
    backward_in_chunks(parts, world.head, seed=1)
    assert (alive[0], most[0]) == (0, 1)


@pytest.mark.parametrize("inside", [True, False], ids=["forward in autocast", "all in autocast"])
def test_works_in_an_autocast_block(inside: bool) -> None:
    cached, plain = World().float(), World().float()
    for world in (cached, plain):
        world.images, world.texts = world.images.float(), world.texts.float()
    autocast = torch.autocast("cpu", dtype=torch.bfloat16)
    parts = cached.parts(3, 4)
    if inside:
        parts = [Part(autocast(part.forward), part.size, part.chunk) for part in parts]
        loss = backward_in_chunks(parts, autocast(cached.head), seed=SEED)
    else:
        with autocast:
            loss = backward_in_chunks(parts, cached.head, seed=SEED)
    with autocast:
        expected = plain_batch(plain, image_chunk=3, text_chunk=4)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-3)
    assert all(gradient is not None for gradient in cached.gradients().values())
    gradients, wanted = (torch.cat([g.flatten() for g in world.gradients().values()]) for world in (cached, plain))
    assert (gradients - wanted).norm() < 0.02 * wanted.norm()  # bfloat16 keeps three digits


@pytest.mark.parametrize(("size", "chunk"), [(0, 4), (4, 0)])
def test_a_part_without_rows_is_refused(size: int, chunk: int) -> None:
    with pytest.raises(ValueError, match=f"size {size}, chunk {chunk}"):
        Part(lambda rows: torch.zeros(1), size, chunk)
