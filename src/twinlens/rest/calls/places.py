"""The call behind the map of places."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from twinlens.api.library import Area, PlaceCluster, PlacesMap, View, parse_area, read_area
from twinlens.errors import QueryError
from twinlens.rest.calls.finding.searching import Ready
from twinlens.rest.calls.results import filters_of, words
from twinlens.rest.calls.schemas.fields import FilterParameters

router = APIRouter(prefix="/api/places", tags=["library"])
WHOLE_EARTH = "-180,-90,180,90"
LONGEST = 1000  # characters of a query


class PlacesFields(FilterParameters):
    """Which photos, and which part of the Earth."""

    model_config = ConfigDict(extra="ignore", frozen=True)  # as ``BrowseFields``

    query: str = Field(default="", max_length=LONGEST, description="only photos that match it; empty for all")
    box: str = Field(
        default=WHOLE_EARTH,
        max_length=100,
        description="what is seen: west,south,east,north in degrees; over the 180th meridian west is east of east",
    )
    zoom: float = Field(default=2, ge=0, le=22, description="the whole Earth is 256 · 2^zoom pixels wide")


class ClusterAnswer(BaseModel):
    """Photos that were taken close together."""

    latitude: float
    longitude: float
    num_images: int
    image_id: str = Field(description="the photo nearest to their middle")
    place: str | None = Field(description="where that was taken: town and country; null far from any")
    within: str = Field(description="the smallest area that holds them all, for the filter `within`")


class TownAnswer(BaseModel):
    """A town with its name on the map."""

    name: str
    latitude: float
    longitude: float


class PlacesAnswer(BaseModel):
    """The photos of an area as clusters."""

    num_images: int = Field(description="photos that are asked for")
    num_placed: int = Field(description="of them with a position, also outside of what is seen")
    extent: str | None = Field(description="the smallest area that holds all of those; null without any")
    clusters: list[ClusterAnswer] = Field(description="those that are seen, the largest first")
    towns: list[TownAnswer] = Field(description="the largest whose names do not cover each other, from zoom 4 on")


@router.get("/map")
async def places_map(engine: Ready, fields: Annotated[PlacesFields, Query()]) -> PlacesAnswer:
    """Where photos were taken: clusters of a size that fits on a map, with a photo of each."""
    filters = filters_of(fields)
    view = View(_seen(fields.box), fields.zoom)
    query = await words(engine, fields.query) if fields.query.strip() else None
    found = await engine.run("search", lambda: engine.collection.map_of_places(view, query=query, **filters))
    return _answer(found)


def _seen(box: str) -> Area:
    try:
        area = parse_area(box)
    except QueryError as error:
        raise QueryError(f"box {error}") from error
    return read_area(area or WHOLE_EARTH)


def _answer(found: PlacesMap) -> PlacesAnswer:
    return PlacesAnswer(
        num_images=found.num_photos,
        num_placed=found.num_placed,
        extent=None if found.extent is None else str(found.extent),
        clusters=[_cluster(one) for one in found.clusters],
        towns=[TownAnswer(name=one.name, latitude=one.latitude, longitude=one.longitude) for one in found.towns],
    )


def _cluster(one: PlaceCluster) -> ClusterAnswer:
    return ClusterAnswer(
        latitude=round(one.latitude, 6),
        longitude=round(one.longitude, 6),
        num_images=one.num_photos,
        image_id=one.cover,
        place=one.place,
        within=str(one.area),
    )
