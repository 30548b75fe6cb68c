"""The map of places: photos with a position as clusters, and the names of towns between them."""

from dataclasses import dataclass

import numpy as np

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.columns.positions import Positions
from twinlens.collection.place.photo_folders import PhotoFolders
from twinlens.collection.searching.filters.within import Area
from twinlens.collection.showing.maps.clusters import Cluster, clusters_of
from twinlens.collection.showing.maps.towns import MapTown, towns_of
from twinlens.collection.showing.maps.world import Seen, View, latitude_of
from twinlens.data.metadata.said import PART
from twinlens.types import Ids

CELL_PX = 64  # about the size of a picture on the map
REACH_PX = 64.0
WIDE = 3.0  # degrees; photos that lie so far apart are not from one town
PADDING = 1e-6  # degrees, 11 cm: written with fewer digits, an area must still hold the photos on its border


@dataclass(frozen=True, slots=True)
class PlaceCluster:
    """Photos that were taken close together.

    Attributes:
        latitude: of their middle, in degrees.
        longitude: of their middle.
        num_photos: how many there are.
        cover: id of the photo that is nearest to their middle.
        place: where that was taken: town and country, of photos that lie far apart the country; None far from any.
        area: the smallest that holds them all.
    """

    latitude: float
    longitude: float
    num_photos: int
    cover: str
    place: str | None
    area: Area


@dataclass(frozen=True, slots=True)
class PlacesMap:
    """What a map of places shows.

    Attributes:
        num_photos: photos that are asked for.
        num_placed: of them with a position, also outside of the view.
        extent: the smallest area that holds those; None without any.
        clusters: those that are seen, the largest first.
        towns: their names, the largest first.
    """

    num_photos: int
    num_placed: int
    extent: Area | None
    clusters: list[PlaceCluster]
    towns: list[MapTown]


def map_of_places(catalog: Catalog, folders: PhotoFolders, asked: Ids, view: View) -> PlacesMap:
    """The map of some photos.

    Args:
        catalog: of the photos.
        folders: of the photos.
        asked: ids of the photos.
        view: the part of the Earth that is seen.
    """
    placed = catalog.positions().among(asked)
    cell = 2.0 ** -round(view.zoom) * CELL_PX / 256  # of a whole number of cells, which stay as the map is moved
    seen = view.seen(placed.latitudes, placed.longitudes, margin_px=cell / view.pixel)
    clusters = clusters_of(seen.x, seen.y, cell=cell, reach=REACH_PX * view.pixel)
    covers = _photo_ids(catalog, folders, placed.ids[[seen.rows[one.cover] for one in clusters]] if clusters else [])
    shown = [_shown(one, cover, placed, seen) for one, cover in zip(clusters, covers, strict=True) if cover is not None]
    return PlacesMap(len(asked), len(placed.ids), _extent(placed), shown, towns_of(view))


def _photo_ids(catalog: Catalog, folders: PhotoFolders, numbers: "Ids | list[int]") -> list[str | None]:
    """As in hits; None for a photo that has gone meanwhile."""
    records = catalog.photos(int(number) for number in numbers)
    prefixes = {folder.id: folder.prefix for folder in folders.all()}
    found = [records.get(int(number)) for number in numbers]
    return [record and prefixes[record.folder_id] + record.path for record in found]


def _shown(cluster: Cluster, cover: str, placed: Positions, seen: Seen) -> PlaceCluster:
    rows, cover_row = seen.rows[cluster.rows], seen.rows[cluster.cover]
    x, latitudes = seen.x[cluster.rows], placed.latitudes[rows]
    west, east = seen.longitude(float(x.min()) - PADDING / 360), seen.longitude(float(x.max()) + PADDING / 360)
    south, north = max(-90.0, float(latitudes.min()) - PADDING), min(90.0, float(latitudes.max()) + PADDING)
    area = Area(west, south, east, north)
    place = _place(float(placed.latitudes[cover_row]), float(placed.longitudes[cover_row]), is_wide=_is_wide(area))
    return PlaceCluster(latitude_of(cluster.y), seen.longitude(cluster.x), len(rows), cover, place, area)


def _is_wide(area: Area) -> bool:
    return max(area.north - area.south, (area.east - area.west) % 360) > WIDE


def _place(latitude: float, longitude: float, *, is_wide: bool) -> str | None:
    from twinlens.data.places.gazetteer import place_of  # takes 0.2 s, which ``--help`` need not wait for

    names = (place_of(latitude, longitude) or "").split(PART)  # country, region, town, its quarter
    if is_wide or len(names) == 1:
        return names[0] or None
    return f"{names[:3][-1]}, {names[0]}"


def _extent(placed: Positions) -> Area | None:
    """All but the widest gap between meridians."""
    if not len(placed.ids):
        return None
    around = np.unique(placed.longitudes)
    gaps = np.diff(around, append=around[0] + 360)
    widest = int(gaps.argmax())
    west, east = around[(widest + 1) % len(around)], around[widest]
    return Area(float(west), float(placed.latitudes.min()), float(east), float(placed.latitudes.max()))
