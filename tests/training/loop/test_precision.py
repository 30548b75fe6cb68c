"""Devices by name, and arithmetic."""

import pytest
import torch

from twinlens.errors import ConfigError
from twinlens.training.loop.precision import arithmetic, find_device


def test_a_device_that_is_there_is_found() -> None:
    assert find_device("cpu") == torch.device("cpu")
    assert find_device("auto").type in ("cuda", "mps", "cpu")


def test_a_device_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(ConfigError, match=r"device 'cuda:99' is not available, only .*cpu; choose one of"):
        find_device("cuda:99")


def test_half_precision_is_of_the_forward_pass_and_full_precision_changes_nothing() -> None:
    first, second = torch.randn(4, 4), torch.randn(4, 4)
    with arithmetic(torch.device("cpu"), "bf16"):
        assert (first @ second).dtype == torch.bfloat16
    with arithmetic(torch.device("cpu"), "float32"):
        assert (first @ second).dtype == torch.float32
