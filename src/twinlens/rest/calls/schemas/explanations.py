"""Why a search has found it, and where in a photo a text matches."""

from pydantic import BaseModel, Field

from twinlens.types import Grade, MapKind


class EffectAnswer(BaseModel):
    """A filter, a field, a phrase, or something left out."""

    text: str
    num_photos: int = Field(description="how many pass it, whatever else is asked; or how many it leaves out")
    alternative: int | None = Field(description="which alternative it belongs to; null for all")


class ContributionAnswer(BaseModel):
    """A term of the query, or what it leaves out, and a result."""

    text: str
    weight: float
    cosine: float = Field(description="of the term alone and the photo")
    contribution: float = Field(description="to the score, which is the sum of them")


class HitReasonsAnswer(BaseModel):
    """Why a result is where it is."""

    image_id: str
    score: float | None = Field(description="cosine of the alternative that it fits best; null where none is compared")
    contributions: list[ContributionAnswer]
    alternative: int | None
    meaning_rank: int | None = Field(description="rank by meaning, if it is among the first thousand")
    text_rank: int | None = Field(description="rank by what is written about it; null if no word is")
    grade_reason: str = Field(description="what its grade means, in a sentence")


class ExplanationAnswer(BaseModel):
    """Why an answer is what it is."""

    conditions: list[EffectAnswer]
    without: list[EffectAnswer]
    hits: list[HitReasonsAnswer] = Field(description="one for each result, in their order")


class ExplainAnswer(BaseModel):
    """Where in a photo a text matches, and how well the photo fits."""

    query: str
    understood: str = Field(description="the query as it was understood")
    image_id: str
    model: str = Field(description="fingerprint of the model")
    score: float = Field(description="cosine in [-1, 1], as in a search")
    probability: float | None = Field(description="probability that it fits; null where results have no grades")
    grade: Grade | None = Field(description="how sure it is that it fits, as in a search; null for not at all")
    map_kind: MapKind = Field(
        description="'grid': from the model's own cells; 'occlusion': by the drop of the score when a cell is covered"
    )
    how: str = Field(description="how the map was made, as a sentence")
    map: list[list[float]] = Field(
        description="rows from the top, each from the left, in [0, 1]: 1 is where the photo matches best, not how well"
    )
    seen_box: list[float] = Field(
        min_length=4,
        max_length=4,
        description="what the map covers: left, top, right and bottom as fractions of the photo's width and height",
    )
    peak: list[float] = Field(
        min_length=2, max_length=2, description="where it matches best, from left and top, as fractions"
    )
