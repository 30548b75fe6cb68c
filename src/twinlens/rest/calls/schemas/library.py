"""What a server tells of its library and its model."""

from typing import Any, Literal

from pydantic import BaseModel, Field


class Health(BaseModel):
    """Whether the server can answer."""

    status: Literal["healthy", "degraded", "starting", "failed", "stopping"]
    model_loaded: bool
    num_images: int
    missing: Literal["collection", "photos", "vectors", "catalog"] | None = Field(
        default=None,
        description="what is not at its place: the collection, a folder with photos, or the server that keeps the "
        "vectors; used again once it is back",
    )
    replica_lag_s: float | None = Field(
        default=None, description="how far a replica of the catalog is behind, if there is one; null: not reached yet"
    )
    replica_used: bool | None = Field(default=None, description="whether the replica is read")


class Architecture(BaseModel):
    """Vector dimensions of the model."""

    image_input_dim: int
    text_input_dim: int
    shared_dim: int


class Stats(BaseModel):
    """Counts of the library and its model."""

    num_images: int
    num_captions: int
    num_skipped: int
    embedding_dim: int
    model: str
    model_fingerprint: str
    model_architecture: Architecture
    languages: list[str] = Field(default=[], description="codes of the languages that queries may be in; may be empty")
    generation: int
    uptime_s: float
    version: str


class Tower(BaseModel):
    """One of the model's two towers."""

    architecture: str
    input_dim: int
    quantization: str


class ModelCard(BaseModel):
    """The model that the library is indexed with."""

    name: str
    fingerprint: str
    description: str
    created: str
    license: str
    embedding_dim: int
    image: Tower
    text: Tower
    max_tokens: int | None
    languages: list[str] = Field(
        default=[], description="codes of the languages that queries may be in; empty if the model does not state them"
    )
    knows_words: bool = Field(default=False, description="whether it can tell unknown words")
    is_calibrated: bool
    figures: dict[str, Any]


class Count(BaseModel):
    """A value and the number of photos that have it."""

    name: str
    images: int


class Changes(BaseModel):
    """What has changed in the photo folders since the last index run, at least."""

    new: int
    changed: int
    gone: int
    is_complete: bool = Field(description="whether there was time to look at all folders")


class LibraryCard(BaseModel):
    """Contents of the library."""

    num_images: int
    num_captions: int
    num_skipped: int
    generation: int = Field(description="increases with every change")
    is_complete: bool = Field(description="false until an index run has finished")
    first_taken: str | None
    last_taken: str | None
    num_located: int
    num_undated: int = Field(description="photos without a date")
    num_file_dated: int = Field(description="photos that have only the date of their file")
    cameras: list[Count]
    folders: list[Count] = Field(description="subfolders that directly contain photos")
    since_index: Changes | None = Field(
        default=None, description="what has changed in the photo folders, at least; null if that takes long to know"
    )
