"""Classifier distillation against a plain loop, and the push towards classes."""

import math

import pytest
import torch
from torch import nn
from torch.nn.functional import normalize

from twinlens.training.parts.losses.classifier_distillation import classifier_distillation, push_towards_classes


def random_case() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    draw = torch.Generator().manual_seed(0)
    images = normalize(torch.randn(4, 6, generator=draw, dtype=torch.float64), dim=-1)
    classes = normalize(torch.randn(3, 6, generator=draw, dtype=torch.float64), dim=-1)
    teacher = torch.softmax(torch.randn(4, 3, generator=draw, dtype=torch.float64), dim=-1)
    return images, classes, teacher


def test_equals_a_plain_loop() -> None:
    images, classes, teacher = random_case()
    expected = 0.0
    for image, wanted in zip(images, teacher, strict=True):
        logits = [7.0 * float(image @ text) for text in classes]
        norm = math.log(sum(math.exp(logit) for logit in logits))
        expected += sum(
            float(p) * (math.log(float(p)) - (logit - norm)) for p, logit in zip(wanted, logits, strict=True)
        )
    loss = classifier_distillation(images, classes, torch.tensor(7.0, dtype=torch.float64), teacher)
    assert loss.item() == pytest.approx(expected / 4, rel=1e-9)


def test_is_zero_when_the_student_already_agrees() -> None:
    images, classes, _ = random_case()
    teacher = torch.softmax(7.0 * images @ classes.T, dim=-1)
    loss = classifier_distillation(images, classes, torch.tensor(7.0, dtype=torch.float64), teacher)
    assert loss.item() == pytest.approx(0.0, abs=1e-12)


def test_gradients_agree_with_finite_differences() -> None:
    images, classes, teacher = random_case()
    scale = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    inputs = (images.requires_grad_(), classes.requires_grad_(), scale, teacher)
    assert torch.autograd.gradcheck(classifier_distillation, inputs)


def test_a_pushed_photo_is_taken_for_the_class_it_was_pushed_to() -> None:
    draw = torch.Generator().manual_seed(1)
    classifier = nn.Linear(32, 5).requires_grad_(False)
    classifier.weight.copy_(torch.randn(5, 32, generator=draw))
    classifier.bias.zero_()
    features = torch.rand(200, 32, generator=draw) * 0.1
    calm = classifier(features).softmax(-1).amax(-1).mean()
    pushed = push_towards_classes(features, classifier, strength=(4.0, 4.0), generator=draw)
    assert classifier(pushed).softmax(-1).amax(-1).mean() > calm + 0.2
    assert pushed.min() >= 0
    assert pushed.max() <= 6
