"""Device and numeric precision of a run."""

import contextlib
from contextlib import AbstractContextManager
from typing import Literal

import torch

from twinlens.errors import ConfigError


def find_device(name: str) -> torch.device:
    """The device named in a recipe; "auto" is the first available of CUDA, MPS and CPU.

    Raises:
        ConfigError: the device is not available.
    """
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(kind for kind, is_available in available.items() if is_available))
    device = torch.device(name)
    count = torch.cuda.device_count() if device.type == "cuda" else 1
    if not available[device.type] or (device.index or 0) >= count:
        seen = ", ".join(kind for kind, is_available in available.items() if is_available)
        raise ConfigError(f"device {name!r} is not available, only {seen}; choose one of these, or auto")
    return device


def arithmetic(device: torch.device, precision: Literal["float32", "bf16"]) -> AbstractContextManager[object]:
    """Context manager for a tower's forward pass: autocast for bf16, none for float32."""
    if precision == "float32":
        return contextlib.nullcontext()
    return torch.autocast(device.type, dtype=torch.bfloat16)
