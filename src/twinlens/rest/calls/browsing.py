"""Calls that browse a library without a query: as a list of photos, and as a map."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from twinlens.api import library
from twinlens.api.filters import known_filters
from twinlens.api.library import Collection
from twinlens.rest.calls.results import filters_of, page_length
from twinlens.rest.calls.schemas import (
    DATE_SOURCE,
    FILE_DATED,
    UNDATED,
    BrowseFields,
    FilterCard,
    FiltersAnswer,
)
from twinlens.rest.calls.searching import Ready
from twinlens.rest.gate.costs import Charged, cost_of_search
from twinlens.types import DateSource

router = APIRouter(prefix="/api", tags=["library"])


class GridPhoto(BaseModel):
    """One photo of the library."""

    image_id: str
    width: int | None = Field(description="pixels, upright")
    height: int | None
    taken_at: str | None = Field(description="the camera's wall clock")
    date_source: DateSource | None = Field(description=DATE_SOURCE)
    is_favourite: bool
    missing: bool = Field(default=False, description="its file is gone")


class PhotosAnswer(BaseModel):
    """One page of the library, newest photo first."""

    num_results: int
    num_candidates: int = Field(description="photos that pass the filters")
    num_undated: int | None = Field(description=UNDATED)
    num_file_dated: int | None = Field(description=FILE_DATED)
    offset: int
    results: list[GridPhoto]


class MapAnswer(BaseModel):
    """The library as points: lists of equal length, one entry per photo."""

    generation: int = Field(description="of the library")
    num_images: int = Field(description="photos in the library; of a large one only a part is returned")
    image_ids: list[str]
    x: list[float] = Field(description="in [0, 1]; photos that are close look alike")
    y: list[float]
    width: list[int | None]
    height: list[int | None]
    is_favourite: list[bool]


@router.get("/photos")
async def photos(
    request: Request, engine: Ready, charge: Charged, fields: Annotated[BrowseFields, Query()]
) -> PhotosAnswer:
    """Photos without a query: newest first, undated ones last."""
    length = page_length(engine, fields.top_k if "top_k" in request.query_params else None, usual=fields.top_k)
    charge(cost_of_search(length))
    filters = filters_of(fields)
    shown, count = await engine.run(
        "search", lambda: engine.collection.browse(k=length, offset=fields.offset, **filters)
    )
    gaps = await engine.run("search", lambda: engine.collection.date_gaps(**filters))
    return PhotosAnswer(
        num_results=len(shown),
        num_candidates=count,
        num_undated=gaps and gaps.undated,
        num_file_dated=gaps and gaps.file_dated,
        offset=fields.offset,
        results=[_grid_photo(one) for one in shown],
    )


@router.get("/filters")
async def filters() -> FiltersAnswer:
    """The filters that searches and ``/api/photos`` accept, for building a form."""
    cards = [
        FilterCard(
            name=one.name,
            kind=one.kind,
            label=one.label,
            help=one.help,
            example=one.example,
            choices=list(one.choices),
        )
        for one in known_filters().values()
    ]
    return FiltersAnswer(filters=cards)


@router.get("/map")
async def library_map(engine: Ready) -> MapAnswer:
    """The library's vectors projected on their two first principal components; a sample above 20,000 photos."""
    return await engine.run("decode", _map, engine.collection)


def _grid_photo(one: library.GridPhoto) -> GridPhoto:
    return GridPhoto(
        image_id=one.id,
        width=one.width,
        height=one.height,
        taken_at=one.taken_at,
        date_source=one.date_source,
        is_favourite=one.is_favourite,
        missing=one.is_missing,
    )


def _map(collection: Collection) -> MapAnswer:
    if not len(collection):
        raise collection.catalog.nothing_found()
    drawn = collection.map()
    marked = set(collection.favourites())  # marking keeps the generation, so the cached projection has no marks
    return MapAnswer(
        generation=drawn.generation,
        num_images=drawn.num_photos,
        image_ids=drawn.ids,
        x=drawn.places[:, 0].round(5).tolist(),
        y=drawn.places[:, 1].round(5).tolist(),
        width=[width for width, _ in drawn.sides],
        height=[height for _, height in drawn.sides],
        is_favourite=[image_id in marked for image_id in drawn.ids],
    )
