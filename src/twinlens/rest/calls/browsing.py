"""Calls that browse a library without a query: as a list of photos, and as a map."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from twinlens.api import library
from twinlens.api.filters import Filters, known_filters
from twinlens.api.library import Collection
from twinlens.api.photos.describing import Language, accepted_language, tag_in
from twinlens.api.searching import Query as SearchQuery
from twinlens.rest.calls.finding.searching import Ready
from twinlens.rest.calls.results import filters_of, page_length, words
from twinlens.rest.calls.schemas.fields import BrowseFields, FilterParameters
from twinlens.rest.calls.schemas.library import Count
from twinlens.rest.calls.schemas.values import (
    DATE_SOURCE,
    DURATION,
    FILE_DATED,
    LANGUAGE,
    OWN_CAPTION,
    PLACE,
    UNDATED,
    Body,
    ImageId,
)
from twinlens.rest.gate.limits.costs import Charged, cost_of_search
from twinlens.types import DateSource, Space

router = APIRouter(prefix="/api", tags=["library"])
LONGEST = 1000  # characters of a query
MOST_BY_ID = 1000


class FilterCard(BaseModel):
    """A filter that searches accept."""

    name: str = Field(description="the field's name")
    kind: Literal["text", "date", "folder", "camera", "choice", "flag"] = Field(description="kind of value")
    label: str
    help: str
    example: str
    choices: list[str] = Field(description="allowed values; empty if any is allowed")
    has_input: bool = Field(description="whether a form should show an input for it; searches take it all the same")


class FiltersAnswer(BaseModel):
    """All filters, in display order."""

    filters: list[FilterCard]


class GridPhoto(BaseModel):
    """One photo of the library."""

    image_id: str
    width: int | None = Field(description="pixels, upright")
    height: int | None
    taken_at: str | None = Field(description="the camera's wall clock")
    date_source: DateSource | None = Field(description=DATE_SOURCE)
    is_favourite: bool
    duration_s: float | None = Field(description=DURATION)
    missing: bool = Field(default=False, description="its file is gone")
    caption: str | None = Field(default=None, description=OWN_CAPTION)
    place: str | None = Field(default=None, description=PLACE)


class PhotosAnswer(BaseModel):
    """One page of the library."""

    num_results: int
    num_candidates: int = Field(description="photos that pass the filters")
    num_undated: int | None = Field(description=UNDATED)
    num_file_dated: int | None = Field(description=FILE_DATED)
    offset: int
    results: list[GridPhoto]


class PhotosById(Body):
    """Photos of which only the ids are known."""

    image_ids: Annotated[list[ImageId], Field(min_length=1, max_length=MOST_BY_ID)]


class ListedPhotos(BaseModel):
    """Photos that were asked for by their ids."""

    num_results: int
    results: list[GridPhoto] = Field(description="in the order of the ids, each once; those that are gone are left out")


class MonthCount(BaseModel):
    """How many photos are from a month."""

    month: str = Field(description="such as 2023-06")
    images: int


class MonthsAnswer(BaseModel):
    """The months of the photos."""

    num_candidates: int = Field(description="photos that pass the filters")
    num_undated: int = Field(description="of them without a date")
    months: list[MonthCount] = Field(description="newest first; only those with photos")


class FacetsAnswer(BaseModel):
    """What files say of the photos, each with its number of photos, most photos first; at most 2,000 of a kind."""

    people: list[Count]
    places: list[Count] = Field(description="country, region and town by position, '|' between them")
    keywords: list[Count] = Field(description="the parts of one have '|' between them, as in animals|dog")


class MonthFields(FilterParameters):
    """The filters that photos must pass to be counted."""

    model_config = ConfigDict(extra="ignore", frozen=True)  # as ``BrowseFields``


class MapFields(FilterParameters):
    """Which photos the map shows."""

    model_config = ConfigDict(extra="ignore", frozen=True)  # as ``BrowseFields``

    query: str = Field(default="", max_length=LONGEST, description="only photos that match it; empty for all")
    language: Language | None = Field(default=None, description=LANGUAGE)


class GroupAnswer(BaseModel):
    """Photos that lie close together on the map."""

    x: float
    y: float
    num_images: int
    image_id: str = Field(description="the photo in their middle")
    label: str | None = Field(description="what they have in common; null if it is not known")
    rows: list[int] = Field(description="where its photos are in the lists, those in the middle first")


class MapAnswer(BaseModel):
    """The library as points: lists of equal length, one entry per photo."""

    generation: int = Field(description="of the library")
    num_images: int = Field(description="photos that are asked for; of a large library only a part is returned")
    image_ids: list[str]
    x: list[float] = Field(description="in [0, 1]; photos that are close look alike")
    y: list[float]
    space: Space = Field(description="what is projected: features of photos, or embeddings shared with texts")
    width: list[int | None]
    height: list[int | None]
    is_favourite: list[bool]
    groups: list[GroupAnswer] = Field(description="the largest first")
    language: Language = Field(description="of the labels of the groups")
    is_final: bool = Field(description="false while a better map is computed; ask again after a second or more")


@router.get("/photos")
async def photos(
    request: Request, engine: Ready, charge: Charged, fields: Annotated[BrowseFields, Query()]
) -> PhotosAnswer:
    """Photos without a query: newest first, undated ones last, or in the order of ``sort``."""
    length = page_length(engine, fields.top_k if "top_k" in request.query_params else None, usual=fields.top_k)
    await charge(cost_of_search(length))
    filters = filters_of(fields)
    shown, count = await engine.run(
        "search", lambda: engine.collection.browse(sort=fields.sort, k=length, offset=fields.offset, **filters)
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


@router.post("/photos")
async def photos_by_id(body: PhotosById, engine: Ready, charge: Charged) -> ListedPhotos:
    """What a list shows of photos whose ids are known, with their captions and dates."""
    await charge(cost_of_search(len(body.image_ids)))
    shown = await engine.run("search", engine.collection.listed, body.image_ids)
    return ListedPhotos(num_results=len(shown), results=[_grid_photo(one) for one in shown])


@router.get("/months")
async def months(engine: Ready, fields: Annotated[MonthFields, Query()]) -> MonthsAnswer:
    """How many photos are from each month: for a time line over the photos in the order of "date"."""
    filters = filters_of(fields)
    found = await engine.run("search", lambda: engine.collection.months(**filters))
    return MonthsAnswer(
        num_candidates=sum(count for _, count in found),
        num_undated=sum(count for month, count in found if month is None),
        months=[MonthCount(month=month, images=count) for month, count in found if month is not None],
    )


@router.get("/facets")
async def facets(engine: Ready) -> FacetsAnswer:
    """People, places and keywords of the library: values of the filters ``person``, ``location`` and ``tag``."""
    found = await engine.run("search", engine.collection.facets)
    return FacetsAnswer(people=_counts(found.people), places=_counts(found.places), keywords=_counts(found.keywords))


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
            has_input=one.has_input,
        )
        for one in known_filters().values()
    ]
    return FiltersAnswer(filters=cards)


@router.get("/map")
async def library_map(request: Request, engine: Ready, fields: Annotated[MapFields, Query()]) -> MapAnswer:
    """The library as points in the plane, photos that look alike close together; a sample above 20,000 photos.

    At first by principal components, at once; then by neighbours, which takes a few seconds, or for 20,000 photos
    about half a minute. That map is kept, also when the server is started anew. With filters or a query it shows only
    those photos, each where it is among all.
    """
    filters = filters_of(fields)
    query = await words(engine, fields.query) if fields.query.strip() else None
    language = fields.language or accepted_language(request.headers.get("accept-language", ""))
    return await engine.run("decode", _map, engine.collection, query, filters, language)


def _grid_photo(one: library.GridPhoto) -> GridPhoto:
    return GridPhoto(
        image_id=one.id,
        width=one.width,
        height=one.height,
        taken_at=one.taken_at,
        date_source=one.date_source,
        is_favourite=one.is_favourite,
        duration_s=one.duration_s,
        missing=one.is_missing,
        caption=one.own_caption,
        place=one.place,
    )


def _map(collection: Collection, query: SearchQuery | None, filters: Filters, language: Language) -> MapAnswer:
    if not len(collection):
        raise collection.catalog.nothing_found()
    drawn = collection.map(query=query, **filters)
    marked = set(collection.favourites())  # marking keeps the generation, so the kept map has no marks
    return MapAnswer(
        generation=drawn.generation,
        num_images=drawn.num_photos,
        image_ids=drawn.ids,
        x=drawn.places[:, 0].round(5).tolist(),
        y=drawn.places[:, 1].round(5).tolist(),
        space=drawn.space,
        width=[width for width, _ in drawn.sides],
        height=[height for _, height in drawn.sides],
        is_favourite=[image_id in marked for image_id in drawn.ids],
        groups=[
            GroupAnswer(
                x=round(group.x, 5),
                y=round(group.y, 5),
                num_images=len(group.rows),
                image_id=drawn.ids[group.rows[0]],
                label=group.label and tag_in(language, group.label),
                rows=group.rows.tolist(),
            )
            for group in drawn.groups
        ],
        language=language,
        is_final=drawn.is_final,
    )


def _counts(found: list[tuple[str, int]]) -> list[Count]:
    return [Count(name=name, images=images) for name, images in found]
