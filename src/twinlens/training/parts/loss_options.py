"""Validation of options shared by several losses."""

import math

from twinlens.training.parts.heads import LogitScale


def scale_of_temperature(temperature: float) -> float:
    """1 / temperature.

    Raises:
        ValueError: the temperature is not positive.

    >>> scale_of_temperature(0.1)
    10.0
    """
    if not (math.isfinite(temperature) and temperature > 0):
        raise ValueError(f"the temperature must be positive, got {temperature}; SimCLR uses 0.1, CLIP 0.07")
    return 1 / temperature


def checked_scale(initial: float, *, maximum: float, learnable: bool = True) -> LogitScale:
    """A logit scale with a valid initial value.

    Raises:
        ValueError: the initial scale is not above 0 and at most the maximum.
    """
    if not (math.isfinite(maximum) and 0 < initial <= maximum):
        raise ValueError(
            f"the initial scale (1 / temperature) must be above 0 and at most the maximum {maximum:g}, "
            f"got {initial:g}; increase the temperature or the maximum"
        )
    scale = LogitScale(initial=initial, maximum=maximum)
    scale.requires_grad_(learnable)
    return scale


def checked_smoothing(label_smoothing: float) -> float:
    """A valid label smoothing.

    Raises:
        ValueError: it is not at least 0 and below 1.
    """
    if not 0 <= label_smoothing < 1:
        raise ValueError(f"label smoothing must be from 0 to below 1, got {label_smoothing}; 0.1 is usual")
    return label_smoothing
