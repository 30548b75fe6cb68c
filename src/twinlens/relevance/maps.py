"""Calibration of a bundle: logistic maps from scores to probabilities, and thresholds."""

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, model_validator

Floats: TypeAlias = NDArray[np.float64]
Feature: TypeAlias = Literal["score", "z", "log_n", "mean", "log_std", "log_kurtosis"]
"""See ``judge.score_features``."""
RISING: tuple[Feature, ...] = ("score", "z")


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


class RelevanceMap(BaseModel):
    """Probabilities of relevance for one kind of query, and the thresholds on them.

    Bundles written before 2026-11-28 use the second name of each alias.

    Attributes:
        hit: probability that a hit is relevant.
        query: probability that any of the best hits is relevant, from the best one's score.
        query_threshold: on ``query``; below it the answer is "nothing here matches".
        hit_threshold: on ``hit``; below it a hit is not relevant.
        relative_threshold: on a hit's probability divided by the best hit's; below it a hit is not
            relevant either.
        max_fitted_photos: size of the largest collection that the map was fitted on. For larger ones
            the thresholds of this size apply, because the number of relevant photos grows with the
            collection.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    hit: LogisticMap
    query: LogisticMap
    query_threshold: float = Field(ge=0.0, le=1.0, validation_alias=AliasChoices("query_threshold", "least_query"))
    hit_threshold: float = Field(ge=0.0, le=1.0, validation_alias=AliasChoices("hit_threshold", "least_hit"))
    relative_threshold: float = Field(
        default=0.0,  # missing in bundles written before 2026-11-21
        ge=0.0,
        le=1.0,
        validation_alias=AliasChoices("relative_threshold", "least_share"),
    )
    max_fitted_photos: int = Field(ge=1, validation_alias=AliasChoices("max_fitted_photos", "largest"))


class Calibration(BaseModel):
    """The ``calibration`` of a manifest; needs the reference photos in ``reference.npy``.

    It applies to photos as hits. Captions as hits have no probabilities, because their
    scores are distributed differently.

    Attributes:
        model: fingerprint of the model whose scores it was fitted on.
        text: for text queries.
        photo: for photo queries; None = no probabilities for them.
        fitted: description of the data it was fitted on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    text: RelevanceMap
    photo: RelevanceMap | None = None
    fitted: dict[str, Any] = Field(default_factory=dict)
