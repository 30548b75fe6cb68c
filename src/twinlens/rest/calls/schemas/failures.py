"""The answer of every call that fails."""

from pydantic import BaseModel, Field


class Failure(BaseModel):
    """An error."""

    code: str = Field(description="error code, listed in the reference")
    message: str = Field(description="what was expected and what was received")
    hint: str = Field(description="what to do next")


class FailureAnswer(BaseModel):
    """The answer of every call that fails."""

    error: Failure
