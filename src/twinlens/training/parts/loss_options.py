"""Options that several losses take, checked where they are given."""

import math

from twinlens.training.parts.heads import LogitScale


def scale_of_temperature(temperature: float) -> float:
    """1 / temperature.

    Raises:
        ValueError: the temperature is not a positive number.

    >>> scale_of_temperature(0.1)
    10.0
    """
    if not (math.isfinite(temperature) and temperature > 0):
        raise ValueError(
            f"a temperature is a positive number, but {temperature} was given; SimCLR's is 0.1, CLIP's 0.07"
        )
    return 1 / temperature


def checked_scale(initial: float, *, maximum: float, learnable: bool = True) -> LogitScale:
    """A logit scale that starts where it may be.

    Raises:
        ValueError: the initial scale is not above 0 and at most the maximum.
    """
    if not (math.isfinite(maximum) and 0 < initial <= maximum):
        raise ValueError(
            f"the scale (1 / temperature) starts above 0 and at most at its maximum {maximum:g}, "
            f"but {initial:g} was given; raise the temperature or the maximum"
        )
    scale = LogitScale(initial=initial, maximum=maximum)
    scale.requires_grad_(learnable)
    return scale


def checked_smoothing(label_smoothing: float) -> float:
    """The share of a target's mass that other answers get.

    Raises:
        ValueError: it is not at least 0 and below 1.
    """
    if not 0 <= label_smoothing < 1:
        raise ValueError(f"label smoothing is a share from 0 to below 1, but {label_smoothing} was given; 0.1 is usual")
    return label_smoothing
