"""A map of places from a server's answer."""

from collections.abc import Mapping
from typing import Any

from twinlens.api.library import PlaceCluster, PlacesMap, read_area


def read_places(answer: Mapping[str, Any]) -> PlacesMap:
    """The map of ``GET /api/places/map``, without the names of towns.

    Raises:
        KeyError, TypeError, ValueError: it has an unknown format.
    """
    extent = answer["extent"]
    return PlacesMap(
        num_photos=int(answer["num_images"]),
        num_placed=int(answer["num_placed"]),
        extent=None if extent is None else read_area(str(extent)),
        clusters=[_cluster(one) for one in answer["clusters"]],
        towns=[],
    )


def _cluster(told: Mapping[str, Any]) -> PlaceCluster:
    return PlaceCluster(
        latitude=float(told["latitude"]),
        longitude=float(told["longitude"]),
        num_photos=int(told["num_images"]),
        cover=str(told["image_id"]),
        place=None if told["place"] is None else str(told["place"]),
        area=read_area(str(told["within"])),
    )
