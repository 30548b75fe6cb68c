"""Contract of every loss; the tests of a loss inherit it and add their own."""

import inspect

import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from twinlens.protocols import Loss
from twinlens.training.parts.heads import LogitScale

DISTINCT = torch.arange(6)
SHARED = torch.tensor([4, 9, 4, 2, 9, 4])  # photo 4 comes with three captions, 9 with two


def unit_rows(rows: int, columns: int, *, seed: int) -> Tensor:
    draw = torch.Generator().manual_seed(seed)
    return normalize(torch.randn(rows, columns, generator=draw, dtype=torch.float64), dim=-1)


def near(rows: Tensor, *, seed: int) -> Tensor:
    """Unit rows close to others, like texts that match images."""
    return normalize(rows + 0.5 * unit_rows(*rows.shape, seed=seed), dim=-1)


class LossContract:
    """Inherit as ``class TestMyLoss(LossContract)`` and give the loss and its formula as a plain loop."""

    @pytest.fixture
    def loss(self) -> Loss[Tensor]:
        raise NotImplementedError

    def plain_loop(self, loss: Loss[Tensor], images: Tensor, texts: Tensor, photo_ids: Tensor) -> float:
        """The same loss with plain Python loops."""
        raise NotImplementedError

    @pytest.mark.parametrize("photo_ids", [DISTINCT, SHARED], ids=["distinct", "shared"])
    @pytest.mark.parametrize("seed", [1, 2, 3])
    def test_equals_a_plain_loop(self, loss: Loss[Tensor], photo_ids: Tensor, seed: int) -> None:
        images = unit_rows(6, 5, seed=seed)
        for texts in (unit_rows(6, 5, seed=seed + 10), near(images, seed=seed + 20)):
            expected = self.plain_loop(loss, images, texts, photo_ids)
            assert loss(images, texts, photo_ids).item() == pytest.approx(expected, rel=1e-6, abs=1e-12)

    @pytest.mark.parametrize("photo_ids", [DISTINCT, SHARED], ids=["distinct", "shared"])
    def test_gradients_agree_with_finite_differences(self, loss: Loss[Tensor], photo_ids: Tensor) -> None:
        trained = [value for _, value in loss.named_parameters() if value.requires_grad]
        for value in trained:
            value.data = value.data.double()  # finite differences need the digits

        def run(images: Tensor, texts: Tensor, *_: Tensor) -> Tensor:
            return loss(images, texts, photo_ids)  # gradcheck changes the parameters in place

        images, texts = unit_rows(6, 5, seed=4).requires_grad_(), unit_rows(6, 5, seed=5).requires_grad_()
        assert torch.autograd.gradcheck(run, (images, texts, *trained))

    def test_order_of_the_batch_changes_nothing(self, loss: Loss[Tensor]) -> None:
        images, texts, order = unit_rows(6, 5, seed=6), unit_rows(6, 5, seed=7), torch.tensor([3, 0, 5, 1, 4, 2])
        expected = loss(images, texts, SHARED).item()
        assert loss(images[order], texts[order], SHARED[order]).item() == pytest.approx(expected, rel=1e-9)

    def test_numbering_of_photos_changes_nothing(self, loss: Loss[Tensor]) -> None:
        images, texts = unit_rows(6, 5, seed=6), unit_rows(6, 5, seed=7)
        assert loss(images, texts, 1000 - 7 * SHARED).item() == loss(images, texts, SHARED).item()

    def test_rotating_all_embeddings_changes_nothing(self, loss: Loss[Tensor]) -> None:
        images, texts = unit_rows(6, 5, seed=6), unit_rows(6, 5, seed=7)
        rotation, _ = torch.linalg.qr(unit_rows(5, 5, seed=8))
        expected = loss(images, texts, SHARED).item()
        assert loss(images @ rotation, texts @ rotation, SHARED).item() == pytest.approx(expected, rel=1e-9)

    def test_swapped_pairs_cost_more_than_right_ones(self, loss: Loss[Tensor]) -> None:
        images = unit_rows(6, 5, seed=8)
        texts = near(images, seed=9)
        assert loss(images, texts.roll(1, dims=0), DISTINCT) > loss(images, texts, DISTINCT)

    def test_a_step_pulls_matching_pairs_together(self, loss: Loss[Tensor]) -> None:
        images, texts = unit_rows(6, 5, seed=10).requires_grad_(), unit_rows(6, 5, seed=11).requires_grad_()
        by_image, by_text = torch.autograd.grad(loss(images, texts, DISTINCT), (images, texts))
        length = torch.cat([by_image, by_text]).norm()
        after = (normalize(images - 0.1 * by_image / length, dim=-1), normalize(texts - 0.1 * by_text / length, dim=-1))
        assert (after[0] * after[1]).sum(dim=-1).mean() > (images * texts).sum(dim=-1).mean()
        assert loss(*after, DISTINCT) < loss(images, texts, DISTINCT)

    def test_pairs_of_one_photo_are_no_negatives_of_each_other(self, loss: Loss[Tensor]) -> None:
        images = torch.eye(4, dtype=torch.float64)[:2]
        between = normalize(images.sum(dim=0), dim=-1)  # the first text is as near to the second image as to its own
        texts = torch.stack([between, images[1]]).requires_grad_()

        def change_by_nearing_the_second_image(photo_ids: Tensor) -> float:
            (gradient,) = torch.autograd.grad(loss(images, texts, photo_ids), texts)
            return float(gradient[0] @ images[1])

        assert change_by_nearing_the_second_image(torch.tensor([0, 1])) > 1e-3
        assert change_by_nearing_the_second_image(torch.tensor([0, 0])) <= 1e-12

    @pytest.mark.parametrize("photo_ids", [[0], [0, 1], [0, 0], [0, 1, 2, 3], [5, 5, 5, 5]], ids=str)
    def test_collapsed_embeddings_and_small_batches_stay_finite(self, loss: Loss[Tensor], photo_ids: list[int]) -> None:
        row = unit_rows(1, 5, seed=12).float().repeat(len(photo_ids), 1)
        for others in (row, unit_rows(len(photo_ids), 5, seed=13).float()):
            images, texts = row.clone().requires_grad_(), others.clone().requires_grad_()
            value = loss(images, texts, torch.tensor(photo_ids))
            gradients = torch.autograd.grad(value, (images, texts))
            assert value.shape == ()
            assert value.isfinite()
            assert all(gradient.isfinite().all() for gradient in gradients)

    def test_scale_is_a_positive_number_and_keeps_through_a_checkpoint(self, loss: Loss[Tensor]) -> None:
        assert isinstance(loss.logit_scale, float)
        before = loss.logit_scale
        assert before > 0
        with torch.no_grad():
            for _, value in loss.named_parameters():
                value.add_(0.25)
        state = {name: value.clone() for name, value in loss.state_dict().items()}
        after = loss.logit_scale
        with torch.no_grad():
            for _, value in loss.named_parameters():
                value.sub_(0.5)
        loss.load_state_dict(state)
        assert loss.logit_scale == after
        assert (after > before) == any("scale" in name for name in state)

    def test_trained_scale_is_a_logit_scale_that_the_trainer_finds_and_clamps(self, loss: Loss[Tensor]) -> None:
        scales = [module for module in loss.modules() if isinstance(module, LogitScale)]
        before = loss.logit_scale
        with torch.no_grad():
            for _, value in loss.named_parameters():
                value.add_(50.0)
        if loss.logit_scale == before:
            assert not scales
            return
        (scale,) = scales
        assert scale().item() == pytest.approx(loss.logit_scale)
        scale.clamp_()
        assert scale.log_scale.item() == pytest.approx(scale.maximum)

    def test_loss_moves_to_a_device_in_place(self, loss: Loss[Tensor]) -> None:
        loss.to(torch.device("cpu"))
        images, texts = unit_rows(6, 5, seed=6), unit_rows(6, 5, seed=7)
        assert loss(images, texts, DISTINCT).device.type == "cpu"
        assert all(value.device.type == "cpu" for value in loss.state_dict().values())
        # "meta" has shapes and no numbers: it shows on any machine that nothing stays behind
        loss.to(torch.device("meta"))
        assert all(value.device.type == "meta" for _, value in loss.named_parameters())
        assert loss(images.to("meta"), texts.to("meta"), DISTINCT.to("meta")).device.type == "meta"

    def test_options_are_keywords_with_plain_defaults_as_a_recipe_gives_them(self, loss: Loss[Tensor]) -> None:
        for option in inspect.signature(type(loss)).parameters.values():
            assert option.kind is option.KEYWORD_ONLY
            assert isinstance(option.default, int | float | bool | str)
