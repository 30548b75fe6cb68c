"""What a bundle knows of relevance: weights that turn scores into probabilities, and where the line is drawn."""

from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

Kind: TypeAlias = Literal["text", "photo"]
"""What a query is made of: words alone, or photos alone."""
Feature: TypeAlias = Literal["score", "z", "log_n", "mean", "log_std", "log_kurtosis"]
"""See ``relevance.features``."""
RISING: tuple[Feature, ...] = ("score", "z")


class LogisticMap(BaseModel):
    """probability = sigmoid(intercept + Σ weight · feature), never falling with the score."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    intercept: float
    weights: dict[Feature, float]

    @model_validator(mode="after")
    def _rises(self) -> "LogisticMap":
        rising = [self.weights.get(name, 0.0) for name in RISING]
        if min(rising) < 0 or max(rising) <= 0:
            raise ValueError(f"a better score must make a hit more probable, got weights {self.weights}")
        return self


class RelevanceMap(BaseModel):
    """Probabilities of one kind of query.

    Attributes:
        hit: that this hit is relevant.
        query: that the best hits hold anything relevant, told from the best one's score.
        least_query: of ``query``; below this "nothing here matches".
        least_hit: of ``hit``; below this a hit is not called relevant in any answer.
        least_share: of the best hit's ``hit``; below this a hit is not called relevant beside that one.
        largest: photos in the largest collection it was fitted on. In larger ones the lines
            stay as they were there: who asks for a dog has more dogs among more photos.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    hit: LogisticMap
    query: LogisticMap
    least_query: float = Field(ge=0.0, le=1.0)
    least_hit: float = Field(ge=0.0, le=1.0)
    least_share: float = Field(default=0.0, ge=0.0, le=1.0)  # a calibration of before 2026-11-21 has none
    largest: int = Field(ge=1)


class Calibration(BaseModel):
    """The ``calibration`` of a manifest; the photos in ``reference.npy`` belong to it.

    It says nothing about captions as hits: their scores have another scale.

    Attributes:
        model: fingerprint of the model whose scores these are.
        text: for queries with words in them.
        photo: for queries of photos alone; None leaves them without probabilities.
        fitted: on what, in words and figures.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    text: RelevanceMap
    photo: RelevanceMap | None = None
    fitted: dict[str, Any] = Field(default_factory=dict)
