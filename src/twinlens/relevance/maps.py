"""Calibration of a bundle: logistic maps from scores to probabilities, and the grades on them."""

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from twinlens.types import GRADES, Grade

Floats: TypeAlias = NDArray[np.float64]
Feature: TypeAlias = Literal["score", "z", "mean", "log_std", "log_kurtosis"]
"""See ``evidence.score_features``."""
RISING: tuple[Feature, ...] = ("score", "z")
VERSION: Literal[2] = 2  # of a manifest's calibration; the first judged a hit by its fellow candidates too


class LogisticMap(BaseModel):
    """probability = sigmoid(intercept + Σ weight · feature); monotonic in the score."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    intercept: float
    weights: dict[Feature, float]

    @model_validator(mode="after")
    def _rises(self) -> "LogisticMap":
        rising = [self.weights.get(name, 0.0) for name in RISING]
        if min(rising) < 0 or max(rising) <= 0:
            raise ValueError(f"a better score must make a hit more probable, got weights {self.weights}")
        return self

    def probabilities(self, features: Mapping[Feature, Floats]) -> Floats:
        """[Q, K], from features of the same shape."""
        logits = self.intercept + sum(weight * features[name] for name, weight in self.weights.items())
        probabilities: Floats = 1.0 / (1.0 + np.exp(-np.clip(logits, -60, 60)))
        return probabilities


class GradeThresholds(BaseModel):
    """The least probability of each grade."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    strong: float = Field(ge=0.0, le=1.0)
    likely: float = Field(ge=0.0, le=1.0)
    possible: float = Field(ge=0.0, le=1.0)

    @model_validator(mode="after")
    def _fall(self) -> "GradeThresholds":
        if not self.strong >= self.likely >= self.possible:
            raise ValueError(f"a surer grade needs a higher probability, got {self.model_dump()}")
        return self

    def levels(self, probabilities: Floats) -> NDArray[np.intp]:
        """How many of the grades each probability reaches, of any shape: 3 for strong, 0 for none."""
        levels: NDArray[np.intp] = np.searchsorted([self.possible, self.likely, self.strong], probabilities, "right")
        return levels

    def grades(self, probabilities: Floats) -> list[Grade | None]:
        """The grade of each probability [K].

        >>> GradeThresholds(strong=0.8, likely=0.5, possible=0.2).grades(np.array([0.9, 0.5, 0.3, 0.1]))
        ['strong', 'likely', 'possible', None]
        """
        by_level: tuple[Grade | None, ...] = (None, *reversed(GRADES))
        return [by_level[level] for level in self.levels(probabilities).tolist()]


class RelevanceMap(BaseModel):
    """What a score means for one kind of query: a probability that the hit is right, and a grade."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hit: LogisticMap
    grades: GradeThresholds


class Calibration(BaseModel):
    """The ``calibration`` of a manifest; needs the reference photos in ``reference.npy``.

    It applies to photos as hits. Captions as hits have no grades, because their scores are
    distributed differently.

    Attributes:
        version: of this format.
        model: fingerprint of the model whose scores it was fitted on.
        text: for text queries.
        photo: for photo queries; None = no grades for them.
        fitted: description of the data it was fitted on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[2] = VERSION
    model: str
    text: RelevanceMap
    photo: RelevanceMap | None = None
    fitted: dict[str, Any] = Field(default_factory=dict)


class OtherCalibration(BaseModel):
    """A calibration in the format of another release: kept in the manifest as it is, and not used."""

    model_config = ConfigDict(frozen=True, extra="allow")

    model: str = ""
