"""Devices and the arithmetic of a run."""

import contextlib
from contextlib import AbstractContextManager
from typing import Literal

import torch

from twinlens.errors import ConfigError


def find_device(name: str) -> torch.device:
    """The device of a recipe; "auto" is the first there is of CUDA, MPS and CPU.

    Raises:
        ConfigError: torch does not see such a device.
    """
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(kind for kind, there in available.items() if there))
    device = torch.device(name)
    count = torch.cuda.device_count() if device.type == "cuda" else 1
    if not available[device.type] or (device.index or 0) >= count:
        seen = ", ".join(kind for kind, there in available.items() if there)
        raise ConfigError(f"device {name!r} was asked for, but torch sees {seen} here; take one of these, or auto")
    return device


def arithmetic(device: torch.device, precision: Literal["float32", "bf16"]) -> AbstractContextManager[object]:
    """Context of a tower's forward pass: mixed precision, or nothing."""
    if precision == "float32":
        return contextlib.nullcontext()
    return torch.autocast(device.type, dtype=torch.bfloat16)
